"""A store in one SQLite file: how it is created, opened, locked and written, and what its failures mean."""

import os
import sqlite3
from collections.abc import Callable, Generator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar

from workbench.errors import StoreError, StoreVersionError
from workbench.storage.engines.database import BUSY_SECONDS, Database, closed_error, read_only_error
from workbench.storage.engines.filesystem import refuse_network
from workbench.storage.engines.opening import create_or_check, refuse_foreign
from workbench.storage.upgrades.safety_copy import copy_file

Made = TypeVar("Made")

PAGE_BYTES = 8192  # of a sealed turn of 2 kB two fit into 4 kB with a third wasted, four or five into 8 kB


class SqliteDatabase(Database):
    """An open store file.

    Parameters
    ----------
    path : Path
        The file; it is created on first use, readable by its owner alone (0600), in a folder of its own (0700).
    synchronous : {"FULL", "NORMAL"}
        With FULL an acknowledged turn survives a power cut; with NORMAL the last ones may be lost, none half-written
        (sqlite.org/pragma.html#pragma_synchronous).
    read_only : bool
        Open a store that is there for reading only; so is one whose file or folder can't be written.

    Raises
    ------
    StoreError
        When the file can't be opened or written, or lies on a network filesystem.
    StoreVersionError
        When it isn't a store, or a newer workbench wrote it; it is left as it was.
    """

    engine = "sqlite"
    _commits_by_itself = True  # a third of the statements, for whoever appends one record

    path: Path

    def __init__(self, path: Path, *, synchronous: Literal["FULL", "NORMAL"] = "FULL", read_only: bool = False) -> None:
        super().__init__()
        self.path = path
        self._synchronous = synchronous
        self._is_checkpoint_due = False
        self.is_read_only = _explaining(lambda: self._place(is_read_only=read_only))
        self._connection = self._connect()
        self._connections.append(self._connection)
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    def _place(self, *, is_read_only: bool) -> bool:
        """Make sure that there is a file that SQLite may use; return whether it is for reading only."""
        refuse_network(self.path)
        is_read_only = is_read_only or _is_kept_from_writing(self.path)
        if not is_read_only:
            _create_private(self.path)
        _refuse_odd(self.path)
        return is_read_only

    def _connect(self) -> sqlite3.Connection:
        """Open the file once more, with what holds for a connection alone; nothing in the file changes yet."""
        return _explaining(self._connection_to_the_file)

    def _connection_to_the_file(self) -> sqlite3.Connection:
        # Absolute, since SQLite keeps the relative name ":memory:" for itself.
        name = f"{self.path.absolute().as_uri()}?mode={'ro' if self.is_read_only else 'rw'}"
        connection = sqlite3.connect(
            name, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=64
        )
        connection.text_factory = bytes  # no column holds text; one that does was altered
        try:
            for pragma in (
                f"synchronous={self._synchronous}",
                f"page_size={PAGE_BYTES}",  # of a new file
                "secure_delete=ON",  # deleted rows are overwritten with zeros; builds differ in their default
                "temp_store=MEMORY",  # no temporary files
                "foreign_keys=ON",
                "trusted_schema=OFF",
                "cell_size_check=ON",  # a damaged page is told as such when it is read
            ):
                connection.execute(f"PRAGMA {pragma}")
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self) -> None:
        """Learn which store this is, and create the tables of a new one."""
        refuse_foreign(self.tables())  # before another program's file is altered
        if not self.is_read_only:
            _explaining(lambda: self.path.chmod(0o600))
            self._run("PRAGMA journal_mode=WAL", ())
        create_or_check(self)

    def tables(self) -> frozenset[str]:
        """Return the names of the tables that are there; none in a new store."""
        rows = self.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
        return frozenset(bytes(name).decode(errors="replace") for (name,) in rows)

    def back_up(self, label: str) -> None:
        """Copy the file to ``<its name>.<label>.backup``; the transaction keeps others from writing meanwhile."""
        source = self._connect()
        try:
            _explaining(lambda: copy_file(source, self.path, label=label))
        finally:
            source.close()

    def checkpoint(self) -> None:
        """Move the write-ahead log into the file and empty it, so that deleted rows stand in neither.

        Inside a transaction, or while another kernel reads, that has to wait; it is then done after the transaction,
        after a later write, or when the last kernel closes the store.
        """
        super().checkpoint()
        if self.is_read_only:
            return
        with self._lock:
            self._is_checkpoint_due = True
            if self._owner is not None:
                return
            self._run("PRAGMA busy_timeout = 0", ())
            try:
                ((is_busy, _, _),) = self._fetch("PRAGMA wal_checkpoint(TRUNCATE)", ())
            finally:
                self._run(f"PRAGMA busy_timeout = {round(BUSY_SECONDS * 1000)}", ())
            self._is_checkpoint_due = bool(is_busy)

    def _after_commit(self) -> None:
        if self._is_checkpoint_due:
            with suppress(StoreError):  # the transaction is written; this is tried again after the next one
                self.checkpoint()

    def _begin(self) -> None:
        self._run("BEGIN IMMEDIATE", ())

    def _commit(self) -> None:
        self._run("COMMIT", ())

    def _end_leftover(self) -> None:
        if _explaining(lambda: self._connection.in_transaction):
            self._run("ROLLBACK", ())

    def _run(self, statement: str, values: tuple[Any, ...]) -> int:
        return _explaining(lambda: self._connection.execute(statement, values).rowcount)

    def _run_many(self, statement: str, rows: list[tuple[Any, ...]]) -> int:
        return _explaining(lambda: self._connection.executemany(statement, rows).rowcount)

    def _fetch(self, statement: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        return _explaining(lambda: self._connection.execute(statement, values).fetchall())

    def _batches(self, statement: str, values: tuple[Any, ...], size: int) -> Generator[list[tuple[Any, ...]]]:
        reader = self._connect()
        cursor = reader.cursor()
        try:
            _explaining(lambda: reader.execute("PRAGMA query_only = ON"))
            _explaining(lambda: cursor.execute(statement, values))
            while len(batch := _explaining(lambda: cursor.fetchmany(size))) == size:
                yield batch
        finally:
            if os.getpid() == self._process:
                cursor.close()  # else its statement would keep the snapshot
                reader.close()
                self._catch_up()
        yield batch

    def _snapshot_batches(self, statements: tuple[str, ...], size: int) -> Generator[tuple[int, list[tuple[Any, ...]]]]:
        reader = self._connect()
        cursor = reader.cursor()
        try:
            _explaining(lambda: reader.execute("PRAGMA query_only = ON"))
            _explaining(lambda: reader.execute("BEGIN"))  # the first read then fixes the moment (sqlite.org/isolation)
            for number, statement in enumerate(statements):
                _explaining(partial(cursor.execute, statement))
                while batch := _explaining(lambda: cursor.fetchmany(size)):
                    yield number, batch
        finally:
            if os.getpid() == self._process:
                cursor.close()
                reader.close()
                self._catch_up()

    def _catch_up(self) -> None:
        """Do the checkpoint that a stream held up, unless someone is writing, who then does it."""
        if self._is_checkpoint_due and self._lock.acquire(blocking=False):
            try:
                if self._owner is None:
                    self._after_commit()
            finally:
                self._lock.release()

    def _lock_key(self, key: bytes) -> None:
        """Do nothing: BEGIN IMMEDIATE has locked the store."""


def _is_kept_from_writing(path: Path) -> bool:
    """Tell whether a file that is there, or the folder in which its log must lie, can't be written."""
    effective = os.access in os.supports_effective_ids
    return path.exists() and not all(
        os.access(place, os.W_OK, effective_ids=effective) for place in (path, path.absolute().parent)
    )


def _create_private(path: Path) -> None:
    """Create the file 0600 and its folder 0700, where they aren't there."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _refuse_odd(path: Path) -> None:
    """Refuse what isn't a plain file, a link to one included."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise StoreError("The store's path is not a plain file.", remedy=_ANOTHER)


def _explaining(action: Callable[[], Made]) -> Made:
    """Do it; turn SQLite's and the system's errors into ours. Their texts may name paths, and are dropped."""
    try:
        return action()
    except (sqlite3.Error, OSError) as error:
        fault = _explained(error)
    except UnicodeDecodeError:  # of a message that quotes a damaged schema
        fault = _explained(sqlite3.DatabaseError(), sqlite3.SQLITE_CORRUPT)
    # Outside of the handler, and in no context manager, so that it doesn't drag the library's error along.
    raise fault


def _explained(error: Exception, code: int | None = None) -> StoreError:
    if not isinstance(error, sqlite3.Error):
        return StoreError(f"The store's file can't be used ({type(error).__name__}).")
    code = getattr(error, "sqlite_errorcode", code)
    if code is None:
        if isinstance(error, sqlite3.ProgrammingError) and "closed" in str(error):
            return closed_error()
        code = 0
    if code == sqlite3.SQLITE_CONSTRAINT_TRIGGER:
        return StoreError("The audit log is append-only.", remedy="Entries leave with their whole segment.")
    if code == sqlite3.SQLITE_READONLY:
        return read_only_error()
    if code & 0xFF == sqlite3.SQLITE_READONLY:  # the log that it would read from isn't there, and can't be made
        code = sqlite3.SQLITE_CANTOPEN
    kind, reason, remedy = _REASONS.get(code & 0xFF, (StoreError, "The store could not be read or written.", None))
    return kind(reason, remedy=remedy)


_ANOTHER = "Name another file."

_REASONS: dict[int, tuple[type[StoreError], str, str | None]] = {
    sqlite3.SQLITE_BUSY: (StoreError, "Another kernel keeps the store busy.", "Wait for it, or close that notebook."),
    sqlite3.SQLITE_FULL: (StoreError, "The disk is full; nothing was written.", "Free some space, then try again."),
    sqlite3.SQLITE_CANTOPEN: (
        StoreError,
        "The store's file can't be opened; SQLite needs to write its log beside it, even to read.",
        "Check that the file is there; copy a store that lies where nothing may be written to a folder of yours.",
    ),
    sqlite3.SQLITE_NOTADB: (StoreVersionError, "The file is no store of the workbench.", _ANOTHER),
    sqlite3.SQLITE_CORRUPT: (
        StoreError,
        "The store's file is damaged.",
        "Restore it from a backup; keep the damaged file for its readable part.",
    ),
}
