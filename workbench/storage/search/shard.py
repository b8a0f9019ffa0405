"""One piece of the search index: up to 10,000 turns in an SQLite database that lives in memory.

FTS5 keeps where each word stands (``detail=full``) and none of the text (contentless). The lighter ``detail=column``
was measured and can't serve: without text it doesn't know how often a word occurs, and its ``bm25()`` is 0 for every
row. It would halve the size: 4.4 MB sealed against 9.1 MB for 10,000 turns of 3 kB, 24 Nov 2026, SQLite 3.40. With the
positions, phrases need no text either. An index of two- and three-letter beginnings would double the size: 29.9 MB
against 15.1 MB for turns of 5 kB; it is left out.
"""

import sqlite3
import struct
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from workbench.errors import StoreError
from workbench.storage.search.documents import Document
from workbench.storage.search.query import Filters, storable

SPAN = 10_000  # places; storage.md, section 2c

_TABLES = (
    """CREATE TABLE turn (number INTEGER PRIMARY KEY, record_id BLOB NOT NULL,
    created REAL NOT NULL, model TEXT NOT NULL, form TEXT NOT NULL)""",
    """CREATE VIRTUAL TABLE words USING fts5 (prompt, reply,
    content = '', detail = full, tokenize = 'unicode61 remove_diacritics 2')""",
)
# 16 MiB: a shard is written out in two or three strokes, so that little is left to merge; FTS5's own is 1 MiB.
_HASH_SIZE = 16 * 1024 * 1024
_HEADER = struct.Struct(">4sB15sQ")  # magic, our format, SQLite's version, bytes of the image
_MAGIC = b"WBSS"
_FORMAT = 1
# 192 MiB: what the seal unfolds at most is 256 MiB. Turns of 100 kB each would come to more; they are indexed all the
# same, and anew at each unlock.
LARGEST_BODY = 192 * 1024 * 1024
_MOST_COUNTS = 1_000  # words whose number of turns is remembered


