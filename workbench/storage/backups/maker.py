"""Make a backup: upload what changed, read all of it back, restore it on the side, verify that, and only then say so.

The manifest is written last, so that an interrupted or unsound backup is none. Whatever leaves the store is ciphertext
and opaque ids, as it stands there.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from workbench.crypto import KeyPairs, PublicKeys
from workbench.errors import InputError, IntegrityError, StoreError, WorkbenchError
from workbench.storage.backups.catalogue import DAY, GRACE, Catalogue, catalogue, discard, prune, signed_manifest
from workbench.storage.backups.manifest import Manifest, Part, new_backup_id
from workbench.storage.backups.pieces import ERASED, KEYS, DamagedPieceError, Piece, Row, packed, read_store
from workbench.storage.backups.proof import prove
from workbench.storage.backups.refill import erased
from workbench.storage.device import Device
from workbench.storage.engines.database import Database
from workbench.storage.engines.schema import FORMAT
from workbench.storage.places.place import Place
from workbench.storage.tombstones import kept_tombstones

KEEP_DAYS = 35  # a month of backups and some days in which to notice that one is needed
KEEP_KEYS_DAYS = 30  # a key that was destroyed in the store lives on in backups for so long, and no longer


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made and verified.

    Parameters
    ----------
    backup_id : str
        By which `restore` finds it.
    expires, keys_expire : int
        POSIX seconds, after which the next backup deletes it; without its keys it can't be restored.
    rows : mapping
        How many of each table.
    size, uploaded : int
        Bytes of its objects, and of those that weren't there yet.
    pruned : int
        Objects of expired or interrupted backups that were deleted.
    """

    backup_id: str
    expires: int
    keys_expire: int
    rows: Mapping[str, int]
    size: int
    uploaded: int
    pruned: int = 0


