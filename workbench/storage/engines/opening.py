"""Which store this is: made on first use, upgraded when it is older; what isn't ours or is newer is refused."""

import secrets

from workbench.errors import StoreVersionError
from workbench.storage.engines.database import Database, read_only_error
from workbench.storage.engines.schema import FORMAT, statements
from workbench.storage.upgrades.migration import upgrade_if_older


def create_or_check(database: Database) -> None:
    """Create the tables of a new store, upgrade those of an older one, and read which store it is.

    Raises
    ------
    StoreVersionError
        When it isn't a store, a newer workbench wrote it, or an older one did and it can't be written.
    StoreError
        When it is new and can't be written, or there is no room to upgrade it.
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
    upgrade_if_older(database)
    rows = database.rows("SELECT store_id, name_salt FROM store")
    if not rows or any(not _is_id(value) for value in rows[0]):
        raise StoreVersionError("The store doesn't say which store it is.", remedy="Restore it from a backup.")
    database.store_id, database.name_salt = rows[0]


def refuse_foreign(tables: frozenset[str]) -> None:
    """Refuse another program's database, by the tables that are in it."""
    if tables and "store" not in tables:
        raise StoreVersionError("That is a database, but no store of the workbench.", remedy="Name another one.")


def _create(database: Database) -> None:
    for statement in statements():
        database.write(statement)
    identity = (FORMAT, secrets.token_bytes(16), secrets.token_bytes(16))
    database.write("INSERT INTO store (only_row, format, store_id, name_salt) VALUES (1, ?, ?, ?)", identity)


def _is_id(value: object) -> bool:
    return isinstance(value, bytes) and len(value) == 16  # noqa: PLR2004 - the width of every id
