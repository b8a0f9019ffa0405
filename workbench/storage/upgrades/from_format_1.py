"""From format 1 to 2: the tables are set aside without a key, and each account's records move when it is unlocked.

Format 1 had one account key that wrapped the data keys, AES-256-GCM envelopes and bodies of JSON; its account key is
the root key since. `workbench.crypto.version_1` opens what was sealed, `workbench.storage.upgrades.body_1` reads it.
"""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from workbench.crypto import GENESIS, Kind, next_head_of_version_1, unseal_of_version_1
from workbench.crypto.context import ID_BYTES
from workbench.errors import IntegrityError
from workbench.records import AuditEntry
from workbench.storage.codec import decode, encode
from workbench.storage.engines.database import Database
from workbench.storage.engines.schema import statements
from workbench.storage.upgrades.body_1 import converted
from workbench.storage.vaults import Vaults

BATCH = 500  # records that move in one transaction: 0.04 s, measured, during which other kernels wait

MIGRATED = "store_migrated"
CHAIN_BROKEN = "integrity_chain_broken"
PUT_BACK = "integrity_old_records_refused"

_KINDS = (Kind.TURN, Kind.USAGE_EVENT, Kind.AUDIT_ENTRY)
_ACCOUNT, _DATA_KEY = 1, 3  # numbers that the contexts of version 1 had beside those of `Kind`

_SET_ASIDE = (
    "DROP TRIGGER audit_keeps_entries",
    "DROP TRIGGER audit_alters_nothing",
    *(f"ALTER TABLE {table} RENAME TO {table}_1" for table in ("store", "account", "slot", "data_key", "record")),
    "ALTER TABLE account_1 ADD COLUMN moved INTEGER NOT NULL DEFAULT 0",  # the last record that was moved or left
    "ALTER TABLE account_1 ADD COLUMN head BLOB",  # of the audit chain there
)
_CARRY_OVER = (
    "INSERT INTO store (only_row, format, store_id, name_salt) SELECT 1, format, store_id, name_salt FROM store_1",
    "INSERT INTO account SELECT account_id, name_tag, x'' AS public_keys, x'' AS wrapped_keys FROM account_1",
    "INSERT INTO slot (slot_id, account_id, packed) SELECT slot_id, account_id, packed FROM slot_1",
    "DROP TABLE slot_1",
    "DROP TABLE store_1",
)


def upgrade(database: Database) -> None:
    """Set the tables of format 1 aside and make those of format 2; inside a transaction.

    What stays is ``account_1``, ``data_key_1`` and ``record_1``, until every account is through.
    """
    for statement in (*_SET_ASIDE, *statements(), *_CARRY_OVER):
        database.write(statement)


@dataclass(frozen=True, slots=True)
class _Progress:
    """How far an account is: its records up to `moved` were moved, or left because they are damaged."""

    moved: int
    head: bytes


