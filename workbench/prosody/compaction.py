"""Pack CMUdict into one small file, and unpack it: `expand` undoes `compact`.

The build hook (``hatch_build.py``) packs, the first scansion unpacks. Each phone becomes one character, so that a
pronunciation is a short string whose vowels and stresses can be read off by comparing characters. Only the standard
library is used: the hook runs this file before the package is installed.
"""

import hashlib
import lzma
from collections.abc import Iterable, Mapping

VOWELS = ("AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW")
"""ARPAbet vowels; each takes three characters from ``"0"`` on, one for each of CMUdict's stresses 0, 1 and 2."""

CONSONANTS = (
    *("B", "CH", "D", "DH", "F", "G", "HH", "JH", "K", "L", "M", "N"),
    *("NG", "P", "R", "S", "SH", "T", "TH", "V", "W", "Y", "Z", "ZH"),
)
"""ARPAbet consonants; each takes one character from ``"a"`` on."""

_FORMAT = "pronunciations-1"
_FIRST_VOWEL = ord("0")
_FIRST_CONSONANT = ord("a")
_STRESSES = 3

_CODES = {
    f"{vowel}{stress}": chr(_FIRST_VOWEL + _STRESSES * place + stress)
    for place, vowel in enumerate(VOWELS)
    for stress in range(_STRESSES)
} | {consonant: chr(_FIRST_CONSONANT + place) for place, consonant in enumerate(CONSONANTS)}
_PHONES = {code: phone for phone, code in _CODES.items()}


def encode(phones: str) -> str:
    """Return the characters for spaced ARPAbet phones: ``"K AE1 T"`` gives three."""
    return "".join(_CODES[phone] for phone in phones.split())


def decode(pronunciation: str) -> str:
    """Return spaced ARPAbet phones for packed characters; undoes `encode`."""
    return " ".join(_PHONES[code] for code in pronunciation)


def parse(source: str) -> dict[str, tuple[str, ...]]:
    """Read the text of ``cmudict.dict``: word → its packed pronunciations, the usual one first.

    A line is ``word PHONES``, a further pronunciation ``word(2) PHONES``, and ``#`` starts a comment.
    """
    entries: dict[str, list[str]] = {}
    for line in source.splitlines():
        word, _, phones = line.partition("#")[0].strip().partition(" ")
        if not word:
            continue
        spoken = entries.setdefault(word.partition("(")[0], [])
        packed = encode(phones)
        if packed not in spoken:
            spoken.append(packed)
    return {word: tuple(entries[word]) for word in sorted(entries)}


def fingerprint(source: bytes) -> str:
    """Return what the packed file is stamped with, so that a build can tell whether it is up to date."""
    return f"{_FORMAT} {hashlib.sha256(source).hexdigest()}"


def compact(entries: Mapping[str, Iterable[str]], *, stamp: str) -> bytes:
    """Pack a dictionary; the same dictionary and stamp always give the same bytes (for one version of liblzma).

    All words come first and all pronunciations after them: so they pack tighter and unpack faster than in pairs.
    """
    words = sorted(entries)
    pages = [stamp, "\n".join(words), "\n".join(" ".join(entries[word]) for word in words)]
    # PRESET_EXTREME takes two seconds once and saves a tenth of the wheel.
    return lzma.compress("\n\n".join(pages).encode(), check=lzma.CHECK_CRC64, preset=9 | lzma.PRESET_EXTREME)


def stamp_of(packed: bytes) -> str:
    """Return the stamp of a packed dictionary, or ``""`` when it isn't one."""
    try:
        return lzma.decompress(packed).partition(b"\n\n")[0].decode()
    except (lzma.LZMAError, UnicodeDecodeError):
        return ""


def expand(packed: bytes) -> dict[str, str]:
    """Unpack a dictionary: word → its pronunciations, spaced; the inverse of `compact`.

    The pronunciations stay in one string for each word, because splitting all 126,000 would double the time of loading.

    Raises
    ------
    ValueError
        When the bytes are not a packed dictionary.
    """
    try:
        _, words, pronunciations = lzma.decompress(packed).decode().split("\n\n")
        return dict(zip(words.split("\n"), pronunciations.split("\n"), strict=True))
    except (lzma.LZMAError, UnicodeDecodeError, ValueError):
        msg = "These bytes are not a packed dictionary."
        raise ValueError(msg) from None
