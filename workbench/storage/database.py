"""One SQLite file: how it is created, opened, locked and written, and what its failures mean."""

import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator
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
        When it isn't a store, or a newer workbench wrote it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._is_in_transaction = False
        with _failures_explained():
            is_new = _create_private(path)
            self._connection = sqlite3.connect(
                path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=64
            )
            try:
                self._prepare(is_new=is_new)
            except BaseException:
                self._connection.close()
                raise

    def __repr__(self) -> str:
        """Tell that it is a store; not where."""
        return "Database(<sqlite>)"

    def _prepare(self, *, is_new: bool) -> None:
        """Set the pragmas, create the tables of a new store, and read which store this is."""
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",  # an acknowledged turn survives a power cut
            "secure_delete=ON",  # deleted rows are overwritten with zeros; builds differ in their default
            "temp_store=MEMORY",  # no temporary files
            "foreign_keys=ON",
            "trusted_schema=OFF",
        ):
            self._connection.execute(f"PRAGMA {pragma}")
        if is_new or not self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            with self.transaction():
                if not self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                    for statement in _statements(TABLES):
                        self._connection.execute(statement)
                    self._connection.execute(
                        "INSERT INTO store VALUES (1, ?, ?, ?)",
                        (FORMAT, secrets.token_bytes(16), secrets.token_bytes(16)),
                    )
        try:
            row = self._connection.execute("SELECT format, store_id, name_salt FROM store").fetchone()
        except sqlite3.OperationalError:
            row = None
        if row is None:
            raise StoreVersionError(
                "The file is a database, but no store of the workbench.", remedy="Name another file."
            )
        if row[0] > FORMAT:
            raise StoreVersionError("The store was written by a newer workbench.")
        self.store_id: bytes = row[1]
        self.name_salt: bytes = row[2]

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all of it or none of it; other threads and kernels wait. Inside another transaction, joins that one."""
        with self._lock, _failures_explained():
            if self._is_in_transaction:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            self._is_in_transaction = True
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            finally:
                self._is_in_transaction = False

    def write(self, statement: str, values: tuple[Any, ...]) -> int:
        """Run one writing statement, in its own transaction unless one is open; return how many rows it touched."""
        with self.transaction():
            return self._connection.execute(statement, values).rowcount

    def rows(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Return every row of one reading statement."""
        with self._lock, _failures_explained():
            return self._connection.execute(statement, values).fetchall()

    def checkpoint(self) -> None:
        """Move the write-ahead log into the file and empty it, so that deleted rows stand in neither.

        While another kernel reads, SQLite postpones it; the log is then emptied when the last connection closes.
        """
        with self._lock, _failures_explained():
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the file; the last one out folds the write-ahead log in."""
        with self._lock:
            self._connection.close()


def _create_private(path: Path) -> bool:
    """Create the file 0600 and its folder 0700; return whether it is new. Another's file is refused."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        if path.is_symlink() or not path.is_file():
            raise StoreError("The store's path is not a plain file.", remedy="Name another file.") from None
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
        return False
    return True


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
    except sqlite3.OperationalError as error:
        reason, remedy = _OPERATIONAL.get(
            error.sqlite_errorcode & 0xFF, ("The store could not be read or written.", StoreError.default_remedy)
        )
        raise StoreError(reason, remedy=remedy) from None
    except sqlite3.ProgrammingError:
        raise StoreError("The store is closed.", remedy="Open it again with Workbench.open().") from None
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_TRIGGER:
            raise StoreError(
                "The audit log is append-only.", remedy="Entries leave with their whole segment."
            ) from None
        if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
            raise StoreVersionError("The file is no store of the workbench.", remedy="Name another file.") from None
        raise StoreError(
            "The store's file is damaged.",
            remedy="Restore it from a backup; keep the damaged file for its readable part.",
        ) from None
    except OSError as error:
        raise StoreError(f"The store's file can't be used ({type(error).__name__}).") from None


_OPERATIONAL = {
    sqlite3.SQLITE_BUSY: ("Another kernel keeps the store busy.", "Wait for it, or close the other notebook."),
    sqlite3.SQLITE_FULL: ("The disk is full; nothing was written.", "Free some space, then try again."),
    sqlite3.SQLITE_READONLY: ("The store is read-only; nothing was written.", "Make the file and its folder writable."),
    sqlite3.SQLITE_CANTOPEN: ("The store's file can't be opened.", StoreError.default_remedy),
}
