"""Long passphrases that are guessed first, though they are long: words repeated or numbered, walks on the keyboard.

NIST SP 800-63B-4, section 3.1.1.2, wants the whole passphrase compared with a list of common ones; OWASP ASVS 5.0,
6.2.4, wants at least 3,000 entries that the rule of length doesn't refuse already. No public list has those: 31 of
zxcvbn's 30,000 passwords have 15 characters, and 509 of the NCSC's 100,000. So the entries are generated, the same ones
every time, the way people lengthen what they already use.

The words come at run time from zxcvbn's own frequency lists, not from a list that we ship. They are the lists by which
guessers rank passwords; they are in memory already when a passphrase is judged; and making the entries from them takes
less time than reading as many from a file (some 120,000 in 35 ms, on first use). A new zxcvbn may bring new lists:
`count` and the tests tell whether they still suffice.
"""

import functools
import string
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice, permutations, zip_longest

from workbench.identity.phrases import APP_WORDS, DATED_WORDS, PHRASES

SHORTEST_ENTRY = 15  # code points: below, a passphrase is refused for its length
LONGEST_RUN = 40  # code points of a repetition or a walk: zxcvbn finds longer ones by itself
COMMON_WORDS = 3000  # of each list

REPEATED = "It is a common word, or a few keys, over and over."
PAIRED = "It is two of the words that are tried first."
NUMBERED = "It is a common word with a number behind it."
WALKED = "It follows the keys of a keyboard."
SEQUENCE = "It is a sequence, or one character over and over."
FAMOUS = "It is a well-known phrase, one of the first to be tried."
NAMED = "It is made of the account's name."

_TAILS = (
    *(string.digits[1:length] for length in range(2, 10)),  # "1" to "12345678"
    *(
        "123456789",
        "1234567890",
        "0",
        "00",
        "000",
        "0123456789",
        "01",
        "007",
        "11",
        "111",
        "1111",
        "11111111",
        "22",
        "69",
    ),
    *(
        "77",
        "88",
        "99",
        "321",
        "4321",
        "54321",
        "654321",
        "87654321",
        "987654321",
        "123123",
        "123321",
        "112233",
        "!",
        "1!",
    ),
)
_YEARS = tuple(map(str, range(1970, 2031)))
_RECENT_YEARS = _YEARS[40:]
_LAYOUTS = (
    ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"),
    ("1234567890", "qwertzuiop", "asdfghjkl", "yxcvbnm"),
    ("1234567890", "azertyuiop", "qsdfghjklm", "wxcvbn"),
)
_DIGIT_BLOCKS = (
    *(
        "12",
        "21",
        "123",
        "321",
        "1234",
        "4321",
        "12345",
        "54321",
        "123456",
        "654321",
        "1234567",
        "12345678",
        "123456789",
    ),
    *("1234567890", "987654321", "0987654321", "112233", "121212", "123321", "147258369", "159753", "789", "741852963"),
    *(
        "abc",
        "abcd",
        "abc123",
        "123abc",
        "a1b2c3",
        "1a2b3c",
        "1q2w3e",
        "1q2w3e4r",
        "1q2w3e4r5t",
        "q1w2e3",
        "qwe",
        "qwe123",
    ),
)


def fold(text: str) -> str:
    """Return a text as entries are written: NFC, and no difference between large and small letters."""
    return unicodedata.normalize("NFC", text).casefold()


def why_listed(passphrase: str, *, name: str = "") -> str | None:
    """Return why a passphrase is on the list, as a sentence that doesn't quote it, or ``None`` when it isn't.

    Parameters
    ----------
    passphrase : str
        Compared as a whole, all of it.
    name : str
        The account's; forms of it, and of what stands before an ``@`` in it, count as listed.
    """
    text = fold(passphrase)
    if len(text) < SHORTEST_ENTRY:
        return None
    if len(text.split()) > 1 == len(set(text.split())):
        return REPEATED  # with spaces between, zxcvbn doesn't see it, whatever the word
    return entries().get(text) or (NAMED if any(text == form for form in _forms_of_name(name, len(text))) else None)


def count() -> int:
    """Return how many entries there are, each of 15 code points or more; forms of an account's name aren't counted."""
    return len(entries())


@functools.cache
def entries() -> Mapping[str, str]:
    """Return every entry, folded, with the reason why it is listed."""
    from zxcvbn.matching import RANKED_DICTIONARIES  # noqa: PLC0415 - loads its lists, as judging does

    ranked = (islice(RANKED_DICTIONARIES[name], COMMON_WORDS) for name in ("passwords", "english_wikipedia"))
    words = tuple(dict.fromkeys(chain(APP_WORDS, DATED_WORDS, *ranked)))
    # The more telling reason last: it takes the place of an earlier one.
    made: tuple[tuple[str, Iterable[str]], ...] = (
        (NUMBERED, chain.from_iterable(map(_numbered, words))),
        (NUMBERED, chain.from_iterable(map(_dated, (*DATED_WORDS, *APP_WORDS)))),
        (PAIRED, _pairs((*DATED_WORDS, *APP_WORDS))),
        (REPEATED, chain.from_iterable(map(_repeats, words))),
        (FAMOUS, _famous()),
        (WALKED, _walks()),
        (SEQUENCE, _sequences()),
    )
    return {entry: reason for reason, entries in made for entry in entries}


