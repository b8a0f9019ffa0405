"""A copy of a store beside itself, made before it is upgraded. It is ciphertext, as the store is, and opens as it did.

It also keeps what the store held that day: whoever erases a record later has to remove the copy too.
"""

import filecmp
import os
import sqlite3
from contextlib import closing, suppress
from itertools import count
from pathlib import Path
from typing import Any

from workbench.errors import StoreError
from workbench.storage.engines.database import Database


def copy_file(source: sqlite3.Connection, path: Path, *, label: str) -> Path:
    """Copy a SQLite store to ``<its name>.<label>.backup``, 0600, and return where it is, on the disk and checked.

    An earlier copy is never written over: one that is the same stays as it is, beside another goes a numbered one.
    Only whoever has locked the store's opening may call this; what an interrupted call left is removed.

    Parameters
    ----------
    source : sqlite3.Connection
        A connection of its own to the store.
    path : Path
        The store.
    label : str
        Goes into the name.

    Raises
    ------
    OSError, sqlite3.Error
        When it can't be written.
    StoreError
        When the copy isn't like the store.
    """
    partial = path.with_name(f"{path.name}.{label}.partial")
    partial.unlink(missing_ok=True)
    try:
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        with closing(sqlite3.connect(partial, isolation_level=None)) as copy:
            copy.execute("PRAGMA journal_mode=OFF")  # no other file, and no sync but our own below: it is new
            copy.execute("PRAGMA synchronous=OFF")
            source.backup(copy)
        _sync(partial)
        _compare(_state_of(source), _state_in(partial))
        return _settle(partial, path.with_name(f"{path.name}.{label}.backup"))
    except BaseException:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise


def copy_schema(database: Database, *, label: str) -> None:
    """Copy every table of a PostgreSQL store into a schema of its own, inside the open transaction.

    So the copy is there exactly if what follows it is. It is named after the store's schema and the label, and has the
    store's keys and indexes; an earlier one is left alone. Programs that are writing are waited for and locked out.

    Raises
    ------
    StoreError
        When the database's user may not make a schema, or the server has no room.
    """
    ((schema,),) = database.rows("SELECT current_schema()")
    taken = {name for (name,) in database.rows("SELECT nspname FROM pg_namespace")}
    backup = next(name for name in _names(f"{schema}_{label.replace('-', '_')}_backup", "_") if name not in taken)
    tables = sorted(database.tables())
    database.write(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE")
    database.write(f"CREATE SCHEMA {backup}")
    for table in tables:
        database.write(f"CREATE TABLE {backup}.{table} (LIKE {table} INCLUDING ALL)")
        copied = database.write(f"INSERT INTO {backup}.{table} SELECT * FROM {table}")  # noqa: S608 - our own tables
        _compare([(copied,)], database.rows(f"SELECT count(*) FROM {table}"))  # noqa: S608 - as above


def _compare(original: list[Any], copy: list[Any]) -> None:
    if original != copy:
        raise StoreError("The backup isn't like the store; the store wasn't upgraded.", remedy="Try again.")


def _state_of(connection: sqlite3.Connection) -> list[Any]:
    """Return what a store and its copy share: which store, which tables, how many pages, and how sound they are."""
    statements = (
        "SELECT * FROM store",
        "SELECT type, name, sql FROM sqlite_master ORDER BY type, name",
        "PRAGMA page_count",
        "PRAGMA quick_check",
    )
    return [connection.execute(statement).fetchall() for statement in statements]


def _state_in(path: Path) -> list[Any]:
    # Immutable: nothing else writes it, and no log is made beside it.
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)) as connection:
        connection.text_factory = bytes
        return _state_of(connection)


def _settle(partial: Path, wanted: Path) -> Path:
    """Give a finished copy its name."""
    for name in _names(wanted.name, "."):
        place = wanted.with_name(name)
        if not os.path.lexists(place):
            partial.rename(place)
            break
        if place.is_file() and filecmp.cmp(partial, place, shallow=False):
            partial.unlink()
            break
    with suppress(PermissionError):  # Windows opens no folder
        _sync(wanted.parent)
    return place


def _names(first: str, separator: str) -> Any:
    yield first
    yield from (f"{first}{separator}{number}" for number in count(2))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
