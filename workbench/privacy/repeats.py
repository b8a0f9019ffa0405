"""Find people again: a name once known is a name wherever the text has it, whole or in part."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from workbench.privacy.gazetteer import fold
from workbench.privacy.name_lists import (
    NO_SURNAME,
    NOT_AFTER_GIVEN_NAME,
    ORDINARY_AFTER,
    PARTICLES,
    PERSON_VERBS,
    TITLES,
)
from workbench.privacy.words import Word, is_among_capitals, small_words, starts_sentence
from workbench.records import Entity

RULE, CONFIDENCE = "name-again", 0.55

_SHORTEST = 3  # letters of a part that counts by itself; shorter ones only after a title or a cue
_SHORTEST_ANNOUNCED = 2  # "Dr. Ng", "my name is Jo"
_NEVER = NO_SURNAME | TITLES | PARTICLES | {"jr", "esq"}
_PIECE = re.compile(r"[^'’-]+")
_SPACES = frozenset({" ", "\u00a0"})


@dataclass(frozen=True, slots=True)
class Person:
    """One name that was found.

    Parameters
    ----------
    first, last : int
        The places of its first and its last word among the words of the text.
    is_announced : bool
        Whether a title or a cue stands before it, so that no ordinary word is mistaken for it.
    """

    first: int
    last: int
    is_announced: bool


@dataclass(frozen=True, slots=True)
class _Part:
    """What is known of one part of a name, over all the people who have it."""

    is_doubtful: bool
    is_announced: bool
    was_small: bool


def find_repeats(text: str, words: list[Word], people: Iterable[Person], names: Mapping[str, bool]) -> list[Entity]:
    """Return where the names of `people`, or parts of them, stand once more in `text`.

    A part that is no ordinary word counts wherever it has a capital, also as a plural ("the Okonkwos") and beside a
    hyphen. A part that is one too (Will, Rose, or whatever the text has in small letters) counts inside a sentence; at
    the start of one it counts when the name was announced and the next word doesn't make it a verb ("Will you"), or
    when the next word is what people do ("Will says").

    Parameters
    ----------
    text : str
        As typed.
    words : list of Word
        All of its words.
    people : iterable of Person
        The names found in it.
    names : mapping of str to bool
        The gazetteer: folded given name → whether it is hardly ever anything else.
    """
    people = list(people)
    parts = _parts(text, words, people, names)
    if not parts:
        return []
    covered = {place for person in people for place in range(person.first, person.last + 1)}
    marked = {
        place
        for place, word in enumerate(words)
        if place not in covered and word.folded in parts and _counts(text, words, place, parts[word.folded])
    }
    _spread(text, words, marked, {place for place, word in enumerate(words) if word.folded in parts} - covered)
    runs = [Entity(start, end, "PERSON", RULE, CONFIDENCE) for start, end in _runs(text, words, sorted(marked))]
    pieces = [
        Entity(start, end, "PERSON", RULE, CONFIDENCE)
        for place, word in enumerate(words)
        if place not in covered and place not in marked
        for start, end in _inside(word, parts)
    ]
    return runs + pieces


def _parts(text: str, words: list[Word], people: Iterable[Person], names: Mapping[str, bool]) -> dict[str, _Part]:
    """Return the parts of names that count by themselves, each also without what a hyphen joins to it."""
    small = small_words(words)
    parts: dict[str, _Part] = {}
    for person in people:
        crowded = is_among_capitals(text, words, person.first, person.last)
        for place in range(person.first, person.last + 1):
            word = words[place]
            if not word.is_capitalised and place > person.first:
                continue
            shortest = _SHORTEST_ANNOUNCED if person.is_announced and place == person.last else _SHORTEST
            for part in {word.folded, *word.folded.split("-")}:
                if len(part) < shortest or (part in _NEVER and part not in names):
                    continue
                doubtful = (
                    names.get(part) is False
                    or part in small
                    or part in NOT_AFTER_GIVEN_NAME
                    or len(part) < _SHORTEST
                    or (crowded and place > person.first)
                )
                known = parts.get(part, _Part(is_doubtful=True, is_announced=False, was_small=False))
                parts[part] = _Part(
                    is_doubtful=known.is_doubtful and doubtful and word.is_capitalised,
                    is_announced=known.is_announced or person.is_announced,
                    was_small=known.was_small or not word.is_capitalised,
                )
    return parts


def _counts(text: str, words: list[Word], place: int, part: _Part) -> bool:
    """Tell whether a word stands for a person: by its capital, and if it may be an ordinary word, by what is near."""
    word = words[place]
    if not word.is_capitalised:
        return part.was_small
    if not part.is_doubtful:
        return True
    if _is_shouted(words, place) or (not part.is_announced and is_among_capitals(text, words, place, place)):
        return False
    if not starts_sentence(text, word.start) or word.has_ending:
        return True
    after = words[place + 1] if place + 1 < len(words) else None
    if part.is_announced:
        return after is None or after.folded not in ORDINARY_AFTER
    return after is not None and not after.is_capitalised and after.folded in PERSON_VERBS


def _is_shouted(words: list[Word], place: int) -> bool:
    """Tell whether a word and those beside it are all in capitals, so that "I WILL GO" names nobody."""
    around = words[max(0, place - 1) : place + 2]
    return len(around) > 1 and all(word.text.isupper() for word in around)


def _spread(text: str, words: list[Word], marked: set[int], possible: set[int]) -> None:
    """Add to `marked` the doubtful parts beside it, forwards and backwards: "WILL SMITH", "Grace Hopper"."""
    for places, step in ((sorted(possible), 1), (sorted(possible, reverse=True), -1)):
        for place in places:
            before = place - step
            if words[place].is_capitalised and before in marked:
                first, second = sorted((before, place))
                if text[words[first].end : words[second].start] in _SPACES:
                    marked.add(place)


def _runs(text: str, words: list[Word], marked: list[int]) -> Iterator[tuple[int, int]]:
    """Yield the spans of marked words, those of one name as one: "Ludwig van Beethoven", "Wren J. Halloway"."""
    place = 0
    while place < len(marked):
        first = last = marked[place]
        while place + 1 < len(marked) and _is_one_name(text, words, last, marked[place + 1]):
            place += 1
            last = marked[place]
        yield words[first].start, words[last].end
        place += 1


def _is_one_name(text: str, words: list[Word], last: int, following: int) -> bool:
    between = words[last + 1 : following]
    if len(between) > 2 or any(word.folded not in PARTICLES and len(word.text) > 1 for word in between):  # noqa: PLR2004 - "van der"
        return False
    gap = text[words[last].end : words[following].start]
    return not set(gap) - {" ", "\u00a0", "."} - set("".join(word.text for word in between)) and (
        bool(between) or gap in _SPACES
    )


def _inside(word: Word, parts: Mapping[str, _Part]) -> Iterator[tuple[int, int]]:
    """Yield the span of a plural, and of each known part that a hyphen or an apostrophe joins to something else."""
    if word.is_capitalised and any(
        word.folded.endswith(ending)
        and (part := parts.get(word.folded[: -len(ending)])) is not None
        and not part.is_doubtful
        for ending in ("s", "es")
    ):
        yield word.start, word.end
        return
    pieces = list(_PIECE.finditer(word.text))
    if len(pieces) > 1:
        for piece in pieces:
            part = parts.get(fold(piece.group()))
            if part is not None and piece.group()[0].isupper() and (part.is_announced or not part.is_doubtful):
                yield word.start + piece.start(), word.start + piece.end()
