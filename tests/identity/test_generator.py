import math
import random
import secrets

import pytest

from workbench.app import Workbench
from workbench.identity import generator
from workbench.identity.generator import WORDS, suggest_passphrase
from workbench.identity.passphrase import check, judge
from workbench.identity.words import LIST_SIZE, word_list


def test_a_suggestion_is_six_words_of_the_list_and_is_accepted():
    """A07: six of 7,776 words are 77.5 bits."""
    assert int(10 * math.log2(LIST_SIZE**WORDS)) == 775
    for _ in range(50):
        words = Workbench.suggest_passphrase().split(" ")
        assert len(words) == WORDS
        assert set(words) <= set(word_list())
        check(" ".join(words))


def test_every_word_of_the_list_can_be_drawn_and_each_about_as_often():
    """A07: 60,000 draws of 7,776 words; of each 7.7 are expected, and a hundredfold is never seen by chance."""
    counts = dict.fromkeys(word_list(), 0)
    for _ in range(10_000):
        for word in _without_judging():
            counts[word] += 1
    assert sum(count == 0 for count in counts.values()) < 20  # 3.5 expected: 7776·exp(-7.7)
    assert max(counts.values()) < 40


def _without_judging():
    return [secrets.choice(word_list()) for _ in range(WORDS)]


def test_only_the_operating_systems_generator_is_used(monkeypatch):
    """A07: `secrets`; whoever seeds `random` learns nothing."""
    drawn = iter([*["abbot"] * WORDS, *word_list()[:WORDS]])
    monkeypatch.setattr(generator.secrets, "choice", lambda words: next(drawn))
    assert suggest_passphrase() == " ".join(word_list()[:WORDS]), "one word six times is drawn anew"
    monkeypatch.undo()
    made = set()
    for _ in range(5):
        random.seed(7)
        made.add(suggest_passphrase())
    assert len(made) == 5


@pytest.mark.parametrize("place", [0, 3888])
def test_no_six_different_words_are_refused(place):
    """A07: not even six neighbours of the alphabet."""
    assert judge(" ".join(word_list()[place : place + WORDS])).score == 4
