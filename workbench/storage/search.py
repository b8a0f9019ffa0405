"""Ranked full-text search over opened turns, in an index that lives in memory while a session is open."""

import re
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from workbench.errors import LockedError, StoreError

_TERM = re.compile(r'"([^"]*)"|(\w[\w\'’-]*)(\*?)')


class SearchIndex:
    """SQLite's FTS5 in a memory database; it never touches a disk and goes with the session's keys.

    Words match whole, whatever their case or accents; the last word of a query also matches as a beginning, for search
    as one types; ``"a phrase"`` matches in order; ``win*`` matches a beginning.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        try:
            self._connection.execute("PRAGMA temp_store=MEMORY")
            self._connection.execute(
                "CREATE VIRTUAL TABLE turn USING fts5"
                "(record_id UNINDEXED, prompt, reply, tokenize = 'unicode61 remove_diacritics 2')"
            )
        except sqlite3.OperationalError:
            self._connection.close()
            raise StoreError(
                "This Python's SQLite has no full-text search.", remedy="Install a Python whose SQLite has FTS5."
            ) from None

    def __repr__(self) -> str:
        """Tell that it is an index; nothing of what is in it."""
        return "SearchIndex(<in memory>)"

    def add(self, entries: Iterable[tuple[bytes, str, str]]) -> None:
        """Take in (record id, prompt, reply) of turns."""
        with self._lock, _locked_when_closed():
            self._connection.executemany(
                "INSERT INTO turn VALUES (?, ?, ?)",
                ((record_id.hex(), _storable(prompt), _storable(reply)) for record_id, prompt, reply in entries),
            )

    def remove(self, record_id: bytes) -> None:
        """Forget one turn."""
        with self._lock, _locked_when_closed():
            self._connection.execute("DELETE FROM turn WHERE record_id = ?", (record_id.hex(),))

    def search(self, query: str, *, limit: int) -> list[bytes]:
        """Return the ids of matching turns, best first (BM25); an empty list for a query without a word."""
        expression = match_expression(query)
        if not expression:
            return []
        with self._lock, _locked_when_closed():
            rows = self._connection.execute(
                "SELECT record_id FROM turn WHERE turn MATCH ? ORDER BY rank, rowid DESC LIMIT ?", (expression, limit)
            ).fetchall()
        return [bytes.fromhex(row[0]) for row in rows]

    def close(self) -> None:
        """Drop the index."""
        with self._lock:
            self._connection.close()


@contextmanager
def _locked_when_closed() -> Iterator[None]:
    try:
        yield
    except sqlite3.ProgrammingError:
        raise LockedError("The session was locked.") from None


def match_expression(query: str) -> str:
    """Return an FTS5 expression for what a person typed; nothing typed is ever read as FTS5's own syntax."""
    terms: list[str] = []
    matches = list(_TERM.finditer(_storable(query)))
    for match in matches:
        phrase, word, star = match.groups()
        if phrase is not None:
            if re.search(r"\w", phrase):
                terms.append(f'"{phrase}"')
            continue
        is_last = match is matches[-1] and match.end() == len(query)
        terms.append(f'"{word}"' + ("*" if star or is_last else ""))
    return " ".join(terms)


def _storable(text: str) -> str:
    """Replace what SQLite can't hold as text: lone surrogates and NUL."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", " ")
