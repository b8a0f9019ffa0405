"""A vault's log with its keys: bodies go in and come out; between lies ciphertext."""

import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from workbench.crypto import Context, Kind, leaf_of, seal, unseal
from workbench.errors import IntegrityError, NotFoundError, StoreError
from workbench.records import Envelope
from workbench.storage.data_keys import DataKeys, Purpose
from workbench.storage.engines.database import Database
from workbench.storage.record_log import ATTEMPTS, RecordLog, Row
from workbench.storage.vault_keys import VaultKeys

_ENTRY_VERSION = 0  # of the log's own entries; records count from 1


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


class ErasedError(NotFoundError, IntegrityError):
    """A record was erased after its row was read: whoever skips what isn't there, or doesn't open, skips it."""


class SealedLog:
    """The sealed records of one kind and one owner, and the log's own entries between them.

    Parameters
    ----------
    database : Database
        The store.
    kind : Kind
        What it keeps.
    log : RecordLog
        Its rows.
    keys : VaultKeys
        Its own keys.
    data_keys : DataKeys
        Its sessions' keys.
    on_append : callable
        Told, with the vault's id, of each row that is added; whoever keeps the checkpoints listens.
    """

    def __init__(
        self,
        database: Database,
        *,
        kind: Kind,
        log: RecordLog,
        keys: VaultKeys,
        data_keys: DataKeys,
        on_append: Callable[[bytes], None] = lambda _vault_id: None,
    ) -> None:
        self._database = database
        self._on_append = on_append
        self.kind = kind
        self.log = log
        self.keys = keys
        self.data_keys = data_keys

    def __repr__(self) -> str:
        """Tell what it keeps; nothing of it."""
        return f"{type(self).__name__}({self.kind.name})"

    @property
    def vault_id(self) -> bytes:
        """16 random bytes."""
        return self.keys.vault_id

    def append(self, body: bytes, *, record_id: bytes | None = None) -> bytes:
        """Seal a body into a new row and return its id.

        Raises
        ------
        StoreError
            When it can't be written; nothing half-written remains.
        LockedError
            When the session was locked, or the account's key pairs were exchanged by another.
        PermissionDeniedError
            When the account may only read here.
        """
        record_id = record_id or secrets.token_bytes(16)
        self._add(body, purpose="records", context=self.context(record_id), record_id=record_id)
        return record_id

    def _add(self, body: bytes, *, purpose: Purpose, context: Context, record_id: bytes | None) -> None:
        """Seal a body under a key that is in force when the row is written; others may destroy one meanwhile."""
        self.keys.require_writer()
        for _ in range(ATTEMPTS):
            data_key, epoch = self.data_keys.writing_key(purpose), self.keys.grant().epoch
            sealed = seal(body, data_key=data_key, context=context)
            place = self.log.append(
                sealed, record_id=record_id, key_id=data_key.key_id, version=context.version, epoch=epoch
            )
            if place is not None:
                self._on_append(self.vault_id)
                return
            self.data_keys.look_again(purpose)
        raise StoreError("Other kernels changed the keys each time; nothing was written.", remedy="Try again.")

    def read(self, record_id: bytes) -> bytes:
        """Return the body of a record.

        Raises
        ------
        NotFoundError
            When there is none of that id, or it is in another vault.
        IntegrityError
            When it was altered or moved.
        """
        return self.open(self._row(record_id))

    def open(self, row: Row) -> bytes:
        """Return the body of a row.

        Raises
        ------
        IntegrityError
            When it was altered or moved, or isn't what the log committed to at this place.
        """
        if row.sealed is None or row.record_id is None or row.version is None:
            raise IntegrityError("A record is partly gone: a row was altered.")
        return self._open(row, self.context(row.record_id, row.version))

    def scan(self, *, limit: int = -1, offset: int = 0, after: int = 0) -> Iterator[tuple[bytes, bytes] | Damaged]:
        """Yield (id, body) of each record, newest first; a damaged one doesn't stop the others.

        Parameters
        ----------
        limit : int
            At most so many; all when negative.
        offset : int
            Skip so many of the newest.
        after : int
            Only records at later places (see `newest`).
        """
        for row in self.log.newest_first(limit=limit, offset=offset, after=after):
            with suppress(ErasedError):
                yield self.opened(row)

    def opened(self, row: Row) -> tuple[bytes, bytes] | Damaged:
        """Return (id, body) of a row, or what is wrong with it.

        Raises
        ------
        NotFoundError
            When it was erased since the row was read.
        """
        try:
            return row.record_id or b"", self.open(row)
        except ErasedError:
            raise
        except IntegrityError as error:
            return Damaged(row.record_id if isinstance(row.record_id, bytes) else b"", error)

    def open_all(self, rows: Iterable[Row]) -> Iterator[tuple[Row, bytes | IntegrityError]]:
        """Yield each living row with its body, or with what is wrong with it."""
        for row in rows:
            if row.record_id is not None:
                try:
                    yield row, self.open(row)
                except ErasedError:
                    continue
                except IntegrityError as error:
                    yield row, error

    def count(self) -> int:
        """Return how many records there are, damaged ones included."""
        return self.log.count()

    def newest(self) -> int:
        """Return the last place of the log: records after it are newer than all there are."""
        return self.log.tip()[0]

    def context(self, record_id: bytes, version: int = 1) -> Context:
        """Return where a record of this vault belongs."""
        return Context(self._database.store_id, self.vault_id, self.kind, record_id, version)

    def context_of(self, row: Row) -> Context:
        """Return where a row belongs: a record, or one of the log's own entries."""
        if row.version == _ENTRY_VERSION:
            return self._entry_context()
        return self.context(row.record_id or b"", -1 if row.version is None else row.version)

    def _open(self, row: Row, context: Context) -> bytes:
        """Open a row; one whose key is gone by now is read again: it was erased since, or sealed under another key."""
        while (data_key := self.data_keys.find(row.key_id)) is None:
            again = self.log.at(row.place)
            if again is not None and again.key_id is None:
                raise ErasedError("The record was erased meanwhile.")
            if again is None or again.key_id == row.key_id:
                raise IntegrityError("A record names a key that its vault doesn't have: it was altered or moved.")
            row = again
        opened = unseal(Envelope(row.sealed or b""), data_key=data_key, context=context)
        if leaf_of(opened.body, salt=opened.salt, context=context) != row.leaf:
            raise IntegrityError("A record isn't the one that the log holds: another one was put in its place.")
        return opened.body

    def _entry_context(self) -> Context:
        return Context(self._database.store_id, self.vault_id, Kind.TOMBSTONE, bytes(16), _ENTRY_VERSION)

    def _row(self, record_id: bytes) -> Row:
        row = self.log.row(record_id)
        if row is None:
            raise NotFoundError("There is no such record.")
        return row
