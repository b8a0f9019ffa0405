"""Grants: a vault's key, sealed to one member and signed by whoever grants it.

A grant's plaintext is statement ‖ secret ‖ signature. The statement says which vault, epoch and right, from whom, to
whom, until when, and what the secret's digest is; the signature is over the statement; all of it is sealed by HPKE to
the member. So a store that swaps a member's keys, serves another epoch or forges a grant is refused, and nobody
else sees who may do what.
"""

import struct
from dataclasses import dataclass, field
from enum import IntEnum
from hashlib import sha256

from workbench.crypto.key_pairs import SIGNATURE_BYTES, KeyPairs, PublicKeys
from workbench.crypto.kinds import Kind
from workbench.errors import IntegrityError, PermissionDeniedError
from workbench.records import Confidential

# magic, store, vault, kind, epoch, right, expiry, granter's and member's fingerprints, the secret's digest
_STATEMENT = struct.Struct(">10s16s16sHQBQ32s32s32s")
_MAGIC = b"JWB1 grant"


class Right(IntEnum):
    """What a grant allows. Numbers are for ever: they are signed."""

    READ = 1  # the secret is the vault's key: read and append
    SEAL = 2  # the secret is the vault's public keys: append what one can't read again
    VIEW = 3  # the secret is the vault's key, and the granter says: read, and write nothing
    FIRST_HALF = 4  # the secrets are halves of the vault's key, one for each who holds a second half
    SECOND_HALF = 5  # as above, the other way round; one of each side, together, have the key

    @property
    def opens(self) -> bool:
        """Whether the secret is the vault's key, for which nobody else is needed."""
        return self in {Right.READ, Right.VIEW}

    @property
    def is_half(self) -> bool:
        """Whether it opens with a partner's half, and not alone."""
        return self in {Right.FIRST_HALF, Right.SECOND_HALF}


@dataclass(frozen=True, slots=True)
class Grant(Confidential):
    """One member's access to one epoch of a vault.

    Parameters
    ----------
    vault : bytes
        The vault's id.
    kind : Kind
        What the vault keeps.
    epoch : int
        Which of the vault's keys, from 1.
    right : Right
        What it allows.
    secret : bytes
        The vault's key (32 bytes), its public keys, or halves of its key (`workbench.crypto.halves`).
    expiry : int
        POSIX seconds, UTC, after which it is refused; 0 for never. Advisory against whoever has opened it before.
    """

    vault: bytes
    kind: Kind
    epoch: int
    right: Right
    secret: bytes = field(repr=False)
    expiry: int = 0


def seal_grant(grant: Grant, *, store: bytes, granter: KeyPairs, member: PublicKeys) -> bytes:
    """Return a grant, signed by `granter` and sealed to `member`."""
    statement = _STATEMENT.pack(
        _MAGIC,
        store,
        grant.vault,
        grant.kind,
        grant.epoch,
        grant.right,
        grant.expiry,
        granter.public.fingerprint,
        member.fingerprint,
        sha256(grant.secret).digest(),
    )
    plaintext = statement + grant.secret + granter.sign(statement)
    return member.seal(plaintext, info=_info(store, grant.vault, grant.epoch))


def open_grant(
    sealed: bytes, *, store: bytes, vault: bytes, epoch: int, member: KeyPairs, granter: PublicKeys, now: float
) -> Grant:
    """Return a grant that holds.

    Parameters
    ----------
    sealed : bytes
        As `seal_grant` made it.
    store, vault, epoch
        Where it was found.
    member : KeyPairs
        To whom it should be sealed.
    granter : PublicKeys
        Who must have signed it; their fingerprint is known from elsewhere than the store.
    now : float
        POSIX seconds.

    Raises
    ------
    IntegrityError
        When it was altered or moved, is another member's or epoch's, or isn't signed by the granter.
    PermissionDeniedError
        When it has expired.
    """
    plaintext = member.open(sealed, info=_info(store, vault, epoch))
    statement, signature = plaintext[: _STATEMENT.size], plaintext[-SIGNATURE_BYTES:]
    secret = plaintext[_STATEMENT.size : -SIGNATURE_BYTES]
    granter.verify(signature, statement)
    try:
        magic, *stated, kind, its_epoch, right, expiry, by, to, digest = _STATEMENT.unpack(statement)
        grant = Grant(vault, Kind(kind), epoch, Right(right), secret, expiry)
    except (struct.error, ValueError):
        raise IntegrityError("A grant can't be read: it was altered.") from None
    is_sound = (
        magic == _MAGIC
        and stated == [store, vault]
        and its_epoch == epoch
        and by == granter.fingerprint
        and to == member.public.fingerprint
        and digest == sha256(secret).digest()
    )
    if not is_sound:
        raise IntegrityError("A grant is for another vault, epoch or member: it was altered or moved.")
    if expiry and now >= expiry:
        raise PermissionDeniedError("The access to this vault has expired.")
    return grant


def _info(store: bytes, vault: bytes, epoch: int) -> bytes:
    try:
        return b"JWB1 grant " + store + vault + struct.pack(">Q", epoch)
    except (struct.error, TypeError):
        raise IntegrityError("The number of a vault's key isn't one: a row was altered.") from None
