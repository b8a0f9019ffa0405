"""The store as the tests of power cuts and disk faults use it; all that they know of its schema stands here."""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from workbench.crypto import KeyPairs, KeyRing, Kind, new_key_pairs
from workbench.storage import AccountRow, AccountRows, Damaged, Vaults, new_vaults, open_database


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose records they are; made once, so that a store can be opened again after a cut."""

    account_id: bytes
    key_pairs: KeyPairs

    @classmethod
    def new(cls) -> Self:
        return cls(secrets.token_bytes(16), new_key_pairs())

    def vaults(self, database) -> Vaults:
        """Open the owner's vaults, which are made, with the account, when they aren't there."""
        with database.transaction():
            row = AccountRow(self.account_id, self.key_pairs.public.packed, b"-", ())
            if AccountRows(database).add(row, name_tag=self.account_id):
                new_vaults(database, account_id=self.account_id, key_pairs=self.key_pairs)
        return Vaults(database, account_id=self.account_id, key_pairs=self.key_pairs, key_ring=KeyRing())


@dataclass(frozen=True, slots=True)
class Contents:
    """What a store holds, every part of it verified."""

    bodies: dict[bytes, bytes]
    heads: tuple[bytes, ...]
    """The heads of the audit chain, oldest first."""


class DamagedStoreError(AssertionError):
    """The store opens, and what it holds isn't whole."""


class CrashSubject:
    """An open store with one account."""

    def __init__(self, path: Path, owner: Owner) -> None:
        self.database = open_database(path)
        try:
            self._vaults = owner.vaults(self.database)
        except BaseException:
            self.close()
            raise

    def append(self, body: bytes) -> bytes:
        """Write a record and its audit entry, both or neither; when it returns, they are acknowledged."""
        with self._vaults.transaction():
            record_id = self._vaults[Kind.TURN].append(body)
            self._vaults[Kind.AUDIT_ENTRY].append(b"appended " + record_id)
        return record_id

    def erase(self, record_id: bytes) -> None:
        """Erase a record, with its audit entry."""
        with self._vaults.transaction():
            self._vaults[Kind.TURN].erase([record_id])
            self._vaults[Kind.AUDIT_ENTRY].append(b"erased " + record_id)

    def renew_keys(self) -> None:
        """Exchange vault keys and data keys, and seal every record anew."""
        self._vaults.rotate()
        self._vaults.reseal()

    def checkpoint(self) -> None:
        """Sign the logs, and fold SQLite's log into its file."""
        self._vaults.checkpoint()
        self._vaults[Kind.TURN].settle()

    def head(self) -> bytes:
        return self._vaults[Kind.AUDIT_ENTRY].log.tip()[1]

    def trust_the_disk(self) -> None:
        """Sync nothing from here on, as no store should."""
        self.database.rows("PRAGMA synchronous=OFF")

    def close(self) -> None:
        self.database.close()


def contents(path: Path, owner: Owner) -> Contents:
    """Open a store and return what it holds.

    Raises
    ------
    DamagedStoreError
        When SQLite finds it inconsistent, or records and audit entries don't match.
    WorkbenchError
        When it can't be opened, or a log doesn't hold.
    """
    database = open_database(path)
    try:
        verdict = database.rows("PRAGMA integrity_check") + database.rows("PRAGMA foreign_key_check")
        if verdict != [(b"ok",)]:
            raise DamagedStoreError(f"integrity_check: {verdict}")
        vaults = owner.vaults(database)
        vaults.verify()
        turns, audit = vaults[Kind.TURN], vaults[Kind.AUDIT_ENTRY]
        found = list(turns.scan())
        damaged = [item for item in found if isinstance(item, Damaged)]
        if damaged:
            raise DamagedStoreError(f"{len(damaged)} of {len(found)} records don't open: {damaged[0].error}")
        bodies = dict(item for item in found if not isinstance(item, Damaged))
        entries = [audit.open(row) for row in audit.log.oldest_first()]
        kept = {entry.removeprefix(b"appended ") for entry in entries if entry.startswith(b"appended ")}
        kept -= {entry.removeprefix(b"erased ") for entry in entries if entry.startswith(b"erased ")}
        if kept != set(bodies):
            raise DamagedStoreError("A record is there without its audit entry, or the entry without the record.")
        rows = database.rows(
            "SELECT head FROM record WHERE place > ? AND place < ? ORDER BY place", (audit.log.start, audit.log.end)
        )
        return Contents(bodies, tuple(head for (head,) in rows))
    finally:
        database.close()
