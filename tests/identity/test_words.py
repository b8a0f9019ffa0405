import math
import re
from itertools import pairwise

import pytest

from workbench.errors import WorkbenchError
from workbench.identity import words
from workbench.identity.data import build_words
from workbench.identity.words import LIST_SIZE, most_guesses_log10, word_list
from workbench.privacy.gazetteer import given_names
from workbench.prosody.dictionary import is_known, pronunciations


def test_there_are_7776_different_words_of_four_to_eight_small_letters():
    """A07: 7,776 = 6^5."""
    listed = word_list()
    assert len(listed) == len(set(listed)) == LIST_SIZE == 6**5
    assert all(re.fullmatch("[a-z]{4,8}", word) for word in listed)
    assert list(listed) == sorted(listed)


def test_no_word_begins_another_and_no_two_sound_alike():
    """A07: six of them written without spaces, or read aloud, are still those six."""
    listed = word_list()
    assert not [pair for pair in pairwise(listed) if pair[1].startswith(pair[0])]
    sounds = [sound for word in listed for sound in set(pronunciations(word))]
    assert len(sounds) == len(set(sounds))
    assert all(map(is_known, listed))


def test_no_name_and_no_word_that_one_would_not_read_out_is_on_it():
    assert not set(word_list()) & (given_names().keys() | build_words.STOPPED)
    assert not [word for word in word_list() if word.startswith(build_words.STOPPED_BEGINNINGS)]


def test_the_list_is_what_its_script_makes():
    """A07: the builder is deterministic, and the list that is shipped is its own."""
    assert build_words.build().split() == list(word_list())


@pytest.mark.parametrize("text", ["", "abbot\n" * LIST_SIZE, "abbot\nacid\n"])
def test_a_list_that_is_not_whole_is_not_used(monkeypatch, tmp_path, text):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "words.txt").write_text(text)
    monkeypatch.setattr(words, "files", lambda _: tmp_path)
    with pytest.raises(WorkbenchError, match="missing or damaged"):
        word_list.__wrapped__()


def test_words_of_the_list_are_worth_what_the_list_is_long():
    first, second = word_list()[:2]
    assert most_guesses_log10(f"{first} {second.upper()}") == pytest.approx(math.log10(LIST_SIZE**2))
    assert most_guesses_log10(f"{first} xylophoneless") == math.inf
    assert most_guesses_log10("") == math.inf
