"""Spans that overlap made disjoint, so that the surest rule keeps its words and no character found is lost."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import replace
from operator import attrgetter

from workbench.records import Entity

CHECKED = 0.99
"""Confidence of a rule that verified a check digit (Luhn, mod 97) or a provider's own token prefix."""


def resolve(text: str, found: Iterable[Entity]) -> list[Entity]:
    """Return `found` as disjoint spans in order of the text.

    Spans of one kind that overlap become one. Between kinds the surer wins, then the longer, then the earlier; the
    loser keeps what the winner leaves of it, so that a doubtful span never swallows a precise one and a precise one
    never uncovers the rest of a doubtful one.

    Parameters
    ----------
    text : str
        The text that the spans point into.
    found : iterable of Entity
        In any order, overlapping as they come.
    """
    taken: list[tuple[int, int]] = []
    kept: list[Entity] = []
    for entity in sorted(_united(found), key=lambda one: (-one.confidence, one.start - one.end, one.start)):
        for start, end in _remainder(entity.start, entity.end, taken):
            first, last = _trimmed(text, start, end) if (start, end) != (entity.start, entity.end) else (start, end)
            if first < last:
                taken.insert(bisect_left(taken, (first, last)), (first, last))
                kept.append(replace(entity, start=first, end=last))
    return sorted(kept, key=attrgetter("start"))


def _united(found: Iterable[Entity]) -> list[Entity]:
    """Join overlapping spans of the same kind; the surer one's rule and confidence stand for both."""
    joined: dict[str, list[Entity]] = {}
    for entity in sorted(found, key=lambda one: (one.start, one.end)):
        same = joined.setdefault(entity.kind, [])
        if same and entity.start < same[-1].end:
            surer = max(same[-1], entity, key=attrgetter("confidence"))
            same[-1] = replace(surer, start=same[-1].start, end=max(same[-1].end, entity.end))
        else:
            same.append(entity)
    return [entity for same in joined.values() for entity in same]


def _remainder(start: int, end: int, taken: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the parts of a span that no span of `taken` (sorted, disjoint) covers."""
    parts = []
    place = bisect_left(taken, (start, start))
    if place and taken[place - 1][1] > start:
        start = taken[place - 1][1]
    while place < len(taken) and taken[place][0] < end:
        if start < taken[place][0]:
            parts.append((start, taken[place][0]))
        start = max(start, taken[place][1])
        place += 1
    if start < end:
        parts.append((start, end))
    return parts


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Drop punctuation and space from both ends of a remainder; nothing is left of one without letter or digit."""
    while start < end and not text[start].isalnum():
        start += 1
    while end > start and not text[end - 1].isalnum():
        end -= 1
    return start, end
