"""Syllables, stress and rhyme of single words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.prosody import begins_with_vowel, rhymes, stress, syllables
from workbench.prosody.dictionary import is_known, pronunciations
from workbench.prosody.words import words_of


@pytest.mark.parametrize(
    ("word", "count"),
    [("rain", 1), ("harbour", 2), ("butterfly", 3), ("Café", 2), ("poet’s", 2), ("grey", 1), ("photosynthesis", 5)],
)
def test_known_words_have_the_dictionarys_syllables(word, count):
    assert syllables(word) == count


@pytest.mark.parametrize(
    ("word", "pattern"),
    [
        ("doomscrolling", "120"),
        ("untaggable", None),
        ("rainglow", "12"),
        ("zorgle", "10"),
        ("kubernetic", "0010"),
    ],
)
def test_unknown_words_are_taken_apart_or_counted_by_their_vowels(word, pattern):
    assert not is_known(word)
    if pattern:
        assert stress(word) == pattern
    else:
        assert syllables(word) == 4


@pytest.mark.parametrize(("one", "other"), [("light", "night"), ("sky", "butterfly"), ("double", "trouble")])
def test_words_rhyme_from_their_last_stressed_vowel_on(one, other):
    assert rhymes(one, other)
    assert rhymes(other, one)


@pytest.mark.parametrize(("one", "other"), [("light", "light"), ("sea", "see"), ("love", "move"), ("rain", "rainy")])
def test_the_same_sounds_or_only_the_same_letters_do_not_rhyme(one, other):
    assert not rhymes(one, other)


@pytest.mark.parametrize(("word", "vowel"), [("hour", True), ("union", False), ("apple", True), ("one", False)])
def test_an_follows_the_sound_not_the_letter(word, vowel):
    assert begins_with_vowel(word) is vowel


@settings(deadline=None)  # the first unknown word looks through the whole dictionary
@given(st.text(max_size=30))
def test_any_text_can_be_measured(text):
    for word in words_of(text):
        assert pronunciations(word)
        assert syllables(word) >= 1
        assert set(stress(word)) <= set("012")
