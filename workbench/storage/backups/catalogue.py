"""Which backups a place holds, and which have had their time.

No lock is needed between machines that back up to one place: whatever is younger than two days is left alone, and only
pieces of a backup that lives longer than that are used again by another.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from workbench.errors import IntegrityError, NotFoundError
from workbench.storage.backups.manifest import (
    LARGEST,
    Part,
    SignedManifest,
    is_backup_id,
    manifest_name,
    read_manifest,
    time_of,
)
from workbench.storage.backups.pieces import ANOTHER
from workbench.storage.places.place import Place

DAY = 86_400  # seconds
GRACE = 2 * DAY  # a backup takes less than one day, and clocks differ by less than another


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The manifests of one place, by the backups' ids.

    Parameters
    ----------
    found : dict
        Those that can be read; their signatures aren't checked yet.
    damaged : dict
        What is wrong with the others.
    """

    found: dict[str, SignedManifest] = field(default_factory=dict)
    damaged: dict[str, IntegrityError] = field(default_factory=dict)

    def store_id(self) -> bytes | None:
        """Return of which store they are; nothing when there are none.

        Raises
        ------
        IntegrityError
            When they are of several.
        """
        stores = {signed.manifest.store_id for signed in self.found.values()}
        if len(stores) > 1:
            raise IntegrityError("The place holds backups of several stores.", remedy="Give each store its own folder.")
        return next(iter(stores), None)


@dataclass(frozen=True, slots=True)
class ListedBackup:
    """One backup in a place.

    Parameters
    ----------
    backup_id : str
        By which it is restored.
    created, expires : int
        POSIX seconds; 0 when its manifest can't be read.
    keys_expire : int, optional
        When its keys go; None when they aren't there.
    records, size : int
        Rows of all logs, and bytes.
    is_damaged : bool
        Whether one of its manifests can't be read.
    """

    backup_id: str
    created: int = 0
    expires: int = 0
    keys_expire: int | None = None
    records: int = 0
    size: int = 0
    is_damaged: bool = False


def listed_backups(data: Place, keys: Place) -> tuple[ListedBackup, ...]:
    """Return the backups in a place, newest first.

    Raises
    ------
    StoreError
        When a place can't be read.
    """
    parts, wraps = catalogue(data, "data"), catalogue(keys, "keys")
    listed = [ListedBackup(backup_id, is_damaged=True) for backup_id in parts.damaged]
    for backup_id, signed in parts.found.items():
        key_part = wraps.found.get(backup_id)
        manifest = signed.manifest
        listed.append(
            ListedBackup(
                backup_id,
                manifest.created,
                manifest.expires,
                key_part.manifest.expires if key_part else None,
                manifest.rows.get("record", 0),
                manifest.size + (key_part.manifest.size if key_part else 0),
                backup_id in wraps.damaged,
            )
        )
    return tuple(sorted(listed, key=lambda backup: backup.backup_id, reverse=True))


def catalogue(place: Place, part: Part) -> Catalogue:
    """Return which backups a place holds, or which keys.

    Raises
    ------
    StoreError
        When the place can't be read.
    StoreVersionError
        When a newer workbench wrote one of them.
    """
    listed = Catalogue()
    for name in place.names(f"{part}/"):
        backup_id = name.split("/")[1]
        if is_backup_id(backup_id) and name == manifest_name(part, backup_id):
            try:
                signed = signed_manifest(place, part, backup_id)
            except IntegrityError as error:
                listed.damaged[backup_id] = error.with_traceback(None)
            else:
                if signed is not None:
                    listed.found[backup_id] = signed
    return listed


def signed_manifest(place: Place, part: Part, backup_id: str) -> SignedManifest | None:
    """Return a backup's manifest, or nothing when there is none.

    Raises
    ------
    IntegrityError
        When it was altered, cut short or swapped.
    """
    name = manifest_name(part, backup_id)
    content = bytearray()
    try:
        for piece in place.read_chunks(name):
            content += piece
            if len(content) > LARGEST:
                break
    except NotFoundError:
        return None
    if len(content) > LARGEST:
        raise IntegrityError("A backup's manifest is larger than any.", remedy=ANOTHER)
    return read_manifest(bytes(content), name=name)


def prune(data: Place, keys: Place, *, now: float, keep_days: int) -> int:
    """Delete backups and key backups that have expired, and what was left of interrupted ones; return how many objects.

    Parameters
    ----------
    data, keys : Place
        Where they lie.
    now : float
        POSIX seconds.
    keep_days : int
        After how many days a backup goes whose manifest can't be read, and so doesn't say.
    """
    return _prune(data, "data", now, keep_days) + _prune(keys, "keys", now, keep_days)


def _prune(place: Place, part: Part, now: float, keep_days: int) -> int:
    listed = catalogue(place, part)
    living = [signed.manifest for signed in listed.found.values() if signed.manifest.expires > now]
    kept = {manifest.name for manifest in living} | {piece.name for manifest in living for piece in manifest.pieces}
    unread = {backup_id for backup_id in listed.damaged if time_of(backup_id) + keep_days * DAY > now}
    kept |= {manifest_name(part, backup_id) for backup_id in unread}
    ended = [signed.manifest.name for signed in listed.found.values() if signed.manifest.expires <= now]
    # A manifest goes before its pieces: what is half deleted is offered to no one.
    gone = _delete(place, ended)
    old = [name for name in place.names(f"{part}/") if time_of(name.split("/")[1]) < now - GRACE]
    return gone + _delete(place, [name for name in old if name not in kept])


def discard(data: Place, keys: Place, backup_id: str) -> None:
    """Delete what there is of one backup."""
    for place, part in ((keys, "keys"), (data, "data")):
        _delete(place, place.names(f"{part}/{backup_id}/"))


def _delete(place: Place, names: Iterable[str]) -> int:
    count = 0
    for name in names:
        with suppress(NotFoundError):  # someone else was faster
            place.delete(name)
            count += 1
    return count
