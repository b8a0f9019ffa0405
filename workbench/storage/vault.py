"""One vault: a sealed log that is verified, and that says what was erased from it."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from itertools import chain, takewhile

from workbench.crypto import Kind
from workbench.errors import IntegrityError
from workbench.storage.anchors import ACCEPT
from workbench.storage.caches import Caches
from workbench.storage.checkpoints import Checkpoints
from workbench.storage.codec import pack, unpack
from workbench.storage.data_keys import DataKeys
from workbench.storage.engines.database import Database
from workbench.storage.log_check import Verified
from workbench.storage.record_log import RecordLog
from workbench.storage.sealed_log import ErasedError, SealedLog
from workbench.storage.vault_keys import VaultKeys


class Vault(SealedLog):
    """A vault that a session has open.

    Parameters
    ----------
    database, kind, log, keys, data_keys, on_append
        As for `SealedLog`.
    checkpoints : Checkpoints
        Its signed checkpoints.
    on_erase : callable
        Told of the leaves of what was erased, once that is written: backups may still hold it.
    """

    def __init__(
        self,
        database: Database,
        *,
        kind: Kind,
        log: RecordLog,
        keys: VaultKeys,
        data_keys: DataKeys,
        checkpoints: Checkpoints,
        on_append: Callable[[bytes], None] = lambda _vault_id: None,
        on_erase: Callable[[list[bytes]], None] = lambda _leaves: None,
    ) -> None:
        super().__init__(database, kind=kind, log=log, keys=keys, data_keys=data_keys, on_append=on_append)
        self.checkpoints = checkpoints
        self._on_erase = on_erase

    def latest(self) -> bytes:
        """Return the body of the newest record; a profile's is the one that holds.

        The whole log is checked first, which is short where only the newest record counts: else an older record could
        be made the newest by emptying those after it, or by changing places with them.

        Raises
        ------
        IntegrityError
            When there is none, or it was altered, moved or emptied.
        """
        self.verify()
        for row in self.log.newest_first(limit=1):
            return self.open(row)
        raise IntegrityError("A vault that can't be empty is.")

    def verify(self, *, deep: bool = False) -> Verified:
        """Check every row against the chain, the tree, the signed checkpoint and the log's own entries.

        Parameters
        ----------
        deep : bool
            Open each living record too; `open` compares it with its leaf.

        Raises
        ------
        IntegrityError
            When anything was edited, cut off, put back, moved or emptied without an entry of the log that says so.
        """
        seen, _ = self.checkpoints.verify()
        accounted = self.erasures(seen.entries)
        if not seen.erased <= accounted:
            raise IntegrityError("A record was emptied, and the log doesn't say that it was erased.", remedy=ACCEPT)
        if not accounted <= seen.erased:
            raise IntegrityError("A record that was erased has been put back.", remedy=ACCEPT)
        if deep:
            for row in self.log.oldest_first():
                if row.record_id is not None:
                    with suppress(ErasedError):
                        self.open(row)
        return seen

    def erase(self, record_ids: Iterable[bytes]) -> int:
        """Erase records for good and return how many: their ciphertext, and each key that seals nothing else any more.

        The log keeps their leaves, which tell nothing, and a sealed entry that says which were erased. Caches that were
        made of them go with their keys, and the vault key is rotated, so that no old wrap opens anything.

        Raises
        ------
        NotFoundError
            When one isn't there; then none is erased.
        """
        with self._database.transaction():
            self.lock()
            rows = [self._row(record_id) for record_id in record_ids]
            used = {self.data_keys.kin(row.key_id) for row in rows if isinstance(row.key_id, bytes)}
            self.data_keys.hold(chain(*used))
            self._drop([row.place for row in rows])
            for kin in used:
                # An old key that is in use keeps the new one, under which its records are going to be.
                self.data_keys.destroy(list(takewhile(lambda key_id: not self._sealed_under(key_id), kin)))
            self.keys.rotate()
        return len(rows)

    def erase_session(self, record_id: bytes) -> int:
        """Erase every record that was sealed under the same data key as this one, and destroy that key.

        Returns
        -------
        int
            How many records are gone.

        Raises
        ------
        NotFoundError
            When there is no such record.
        """
        with self._database.transaction():
            self.lock()
            key_id = self._row(record_id).key_id
            if not isinstance(key_id, bytes):
                raise IntegrityError("A record names no key: it was altered.")
            kin = self.data_keys.kin(key_id)
            self.data_keys.hold(kin)
            places = sorted(place for each in kin for place in self._sealed_under(each))
            self._drop(places)
            self.data_keys.destroy(list(kin))
            self.keys.rotate()
        return len(places)

    def lock(self) -> None:
        """Keep other kernels from changing keys or signing checkpoints until the open transaction ends.

        Always in this order, and before any row is written: all keys, one vault, rows. So no two kernels wait for each
        other.
        """
        self._database.lock_vault(0)
        self._database.lock_vault(self.log.start)

    def caches(self, kind: Kind) -> Caches:
        """Return the sealed caches of one kind that are made of these records."""
        return Caches(self._database, vault_id=self.vault_id, data_keys=self.data_keys, kind=kind)

    def settle(self) -> None:
        """Empty the write-ahead log after an erasure."""
        self._database.checkpoint()

    def erasures(self, places: Iterable[int]) -> set[int]:
        """Return the places that the log's own entries at `places` say were erased.

        Raises
        ------
        IntegrityError
            When an entry was altered.
        """
        erased: set[int] = set()
        for place in places:
            row = self.log.at(place)
            if row is not None:
                erased.update(_places(self._open(row, self._entry_context())))
        return erased

    def empty(self, places: Iterable[int]) -> None:
        """Take the content out of rows, which the log then has to say; see `erase`."""
        self._database.write_many(
            "UPDATE record SET record_id = NULL, key_id = NULL, version = NULL, sealed = NULL WHERE place = ?",
            [(place,) for place in places],
        )

    def note_erasures(self, places: list[int]) -> None:
        """Add the log's own entry that says what was erased."""
        self._add(pack(places), purpose="entries", context=self._entry_context(), record_id=None)

    def leaf(self, place: int) -> list[bytes]:
        """Return the leaf at a place, if there is one."""
        rows = self._database.rows("SELECT leaf FROM record WHERE place = ?", (place,))
        return [leaf for (leaf,) in rows if isinstance(leaf, bytes)]

    def _drop(self, places: list[int]) -> None:
        """Empty rows, say so in the log, and drop every cache that was made of them together with its key."""
        leaves = [leaf for place in places for leaf in self.leaf(place)]
        self._database.on_commit(self._database.checkpoint)
        self._database.on_commit(partial(self._on_erase, leaves))
        self.empty(places)
        caches = self._database.rows(
            "SELECT cache_id, key_id, first_place, last_place FROM cache WHERE vault_id = ?", (self.vault_id,)
        )
        stale = [cache for cache in caches if any(cache[2] <= place <= cache[3] for place in places)]
        self._database.write_many("DELETE FROM cache WHERE cache_id = ?", [(cache[0],) for cache in stale])
        self.data_keys.destroy([cache[1] for cache in stale])
        self.note_erasures(places)

    def _sealed_under(self, key_id: bytes) -> list[int]:
        """Return the places of what a data key seals: its range is exact up to the last checkpoint."""
        ((first, last),) = self._database.rows(
            "SELECT first_place, last_place FROM data_key WHERE key_id = ?", (key_id,)
        ) or [(0, 0)]
        if not isinstance(first, int) or not isinstance(last, int):
            raise IntegrityError("What a key seals can't be read: a row was altered.")
        unsigned = self.log.start + self.checkpoints.latest().size
        return [
            place
            for low, high in ((first or self.log.end, min(last, unsigned)), (unsigned + 1, self.log.end - 1))
            for (place,) in self._database.rows(
                "SELECT place FROM record WHERE place >= ? AND place <= ? AND key_id = ?", (low, high, key_id)
            )
        ]


def _places(body: bytes) -> list[int]:
    """Return what an entry of the log says was erased."""
    members = unpack(body)
    if len(members) == 1 and isinstance(members[0], list) and all(isinstance(place, int) for place in members[0]):
        return members[0]
    raise IntegrityError("An entry of the log can't be read: whoever sealed it didn't follow the format.")
