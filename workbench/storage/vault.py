"""The sealed records of one owner: bodies go in and come out; what stands between is ciphertext."""

import secrets
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

from workbench.crypto import (
    GENESIS,
    Context,
    DataKey,
    KeyId,
    KeyRing,
    Table,
    new_data_key,
    next_head,
    seal,
    unseal,
)
from workbench.crypto.envelope import key_id_of
from workbench.errors import IntegrityError, NotFoundError
from workbench.records import Envelope
from workbench.storage.database import Database


@dataclass(frozen=True, slots=True)
class Damaged:
    """Stands in a scan for a record that doesn't open, so that the rest still can.

    Parameters
    ----------
    record_id : bytes
        Which; empty when the id itself was altered.
    error : IntegrityError
        Why.
    """

    record_id: bytes
    error: IntegrityError


class Vault:
    """Everything sealed of one account, while its session is open.

    Parameters
    ----------
    database : Database
        The store.
    owner_id : bytes
        The account's id.
    account_key : DataKey
        Wraps the data keys.
    key_ring : KeyRing
        Receives them; when it forgets, the vault is closed.
    """

    def __init__(self, database: Database, *, owner_id: bytes, account_key: DataKey, key_ring: KeyRing) -> None:
        self._database = database
        self._owner_id = owner_id
        self._account_key_id = account_key.key_id
        self._key_ring = key_ring
        self._writing_keys: dict[Table, KeyId] = {}
        key_ring.add(account_key)

    def transaction(self) -> AbstractContextManager[None]:
        """Return a context in which every write happens or none does."""
        return self._database.transaction()

    def append(self, table: Table, body: bytes, *, record_id: bytes | None = None) -> bytes:
        """Seal a body into a new row and return its id.

        Audit entries are chained: each row carries the head over all of its owner's entries before it.
        """
        record_id = record_id or secrets.token_bytes(16)
        with self.transaction():
            context = self._context(table, record_id)
            envelope = seal(body, data_key=self._writing_key(table), context=context)
            head = None
            if table is Table.AUDIT_ENTRY:
                head = next_head(self.head(), leaf=context.associated_data() + envelope.sealed)
            self._database.write(
                "INSERT INTO record (record_id, owner_id, kind, version, envelope, head) VALUES (?, ?, ?, ?, ?, ?)",
                (record_id, self._owner_id, table, context.version, envelope.sealed, head),
            )
        return record_id

    def read(self, table: Table, record_id: bytes) -> bytes:
        """Return the body of a record.

        Raises
        ------
        NotFoundError
            When there is none of that id, or it is another owner's.
        IntegrityError
            When it was altered or moved.
        """
        rows = self._database.rows(
            "SELECT version, envelope FROM record WHERE record_id = ? AND owner_id = ? AND kind = ?",
            (record_id, self._owner_id, table),
        )
        if not rows:
            raise NotFoundError("There is no such record.")
        return self._open(table, record_id, *rows[0])

    def scan(
        self, table: Table, *, limit: int = -1, offset: int = 0, after: int = 0
    ) -> Iterator[tuple[bytes, bytes] | Damaged]:
        """Yield (id, body) of each record, newest first; a damaged one doesn't stop the others.

        Parameters
        ----------
        table : Table
            Which kind.
        limit : int
            At most so many; all when negative.
        offset : int
            Skip so many of the newest.
        after : int
            Only records newer than this sequence number (see `newest`).
        """
        rows = self._database.rows(
            "SELECT record_id, version, envelope FROM record WHERE owner_id = ? AND kind = ? AND sequence > ?"
            " ORDER BY sequence DESC LIMIT ? OFFSET ?",
            (self._owner_id, table, after, limit if limit >= 0 else sys.maxsize, max(offset, 0)),
        )
        for record_id, version, envelope in rows:
            try:
                yield record_id, self._open(table, record_id, version, envelope)
            except IntegrityError as error:
                yield Damaged(record_id if isinstance(record_id, bytes) else b"", error)

    def count(self, table: Table) -> int:
        """Return how many records there are of a kind, damaged ones included."""
        return int(
            self._database.rows("SELECT count(*) FROM record WHERE owner_id = ? AND kind = ?", (self._owner_id, table))[
                0
            ][0]
        )

    def newest(self, table: Table) -> int:
        """Return the sequence number of the newest record of a kind; 0 when there is none."""
        return int(
            self._database.rows(
                "SELECT coalesce(max(sequence), 0) FROM record WHERE owner_id = ? AND kind = ?", (self._owner_id, table)
            )[0][0]
        )

    def delete(self, table: Table, record_id: bytes) -> None:
        """Delete a record; its bytes are overwritten in the file and its write-ahead log.

        Raises
        ------
        NotFoundError
            When there is none of that id, or it is another owner's.
        """
        deleted = self._database.write(
            "DELETE FROM record WHERE record_id = ? AND owner_id = ? AND kind = ?", (record_id, self._owner_id, table)
        )
        if not deleted:
            raise NotFoundError("There is no such record.")

    def settle(self) -> None:
        """Empty the write-ahead log after a deletion."""
        self._database.checkpoint()

    def head(self) -> bytes:
        """Return the head of the owner's audit chain; 32 bytes.

        One that isn't a head was altered: the next entry then begins anew, and `chain` shows the break.
        """
        rows = self._database.rows(
            "SELECT head FROM record WHERE owner_id = ? AND kind = ? ORDER BY sequence DESC LIMIT 1",
            (self._owner_id, Table.AUDIT_ENTRY),
        )
        return rows[0][0] if rows and isinstance(rows[0][0], bytes) and len(rows[0][0]) == len(GENESIS) else GENESIS

    def chain(self) -> Iterator[bytes]:
        """Yield the bodies of the audit chain, oldest first, each checked against its head.

        Raises
        ------
        IntegrityError
            At the first entry that was altered, dropped before its end, or moved.
        """
        head = GENESIS
        for record_id, version, sealed, stored in self._database.rows(
            "SELECT record_id, version, envelope, head FROM record WHERE owner_id = ? AND kind = ? ORDER BY sequence",
            (self._owner_id, Table.AUDIT_ENTRY),
        ):
            context = self._context(Table.AUDIT_ENTRY, record_id, version)
            key_id_of(Envelope(sealed))  # refuses what is no envelope
            head = next_head(head, leaf=context.associated_data() + sealed)
            if head != stored:
                raise IntegrityError("The audit log was altered: an entry doesn't follow from those before it.")
            yield self._open(Table.AUDIT_ENTRY, record_id, version, sealed)

    def _context(self, table: Table, record_id: bytes, version: int = 1) -> Context:
        return Context(self._database.store_id, table, self._owner_id, record_id, version)

    def _open(self, table: Table, record_id: bytes, version: int, sealed: bytes) -> bytes:
        envelope = Envelope(sealed)
        data_key = self._data_key(key_id_of(envelope))
        return unseal(envelope, data_key=data_key, context=self._context(table, record_id, version))

    def _data_key(self, key_id: KeyId) -> DataKey:
        """Return a data key from the ring, or unwrap it from the store on first use."""
        try:
            return self._key_ring.key(key_id)
        except IntegrityError:
            rows = self._database.rows(
                "SELECT wrapped FROM data_key WHERE key_id = ? AND account_id = ?", (key_id, self._owner_id)
            )
            if not rows:
                raise
        secret = unseal(
            Envelope(rows[0][0]),
            data_key=self._key_ring.key(self._account_key_id),
            context=self._context(Table.DATA_KEY, key_id),
        )
        data_key = DataKey(key_id, secret)
        self._key_ring.add(data_key)
        return data_key

    def _writing_key(self, table: Table) -> DataKey:
        """Return this session's key for a kind of record; each session seals under keys of its own."""
        if table not in self._writing_keys:
            data_key = new_data_key()
            wrapped = seal(
                data_key.secret,
                data_key=self._key_ring.key(self._account_key_id),
                context=self._context(Table.DATA_KEY, data_key.key_id),
            )
            self._database.write(
                "INSERT INTO data_key VALUES (?, ?, ?)", (data_key.key_id, self._owner_id, wrapped.sealed)
            )
            self._key_ring.add(data_key)
            self._writing_keys[table] = data_key.key_id
            # If the row of the key is rolled back, nothing may be sealed under it any more.
            self._database.on_rollback(lambda: self._writing_keys.pop(table, None))
        return self._key_ring.key(self._writing_keys[table])
