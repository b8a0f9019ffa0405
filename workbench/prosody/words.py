"""Measure single words: syllables, stress, rhyme."""

import functools
import re

from workbench.prosody.dictionary import is_vowel, pronunciations, stress_of

_WORD = re.compile(r"[^\W\d_]+(?:['\N{RIGHT SINGLE QUOTATION MARK}][^\W\d_]+)*|\d+")

ARTICLES = frozenset({"a", "an", "the"})
"""They are hardly ever stressed, not even where a metre would like it."""

_UNSTRESSED_WORDS = (
    "a about after all am an and any are as at be been but by can could did do does for from had has have he her "
    "here hers him his how i if in into is it its may me might must my nor of off on once or our out over own "
    "shall she should since so some than that the their them then there these they this those though through till "
    "to too up upon us was we were what when where which while who whom whose why will with would yet you your "
    "i'm i've i'd i'll it's you're you've you'd you'll we're we've we'd we'll they're they've they'd they'll he's "
    "she's that's there's what's who's don't can't won't isn't wasn't aren't didn't let's not no "
)
UNSTRESSED = frozenset(_UNSTRESSED_WORDS.split())
"""Words of one syllable that a line may stress or not: pronouns, prepositions, auxiliaries, conjunctions."""


def words_of(line: str) -> tuple[str, ...]:
    """Return the spoken words of a line; a hyphen parts two words, an apostrophe doesn't."""
    return tuple(_WORD.findall(line))


@functools.lru_cache(maxsize=20_000)
def stresses(word: str) -> tuple[str, ...]:
    """Return the stress pattern of each pronunciation, without repeats, the usual one first.

    ``"1"`` is primary stress, ``"2"`` secondary, ``"0"`` none; one character a syllable.
    """
    patterns = (
        "".join(str(stress_of(code)) for code in said if is_vowel(code)) or "0" for said in pronunciations(word)
    )
    return tuple(dict.fromkeys(patterns))


def syllables(word: str) -> int:
    """Return the number of syllables of a word as it is usually said."""
    return len(stresses(word)[0])


def stress(word: str) -> str:
    """Return the stress pattern of a word as it is usually said, for example ``"102"`` for "butterfly"."""
    return stresses(word)[0]


@functools.lru_cache(maxsize=20_000)
def rhyming_parts(word: str) -> tuple[tuple[str, str], ...]:
    """Return for each pronunciation the consonant sounds before the last stressed vowel, and the sounds from it on."""
    parts = []
    for said in pronunciations(word):
        vowels = [place for place, code in enumerate(said) if is_vowel(code)]
        stressed = [place for place in vowels if stress_of(said[place])]
        start = (stressed or vowels or [0])[-1]
        onset = start
        while onset and not is_vowel(said[onset - 1]):
            onset -= 1
        # The vowel's own stress mark is dropped: "butterfly" (secondary) and "sky" (primary) rhyme.
        vowel = chr(ord(said[start]) - stress_of(said[start])) if is_vowel(said[start]) else said[start]
        parts.append((said[onset:start], vowel + said[start + 1 :]))
    return tuple(dict.fromkeys(parts))


def rhymes(one: str, other: str) -> bool:
    """Tell whether two words rhyme: same sounds from the last stressed vowel on, different sounds just before it."""
    return any(
        tail == other_tail and onset != other_onset
        for onset, tail in rhyming_parts(one)
        for other_onset, other_tail in rhyming_parts(other)
    )


def begins_with_vowel(word: str) -> bool:
    """Tell whether a word begins with a vowel sound, so that it takes "an": an hour, a union."""
    return is_vowel(pronunciations(word)[0][0])
