"""A demo's store, thrown away when nobody holds it any more, and the people who are invented for it."""

import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterable
from pathlib import Path

from workbench.storage import Database, Device, open_database


def throw_away_store() -> tuple[Database, Device, Callable[[], object]]:
    """Return an empty store in a folder of its own, its device, and what closes it and removes the folder.

    Sessions hold the database, not the bench: the folder goes when the last of them does, if it isn't removed before.
    """
    folder = Path(tempfile.mkdtemp(prefix="workbench-demo-"))
    database = open_database(folder / "demo.db")
    discard = weakref.finalize(database, _discard, database.closer(), folder)
    return database, Device(folder / "device", use_keyring=False), discard


def invented_people(*, students: int, staff: Iterable[str]) -> dict[str, str]:
    """Return each one's role, by name: ada, who owns the store, the students, and one for each role of the staff."""
    people = {"ada": "owner"} | {role: role for role in staff}
    return people | {f"student-{number}": "student" for number in range(1, students + 1)}


def _discard(close: Callable[[], object], folder: Path) -> None:
    close()
    shutil.rmtree(folder, ignore_errors=True)
