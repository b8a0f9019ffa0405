"""The words of a text as the rules for names read them, and what the line around a word says of its capitals."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, takewhile

from workbench.privacy.gazetteer import fold
from workbench.privacy.rules import word_set

# A word: letters with their combining marks, joined by single apostrophes or hyphens.
_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f])*+(?:['’-][^\W\d_](?:[^\W\d_]|[\u0300-\u036f])*+)*+")
_ENDING = re.compile(r"['’](?:s|d|ll|re|ve|m)\Z", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?:[.!?:…\n\r\"“”*#>|•-]|\A)[\s\"“”'‘’*_(\[#>-]*\Z")
_LETTER = re.compile(r"[^\W\d_]")
_LINE_END = re.compile(r"[.!?:…][\"”’')\]]*\s*\Z")

# Words that titles keep small: between capitals they don't tell a sentence from a heading.
SMALL_IN_TITLES = word_set("a an and as at but by for from in into nor of on or over the to vs with")
_HEADING = 100  # characters
_VERSE_LINE = 60  # characters; a pentameter has about 40, a paragraph's line is far longer
_VERSE_LINES = 3
_NEIGHBOURS = 6  # lines on each side that tell whether a line is verse
_NEAR = 8  # characters before a word in which a sentence ends
_REACH = 600  # characters that are looked at on each side of a word for the lines around it


@dataclass(frozen=True, slots=True)
class Word:
    """One word, without a possessive or contracted ending.

    Parameters
    ----------
    start, end : int
        Its span.
    text : str
        As it stands there.
    folded : str
        In small letters without accents.
    is_capitalised : bool
        Whether its first letter is a capital.
    has_ending : bool
        Whether an ending such as ``'s`` was left out.
    """

    start: int
    end: int
    text: str
    folded: str
    is_capitalised: bool
    has_ending: bool


def read_words(text: str) -> Iterator[Word]:
    """Yield the words of `text` in order."""
    for match in _WORD.finditer(text):
        start, end = match.span()
        word = match.group()
        ending = _ENDING.search(word)
        if ending and ending.start():
            word = word[: ending.start()]
            end = start + len(word)
        yield Word(start, end, word, fold(word), word[0].isupper(), end < match.end())


def starts_sentence(text: str, start: int) -> bool:
    """Tell whether a capital at `start` may be there because a sentence, a line or a quotation begins."""
    if _SENTENCE_END.search(text, max(0, start - _NEAR), start):
        return True
    return start <= _REACH and not text[:start].strip()


def is_among_capitals(text: str, words: list[Word], index: int, last: int) -> bool:
    """Tell whether capitals mean nothing here, because the words around, on the same line, have them too."""
    around = [
        *(word for word in words[max(0, index - 2) : index] if "\n" not in text[word.end : words[index].start]),
        *(word for word in words[last + 1 : last + 3] if "\n" not in text[words[last].end : word.start]),
    ]
    return bool(around) and all(word.is_capitalised for word in around)


def is_heading(text: str, start: int, end: int) -> bool:
    """Tell whether the line around a span reads as a title: the words beside the span are capitalised or small."""
    first, stop = _line(text, start, end)
    if stop - first > _HEADING:
        return False
    capitals = 0
    for word in (*read_words(text[first:start]), *read_words(text[end:stop])):
        if word.folded in SMALL_IN_TITLES:
            continue
        if not word.is_capitalised:
            return False
        capitals += 1
    return capitals > 0


def is_verse(text: str, start: int, end: int) -> bool:
    """Tell whether the line around a span stands among lines of verse.

    Verse is taken to be three or more short lines without a blank one between them, nearly all with a capital first,
    half or more of them running on, and longer than the lines of a list of names.
    """
    first, stop = _line(text, start, end)
    if stop - first > _VERSE_LINE:
        return False
    block = [*reversed(_stanza(reversed(text[max(0, first - _REACH) : first].splitlines()))), text[first:stop].strip()]
    block += _stanza(text[stop + 1 : stop + _REACH].splitlines())
    if len(block) < _VERSE_LINES or max(map(len, block)) > _VERSE_LINE:
        return False
    capitals = sum(_opens_with_capital(line) for line in block)
    ended = sum(_LINE_END.search(line) is not None for line in block)
    spaces = sum(line.count(" ") for line in block)
    return capitals >= len(block) - 1 and 2 * ended <= len(block) and spaces > 2 * len(block)


def _stanza(lines: Iterable[str]) -> list[str]:
    """Return the lines up to the first blank one, a few at most."""
    return [line.strip() for line in takewhile(str.strip, islice(lines, _NEIGHBOURS))]


def small_words(words: Iterable[Word]) -> frozenset[str]:
    """Return the words that the text writes in small letters somewhere: there they are ordinary words."""
    return frozenset(word.folded for word in words if not word.is_capitalised)


def _line(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the span of the line, or of as much of it as is looked at."""
    first = text.rfind("\n", max(0, start - _REACH), start) + 1 or max(0, start - _REACH)
    stop = text.find("\n", end, end + _REACH)
    return first, min(len(text), end + _REACH) if stop < 0 else stop


def _opens_with_capital(line: str) -> bool:
    letter = _LETTER.search(line)
    return letter is not None and letter.group().isupper()