class Shard:
    """An index over the turns of some places. It isn't safe to share between threads; `SearchIndex` holds the lock.

    Parameters
    ----------
    first : int
        The lowest place; turns are numbered from there, because small numbers pack better.
    """

    def __init__(self, *, first: int) -> None:
        self.first = first
        self._connect()
        with _failures_explained("This Python's SQLite has no full-text search."):
            for statement in _TABLES:
                self._connection.execute(statement)
            self._connection.execute("INSERT INTO words (words, rank) VALUES ('hashsize', ?)", (_HASH_SIZE,))

    def _connect(self) -> None:
        self._connection = sqlite3.connect(
            ":memory:", check_same_thread=False, isolation_level=None, cached_statements=64
        )
        self.close = weakref.finalize(self, self._connection.close)
        self._counts: dict[str, int] = {}
        self._rows: int | None = None
        self._is_whole: bool | None = None
        self._created: tuple[float, float] | None = None
        self._set_pragmas()

    def _set_pragmas(self) -> None:
        for pragma in ("temp_store=MEMORY", "journal_mode=MEMORY", "trusted_schema=OFF", "cell_size_check=ON"):
            self._connection.execute(f"PRAGMA {pragma}")

    def __repr__(self) -> str:
        """Tell that it is a shard; nothing of what is in it."""
        return "Shard(<in memory>)"

    def __len__(self) -> int:
        """Return how many turns can be found in it."""
        with _failures_explained():
            return int(self._connection.execute("SELECT count(*) FROM turn").fetchone()[0])

    def add(self, documents: Iterable[Document]) -> None:
        """Take in turns, all or none of them; ones that are there already are left as they are."""
        with _failures_explained():
            self._connection.execute("BEGIN")
            try:
                for document in documents:
                    self._add(document)
                self._connection.execute("COMMIT")
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            finally:
                self._forget_figures()

    def _add(self, document: Document) -> None:
        number = self._number(document.place)
        row = (number, document.record_id, document.created, storable(document.model), storable(document.form))
        if self._connection.execute("INSERT OR IGNORE INTO turn VALUES (?, ?, ?, ?, ?)", row).rowcount:
            self._connection.execute(
                "INSERT INTO words (rowid, prompt, reply) VALUES (?, ?, ?)",
                (number, storable(document.prompt), storable(document.reply)),
            )

    def remove(self, which: bytes | int) -> int | None:
        """Hide a turn, by its id or its place, and return its place; its words stay until the shard is built anew."""
        condition = "number = ?" if isinstance(which, int) else "record_id = ?"
        with _failures_explained():
            value = self._number(which) if isinstance(which, int) else which
            row = self._connection.execute(f"SELECT number FROM turn WHERE {condition}", (value,)).fetchone()  # noqa: S608 - one of two constants
            if row is None:
                return None
            self._connection.execute("DELETE FROM turn WHERE number = ?", row)
            self._forget_figures()
        return self.first + int(row[0]) - 1

    def rows(self) -> int:
        """Return how many turns FTS5 counts; hidden ones are among them."""
        if self._rows is None:
            with _failures_explained():
                self._rows = int(self._connection.execute("SELECT count(*) FROM words_docsize").fetchone()[0])
        return self._rows

    def count(self, phrase: str) -> int:
        """Return how many turns hold a phrase; hidden ones are among them."""
        if phrase not in self._counts:
            if len(self._counts) >= _MOST_COUNTS:
                self._counts.clear()
            with _failures_explained():
                self._counts[phrase] = int(
                    self._connection.execute("SELECT count(*) FROM words WHERE words MATCH ?", (phrase,)).fetchone()[0]
                )
        return self._counts[phrase]

    def newest(self, expression: str, filters: Filters) -> Iterator[int]:
        """Yield the places of matching turns, newest first, each as it is asked for."""
        source, values = self._matching(expression, filters)
        with _failures_explained():
            for (number,) in self._connection.execute(f"SELECT words.rowid {source} ORDER BY words.rowid DESC", values):
                yield self.first + number - 1

    def best(self, expression: str, filters: Filters, *, limit: int, offset: int) -> list[tuple[int, float]]:
        """Return (place, BM25) of matching turns, best first; higher is better, and of equals the newer is first."""
        source, values = self._matching(expression, filters)
        statement = (
            f"SELECT words.rowid, bm25(words) AS score {source} ORDER BY score, words.rowid DESC LIMIT ? OFFSET ?"
        )
        with _failures_explained():
            rows = self._connection.execute(statement, (*values, limit, offset)).fetchall()
        if not offset and len(rows) < limit and len(values) == 1 and self._is_whole:
            self._counts[expression] = len(rows)  # all matches of it: nobody has to count them again
        return [(self.first + number - 1, -score) for number, score in rows]

    def scores(self, phrase: str, places: Iterable[int]) -> dict[int, float]:
        """Return what one phrase alone adds to the BM25 of each of these turns."""
        numbers = [self._number(place) for place in places]
        # The plus keeps the list out of FTS5's hands, which would begin its search anew for each number.
        statement = (
            "SELECT rowid, bm25(words) FROM words WHERE words MATCH ? AND rowid BETWEEN ? AND ?"
            " AND +rowid IN (SELECT value FROM json_each(?))"
        )
        with _failures_explained():
            rows = self._connection.execute(
                statement, (phrase, min(numbers), max(numbers), f"[{','.join(map(str, numbers))}]")
            ).fetchall()
        return {self.first + number - 1: -score for number, score in rows}

    def record_id(self, place: int) -> bytes:
        """Return the id of a turn that was found here."""
        with _failures_explained():
            row = self._connection.execute(
                "SELECT record_id FROM turn WHERE number = ?", (self._number(place),)
            ).fetchone()
        return bytes(row[0])

    def may_hold(self, filters: Filters) -> bool:
        """Return whether any turn here can be of the time that is asked for."""
        if filters.since is None and filters.until is None:
            return True
        if self._created is None:
            with _failures_explained():
                row = self._connection.execute("SELECT min(created), max(created) FROM turn").fetchone()
            self._created = row if row[0] is not None else (float("inf"), float("-inf"))
        oldest, newest = self._created
        return (filters.since is None or newest >= filters.since) and (filters.until is None or oldest < filters.until)

    def body(self) -> bytes:
        """Return all of it in bytes, to be packed and sealed; `from_body` is its inverse."""
        with _failures_explained():
            image = self._connection.serialize()
        return self._header(len(image)) + image

    @classmethod
    def from_body(cls, body: bytes | memoryview, *, first: int) -> "Shard":
        """Return the shard that `body` gave.

        Raises
        ------
        StoreError
            When the bytes are no shard, or another format or another SQLite made them: build it anew.
        """
        shard = cls.__new__(cls)
        shard.first = first
        shard._connect()  # noqa: SLF001 - its own
        try:
            shard._restore(body)  # noqa: SLF001 - its own
        except BaseException:
            shard.close()
            raise
        return shard

    def _restore(self, body: bytes | memoryview) -> None:
        with _failures_explained(_NO_SHARD), memoryview(body)[_HEADER.size :] as image:
            if body[: _HEADER.size] != self._header(len(image)):
                raise StoreError(_NO_SHARD)
            self._connection.deserialize(image)
            self._set_pragmas()
            if self._connection.execute("PRAGMA quick_check(1)").fetchall() != [("ok",)] or self._schema() != _schema():
                raise StoreError(_NO_SHARD)

    def _matching(self, expression: str, filters: Filters) -> tuple[str, tuple[float | str, ...]]:
        condition, values = filters.condition()
        # CROSS JOIN keeps the order: each match is looked up in `turn`, where a hidden one isn't.
        source = "FROM words CROSS JOIN turn ON turn.number = words.rowid WHERE words MATCH ?"
        if self._is_whole is None:
            self._is_whole = len(self) == self.rows()
        if self._is_whole and not condition:
            source = "FROM words WHERE words MATCH ?"
        return source + (f" AND {condition}" if condition else ""), (expression, *values)

    def _number(self, place: int) -> int:
        return place - self.first + 1

    def _forget_figures(self) -> None:
        self._counts.clear()
        self._rows = self._is_whole = self._created = None

    def _schema(self) -> list[tuple[str, str, str | None]]:
        return self._connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY name").fetchall()

    @staticmethod
    def _header(size: int) -> bytes:
        return _HEADER.pack(_MAGIC, _FORMAT, sqlite3.sqlite_version.encode("ascii"), size)


_NO_SHARD = "The bytes are no part of a search index."


def _schema() -> list[tuple[str, str, str | None]]:
    """Return the schema of a new shard: one that was read must have the same, to the letter."""
    shard = Shard(first=1)
    try:
        return shard._schema()  # noqa: SLF001 - its own
    finally:
        shard.close()


@contextmanager
def _failures_explained(message: str = "The search index can't be used.") -> Iterator[None]:
    """Turn SQLite's errors into ours; their texts may hold what was typed, and are dropped."""
    try:
        yield
    except (sqlite3.Error, UnicodeError):  # the latter for an image whose text isn't
        pass
    else:
        return
    raise StoreError(message, remedy="Lock the session and sign in again; the index is built anew from your history.")
