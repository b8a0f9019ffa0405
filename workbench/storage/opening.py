"""Which store this is: its tables are made on first use, and what isn't ours or is newer is refused."""

import secrets

from workbench.errors import StoreVersionError
from workbench.storage.database import Database, read_only_error
from workbench.storage.schema import FORMAT, statements


def create_or_check(database: Database) -> None:
    """Create the tables of a new store, or read which store an old one is.

    Raises
    ------
    StoreVersionError
        When it isn't a store, or a newer workbench wrote it.
    StoreError
        When it is new and can't be written.
    """
    tables = database.tables()
    refuse_foreign(tables)
    if not tables:
        if database.is_read_only:
            raise read_only_error()
        with database.transaction():
            database.lock_opening()
            if not database.tables():  # another kernel may have been faster
                _create(database)
    rows = database.rows("SELECT format, store_id, name_salt FROM store")
    if not rows or not _is_format(rows[0][0]) or any(not _is_id(value) for value in rows[0][1:]):
        raise StoreVersionError("The store doesn't say which store it is.", remedy="Restore it from a backup.")
    if rows[0][0] > FORMAT:
        raise StoreVersionError("The store was written by a newer workbench.")
    database.store_id, database.name_salt = rows[0][1:]


def refuse_foreign(tables: frozenset[str]) -> None:
    """Refuse another program's database, by the tables that are in it."""
    if tables and "store" not in tables:
        raise StoreVersionError("That is a database, but no store of the workbench.", remedy="Name another one.")


def _create(database: Database) -> None:
    for statement in statements():
        database.write(statement)
    identity = (FORMAT, secrets.token_bytes(16), secrets.token_bytes(16))
    database.write("INSERT INTO store (only_row, format, store_id, name_salt) VALUES (1, ?, ?, ?)", identity)


def _is_format(value: object) -> bool:
    return isinstance(value, int) and value > 0


def _is_id(value: object) -> bool:
    return isinstance(value, bytes) and len(value) == 16  # noqa: PLR2004 - the width of every id
