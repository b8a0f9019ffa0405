"""Upgrading a store that an older workbench wrote: copied first, then changed in one transaction or not at all.

Each format has one step, which makes the next format of it. A step has no keys: it moves rows as they are, and leaves
whatever has to be opened for the first unlocking of each account. It renames the tables that an older program writes
to, so that one that has the store open meanwhile fails, and mixes nothing.
"""

from collections.abc import Callable, Mapping

from workbench.errors import StoreVersionError
from workbench.storage.engines.database import Database
from workbench.storage.engines.schema import FORMAT
from workbench.storage.upgrades import from_format_1

Step = Callable[[Database], None]

STEPS: Mapping[int, Step] = {1: from_format_1.upgrade}
"""What makes the next format of each."""


def format_of(database: Database) -> int:
    """Return a store's format.

    Raises
    ------
    StoreVersionError
        When it says none, or is newer than this program.
    """
    rows = database.rows("SELECT format FROM store")
    if len(rows) != 1 or not isinstance(rows[0][0], int) or rows[0][0] < 1:
        raise StoreVersionError("The store doesn't say which store it is.", remedy="Restore it from a backup.")
    if rows[0][0] > FORMAT:
        raise StoreVersionError("The store was written by a newer workbench.")
    return rows[0][0]


def upgrade_if_older(database: Database, *, steps: Mapping[int, Step] = STEPS) -> bool:
    """Bring a store to this program's format, and return whether there was anything to do.

    A copy is made beside it first (`workbench.storage.upgrades.safety_copy`). Two kernels at once: one upgrades, the
    other waits and goes on. Killed at any moment, the store is as it was or upgraded.

    Raises
    ------
    StoreVersionError
        When it is of an older format and can't be written, or of one that no step knows.
    StoreError
        When there is no room for the copy; the store is as it was.
    """
    if format_of(database) == FORMAT:
        return False
    if database.is_read_only:
        raise StoreVersionError(
            "The store is of an older format, and read-only: it can't be upgraded.",
            remedy="Make the file and its folder writable, or copy it to a folder of yours; then open it again.",
        )
    with database.transaction():
        database.lock_opening()
        found = format_of(database)
        if found == FORMAT:  # another kernel was faster
            return False
        if any(number not in steps for number in range(found, FORMAT)):
            raise StoreVersionError(
                "The store is of a format that this workbench no longer upgrades.",
                remedy="Open it once with a workbench of the time between, then with this one.",
            )
        database.back_up(f"format-{found}")
        for number in range(found, FORMAT):
            steps[number](database)
        database.write("UPDATE store SET format = ?", (FORMAT,))
    return True
