"""The grammar of a placeholder: as the workbench writes it, and as models give it back."""

import re
from collections.abc import Iterable
from typing import NamedTuple, get_args

from workbench.records import EntityKind

KINDS: tuple[str, ...] = get_args(EntityKind)
LONGEST_NUMBER = 6  # digits

WRAPPERS = {"[": "]", "{": "}", "<": ">", "`": "`"}
"""What models put around a placeholder, opening and closing; at most two deep."""

# Between the parts of a placeholder: an underscore, a hyphen or a space, with Markdown's backslash before it or not.
_BETWEEN = r"\\?[_\-\u2010\u2011 \u00a0]"
_BETWEEN_OR_END = r"\\?(?:\Z|[_\-\u2010\u2011 \u00a0])"
_OPENING, _CLOSING = r"[\[{<`]{0,2}", r"[\]}>`]{0,2}"
# Not inside another word or identifier, but an underscore may stand around it: "_PERSON_1_" is Markdown for italics.
_BEFORE = r"(?<![A-Za-z0-9])(?<![A-Za-z0-9]_)"
_AFTER = r"(?![A-Za-z0-9]|_[A-Za-z0-9])"


class Seen(NamedTuple):
    """A placeholder as it stands in a text.

    Parameters
    ----------
    name : str
        As the workbench writes it, for example ``"PERSON_1"``.
    opening, closing : str
        Brackets and back-quotes that belong together around it.
    start, end : int
        The span with them.
    """

    name: str
    opening: str
    closing: str
    start: int
    end: int


def placeholder(kind: str, number: int) -> str:
    """Return the placeholder, for example ``"PERSON_1"``: letters and digits that no markup and no language changes.

    Examples
    --------
    >>> placeholder("PERSON", 1)
    'PERSON_1'
    """
    return f"{kind}_{number}"


def pattern(kinds: Iterable[str] = KINDS) -> "re.Pattern[str]":
    """Compile what finds every placeholder of `kinds`, in any of the ways that models write them."""
    return re.compile(
        rf"{_OPENING}{_BEFORE}(?P<kind>{_alternatives(kinds)}){_BETWEEN}(?P<number>[0-9]{{1,{LONGEST_NUMBER}}}){_AFTER}"
        rf"{_CLOSING}",
        re.IGNORECASE | re.ASCII,
    )


def unfinished(kinds: Iterable[str] = KINDS) -> "re.Pattern[str]":
    """Compile what finds, at the end of a text, the beginning of something that more text could make a placeholder."""
    digits = rf"[0-9]{{1,{LONGEST_NUMBER}}}(?:_|{_CLOSING})"
    starts = "|".join(_prefix([*_atoms(kind), _BETWEEN_OR_END, digits]) for kind in kinds)
    return re.compile(rf"(?:[\[{{<`]{{1,2}}(?:{starts})?|{_BEFORE}(?:{starts}))\Z", re.IGNORECASE | re.ASCII)


def reach(kinds: Iterable[str]) -> int:
    """Return how many characters, at most, `unfinished` holds back for `kinds`."""
    return (
        2 * max(map(len, kinds), default=0) + LONGEST_NUMBER + 8
    )  # each "_" may be escaped; two wrappers on both sides


def read(match: "re.Match[str]") -> Seen:
    """Read one match of `pattern`: its name, and which of the wrappers around it are pairs."""
    opening, closing = _wrapped(match)
    kind = re.sub(_BETWEEN, "_", match.group("kind")).upper()
    start, end = match.span("kind")[0] - len(opening), match.span("number")[1] + len(closing)
    return Seen(f"{kind}_{match.group('number')}", opening, closing, start, end)


def _wrapped(match: "re.Match[str]") -> tuple[str, str]:
    before = match.string[match.start() : match.start("kind")]
    after = match.string[match.end("number") : match.end()]
    pairs = 0
    while pairs < min(len(before), len(after)) and WRAPPERS[before[-1 - pairs]] == after[pairs]:
        pairs += 1
    return before[len(before) - pairs :], after[:pairs]


def _atoms(kind: str) -> list[str]:
    return [_BETWEEN_OR_END if character == "_" else re.escape(character) for character in kind]


def _alternatives(kinds: Iterable[str]) -> str:
    return "|".join(_BETWEEN.join(re.escape(part) for part in kind.split("_")) for kind in kinds)


def _prefix(atoms: list[str]) -> str:
    """Return a pattern of every non-empty beginning of the sequence of `atoms`."""
    nested = ""
    for atom in reversed(atoms[1:]):
        nested = f"(?:{atom}{nested})?"
    return atoms[0] + nested
