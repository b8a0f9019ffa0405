"""One SQLite file: how it is created, opened, locked and written, and what its failures mean."""

import os
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from workbench.errors import StoreError, StoreVersionError
from workbench.storage.schema import FORMAT, TABLES

BUSY_SECONDS = 30.0  # how long a writer waits for another kernel's transaction


class Database:
    """An open store file, safe to share between threads.

    Parameters
    ----------
    path : Path
        The file; it is created on first use, readable by its owner alone (0600).

    Raises
    ------
    StoreError
        When the file can't be opened or written.
    StoreVersionError
        When it isn't a store, or a newer workbench wrote it; it is left as it was.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._process = os.getpid()
        self._lock = threading.RLock()
        self._is_in_transaction = False
        self._undo: list[Callable[[], object]] = []
        self._is_checkpoint_due = False
        with _failures_explained():
            _create_private(path)
            self._connection = sqlite3.connect(
                path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=64
            )
            self._connection.text_factory = bytes  # no column holds text; one that does was altered
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise

    def __repr__(self) -> str:
        """Tell that it is a store; not where."""
        return "Database(<sqlite>)"

    def _prepare(self) -> None:
        """Read which store this is, set the pragmas, and create the tables of a new one."""
        tables = {row[0] for row in self._connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if tables and b"store" not in tables:
            raise StoreVersionError("The file is a database, but no store of the workbench.", remedy=_ANOTHER)
        self.path.chmod(0o600)
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",  # an acknowledged turn survives a power cut
            "secure_delete=ON",  # deleted rows are overwritten with zeros; builds differ in their default
            "temp_store=MEMORY",  # no temporary files
            "foreign_keys=ON",
            "trusted_schema=OFF",
        ):
            self._connection.execute(f"PRAGMA {pragma}")
        if not tables:
            with self.transaction():
                if not self.rows("SELECT 1 FROM sqlite_master"):  # another kernel may have been faster
                    for statement in _statements(TABLES):
                        self._connection.execute(statement)
                    identity = (FORMAT, secrets.token_bytes(16), secrets.token_bytes(16))
                    self._connection.execute("INSERT INTO store VALUES (1, ?, ?, ?)", identity)
        rows = self.rows("SELECT format, store_id, name_salt FROM store")
        if not rows or not _is_format(rows[0][0]) or any(not _is_id(value) for value in rows[0][1:]):
            raise StoreVersionError("The store doesn't say which store it is.", remedy="Restore it from a backup.")
        if rows[0][0] > FORMAT:
            raise StoreVersionError("The store was written by a newer workbench.")
        self.store_id: bytes = rows[0][1]
        self.name_salt: bytes = rows[0][2]

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all of it or none of it; other threads and kernels wait. Inside another transaction, joins that one."""
        self._check_process()
        with self._lock, _failures_explained():
            if self._is_in_transaction:
                yield
                return
            if self._connection.in_transaction:  # an interrupt came between BEGIN and the next line
                self._connection.execute("ROLLBACK")
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                self._is_in_transaction = True
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                for undo in self._undo:
                    undo()
                raise
            finally:
                self._is_in_transaction = False
                self._undo.clear()
            if self._is_checkpoint_due:
                self.checkpoint()

    def on_rollback(self, undo: Callable[[], object]) -> None:
        """Call `undo` if the transaction that is open fails, before any other thread can write."""
        self._undo.append(undo)

    def write(self, statement: str, values: tuple[Any, ...]) -> int:
        """Run one writing statement, in its own transaction unless one is open; return how many rows it touched."""
        with self.transaction():
            return self._connection.execute(statement, values).rowcount

    def rows(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Return every row of one reading statement."""
        self._check_process()
        with self._lock, _failures_explained():
            return self._connection.execute(statement, values).fetchall()

    def checkpoint(self) -> None:
        """Move the write-ahead log into the file and empty it, so that deleted rows stand in neither.

        While another kernel reads, that has to wait; it is then done after a later write, or when the last kernel
        closes the store.
        """
        with self._lock, _failures_explained():
            self._connection.execute("PRAGMA busy_timeout = 0")
            try:
                ((is_busy, _, _),) = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            finally:
                self._connection.execute(f"PRAGMA busy_timeout = {round(BUSY_SECONDS * 1000)}")
            self._is_checkpoint_due = bool(is_busy)

    def close(self) -> None:
        """Close the file; the last one out folds the write-ahead log in."""
        with self._lock:
            self._connection.close()

    def closer(self) -> Callable[[], object]:
        """Return what closes the file without holding on to this object."""
        return self._connection.close

    def _check_process(self) -> None:
        """Refuse to go on in a forked child: SQLite's locks don't survive a fork (sqlite.org/howtocorrupt, 2.6)."""
        if os.getpid() != self._process:
            raise StoreError("The store was opened before a fork.", remedy="Open it again in this process.")


def _create_private(path: Path) -> None:
    """Create the file 0600 and its folder 0700, where they aren't there. What isn't a plain file is refused."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        if path.is_symlink() or not path.is_file():
            raise StoreError("The store's path is not a plain file.", remedy=_ANOTHER) from None


def _is_format(value: object) -> bool:
    return isinstance(value, int) and value > 0


def _is_id(value: object) -> bool:
    return isinstance(value, bytes) and len(value) == 16  # noqa: PLR2004 - the width of every id


def _statements(script: str) -> Iterator[str]:
    """Split the schema; `executescript` would commit the open transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


@contextmanager
def _failures_explained() -> Iterator[None]:
    """Turn SQLite's and the system's errors into ours; their texts may name paths, never content, and are dropped."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        fault = _explained(error)
    else:
        return
    raise fault  # outside of the handler, so that it doesn't drag the library's error along


def _explained(error: Exception) -> StoreError:
    if not isinstance(error, sqlite3.Error):
        return StoreError(f"The store's file can't be used ({type(error).__name__}).")
    if isinstance(error, sqlite3.ProgrammingError):
        return StoreError("The store is closed.", remedy="Open it again with Workbench.open().")
    code = getattr(error, "sqlite_errorcode", 0)
    if code == sqlite3.SQLITE_CONSTRAINT_TRIGGER:
        return StoreError("The audit log is append-only.", remedy="Entries leave with their whole segment.")
    kind, reason, remedy = _REASONS.get(code & 0xFF, (StoreError, "The store could not be read or written.", None))
    return kind(reason, remedy=remedy)


_ANOTHER = "Name another file."

_REASONS: dict[int, tuple[type[StoreError], str, str | None]] = {
    sqlite3.SQLITE_BUSY: (StoreError, "Another kernel keeps the store busy.", "Wait for it, or close that notebook."),
    sqlite3.SQLITE_FULL: (StoreError, "The disk is full; nothing was written.", "Free some space, then try again."),
    sqlite3.SQLITE_READONLY: (StoreError, "The store is read-only; nothing was written.", "Make the file writable."),
    sqlite3.SQLITE_CANTOPEN: (StoreError, "The store's file can't be opened.", None),
    sqlite3.SQLITE_NOTADB: (StoreVersionError, "The file is no store of the workbench.", _ANOTHER),
    sqlite3.SQLITE_CORRUPT: (
        StoreError,
        "The store's file is damaged.",
        "Restore it from a backup; keep the damaged file for its readable part.",
    ),
}