class BackupMaker:
    """Backs up one store to one place, in the name of an account whose session is open.

    Parameters
    ----------
    database : Database
        The store.
    account_id : bytes
        Who signs; the account's own vaults are verified record by record, the others' by chains and signatures.
    key_pairs : KeyPairs
        The account's.
    data, keys : Place
        Where the two parts go.
    device : Device, optional
        Whose tombstones go along.
    now : callable
        The clock; POSIX seconds.
    """

    def __init__(
        self,
        database: Database,
        *,
        account_id: bytes,
        key_pairs: KeyPairs,
        data: Place,
        keys: Place,
        device: Device | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._account_id = account_id
        self._key_pairs = key_pairs
        self._data = data
        self._keys = keys
        self._device = device
        self._now = now
        self._uploaded = 0

    def make(self, *, keep_days: int = KEEP_DAYS, keep_keys_days: int = KEEP_KEYS_DAYS) -> Backup:
        """Make, verify and return a backup, then delete what has expired.

        Raises
        ------
        IntegrityError
            When what was read back isn't what was written, or the store itself doesn't verify: there is no backup then.
        StoreError
            When a place or the store can't be read or written, or the place is another store's.
        """
        if not all(type(days) is int and 1 <= days <= 36_500 for days in (keep_days, keep_keys_days)):  # noqa: PLR2004 - a century
            raise InputError(
                "Backups, and their keys, are kept for a whole number of days, from 1 to 36,500.",
                remedy=f"Leave it out for {KEEP_DAYS} and {KEEP_KEYS_DAYS}, or give another number.",
            )
        before = self._trusted()
        reusable = self._reusable(before)
        days: dict[Part, int] = {"data": keep_days, "keys": keep_keys_days}
        try:
            made = self._attempt(days, before, reusable)
        except DamagedPieceError:
            if not reusable:
                raise
            # Perhaps a piece of an earlier backup: nothing is used again, which mends that one's, too, if it is alike.
            made = self._attempt(days, before, {})
        pruned = prune(self._data, self._keys, now=self._now(), keep_days=keep_days)
        return replace(made, pruned=pruned)

    def _trusted(self) -> Catalogue:
        """Return the backups in the place that an account of this store signed."""
        listed = catalogue(self._data, "data")
        if listed.store_id() not in {None, self._database.store_id}:
            raise StoreError(
                "The place holds backups of another store.", remedy="Name a folder of its own for each store."
            )
        rows = self._database.rows("SELECT account_id, public_keys FROM account")
        accounts = {account_id: PublicKeys(packed_keys) for account_id, packed_keys in rows}
        trusted = {}
        for backup_id, signed in listed.found.items():
            with suppress(IntegrityError, KeyError):
                signed.check(accounts[signed.manifest.account_id])
                trusted[backup_id] = signed
        return Catalogue(trusted)

    def _reusable(self, before: Catalogue) -> dict[bytes, Piece]:
        """Return pieces, by digest, of backups that outlive this one's making."""
        until = self._now() + GRACE
        manifests = [signed.manifest for signed in before.found.values() if signed.manifest.expires > until]
        return {piece.digest: piece for manifest in manifests for piece in manifest.pieces}

    def _attempt(self, days: Mapping[Part, int], before: Catalogue, reusable: Mapping[bytes, Piece]) -> Backup:
        begun = self._now()
        backup_id = new_backup_id(begun)
        self._uploaded = 0
        try:
            data, keys = self._upload(backup_id, begun, days, reusable)
            content = keys.signed(self._key_pairs)
            self._put(self._keys, keys.name, content)
            data = replace(data, partner=Piece.of(content, name="", table="", rows=0).digest)
            leaves = self._verified(data, keys) | self._tombstones(before)
            if leaves:
                rows = [(leaf,) for leaf in sorted(leaves)]
                piece = self._piece(self._data, f"data/{backup_id}/{ERASED}", ERASED, rows, reusable)
                data = replace(data, pieces=(*data.pieces, piece))
            if self._now() - begun > DAY:
                raise StoreError("The backup took more than a day.", remedy="Name a place that is nearer.")  # noqa: TRY301 - is to be discarded as well
            self._publish(data)
        except BaseException:
            with suppress(WorkbenchError):  # what is left is pruned later, and without a manifest it is no backup
                discard(self._data, self._keys, backup_id)
            raise
        size = data.size + keys.size
        return Backup(backup_id, data.expires, keys.expires, {**data.rows, **keys.rows}, size, self._uploaded)

    def _upload(
        self, backup_id: str, begun: float, days: Mapping[Part, int], reusable: Mapping[bytes, Piece]
    ) -> tuple[Manifest, Manifest]:
        pieces: dict[Part, list[Piece]] = {"data": [], "keys": []}
        for table, rows in read_store(self._database):
            part: Part = "keys" if table in KEYS else "data"
            name = f"{part}/{backup_id}/piece-{len(pieces[part]) + 1:06}"
            place = self._keys if part == "keys" else self._data
            pieces[part].append(self._piece(place, name, table, rows, {} if part == "keys" else reusable))
        data, keys = (
            Manifest(
                part,
                backup_id,
                store_id=self._database.store_id,
                store_format=FORMAT,
                account_id=self._account_id,
                signer=self._key_pairs.public.fingerprint,
                created=int(begun),
                expires=int(begun) + days[part] * DAY,
                pieces=tuple(pieces[part]),
            )
            for part in pieces
        )
        return data, keys

    def _piece(
        self, place: Place, name: str, table: str, rows: Sequence[Row], reusable: Mapping[bytes, Piece]
    ) -> Piece:
        content = packed(table, rows)
        piece = Piece.of(content, name=name, table=table, rows=len(rows))
        if piece.digest in reusable:
            return reusable[piece.digest]
        self._put(place, name, content)
        return piece

    def _put(self, place: Place, name: str, content: bytes) -> None:
        self._uploaded += place.put(name, content)

    def _publish(self, data: Manifest) -> None:
        """Read back what wasn't yet, then write the manifest: from here on there is a backup."""
        erased(self._data, data)
        content = data.signed(self._key_pairs)
        self._put(self._data, data.name, content)
        if self._data.get(data.name) != content:
            raise DamagedPieceError("The place doesn't return the manifest that was written to it.")

    def _verified(self, data: Manifest, keys: Manifest) -> frozenset[bytes]:
        stored = signed_manifest(self._keys, "keys", keys.backup_id)
        if stored is None or stored.digest != data.partner:
            raise DamagedPieceError("The place doesn't return the keys' manifest that was written to it.")
        return prove((self._data, data), (self._keys, keys), account_id=self._account_id, key_pairs=self._key_pairs)

    def _tombstones(self, before: Catalogue) -> frozenset[bytes]:
        """Return what is known beside the store to have been erased: on this device, and by earlier backups."""
        leaves = kept_tombstones(self._device, self._database.store_id) if self._device else frozenset()
        for signed in before.found.values():
            with suppress(DamagedPieceError):  # the others' hold what it held, and later ones more
                leaves |= erased(self._data, signed.manifest)
        return leaves
