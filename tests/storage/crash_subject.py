"""The store as the tests of power cuts and disk faults use it; all that they know of its schema stands here."""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from workbench.crypto import DataKey, KeyRing, Table, new_data_key
from workbench.errors import WorkbenchError
from workbench.records import Envelope
from workbench.storage import AccountRow, AccountRows, Damaged, Database, Vault


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose records they are; made once, so that a store can be opened again after a cut."""

    owner_id: bytes
    key: DataKey

    @classmethod
    def new(cls) -> Self:
        return cls(secrets.token_bytes(16), new_data_key())


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
        self.database = Database(path)
        ring = KeyRing()
        self._vault = Vault(self.database, owner_id=owner.owner_id, account_key=owner.key, key_ring=ring)
        try:
            row = AccountRow(owner.owner_id, 1, Envelope(b"-"), ())
            AccountRows(self.database).add(row, name_tag=owner.owner_id)  # adds nothing when it is there
        except WorkbenchError:
            self.close()
            raise

    def append(self, body: bytes) -> bytes:
        """Write a record and its audit entry, both or neither; when it returns, they are acknowledged."""
        with self._vault.transaction():
            record_id = self._vault.append(Table.TURN, body)
            self._vault.append(Table.AUDIT_ENTRY, b"appended " + record_id)
        return record_id

    def erase(self, record_id: bytes) -> None:
        """Delete a record, with its audit entry."""
        with self._vault.transaction():
            self._vault.delete(Table.TURN, record_id)
            self._vault.append(Table.AUDIT_ENTRY, b"erased " + record_id)

    def checkpoint(self) -> None:
        self._vault.settle()

    def head(self) -> bytes:
        return self._vault.head()

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
        When SQLite finds it inconsistent, or a record or the audit chain doesn't verify.
    WorkbenchError
        When it can't be opened.
    """
    database = Database(path)
    try:
        verdict = database.rows("PRAGMA integrity_check") + database.rows("PRAGMA foreign_key_check")
        if verdict != [(b"ok",)]:
            raise DamagedStoreError(f"integrity_check: {verdict}")
        vault = Vault(database, owner_id=owner.owner_id, account_key=owner.key, key_ring=KeyRing())
        found = list(vault.scan(Table.TURN))
        damaged = [item for item in found if isinstance(item, Damaged)]
        if damaged:
            raise DamagedStoreError(f"{len(damaged)} of {len(found)} records don't open: {damaged[0].error}")
        entries = list(vault.chain())  # raises IntegrityError where it is broken
        bodies = dict(item for item in found if not isinstance(item, Damaged))
        kept = {entry.removeprefix(b"appended ") for entry in entries if entry.startswith(b"appended ")}
        kept -= {entry.removeprefix(b"erased ") for entry in entries if entry.startswith(b"erased ")}
        if kept != set(bodies):
            raise DamagedStoreError("A record is there without its audit entry, or the entry without the record.")
        rows = database.rows("SELECT head FROM record WHERE kind = ? ORDER BY sequence", (Table.AUDIT_ENTRY,))
        return Contents(bodies, tuple(head for (head,) in rows))
    finally:
        database.close()
