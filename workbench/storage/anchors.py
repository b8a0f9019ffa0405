"""How far each vault of an account had come when this device last saw it: kept outside of the store.

A store that is put back from an older copy, or was continued elsewhere from one, doesn't fit its anchor and is refused.
The file is authenticated under a key that only the unlocked account has. Without the file nothing is known, and a
rollback isn't noticed: that is so on a new device, and after the file was deleted.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from workbench.crypto import Frontier
from workbench.crypto.merkle import pack as pack_frontier
from workbench.crypto.merkle import unpack as unpack_frontier
from workbench.errors import IntegrityError
from workbench.storage.codec import pack, unpack
from workbench.storage.device import Device

_TAG_BYTES = 32


@dataclass(frozen=True, slots=True)
class Anchor:
    """One vault's.

    Parameters
    ----------
    frontier : Frontier
        Of the Merkle tree over its leaves.
    epoch : int
        Of the vault key.
    """

    frontier: Frontier
    epoch: int


class Anchors:
    """The anchors of one account on one device.

    Parameters
    ----------
    device : Device
        Where they are kept.
    store_id, account_id : bytes
        Whose they are.
    key : bytes
        Authenticates the file; 32 bytes, which survive every rotation.
    """

    def __init__(self, device: Device, *, store_id: bytes, account_id: bytes, key: bytes) -> None:
        self._device = device
        self._store_id, self._account_id = store_id, account_id
        self._name = f"anchor-{store_id.hex()}-{account_id.hex()}"
        self._context = store_id + account_id
        self._key = key

    def of_others(self) -> "Anchors":
        """Return those of others' vaults that the account may read; they are kept apart from its own."""
        others = Anchors(self._device, store_id=self._store_id, account_id=self._account_id, key=self._key)
        others._name, others._context = f"others-{self._name}", b"others" + self._context
        return others

    def are_there(self) -> bool:
        """Whether this device has seen the account's vaults, whatever it keeps of them."""
        return self._device.read(self._name) is not None

    @property
    def device(self) -> Device:
        """Where they are kept."""
        return self._device

    def load(self) -> dict[bytes, Anchor]:
        """Return the anchors by vault; none on a device that never saw the store.

        Raises
        ------
        IntegrityError
            When the file was altered.
        """
        content = self._device.read(self._name)
        if content is None:
            return {}
        packed, tag = content[:-_TAG_BYTES], content[-_TAG_BYTES:]
        if not hmac.compare_digest(tag, self._tag(packed)):
            raise IntegrityError("What this device keeps of the store was altered.", remedy=ACCEPT)
        (listed,) = unpack(packed)
        return {vault_id: Anchor(unpack_frontier(frontier), epoch) for vault_id, frontier, epoch in listed}

    def save(self, seen: Mapping[bytes, Anchor], *, replace: bool = False) -> None:
        """Keep what was seen; a vault's anchor never moves back, neither its log nor its key, unless `replace` says so.

        Whoever calls it has checked that the log continues what was kept before.
        """
        with self._device.alone():  # else a kernel that read earlier would write over what is newer
            known = {} if replace else self.load()
            for vault_id, anchor in seen.items():
                before = known.get(vault_id, anchor)
                frontier = max(before.frontier, anchor.frontier, key=lambda one: one.size)
                known[vault_id] = Anchor(frontier, max(before.epoch, anchor.epoch))
            packed = pack([(vault_id, pack_frontier(one.frontier), one.epoch) for vault_id, one in known.items()])
            self._device.write(self._name, packed + self._tag(packed))

    def _tag(self, packed: bytes) -> bytes:
        return hmac.digest(self._key, b"JWB1 anchors" + self._context + packed, sha256)


ACCEPT = (
    "Find out who put an older copy in its place. If it was you, restoring a backup, run 'workbench accept-rollback', "
    "or sign in once with accept_rollback=True; that is noted in the audit log."
)