def _repeats(unit: str) -> Iterator[str]:
    """Yield a unit over and over, from the shortest entry to the longest run."""
    size = len(unit)
    for times in range(max(2, -(-SHORTEST_ENTRY // size)), LONGEST_RUN // size + 1):
        yield unit * times


def _numbered(word: str) -> Iterator[str]:
    for tail in _TAILS:
        if len(word) + len(tail) >= SHORTEST_ENTRY:
            yield word + tail
    if len(word) + 4 >= SHORTEST_ENTRY:
        for year in _YEARS:
            yield word + year


def _dated(word: str) -> Iterator[str]:
    """Yield a word with a recent year, twice and three times."""
    for year in _RECENT_YEARS:
        if 2 * len(word) + 8 >= SHORTEST_ENTRY:
            yield (word + year) * 2
            yield f"{word}{year} {word}{year}"
        yield (word + year) * 3


def _pairs(words: Iterable[str]) -> Iterator[str]:
    for first, second in permutations(words, 2):
        if len(first) + len(second) + 1 >= SHORTEST_ENTRY:
            yield f"{first} {second}"
            yield f"{first}-{second}"
        if len(first) + len(second) >= SHORTEST_ENTRY:
            yield first + second


def _famous() -> Iterator[str]:
    for phrase in PHRASES:
        for separator in ("", " ", "-", "_", "."):
            for tail in ("", "!", ".", "?", "1", "12", "123"):
                written = phrase.replace(" ", separator) + tail
                if len(written) >= SHORTEST_ENTRY:
                    yield written


def _walks() -> Iterator[str]:
    """Yield walks along the rows of three layouts and down their columns, and what of one row is typed repeatedly."""
    for rows in _LAYOUTS:
        for used in (rows, rows[1:]):
            columns = ["".join(column) for column in zip_longest(*used, fillvalue="")]
            for strokes in (list(used), columns):
                there, back = "".join(strokes), "".join(stroke[::-1] for stroke in strokes)
                turns = [
                    "".join(stroke[:: -1 if (place + odd) % 2 else 1] for place, stroke in enumerate(strokes))
                    for odd in (0, 1)
                ]
                for walk in (there, back, *turns, "".join(reversed(strokes))):
                    yield from _windows(walk)
                    yield from _windows(walk[::-1])
        for row in rows:
            for start in range(len(row) - 2):
                for end in range(start + 3, len(row) + 1):
                    yield from _repeats(row[start:end])


def _sequences() -> Iterator[str]:
    for letter in string.ascii_lowercase + string.digits + string.punctuation + " ":
        yield from _repeats(letter)
    for block in _DIGIT_BLOCKS:
        yield from _repeats(block)
    counted = "".join(map(str, range(1, 100)))
    pairs = "".join(2 * letter for letter in string.ascii_lowercase)
    mixed = "".join(f"{letter}{number}" for number, letter in enumerate(string.ascii_lowercase[:9], start=1))
    for run in (string.ascii_lowercase, "1234567890" * 4, "11223344556677889900", pairs[:LONGEST_RUN], mixed):
        yield from _windows(run)
        yield from _windows(run[::-1])
    for length in range(SHORTEST_ENTRY, LONGEST_RUN + 1):
        yield counted[:length]


def _windows(run: str) -> Iterator[str]:
    """Yield every piece of a run that is long enough for an entry."""
    for start in range(len(run) - SHORTEST_ENTRY + 1):
        for end in range(start + SHORTEST_ENTRY, min(len(run), start + LONGEST_RUN) + 1):
            yield run[start:end]


def _forms_of_name(name: str, length: int) -> Iterator[str]:
    """Yield what is made of an account's name, and of the part of an address before its ``@``, in that length."""
    whole = fold(name).strip()
    words = {whole, whole.partition("@")[0], "".join(filter(str.isalnum, whole))} - {""}
    for word in words:
        yield word * (length // len(word))
        yield from _numbered(word)
        yield from _dated(word)
        yield from (word + year for year in _YEARS)
        yield f"{word} {word}"
        for other in (*APP_WORDS, *_TAILS):
            for separator in ("", " ", "-", "_", "."):
                yield f"{word}{separator}{other}"
                yield f"{other}{separator}{word}"
