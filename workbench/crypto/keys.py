"""Keys, and the ring that holds them while a session is open."""

import secrets
from dataclasses import dataclass, field
from typing import NewType

from workbench.errors import IntegrityError, LockedError
from workbench.records import Confidential

KeyId = NewType("KeyId", bytes)
"""16 random bytes that name a key; they tell nothing about it."""

KEY_BYTES = 32  # AES-256


@dataclass(frozen=True, slots=True)
class DataKey(Confidential):
    """An AES-256 key and its name.

    Parameters
    ----------
    key_id : KeyId
        Stands in every envelope that the key seals.
    secret : bytes
        The 32 bytes; never shown.
    """

    key_id: KeyId
    secret: bytes = field(repr=False)

    def __repr__(self) -> str:
        """Tell the first digits of its name only."""
        return f"DataKey({self.key_id.hex()[:8]})"


def new_data_key() -> DataKey:
    """Return a fresh key from the operating system's generator."""
    return DataKey(KeyId(secrets.token_bytes(16)), secrets.token_bytes(KEY_BYTES))


class KeyRing:
    """The data keys of one open session, by name. `forget` drops them all.

    Python can't promise that the bytes are gone from memory at once: locking is *crypto* against whoever reads the disk
    and *advisory* against whoever reads this process.
    """

    def __init__(self) -> None:
        self._keys: dict[KeyId, DataKey] = {}
        self._is_open = True

    def __repr__(self) -> str:
        """Tell how many keys it holds."""
        return f"KeyRing(<{len(self._keys)} keys>)" if self._is_open else "KeyRing(locked)"

    @property
    def is_open(self) -> bool:
        """Whether the ring still holds its keys."""
        return self._is_open

    def add(self, data_key: DataKey) -> None:
        """Put a key on the ring."""
        self.require_open()
        self._keys[data_key.key_id] = data_key

    def require_open(self) -> None:
        """Return while the ring holds its keys.

        Raises
        ------
        LockedError
            When it was locked.
        """
        if not self._is_open:
            raise LockedError("The session is locked.")

    def find(self, key_id: KeyId) -> DataKey | None:
        """Return the key of that name, if it is held.

        Raises
        ------
        LockedError
            When the ring was locked.
        """
        self.require_open()
        return self._keys.get(key_id)

    def key(self, key_id: KeyId) -> DataKey:
        """Return the key of that name.

        Raises
        ------
        LockedError
            When the ring was locked.
        IntegrityError
            When no such key is held: the envelope names a key that isn't its owner's.
        """
        held = self.find(key_id)
        if held is None:
            raise IntegrityError("A record names a key that its owner doesn't hold: it was altered or moved.")
        return held

    def drop(self, key_id: KeyId) -> None:
        """Let go of one key, if it is held."""
        self._keys.pop(key_id, None)

    def forget(self) -> None:
        """Drop every key; the ring can't be opened again."""
        self._keys.clear()
        self._is_open = False
