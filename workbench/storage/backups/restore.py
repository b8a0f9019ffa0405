"""Restore a backup into a new store: whole or not at all, and without what was erased since.

No session is open, so what is checked here is what needs no key: every digest, the signature by the public key that the
backup itself holds, every log's chain, tree and signed checkpoint. Whoever can write to the place could have made all
of that anew under keys of their own. The first sign-in finds it: the account's private keys, which only a passphrase or
a recovery code unwraps, must fit the public ones, and its checkpoints must be signed by them.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import IntegrityError, NotFoundError, RetentionError, StoreError
from workbench.storage.backups.catalogue import Catalogue, catalogue, signed_manifest
from workbench.storage.backups.manifest import Manifest
from workbench.storage.backups.pieces import ANOTHER
from workbench.storage.backups.refill import Refilled, erased, public_keys, refill
from workbench.storage.device import Device
from workbench.storage.engines.database import Database
from workbench.storage.engines.location import open_database
from workbench.storage.engines.sqlite import SqliteDatabase
from workbench.storage.places.local_folder import synchronise
from workbench.storage.places.place import Place
from workbench.storage.tombstones import kept_tombstones


@dataclass(frozen=True, slots=True)
class Restored:
    """A store that was restored.

    Parameters
    ----------
    backup_id : str
        From which backup.
    created : int
        When that was made; POSIX seconds.
    rows : int
        Of all logs, erased ones included.
    emptied : int
        Records that were erased after the backup was made, and so left out. The first sign-in of their owner takes
        ``accept_rollback=True``, and notes them in the log.
    """

    backup_id: str
    created: int
    rows: int
    emptied: int


def restore(
    to: str | Path,
    *,
    data: Place,
    keys: Place,
    backup: str | None = None,
    device: Device | None = None,
    accept_expired: bool = False,
    now: Callable[[], float] = time.time,
) -> Restored:
    """Restore a backup into a new store.

    Parameters
    ----------
    to : str or Path
        A file that isn't there, or the URL of a PostgreSQL database in which there is no account.
    data, keys : Place
        Where the two parts lie.
    backup : str, optional
        Its id; the newest one's when it isn't said.
    device : Device, optional
        What was erased on it is left out.
    accept_expired : bool
        Take a backup whose time is over.
    now : callable
        The clock; POSIX seconds.

    Raises
    ------
    NotFoundError
        When there is no such backup, or its keys aren't there.
    IntegrityError
        When anything was altered, cut short, swapped, or is missing.
    RetentionError
        When it, or its keys, have expired.
    StoreError
        When a place can't be read, or the store can't be written or is there already.
    StoreVersionError
        When a newer workbench made the backup.
    """
    listed = catalogue(data, "data")
    chosen = _chosen(listed, backup)
    chosen_keys = _keys_of(listed, chosen, keys)
    if not accept_expired and now() >= min(chosen.expires, chosen_keys.expires):
        raise RetentionError(
            "The backup or its keys have expired, and may bring back what was to be gone.",
            remedy="Restore a newer one, or pass accept_expired=True (--accept-expired).",
        )
    tombstones = _tombstones(listed, chosen, data, (keys, chosen_keys))
    if device:
        tombstones |= kept_tombstones(device, chosen.store_id)

    def fill(database: Database) -> Refilled:
        return refill(database, data=(data, chosen), keys=(keys, chosen_keys), tombstones=tombstones)

    done = _into_server(str(to), fill) if _is_url(to) else _into_file(Path(to), fill)
    return Restored(chosen.backup_id, chosen.created, done.rows, done.emptied)


def _chosen(listed: Catalogue, backup_id: str | None) -> Manifest:
    listed.store_id()
    if backup_id is None:
        backup_id = max([*listed.found, *listed.damaged], default="")
    if backup_id in listed.damaged:
        raise listed.damaged[backup_id]
    if backup_id not in listed.found:
        raise NotFoundError(
            "There is no such backup in the place.", remedy="'workbench backups URL' lists what is there."
        )
    return listed.found[backup_id].manifest


def _keys_of(listed: Catalogue, chosen: Manifest, keys: Place) -> Manifest:
    found = signed_manifest(keys, "keys", chosen.backup_id)
    if found is None:
        raise NotFoundError(
            "The backup's keys aren't there: they have expired, or lie in another place.",
            remedy="Name that place as keys_url (--keys-url), or restore a newer backup.",
        )
    if found.digest != chosen.partner or found.manifest.store_id != chosen.store_id:
        raise IntegrityError("The keys aren't those of the backup: they were altered or swapped.", remedy=ANOTHER)
    signer = public_keys(keys, found.manifest).get(chosen.account_id)
    if signer is None:
        raise IntegrityError("The backup was signed by no account that is in it.", remedy=ANOTHER)
    found.check(signer)
    listed.found[chosen.backup_id].check(signer)
    return found.manifest


def _tombstones(listed: Catalogue, chosen: Manifest, data: Place, keys: tuple[Place, Manifest]) -> frozenset[bytes]:
    """Return what every backup in the place says was erased; a newer one that doesn't say it stops the restore."""
    leaves: frozenset[bytes] = frozenset()
    accounts = public_keys(*keys)
    newer = {backup_id for backup_id in listed.damaged if backup_id > chosen.backup_id}
    for backup_id, signed in listed.found.items():
        try:
            signer = accounts.get(signed.manifest.account_id)
            if signer is not None and signer.fingerprint == signed.manifest.signer:
                signed.check(signer)  # keys that are younger than the chosen backup can't be known from it
            leaves |= erased(data, signed.manifest)
        except IntegrityError:
            if backup_id >= chosen.backup_id:
                newer.add(backup_id)
    if newer:
        worst = max(newer)
        raise IntegrityError(
            f"The backup {worst} was altered, and with it the list of what has been erased since {chosen.backup_id}.",
            remedy=f"If erased records may come back, delete the object data/{worst}/manifest and restore again.",
        )
    return leaves


