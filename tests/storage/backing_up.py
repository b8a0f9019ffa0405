"""What the tests of backups share: a store's rows, a maker of backups, a clock, a look at every object of a place."""

import time
import uuid
from dataclasses import dataclass, field

from workbench.storage import BackupMaker, Place, restore
from workbench.storage.backups.pieces import COLUMNS


def rows_of(database):
    """Return every row that a backup holds, by table."""
    return {
        table: sorted(database.rows(f"SELECT {', '.join(columns)} FROM {table}"), key=repr)
        for table, columns in COLUMNS.items()
    }


def objects_of(*places):
    return {(number, name): place.get(name) for number, place in enumerate(places) for name in place.names()}


@dataclass
class Shelf:
    """Two places, and a clock that can be put forward."""

    data: Place
    keys: Place
    days: float = 0.0
    made: list = field(default_factory=list)

    @classmethod
    def in_memory(cls):
        return cls(Place(f"memory://{uuid.uuid4().hex}"), Place(f"memory://{uuid.uuid4().hex}"))

    def now(self):
        return time.time() + self.days * 86_400

    def maker(self, database, owner):
        return BackupMaker(
            database,
            account_id=owner.account_id,
            key_pairs=owner.key_pairs,
            data=self.data,
            keys=self.keys,
            device=owner.device,
            now=self.now,
        )

    def back_up(self, vaults, database, owner, **options):
        vaults.checkpoint()
        made = self.maker(database, owner).make(**options)
        self.made.append(made)
        return made

    def restore(self, to, **options):
        return restore(to, data=self.data, keys=self.keys, now=self.now, **options)
