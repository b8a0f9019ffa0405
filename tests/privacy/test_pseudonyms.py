"""What leaves carries placeholders, and the original comes back exactly."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import DetectionError
from workbench.privacy import minimise, restore
from workbench.records import Entity, Minimised

PARTS = [
    "Mary", "Mary's", "Dr. Chen", "mary@example.org", "[mary@example.org]", "`Mary`", "_Mary_", "Mary_Ann", "[[Mary]]",
    "4111 1111 1111 1111", "+44 20 7946 0958", "PERSON_1", "Person 1", "Email-1", "[PERSON_1]", "person\\_2",
    "CREDIT CARD 1", "https://x.example/?k=sk-ant-api03-abcdefghijklmnop", "@mary_poet", "192.168.0.1",
    "日本mary@example.org日本", "e\u0301", "😀", "\x00", "PERSON_", "1", "_1", "[", "]", "password: hunter2", "<", ">",
    "CREDIT_", "\\",
]  # fmt: skip
texts = st.lists(st.sampled_from(PARTS) | st.text(max_size=6), max_size=14).flatmap(
    lambda parts: st.sampled_from(["", " ", "\n", "_", "-"]).map(lambda joint: joint.join(parts))
)


@settings(max_examples=400, deadline=None)
@given(texts | st.text())
def test_what_was_typed_comes_back_exactly(text):
    minimised, pseudonyms = minimise(text)
    assert restore(minimised.text, pseudonyms) == text


def test_each_value_has_one_number_and_keeps_it():
    minimised, pseudonyms = minimise("Mary met Ada. Ada wrote to Mary at mary@example.org, and Mary's dog barked.")
    assert minimised.text == "PERSON_1 met PERSON_2. PERSON_2 wrote to PERSON_1 at EMAIL_1, and PERSON_1's dog barked."
    assert pseudonyms.originals == {"PERSON_1": "Mary", "PERSON_2": "Ada", "EMAIL_1": "mary@example.org"}
    assert isinstance(minimised, Minimised)
    assert [entity.kind for entity in minimised.entities] == ["PERSON", "PERSON", "PERSON", "PERSON", "EMAIL", "PERSON"]


def test_a_card_has_a_placeholder_of_two_words():
    minimised, _ = minimise("Pay with 4111-1111-1111-1111.")
    assert minimised.text == "Pay with CREDIT_CARD_1."


@pytest.mark.parametrize("lookalike", ["PERSON_1", "Person 1", "person-1", "[PERSON_1]", "PERSON\\_1"])
def test_numbers_that_the_text_uses_already_are_given_to_nobody(lookalike):
    text = f"{lookalike} greets Mary."
    minimised, pseudonyms = minimise(text)
    assert minimised.text == f"{lookalike} greets PERSON_2."
    assert restore(minimised.text, pseudonyms) == text


def test_brackets_that_were_typed_come_back_and_brackets_of_the_model_go():
    minimised, pseudonyms = minimise("[Mary] and Ada")
    assert minimised.text == "[PERSON_1] and PERSON_2"
    assert restore("[PERSON_1], PERSON_1, [PERSON_2]", pseudonyms) == "[Mary], Mary, Ada"


def test_a_lookalike_of_another_kind_does_not_take_the_back_quote_before_a_name():
    text = "Email-1`Mary`"
    minimised, pseudonyms = minimise(text)
    assert minimised.text == "Email-1`PERSON_1`"
    assert restore(minimised.text, pseudonyms) == text


def test_overlapping_finds_are_numbered_once():
    minimised, _ = minimise("See https://example.org/?key=sk-ant-api03-abcdefghijklmnop now")
    assert minimised.text == "See URL_1=SECRET_1 now"


def test_a_span_inside_a_word_takes_the_whole_word_with_it():
    def finds(text):
        start = text.index("bc")
        return [Entity(start, start + 2, "ID", "test", 0.9)]

    minimised, pseudonyms = minimise("x abcd_e y", detectors={"test": finds})
    assert minimised.text == "x ID_1 y"
    assert pseudonyms.originals == {"ID_1": "abcd_e"}


def test_nothing_is_returned_when_a_detector_fails():
    def broken(_):
        raise RuntimeError

    with pytest.raises(DetectionError, match="nothing was sent"):
        minimise("For Mary", detectors={"broken": broken})


def test_what_cannot_be_restored_is_not_returned(monkeypatch):
    monkeypatch.setattr("workbench.privacy.pseudonyms.restore", lambda _text, _pseudonyms: "another text")
    with pytest.raises(DetectionError, match="could not be restored"):
        minimise("For Mary")


def test_no_repr_shows_a_name():
    assert "Mary" not in repr(minimise("For Mary Smith, mary@example.org"))
