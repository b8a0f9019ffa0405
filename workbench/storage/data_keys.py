"""A vault's data keys: one for each session that writes, the unit in which records are shredded and kept."""

from dataclasses import dataclass
from typing import Literal

from workbench.crypto import DataKey, KeyId, KeyRing, new_data_key
from workbench.errors import IntegrityError
from workbench.storage.database import Database
from workbench.storage.vault_keys import VaultKeys


@dataclass(frozen=True, slots=True)
class KeyRange:
    """Which records a data key seals, as of the last checkpoint.

    Parameters
    ----------
    key_id : KeyId
        The key.
    first, last : int
        Places; others' records may lie between them.
    """

    key_id: KeyId
    first: int
    last: int


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

    def writing_key(self, purpose: Purpose = "records") -> DataKey:
        """Return this session's own key, made when it is first needed.

        Parameters
        ----------
        purpose : {"records", "entries"}
            The log's own entries have a key apart: they stay when a session's records are shredded.
        """
        if purpose not in self._own:
            data_key = self.new_key()
            self._own[purpose] = data_key.key_id
            # If the row of the key is rolled back, nothing may be sealed under it any more.
            self._database.on_rollback(lambda: self._own.pop(purpose, None))
        return self._key_ring.key(self._own[purpose])

    def new_key(self, *, first: int = 0, last: int = 0) -> DataKey:
        """Make and wrap a key that seals records from `first` to `last`; checkpoints move that range."""
        data_key = new_data_key()
        with self._database.transaction():
            self._database.lock_vault(0)  # no rotation may come between opening the grant and writing the wrap
            self._vault_keys.grant()
            if not self._vault_keys.is_current():
                self._vault_keys.forget()
            epoch, wrapped = self._vault_keys.wrapped(data_key.key_id, data_key.secret)
            self._database.write(
                "INSERT INTO data_key (key_id, vault_id, epoch, born, first_place, last_place, wrapped)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (data_key.key_id, self._vault_keys.vault_id, epoch, epoch, first, last, wrapped),
            )
        self._key_ring.add(data_key)
        return data_key

    def key(self, key_id: bytes | None) -> DataKey:
        """Return a key from the ring, or unwrap it from the store on first use.

        Raises
        ------
        IntegrityError
            When there is no such key of this vault, or its wrap was altered, moved or put back.
        LockedError
            When the session was locked.
        """
        if not isinstance(key_id, bytes):
            raise IntegrityError("A record names no key: it was altered.")
        held = self._key_ring.find(KeyId(key_id))
        if held is not None:
            return held
        rows = self._database.rows(
            "SELECT epoch, wrapped FROM data_key WHERE key_id = ? AND vault_id = ?", (key_id, self._vault_keys.vault_id)
        )
        if not rows:
            raise IntegrityError("A record names a key that its vault doesn't have: it was altered or moved.")
        data_key = DataKey(KeyId(key_id), self._vault_keys.unwrapped(key_id, *rows[0]))
        self._key_ring.add(data_key)
        return data_key

    def ranges(self) -> list[KeyRange]:
        """Return every key of the vault with its range; caches' keys have an empty one."""
        rows = self._database.rows(
            "SELECT key_id, first_place, last_place FROM data_key WHERE vault_id = ?", (self._vault_keys.vault_id,)
        )
        return [KeyRange(*row) for row in rows]

    def destroy(self, key_ids: list[bytes]) -> None:
        """Delete keys; what they sealed is lost once the vault key is rotated, which the caller does next."""
        self._database.write_many("DELETE FROM data_key WHERE key_id = ?", [(key_id,) for key_id in key_ids])
        for key_id in key_ids:
            self._key_ring.drop(KeyId(key_id))
        self._own = {purpose: key_id for purpose, key_id in self._own.items() if key_id not in key_ids}
