"""From what a person typed to what FTS5 is asked; nothing typed is ever read as FTS5's own syntax."""

import re
from dataclasses import dataclass

from workbench.errors import InputError

# A query is a sentence, not a book: what comes after so many words would only cost time.
MOST_PHRASES = 64

_TERM = re.compile(r'"([^"]*)"|(\w[\w\'’-]*)(\*?)')


@dataclass(frozen=True, slots=True)
class Filters:
    """Which turns count, beside their words.

    Parameters
    ----------
    since, until : float, optional
        POSIX seconds; from `since` on, and before `until`.
    model, form : str, optional
        Exactly this one.
    """

    since: float | None = None
    until: float | None = None
    model: str | None = None
    form: str | None = None

    def condition(self) -> tuple[str, tuple[float | str, ...]]:
        """Return what SQL asks of a row of ``turn``, empty when nothing is asked, and its values."""
        asked: dict[str, float | str | None] = {
            "turn.created >= ?": self.since,
            "turn.created < ?": self.until,
            "turn.model = ?": self.model,
            "turn.form = ?": self.form,
        }
        held = {term: value for term, value in asked.items() if value is not None}
        return " AND ".join(held), tuple(
            storable(value) if isinstance(value, str) else float(value) for value in held.values()
        )


def phrases(query: str) -> tuple[str, ...]:
    """Return the phrases of a query as FTS5 writes them: all of them have to occur.

    Words match whole, whatever their case or accents; the last word also matches as a beginning, for search as one
    types; ``"a phrase"`` matches in order; ``win*`` matches a beginning. There are none in a query without a word.

    Raises
    ------
    InputError
        When the query isn't text.
    """
    if not isinstance(query, str):
        raise InputError("A search is for text.")
    found: list[str] = []
    matches = list(_TERM.finditer(storable(query)))
    for match in matches:
        phrase, word, star = match.groups()
        if phrase is not None:
            if re.search(r"\w", phrase):
                found.append(f'"{phrase}"')
            continue
        is_last = match is matches[-1] and match.end() == len(query)
        found.append(f'"{word}"' + ("*" if star or is_last else ""))
    return tuple(found[:MOST_PHRASES])


def match_expression(query: str) -> str:
    """Return one FTS5 expression for what a person typed; empty for a query without a word."""
    return " ".join(phrases(query))


def storable(text: str) -> str:
    """Replace what SQLite can't hold as text: lone surrogates and NUL."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", " ")
