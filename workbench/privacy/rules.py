"""What a rule is: a compiled pattern, an optional check of what it matched, and how sure it is."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from workbench.records import Entity, EntityKind

Span = tuple[int, int]
Narrow = Callable[["re.Match[str]"], Span | None]

CONTEXT = 40
"""How many characters before a match may say what it is."""

_NOT_PERSONAL = re.compile(
    r"(?:\b(?:order|invoice|part|isbn|issn|doi|serial|tracking|ticket|case|version|release|model|product|sku"
    r"|barcode|upc|ean|gtin|batch|parcel|ref|reference|build|issue|bug|commit|hash|trace|trace id|uuid|catalog(?:ue)?"
    r"|v)\b\.?|[#№])"
    r"[ ]{0,2}(?:number|numbers|no\b\.?|num|id|code)?[ ]{0,2}(?:is|was|[:=#])?[ ]{0,2}\Z",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to find one kind of personal data.

    Parameters
    ----------
    name : str
        As `Entity.rule` shows it.
    kind : EntityKind
        What its matches are.
    confidence : float
        From 0 to 1; `workbench.privacy.spans.CHECKED` for a verified check digit.
    pattern : re.Pattern
        Every repetition in it is bounded, or possessive behind a look-behind that forbids a start inside the run: the
        time it takes is linear in the text, however hostile.
    narrow : callable
        Returns the span to report from a match, or ``None`` to refuse it; by default the group ``value`` or the whole.
    """

    name: str
    kind: EntityKind
    confidence: float
    pattern: "re.Pattern[str]"
    narrow: Narrow

    def find(self, text: str) -> Iterator[Entity]:
        """Yield what the rule finds in `text`."""
        for match in self.pattern.finditer(text):
            span = self.narrow(match)
            if span is not None and span[0] < span[1]:
                yield Entity(span[0], span[1], self.kind, self.name, self.confidence)


def whole(match: "re.Match[str]") -> Span | None:
    """Report the group ``value`` where the pattern has one, else all of the match."""
    return match.span("value" if "value" in match.re.groupindex else 0)


def unless_labelled(match: "re.Match[str]") -> Span | None:
    """Report the match, unless the words before it say that it is an order, a version, an ISBN or the like."""
    return None if is_labelled(match.string, match.start()) else whole(match)


def is_labelled(text: str, start: int) -> bool:
    """Tell whether the words just before `start` name a number that belongs to a thing, not to a person."""
    return _NOT_PERSONAL.search(text, max(0, start - CONTEXT), start) is not None


def word_set(words: str) -> frozenset[str]:
    """Return the words of a list that reads as a paragraph."""
    return frozenset(words.split())


def rule(
    name: str, kind: EntityKind, confidence: float, pattern: str, *, narrow: Narrow = whole, flags: int = 0
) -> Rule:
    """Compile one row of a table of rules (``re.VERBOSE``: write a space as ``[ ]``)."""
    return Rule(name, kind, confidence, re.compile(pattern, flags | re.VERBOSE), narrow)


def find_all(rules: Iterable[Rule], text: str) -> list[Entity]:
    """Return what every rule finds in `text`, overlapping as it comes."""
    return [entity for one in rules for entity in one.find(text)]
