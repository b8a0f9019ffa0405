"""A vault's data keys: one for each session that writes, the unit in which records are shredded and kept."""

import secrets
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Literal

from workbench.crypto import KEY_BYTES, DataKey, KeyId, KeyRing, new_data_key
from workbench.errors import IntegrityError
from workbench.storage.engines.database import Database
from workbench.storage.vault_keys import VaultKeys

Purpose = Literal["records", "entries"]


class DataKeys:
    """The data keys of one vault, on the ring once they are used.

    Parameters
    ----------
    database : Database
        The store.
    vault_keys : VaultKeys
        What wraps them.
    key_ring : KeyRing
        Receives them.
    """

    def __init__(self, database: Database, *, vault_keys: VaultKeys, key_ring: KeyRing) -> None:
        self._database = database
        self._vault_keys = vault_keys
        self._key_ring = key_ring
        self._own: dict[Purpose, KeyId] = {}
        self._epochs: dict[Purpose, tuple[int, int]] = {}  # in which the own key was made, and last found to be in use

    def writing_key(self, purpose: Purpose = "records") -> DataKey:
        """Return this session's own key, made when it is first needed.

        Parameters
        ----------
        purpose : {"records", "entries"}
            The log's own entries have a key apart: they stay when a session's records are shredded.
        """
        own = self._own.get(purpose)
        data_key = self._key_ring.find(own) if own and self._is_unknown_to_others(purpose) else None
        if data_key is None:
            data_key = self.new_key()
            self._own[purpose] = data_key.key_id
            self._epochs[purpose] = (self._vault_keys.grant().epoch,) * 2
            # If the row of the key is rolled back, nothing may be sealed under it any more.
            self._database.on_rollback(lambda: self._own.pop(purpose, None))
        return data_key

    def _is_unknown_to_others(self, purpose: Purpose) -> bool:
        """Whether all who could ever read the own key still may; asked once for each epoch of the vault key."""
        born, seen = self._epochs[purpose]
        epoch = self._vault_keys.grant().epoch
        if epoch == seen:
            return True
        self._epochs[purpose] = (born, epoch)
        return born >= self._vault_keys.fresh_since()

    def look_again(self, purpose: Purpose = "records") -> None:
        """Learn what other kernels did since: the vault key may be another, this session's own key retired or gone.

        Raises
        ------
        LockedError
            When the account's key pairs were exchanged by another session.
        PermissionDeniedError
            When the account is no longer a member of the vault.
        """
        self._vault_keys.forget()
        self._vault_keys.grant()
        own = self._own.get(purpose)
        rows = self._database.rows("SELECT born FROM data_key WHERE key_id = ?", (own,)) if own else []
        if own and (not rows or rows[0][0] <= self._vault_keys.renewing()):
            self._own.pop(purpose, None)
            if not rows:
                self._key_ring.drop(own)

    def new_key(self, *, first: int = 0, last: int = 0) -> DataKey:
        """Make and wrap a key that seals records from `first` to `last`; checkpoints move that range."""
        data_key = new_data_key()
        self._write(data_key, first=first, last=last)
        self._key_ring.add(data_key)
        return data_key

    def _write(self, data_key: DataKey, *, first: int = 0, last: int = 0) -> None:
        with self._database.transaction():
            self._database.lock_vault(0)  # no rotation may come between opening the grant and writing the wrap
            self._vault_keys.grant()
            if not self._vault_keys.is_current():
                self._vault_keys.forget()
            self._vault_keys.require_writer()
            epoch, wrapped = self._vault_keys.wrapped(data_key.key_id, data_key.secret)
            self._database.write(
                "INSERT INTO data_key (key_id, vault_id, epoch, born, first_place, last_place, wrapped)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (data_key.key_id, self._vault_keys.vault_id, epoch, epoch, first, last, wrapped),
            )

    def key(self, key_id: bytes | None) -> DataKey:
        """Return a key from the ring, or unwrap it from the store on first use.

        Raises
        ------
        IntegrityError
            When there is no such key of this vault, or its wrap was altered, moved or put back.
        LockedError
            When the session was locked.
        """
        data_key = self.find(key_id)
        if data_key is None:
            raise IntegrityError("A record names a key that its vault doesn't have: it was altered or moved.")
        return data_key

    def find(self, key_id: bytes | None) -> DataKey | None:
        """Return a key as `key` does, or nothing when there is none of that name, or none any more."""
        if not isinstance(key_id, bytes):
            raise IntegrityError("A record names no key: it was altered.")
        data_key = self._key_ring.find(KeyId(key_id)) or self._stored(KeyId(key_id))
        if data_key is not None:
            self._key_ring.add(data_key)
        return data_key

    def _stored(self, key_id: KeyId) -> DataKey | None:
        statement, values = (
            "SELECT epoch, wrapped FROM data_key WHERE key_id = ? AND vault_id = ?",
            (
                key_id,
                self._vault_keys.vault_id,
            ),
        )
        rows = self._database.rows(statement, values)
        while rows:
            try:
                return DataKey(key_id, self._vault_keys.unwrapped(key_id, *rows[0]))
            except IntegrityError:
                # Another kernel may have rotated the vault key between our two looks; then the row is another by now.
                before, rows = rows, self._database.rows(statement, values)
                if rows == before:
                    raise
        return None

    def count(self) -> int:
        """Return how many keys the vault has, those of caches included."""
        vault_id = self._vault_keys.vault_id
        return int(self._database.rows("SELECT count(*) FROM data_key WHERE vault_id = ?", (vault_id,))[0][0])

    def kin(self, key_id: bytes) -> tuple[bytes, ...]:
        """Return the keys of one session's records: the key alone or, while keys are renewed, the old and the new one.

        Inside a transaction that has locked the keys.
        """
        until = self._vault_keys.renewing()
        if until:
            for (old,) in self._database.rows(
                "SELECT key_id FROM data_key WHERE vault_id = ? AND born <= ?", (self._vault_keys.vault_id, until)
            ):
                if key_id in (old, new := successor_id(old, until=until)):
                    return old, new
        return (key_id,)

    def hold(self, key_ids: Iterable[bytes]) -> None:
        """Let no kernel seal under these keys until the transaction ends, and wait for those that just do."""
        for key_id in key_ids:
            self._database.rows("SELECT 1 FROM data_key WHERE key_id = ? /* FOR UPDATE */", (key_id,))

    def successors(self, key_ids: Iterable[bytes], *, until: int) -> dict[bytes, DataKey]:
        """Return the key that replaces each of these; made when it isn't there yet.

        Its name follows from the old one's, so that a renewal which was killed finds it again: a session's records
        stay together under one key, whoever finishes the work.
        """
        fresh = {}
        with self._database.transaction():
            self._database.lock_vault(0)
            for key_id in key_ids:
                name = successor_id(key_id, until=until)
                data_key = self._stored(name)  # never from the ring: it may hold one that was rolled back
                if data_key is None:
                    data_key = DataKey(name, secrets.token_bytes(KEY_BYTES))
                    self._write(data_key)
                fresh[key_id] = data_key
        for data_key in fresh.values():
            self._key_ring.add(data_key)
        return fresh

    def let_go(self, key_ids: Iterable[bytes]) -> None:
        """Drop keys from the ring; they come back when they are needed."""
        for key_id in key_ids:
            if key_id not in self._own.values():
                self._key_ring.drop(KeyId(key_id))

    def destroy(self, key_ids: list[bytes]) -> None:
        """Delete keys; what they sealed is lost once the vault key is rotated, which the caller does next."""
        self._database.write_many("DELETE FROM data_key WHERE key_id = ?", [(key_id,) for key_id in key_ids])
        for key_id in key_ids:
            self._key_ring.drop(KeyId(key_id))
        self._own = {purpose: key_id for purpose, key_id in self._own.items() if key_id not in key_ids}


def successor_id(key_id: bytes, *, until: int) -> KeyId:
    """Return the name of the key that replaces one in the renewal of all keys born up to an epoch."""
    return KeyId(sha256(b"JWB1 successor" + key_id + until.to_bytes(8)).digest()[:16])


def widen(database: Database, reach: Mapping[bytes, tuple[int, int]]) -> None:
    """Note from which place to which data keys seal records, besides what is known of them.

    Rows in the order of their keys: two kernels that lock them in different orders would wait for each other.
    """
    database.write_many(
        "UPDATE data_key SET first_place = CASE WHEN first_place = 0 OR first_place > ? THEN ? ELSE first_place END,"
        " last_place = CASE WHEN last_place < ? THEN ? ELSE last_place END WHERE key_id = ?",
        [(first, first, last, last, key_id) for key_id, (first, last) in sorted(reach.items())],
    )
