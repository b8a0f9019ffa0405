"""When the logs of an account's vaults are signed, and when this device's anchor follows them."""

import time
from collections.abc import Iterable, Mapping

from workbench.crypto import EMPTY, KeyPairs
from workbench.storage.anchors import Anchor, Anchors
from workbench.storage.engines.database import Database
from workbench.storage.tombstones import keep_tombstones
from workbench.storage.vault import Vault

SIGN_EVERY = 64  # records of one vault, or
SIGN_AFTER = 5.0  # seconds since the last checkpoint, whichever comes first; and at the end of the session
ANCHOR_AFTER = 5.0  # seconds between two anchors, which cost an fsync outside of the store


class Signing:
    """Signs vaults' logs as they grow, and tells the device.

    Parameters
    ----------
    database : Database
        The store.
    vaults : mapping of bytes to Vault
        Those that the session has open, by their ids; more may come.
    key_pairs : KeyPairs
        What signs; the owner's, as long as they aren't exchanged.
    anchors : Anchors, optional
        How far this device has seen the vaults.
    """

    def __init__(
        self, database: Database, vaults: Mapping[bytes, Vault], *, key_pairs: KeyPairs, anchors: Anchors | None
    ) -> None:
        self._database = database
        self._vaults = vaults
        self.key_pairs = key_pairs
        self._anchors = anchors
        self._unsigned: dict[bytes, int] = {}  # records, by vault
        self._untold: list[bytes] = []  # leaves of what was erased
        self._seen: dict[bytes, Anchor] = {}
        self._signed_at = self._anchored_at = time.monotonic()

    @property
    def is_pending(self) -> bool:
        """Whether something was written or signed in this session, and the device may not know all of it."""
        return bool(self._unsigned or self._seen or self._untold)

    def note_append(self, vault_id: bytes) -> None:
        """Count one more record, and sign what is due once it is written."""
        self._unsigned[vault_id] = self._unsigned.get(vault_id, 0) + 1
        if self._is_due():
            # In a transaction of its own: what is signed and what is written must not wait for each other's locks.
            self._database.on_commit(self._sign_what_is_due)

    def note_erased(self, leaves: list[bytes]) -> None:
        """Tell the device what was erased."""
        self._untold += leaves
        self._tell_device()

    def exchange(self, key_pairs: KeyPairs) -> None:
        """Sign with new key pairs from now on, unless the open transaction fails."""
        before = self.key_pairs
        self._database.on_rollback(lambda: setattr(self, "key_pairs", before))
        self.key_pairs = key_pairs

    def sign(self, vault_ids: Iterable[bytes], *, is_final: bool = False, replace: bool = False) -> None:
        """Sign logs; inside a transaction, once it is committed the anchor is moved.

        Parameters
        ----------
        vault_ids : iterable of bytes
            Which.
        is_final : bool
            Move the anchor at once, and not only when that is due.
        replace : bool
            Whatever the device has seen before: a rollback was accepted.
        """
        signed, fresh = tuple(vault_ids), {}
        known = self._anchors.load() if self._anchors and not replace else {}
        for vault_id in signed:
            vault = self._vaults[vault_id]
            anchor = known.get(vault_id)
            frontier = vault.checkpoints.write(self.key_pairs, seen=anchor.frontier if anchor else EMPTY)
            fresh[vault_id] = Anchor(frontier, vault.keys.epoch_since(anchor.epoch if anchor else 0))

        before = self._unsigned
        counts = tuple(before.items())  # at once: other threads append meanwhile
        self._unsigned = {vault_id: count for vault_id, count in counts if vault_id not in signed}
        self._database.on_rollback(lambda: self._unsigned.update(before))

        def keep() -> None:
            self._signed_at = time.monotonic()
            self._seen |= fresh
            self._tell_device()
            if self._anchors and (is_final or self._signed_at - self._anchored_at > ANCHOR_AFTER):
                self._anchors.save(self._seen, replace=replace)
                self._anchored_at = self._signed_at

        self._database.on_commit(keep)

    def _is_due(self) -> bool:
        return max(self._unsigned.values(), default=0) >= SIGN_EVERY or (
            bool(self._unsigned) and time.monotonic() - self._signed_at > SIGN_AFTER
        )

    def _sign_what_is_due(self) -> None:
        if self._is_due():
            with self._database.transaction():
                self.sign(vault_id for vault_id in tuple(self._vaults) if vault_id in self._unsigned)

    def _tell_device(self) -> None:
        """Keep on the device what was erased, so that no older copy brings it back; again, if it failed before."""
        if self._anchors and self._untold:
            keep_tombstones(self._anchors.device, self._database.store_id, self._untold)
        self._untold = []