def _is_url(to: str | Path) -> bool:
    return is_postgres(str(to)) or (isinstance(to, str) and "://" in to)


def is_postgres(location: str) -> bool:
    """Tell whether an address is that of a PostgreSQL database."""
    return location.partition("://")[0] in {"postgresql", "postgres"} and "://" in location


def _into_server(url: str, fill: Callable[[Database], Refilled]) -> Refilled:
    with closing(open_database(url)) as database:
        return fill(database)


def _into_file(path: Path, fill: Callable[[Database], Refilled]) -> Refilled:
    """Fill a file in a private folder beside its place, then link it there: the name is taken by a whole store."""
    path = path.expanduser().absolute()
    _refuse_taken(path)
    prefix = f".{path.name}.restoring-"
    fault: OSError | None = None
    folder: Path | None = None
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in path.parent.glob(f"{prefix}*"):  # of a restore that was killed
            shutil.rmtree(left, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=path.parent))
        with closing(SqliteDatabase(folder / "store.db")) as database:
            done = fill(database)
            database.checkpoint()
        _publish(folder / "store.db", path)
    except OSError as error:
        fault = error
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
    if isinstance(fault, FileExistsError):
        _refuse_taken(path)
    if fault is not None:
        raise StoreError(f"The store can't be put in its place ({type(fault).__name__}).")
    return done


def _publish(file: Path, path: Path) -> None:
    descriptor = os.open(file, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    try:
        os.link(file, path)  # fails when the name is taken, which renaming doesn't
    except FileExistsError:
        raise
    except OSError:  # a filesystem without links
        _refuse_taken(path)
        file.rename(path)
    synchronise(path.parent)


def _refuse_taken(path: Path) -> None:
    """Refuse a file that is there; also a log beside it, which SQLite would play into the restored file."""
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm", f"{path.name}-journal"):
        if os.path.lexists(path.with_name(name)):
            raise StoreError(
                "There is something in that place already, the store itself or a log of one.",
                remedy="Name a file that isn't there; a backup never replaces a store.",
            )
