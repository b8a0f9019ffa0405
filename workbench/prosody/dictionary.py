"""How words are spoken, in General American: CMUdict first, then a rule for the words that it doesn't hold."""

import functools
import re
import unicodedata
from collections.abc import Iterable
from importlib.resources import files

from workbench.errors import WorkbenchError
from workbench.prosody.compaction import encode, expand

_ENDINGS = (
    # ending, what may stand in its place in the stem, what it adds to the stem's pronunciation
    ("'s", ("",), "Z"),
    ("s'", ("s", ""), ""),
    ("in'", ("ing",), ""),
    ("ies", ("y",), "Z"),
    ("es", ("", "e"), "IH0 Z"),
    ("s", ("",), "Z"),
    ("ied", ("y",), "D"),
    ("ed", ("", "e"), "D"),
    ("ing", ("", "e"), "IH0 NG"),
    ("ily", ("y",), "L IY0"),
    ("ly", ("", "le"), "L IY0"),
    ("ness", ("",), "N AH0 S"),
    ("less", ("",), "L AH0 S"),
    ("ful", ("",), "F AH0 L"),
    ("ish", ("", "e"), "IH0 SH"),
    ("er", ("", "e"), "ER0"),
    ("est", ("", "e"), "AH0 S T"),
    ("y", ("", "e"), "IY0"),
)
_BEGINNINGS = (("un", "AH0 N"), ("re", "R IY0"), ("non", "N AA0 N"), ("mis", "M IH0 S"), ("over", "OW2 V ER0"))
# A British spelling and its American twin, which CMUdict prefers.
_RESPELLINGS = (
    ("our", "or"),
    ("ise", "ize"),
    ("ising", "izing"),
    ("isation", "ization"),
    ("lled", "led"),
    ("lling", "ling"),
)
_SHORTEST_PART = 3  # letters: below this, a compound is more often found than meant
_VOWEL_LETTERS = re.compile(r"[aeiouy]+")
# A last "e" is silent, except after a consonant and "l" ("table"); so is the "e" of a last "ed" or "es", mostly.
_SILENT = re.compile(r"(?<=[^aeiouy])(?<![^aeiouy]l)e$|(?<=[^aeioutdy])e(?=d$)|(?<=[^aeiouyscgzhx])e(?=s$)")
# These endings draw the stress to the syllable before them.
_STRESS_BEFORE = re.compile(r"(ic|ical|ity|ion|ian|ious|eous|ial|ual|ular|ogy|aphy)s?$")
_PACKED_SCHWA, _PACKED_STRESSED = encode("AH0"), encode("AH1")


@functools.cache
def _pronunciations() -> dict[str, str]:
    """Load the dictionary on first use: 126,000 words, about a tenth of a second."""
    try:
        return expand(files("workbench.prosody").joinpath("data", "pronunciations.xz").read_bytes())
    except (OSError, ValueError):
        raise WorkbenchError(
            "The pronouncing dictionary is missing or damaged.",
            remedy="Install the workbench again (pip install .): building it puts the dictionary in its place.",
        ) from None


def spelling(word: str) -> str:
    """Return the word as the dictionary writes it: lower case, straight apostrophe, no accents."""
    plain = unicodedata.normalize("NFKD", word.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).lower()


def is_known(word: str) -> bool:
    """Tell whether the dictionary itself holds the word."""
    return spelling(word) in _pronunciations()


def known_words() -> Iterable[str]:
    """Return every word of the dictionary itself, as `spelling` writes it."""
    return _pronunciations().keys()


@functools.lru_cache(maxsize=20_000)
def pronunciations(word: str) -> tuple[str, ...]:
    """Return every way of saying a word, the usual one first, packed as `compaction.encode` packs; never empty.

    A word outside the dictionary is taken apart (endings, beginnings, two known words put together, British spelling);
    where that fails, its end is said like the end of known words that are written alike, and the rest is counted by its
    vowels.
    """
    plain = spelling(word)
    return _known(plain) or _taken_apart(plain) or (_by_likeness(plain),)


def _known(plain: str) -> tuple[str, ...]:
    return tuple(_pronunciations().get(plain, "").split())


def _taken_apart(plain: str) -> tuple[str, ...]:
    for british, american in _RESPELLINGS:
        if plain.endswith(british) and (spoken := _known(plain.removesuffix(british) + american)):
            return spoken
    for ending, replacements, added in _ENDINGS:
        if not plain.endswith(ending):
            continue
        stem = plain.removesuffix(ending)
        doubled = (stem[:-1],) if stem[-2:-1] == stem[-1:] else ()  # "runnable", "runny": the stem is "run"
        for candidate in (*(stem + replacement for replacement in replacements), *doubled):
            if len(candidate) >= _SHORTEST_PART and (spoken := _known(candidate)):
                return tuple(said + encode(added) for said in spoken)
    for beginning, added in _BEGINNINGS:
        rest = plain.removeprefix(beginning)
        if rest != plain and len(rest) >= _SHORTEST_PART and (spoken := _known(rest)):
            return tuple(encode(added) + said for said in spoken)
    return _compound(plain)


def _compound(plain: str) -> tuple[str, ...]:
    """Say ``"starlight"`` as ``"star"`` and ``"light"``, the second with secondary stress."""
    for cut in range(len(plain) - _SHORTEST_PART, _SHORTEST_PART - 1, -1):
        first, second = _known(plain[:cut]), _known(plain[cut:])
        if first and second:
            return (first[0] + weakened(second[0]),)
    return ()


def weakened(pronunciation: str) -> str:
    """Return the pronunciation with secondary for primary stress: the second half of a compound."""
    return "".join(chr(ord(code) + 1) if is_vowel(code) and stress_of(code) == 1 else code for code in pronunciation)


def is_vowel(code: str) -> bool:
    """Tell whether a packed phone is a vowel."""
    return code < "a"


def stress_of(code: str) -> int:
    """Return the stress of a packed vowel as CMUdict marks it: 0 none, 1 primary, 2 secondary."""
    return (ord(code) - ord("0")) % 3


def _by_likeness(plain: str) -> str:
    """Guess: the last syllable as known words with the longest common ending say it, schwas before it."""
    groups = _VOWEL_LETTERS.findall(_SILENT.sub("", plain)) or ["e"]
    count = len(groups)
    stressed = max(0, count - 2) if count > 2 or _STRESS_BEFORE.search(plain) else 0  # noqa: PLR2004 - "third from last"
    head = "".join(_PACKED_STRESSED if place == stressed else _PACKED_SCHWA for place in range(count - 1))
    return head + _last_syllable(plain, is_stressed=count == 1)


def _last_syllable(plain: str, *, is_stressed: bool) -> str:
    """Return the phones from the last vowel on, voted for by the words that share the longest ending."""
    for length in range(min(len(plain), 6), 1, -1):
        ending = plain[-length:]
        votes: dict[str, int] = {}
        for word, spoken in _pronunciations().items():
            if word.endswith(ending):
                first = spoken.partition(" ")[0]
                vowels = [place for place, code in enumerate(first) if is_vowel(code)]
                if vowels:
                    tail = first[vowels[-1] :]
                    votes[tail] = votes.get(tail, 0) + 1
        if votes:
            tail = max(sorted(votes), key=votes.__getitem__)
            vowel = ord(tail[0]) - stress_of(tail[0]) + (1 if is_stressed else 0)
            return chr(vowel) + tail[1:]
    return _PACKED_STRESSED if is_stressed else _PACKED_SCHWA
