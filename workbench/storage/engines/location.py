"""Where a store is: a file or a PostgreSQL database, opened by the engine that keeps it."""

import os
import re
from pathlib import Path

from workbench.errors import StoreError
from workbench.storage.engines.database import Database
from workbench.storage.engines.sqlite import SqliteDatabase

_A_LOCATION = "Give a path, such as data/workbench.db, or postgresql://user@host/database."


def open_database(location: str | Path) -> Database:
    """Open a store, and create it on first use.

    Parameters
    ----------
    location : str or Path
        A file, or a URL that begins ``postgresql://``.

    Raises
    ------
    StoreError
        When it can't be opened or written, or is of a kind that this version doesn't know.
    StoreVersionError
        When it isn't a store, or a newer workbench wrote it; it is left as it was.
    InsecureTransportError
        When the URL asks for a connection over the network that isn't verified.
    """
    scheme, separator, _ = str(location).partition("://")
    if separator and scheme in {"postgresql", "postgres"}:
        return _open_postgres(str(location))
    # A Path has made one stroke of two: its file would bear the password in its name.
    if separator or re.match(r"postgres(ql)?:", str(location), re.IGNORECASE):
        raise StoreError("A store is a file or a PostgreSQL database, and that address is neither.", remedy=_A_LOCATION)
    try:
        path = Path(location).expanduser()
        os.fsencode(path)
    except (RuntimeError, TypeError, UnicodeError):  # no such user, no path, half a character
        path = Path("\0")
    if "\0" in str(path):
        raise StoreError("That can't be the path of a store.", remedy=_A_LOCATION)
    return SqliteDatabase(path)


def _open_postgres(url: str) -> Database:
    try:
        from workbench.storage.engines.postgres import PostgresDatabase  # noqa: PLC0415 - loads psycopg, which is optional
    except ImportError:
        raise StoreError(
            "PostgreSQL needs a library that isn't installed.", remedy='Run: pip install "workbench[postgres]".'
        ) from None
    return PostgresDatabase(url)
