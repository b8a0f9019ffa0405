"""Whatever a model does to a placeholder, the words come back, whole or in pieces, and nothing else changes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.privacy import Restorer, restore
from workbench.records import Pseudonyms

PSEUDONYMS = Pseudonyms(
    {
        "PERSON_1": "Mary",
        "PERSON_12": "PERSON_1",
        "CREDIT_CARD_1": "4111 1111 1111 1111",
        "DATE_OF_BIRTH_3": r"\1 [a-z]+",
        "[EMAIL_1]": "[m@example.org]",
        "EMAIL_1": "m@example.org",
    }
)

REPLIES = [
    ("PERSON_1", "Mary"),
    ("person_1 Person-1 PERSON 1 Person\u00a01", "Mary Mary Mary Mary"),
    (r"PERSON\_1", "Mary"),
    ("[PERSON_1] {PERSON_1} <PERSON_1> `PERSON_1` [[PERSON_1]] {{Person 1}}", "Mary Mary Mary Mary Mary Mary"),
    ("**PERSON_1** _PERSON_1_ (PERSON_1) “PERSON_1”", "**Mary** _Mary_ (Mary) “Mary”"),
    ("PERSON_1's PERSON_1’s PERSON_1.", "Mary's Mary’s Mary."),
    ("[PERSON_1 walks]", "[Mary walks]"),
    ("PERSON_2 PERSON_123 XPERSON_1 X_PERSON_1 PERSON_1X PERSON_1_2 PERSON_01", None),
    ("PERSON_12", "PERSON_1"),
    ("Credit Card 1, credit_card-1, CREDIT\\_CARD\\_1", ", ".join(["4111 1111 1111 1111"] * 3)),
    ("date of birth 3", r"\1 [a-z]+"),
    ("[EMAIL_1] EMAIL_1 `EMAIL_1`", "[m@example.org] m@example.org m@example.org"),
    ("a personal persona, PERSON", None),
    ("[REDACTED_PERSON_1]", None),
    ("", None),
]


@pytest.mark.parametrize(("reply", "restored"), REPLIES)
def test_placeholders_come_back_however_they_are_written(reply, restored):
    assert restore(reply, PSEUDONYMS) == (reply if restored is None else restored)


def test_restored_words_are_not_looked_at_again():
    pseudonyms = Pseudonyms({"PERSON_1": "PERSON_2", "PERSON_2": "PERSON_1"})
    assert restore("PERSON_1 PERSON_2", pseudonyms) == "PERSON_2 PERSON_1"


def test_without_pseudonyms_everything_passes_at_once():
    restorer = Restorer(Pseudonyms())
    assert restorer.feed("[PERSON_1") == "[PERSON_1"
    assert restorer.flush() == ""


def test_words_that_no_placeholder_begins_with_are_shown_at_once():
    restorer = Restorer(PSEUDONYMS)
    assert restorer.feed("Shall I compare thee to a jump") == "Shall I compare thee to a jump"
    assert restorer.feed(" PERS") == " "
    assert restorer.feed("uade") == "PERSuade"


def test_a_placeholder_is_shown_as_soon_as_nothing_can_change_it():
    restorer = Restorer(PSEUDONYMS)
    assert restorer.feed("PERSON_1") == ""
    assert restorer.feed(",") == "Mary,"


def test_a_restorer_shows_no_words():
    restorer = Restorer(PSEUDONYMS)
    restorer.feed("PERSON_1")
    assert repr(restorer) == "Restorer(<6 placeholders, 8 held back>)"


@pytest.mark.parametrize(
    "filler", ["[", "`", "P", "PERSON", "PERSON_", "\\", "PERSON_1", "<<", "credit card ", "_", "9"]
)
def test_what_is_held_back_stays_short(filler):
    restorer = Restorer(PSEUDONYMS)
    given_out = sum(len(restorer.feed(filler)) for _ in range(500))
    assert 500 * len(filler) - given_out < 60 or "PERSON_1" in filler
    assert len(restorer._kept) < 60


FRAGMENTS = [
    "PERSON", "person", "Person", "CREDIT", "CARD", "EMAIL", "DATE", "OF", "BIRTH", "_", "-", "\\_", "\\", "1", "12",
    "3", "[", "[[", "]", "]]", "`", "{", "}", "<", ">", "'", "s", "X", "\n", ".", "é", "(", "**", " ", "PERSON_1",
    "[PERSON_1]", "Credit Card 1", "`email-1`",
]  # fmt: skip
pieces = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=3), max_size=20).map("".join)


@settings(max_examples=300, deadline=None)
@given(pieces)
def test_every_cut_in_two_gives_what_the_whole_gives(text):
    whole = restore(text, PSEUDONYMS)
    for cut in range(len(text) + 1):
        restorer = Restorer(PSEUDONYMS)
        assert restorer.feed(text[:cut]) + restorer.feed(text[cut:]) + restorer.flush() == whole


@settings(deadline=None)
@given(pieces)
def test_one_character_at_a_time_gives_what_the_whole_gives(text):
    restorer = Restorer(PSEUDONYMS)
    assert "".join([*map(restorer.feed, text), restorer.flush()]) == restore(text, PSEUDONYMS)
    assert restore(text, PSEUDONYMS) == _whole_in_one_pass(text)


def _whole_in_one_pass(text):
    """Return what a stream must equal: one substitution over the whole, without any holding back."""
    restorer = Restorer(PSEUDONYMS)
    return restorer._pattern.sub(restorer._original, text)
