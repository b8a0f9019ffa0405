"""Words lose their endings and keep their places; headings and verse are told from prose."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.privacy.gazetteer import fold
from workbench.privacy.words import is_heading, is_verse, read_words, small_words, starts_sentence

VERSE = "The gulls are crying over the foam\nGrace Hopper goes down to the shore\nAnd never a sail is turning home"


def span(text, part):
    return text.index(part), text.index(part) + len(part)


@given(
    st.text() | st.lists(st.sampled_from(["Ada's", "O’Neill", "it's", "-", "'", "é", "e\u0301", "\n"])).map(" ".join)
)
def test_each_word_is_the_text_of_its_span_and_none_overlap(text):
    words = list(read_words(text))
    assert all(text[word.start : word.end] == word.text and word.folded == fold(word.text) for word in words)
    assert all(one.end <= other.start for one, other in pairwise(words))


def test_an_ending_is_left_out_and_noted():
    assert [(word.text, word.has_ending) for word in read_words("Ada's O'Neill I’ll")] == [
        ("Ada", True),
        ("O'Neill", False),
        ("I", True),
    ]


def test_words_in_small_letters_are_collected():
    assert small_words(list(read_words("The Frost and the frost"))) == {"and", "the", "frost"}


@pytest.mark.parametrize("before", ["", "Yes. ", "Ah!\n", "- ", "“", "He said: ", "   "])
def test_a_capital_after_an_end_may_only_begin_a_sentence(before):
    assert starts_sentence(f"{before}Grace", len(before))


def test_a_capital_inside_a_sentence_begins_none():
    assert not starts_sentence("we met Grace", 7)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Grace Notes of the Summer Rain", True),
        ("# Grace Notes in Spring", True),
        ("Grace Hopper wrote this", False),
        ("Grace Hopper", False),
        ("Prose before it.\nGrace Hopper wrote this", False),
        ("Grace Hopper " + "Goes On " * 20, False),
    ],
)
def test_a_heading_has_capitals_all_along_a_short_line(text, expected):
    assert is_heading(text, *span(text, text[text.index("Grace") :].split("\n")[0][:11])) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (VERSE, True),
        (f"A stanza before.\n\n{VERSE}\n\nGood night.", True),
        ("Grace Hopper goes down to the shore", False),
        (VERSE.replace("\n", ".\n") + ".", False),
        (VERSE.replace("foam", "foam and " + "the wide grey water " * 3), False),
        ("Bill Smith\nGrace Hopper\nWill Young", False),
        (VERSE.replace("The", "the").replace("And", "and"), False),
    ],
)
def test_verse_is_short_lines_with_capitals_that_run_on(text, expected):
    assert is_verse(text, *span(text, "Grace Hopper")) is expected
