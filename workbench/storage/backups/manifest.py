"""The manifest of a backup: which pieces it has, of what digest, and for how long; signed by the account that made it.

An object is MessagePack: the packed manifest, and a C2SP signed note over it whose origin is
``workbench/<store id>/backup/<backup id>/<part>``, whose size is the number of pieces and whose root is the SHA-256
of the packed manifest. No log has an origin like it, so that neither can pass for the other.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Literal, get_args

from workbench.crypto import Checkpoint, KeyPairs, PublicKeys, open_checkpoint, sign_checkpoint
from workbench.errors import IntegrityError, StoreVersionError
from workbench.storage.backups.pieces import ANOTHER, Piece
from workbench.storage.codec import pack, unpack
from workbench.storage.places.address import is_name

FORMAT = 1  # of manifests and pieces
LARGEST = 64 << 20  # bytes of a manifest; one of 100 million records has 3 MB

Part = Literal["data", "keys"]

_ID = re.compile(r"\d{8}T\d{12}Z-[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one part of a backup consists of.

    Parameters
    ----------
    part : {"data", "keys"}
        Which; the two may lie in different places, and the keys expire sooner.
    backup_id : str
        UTC to the microsecond and eight random hexadecimal digits: ids sort by time.
    store_id : bytes
        Of the store that was backed up.
    store_format : int
        Of its tables.
    account_id : bytes
        Who made it, and signed.
    signer : bytes
        The fingerprint of the public keys by which that is checked: an account's keys can be rotated.
    created, expires : int
        POSIX seconds.
    pieces : tuple of Piece
        In the order of the store.
    partner : bytes
        In the data's manifest, the SHA-256 of the keys' manifest; empty in that one.
    """

    part: Part
    backup_id: str
    store_id: bytes
    store_format: int
    account_id: bytes
    signer: bytes
    created: int
    expires: int
    pieces: tuple[Piece, ...]
    partner: bytes = b""

    @property
    def name(self) -> str:
        """Of the object that holds it."""
        return manifest_name(self.part, self.backup_id)

    @property
    def size(self) -> int:
        """Bytes of all its pieces."""
        return sum(piece.size for piece in self.pieces)

    @property
    def rows(self) -> Mapping[str, int]:
        """How many rows it holds of each table."""
        counts: dict[str, int] = {}
        for piece in self.pieces:
            counts[piece.table] = counts.get(piece.table, 0) + piece.rows
        return counts

    def signed(self, key_pairs: KeyPairs) -> bytes:
        """Return the object that holds it."""
        body = pack(FORMAT, *astuple(self))
        checkpoint = Checkpoint(self._origin, len(self.pieces), sha256(body).digest())
        return pack(body, sign_checkpoint(checkpoint, name=self._origin, private_key=key_pairs.signing))

    @property
    def _origin(self) -> str:
        return f"workbench/{self.store_id.hex()}/backup/{self.backup_id}/{self.part}"


@dataclass(frozen=True, slots=True)
class SignedManifest:
    """A manifest as it was read: whoever uses it calls `check` as soon as the signer's public keys are known.

    Parameters
    ----------
    manifest : Manifest
        What it says.
    body_digest, digest : bytes
        SHA-256 of the packed manifest, and of the whole object.
    note : bytes
        The signature.
    """

    manifest: Manifest
    body_digest: bytes
    digest: bytes
    note: bytes

    def check(self, signer: PublicKeys) -> None:
        """Return when the account whose public keys these are signed it.

        Raises
        ------
        IntegrityError
            When not.
        """
        origin = self.manifest._origin  # noqa: SLF001 - the same idea
        opened = open_checkpoint(self.note, name=origin, public_key=signer.signing)
        if opened != Checkpoint(origin, len(self.manifest.pieces), self.body_digest):
            raise IntegrityError("A backup's signature is of another backup.", remedy=ANOTHER)


def read_manifest(content: bytes, *, name: str) -> SignedManifest:
    """Return the manifest that an object of that name holds.

    Raises
    ------
    IntegrityError
        When it is none, or another one.
    StoreVersionError
        When a newer workbench wrote it.
    """
    body, note = _members(content, 2)
    version, *members = _members(body, None)
    if isinstance(version, int) and version > FORMAT:
        raise StoreVersionError("The backup was written by a newer workbench.")
    manifest = _manifest(members)
    if manifest is None or version != FORMAT or not isinstance(note, bytes) or manifest.name != name:
        raise _no_manifest()
    return SignedManifest(manifest, sha256(body).digest(), sha256(content).digest(), note)


def new_backup_id(now: float) -> str:
    """Return an id for a backup that begins at that moment."""
    return f"{datetime.fromtimestamp(now, UTC):%Y%m%dT%H%M%S%fZ}-{secrets.token_hex(4)}"


def time_of(backup_id: str) -> float:
    """Return the moment of an id; that of none is infinitely late."""
    try:
        return datetime.strptime(backup_id.partition("-")[0], "%Y%m%dT%H%M%S%fZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return float("inf")


def is_backup_id(text: str) -> bool:
    """Tell whether a text has the form of an id."""
    return _ID.fullmatch(text) is not None


def manifest_name(part: Part, backup_id: str) -> str:
    """Return the name of the object that holds a manifest."""
    return f"{part}/{backup_id}/manifest"


def _members(packed: Any, count: int | None) -> list[Any]:
    try:
        members = unpack(packed)
    except (TypeError, IntegrityError):
        members = []
    if not members or count not in {None, len(members)}:
        raise _no_manifest()
    return members


def _manifest(members: list[Any]) -> Manifest | None:
    try:
        part, backup_id, store_id, store_format, account_id, signer, created, expires, pieces, partner = members
        made = tuple(Piece(*piece) for piece in pieces)
        is_sound = (
            part in get_args(Part)
            and isinstance(backup_id, str)
            and is_backup_id(backup_id)
            and all(isinstance(value, bytes) for value in (store_id, account_id, signer, partner))
            and all(type(count) is int for count in (store_format, created, expires))
            and all(_is_sound(piece) for piece in made)
        )
    except (TypeError, ValueError):
        return None
    if not is_sound:
        return None
    return Manifest(part, backup_id, store_id, store_format, account_id, signer, created, expires, made, partner)


def _is_sound(piece: Piece) -> bool:
    return (
        isinstance(piece.name, str)
        and is_name(piece.name)
        and isinstance(piece.table, str)
        and isinstance(piece.digest, bytes)
        and type(piece.rows) is int
        and type(piece.size) is int
        and 0 <= piece.size <= 1 << 32  # what a sealed record may have, and more
    )


def _no_manifest() -> IntegrityError:
    return IntegrityError("A backup's manifest was altered, cut short or swapped.", remedy=ANOTHER)