class OldAccount:
    """What a store still holds of one account in format 1.

    Parameters
    ----------
    database : Database
        The store.
    account_id : bytes
        Whose.
    root_key : bytes
        The account key of format 1.
    """

    def __init__(self, database: Database, *, account_id: bytes, root_key: bytes) -> None:
        self._database = database
        self._account_id = account_id
        self._root_key = root_key
        self._data_keys: dict[bytes, bytes] = {}

    def __repr__(self) -> str:
        """Tell nothing of it."""
        return "OldAccount(<sealed>)"

    def is_waiting(self) -> bool:
        """Whether its records have yet to be moved, all or the rest."""
        if "account_1" not in self._database.tables():
            return False
        with self._database.transaction():  # another kernel may be dropping the tables
            return self._progress() is not None

    def profile(self) -> tuple[str, tuple[str, ...]]:
        """Return the name and the roles.

        Raises
        ------
        IntegrityError
            When the profile was altered, or there is none.
        """
        rows = []
        if "account_1" in self._database.tables():
            rows = self._database.rows(
                "SELECT profile, version FROM account_1 WHERE account_id = ?", (self._account_id,)
            )
        if not rows:
            raise IntegrityError("An account has no keys: a row was altered.")
        ((sealed, version),) = rows
        opened = self._opened(sealed, self._root_key, kind=_ACCOUNT, record=self._account_id, version=version)
        try:
            profile = json.loads(opened)
            return str(profile["name"]), tuple(profile["roles"])
        except (ValueError, TypeError, KeyError):
            raise IntegrityError("An account's profile can't be read: it was altered.") from None

    def move(self, vaults: Vaults) -> None:
        """Seal every record anew into the account's vaults, in its old order and under its old id.

        In batches, each of which leaves the old table as it enters the new: killed at any moment, the next unlocking
        goes on where this one was. A damaged record stays where it is; how many did stands in the audit log, and so
        does each place at which the old audit chain was broken. After the last account the old tables are dropped,
        unless damaged records are left in them.

        Raises
        ------
        StoreError
            When it can't be written; what was moved is, and the rest waits.
        """
        if not self._is_put_back(vaults):
            while self._move_batch(vaults):
                pass
            vaults.checkpoint()

    def _move_batch(self, vaults: Vaults) -> bool:
        """Move the next records; return whether to go on."""
        with vaults.transaction():
            self._database.lock_vault(0)
            progress = self._progress()
            if progress is None:  # another kernel was faster
                return False
            rows = self._database.rows(
                "SELECT sequence, record_id, kind, version, envelope, head,"
                " EXISTS (SELECT 1 FROM record WHERE record.record_id = record_1.record_id)"
                " FROM record_1 WHERE owner_id = ? AND sequence > ? ORDER BY sequence LIMIT ?",
                (self._account_id, progress.moved, BATCH),
            )
            if not rows:
                self._finish(vaults)
                return False
            moved, head = [], progress.head
            for sequence, record_id, kind, version, sealed, stored, is_there in rows:
                if kind == Kind.AUDIT_ENTRY:
                    head = self._follow(vaults, head, record_id, version, sealed, stored)
                body = None if is_there else self._body(record_id, kind, version, sealed)
                if body is not None:
                    vaults[Kind(kind)].append(body, record_id=record_id)
                    moved.append((sequence,))
            self._database.write_many("DELETE FROM record_1 WHERE sequence = ?", moved)
            self._database.write(
                "UPDATE account_1 SET moved = ?, head = ? WHERE account_id = ?", (rows[-1][0], head, self._account_id)
            )
        return True

    def _follow(
        self, vaults: Vaults, head: bytes, record_id: bytes, version: int, sealed: bytes, stored: object
    ) -> bytes:
        """Return the head after an entry of the old audit chain; where it doesn't follow, say so in the new one."""
        following = b""
        with suppress(IntegrityError):
            following = next_head_of_version_1(
                head,
                sealed=sealed,
                store=self._database.store_id,
                kind=Kind.AUDIT_ENTRY,
                owner=self._account_id,
                record=record_id,
                version=version,
            )
        if following != stored:
            self._note(vaults, CHAIN_BROKEN, outcome="failure", format="1")
        return stored if isinstance(stored, bytes) else b""

    def _finish(self, vaults: Vaults) -> None:
        """Note the end, and leave behind what is damaged and nothing else."""
        ((left,),) = self._database.rows("SELECT count(*) FROM record_1 WHERE owner_id = ?", (self._account_id,))
        self._note(
            vaults,
            MIGRATED,
            outcome="failure" if left else "success",
            format="1",
            turns=str(vaults[Kind.TURN].count()),
            damaged=str(left),
        )
        self._set_through()
        if not left:
            self._database.write("DELETE FROM data_key_1 WHERE account_id = ?", (self._account_id,))
        waiting = self._database.rows("SELECT 1 FROM account_1 WHERE profile <> ? LIMIT 1", (b"",))
        if not waiting and not self._database.rows("SELECT 1 FROM record_1 LIMIT 1"):
            for table in ("record_1", "data_key_1", "account_1"):
                self._database.write(f"DROP TABLE {table}")
        self._database.on_commit(self._database.checkpoint)

    def _is_put_back(self, vaults: Vaults) -> bool:
        """Whether somebody put the account back into the old tables; what is there then stays: it may be erased since.

        The sealed audit log tells: it says when the account is through.
        """
        with vaults.transaction():
            is_put_back = self._progress() is not None and _is_through(vaults)
            if is_put_back:
                self._note(vaults, PUT_BACK, outcome="failure", format="1")
                self._set_through()
        return is_put_back

    def _set_through(self) -> None:
        self._database.write(
            "UPDATE account_1 SET profile = ?, head = NULL WHERE account_id = ?", (b"", self._account_id)
        )

    def _progress(self) -> _Progress | None:
        """Return how far the account is; None when it is through."""
        if "account_1" not in self._database.tables():
            return None
        rows = self._database.rows(
            "SELECT moved, head FROM account_1 WHERE account_id = ? AND profile <> ?", (self._account_id, b"")
        )
        return _Progress(rows[0][0], GENESIS if rows[0][1] is None else rows[0][1]) if rows else None

    def _body(self, record_id: bytes, kind: int, version: int, sealed: bytes) -> bytes | None:
        """Return a record's body as it is to be sealed; None when the record is damaged."""
        if kind in _KINDS and isinstance(record_id, bytes) and len(record_id) == ID_BYTES:
            with suppress(IntegrityError):
                opened = self._opened_record(record_id, kind, version, sealed)
                return converted(opened, Kind(kind))
        return None

    def _opened_record(self, record_id: bytes, kind: int, version: int, sealed: bytes) -> bytes:
        key_id = sealed[2:18] if isinstance(sealed, bytes) else b""
        if key_id not in self._data_keys:
            rows = self._database.rows(
                "SELECT wrapped FROM data_key_1 WHERE key_id = ? AND account_id = ?", (key_id, self._account_id)
            )
            if not rows:
                raise IntegrityError("A record names a key that its owner doesn't hold: it was altered or moved.")
            self._data_keys[key_id] = self._opened(rows[0][0], self._root_key, kind=_DATA_KEY, record=key_id)
        return self._opened(sealed, self._data_keys[key_id], kind=kind, record=record_id, version=version)

    def _opened(self, sealed: bytes, secret: bytes, *, kind: int, record: bytes, version: int = 1) -> bytes:
        return unseal_of_version_1(
            sealed,
            secret=secret,
            store=self._database.store_id,
            kind=kind,
            owner=self._account_id,
            record=record,
            version=version,
        )

    def _note(self, vaults: Vaults, event: str, *, outcome: str, **facts: str) -> None:
        time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        vaults[Kind.AUDIT_ENTRY].append(encode(AuditEntry(time, event, outcome, facts=facts)))


def _is_through(vaults: Vaults) -> bool:
    """Whether the sealed audit log says that the account's records were moved."""
    audit = vaults[Kind.AUDIT_ENTRY]
    for row in audit.log.oldest_first():
        with suppress(IntegrityError):  # verifying tells of it
            if decode(audit.open(row), AuditEntry).event == MIGRATED:
                return True
    return False
