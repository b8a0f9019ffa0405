"""A key for two together: split into halves, of which each alone is as random as no key at all.

One half is drawn at random, the other is the key xor that half: a one-time pad. Whoever has one knows nothing of the
key, with whatever computer; whoever has both has it. So neither of two approvers ever holds the key itself, and it
doesn't matter which of them approves first.
"""

import secrets
from collections.abc import Mapping

from workbench.crypto.context import ID_BYTES
from workbench.crypto.keys import KEY_BYTES
from workbench.errors import IntegrityError

_PART = ID_BYTES + KEY_BYTES


def split(key: bytes) -> tuple[bytes, bytes]:
    """Return two halves of a key, fresh each time; `joined` is the inverse.

    Raises
    ------
    IntegrityError
        When it isn't a key of 32 bytes.
    """
    if len(key) != KEY_BYTES:
        raise IntegrityError("What is to be split isn't a key.")
    half = secrets.token_bytes(KEY_BYTES)
    return half, _xor(half, key)


def joined(one: bytes, other: bytes) -> bytes:
    """Return the key of two halves, in either order; halves of two keys give one that opens nothing.

    Raises
    ------
    IntegrityError
        When one isn't a half.
    """
    if len(one) != KEY_BYTES or len(other) != KEY_BYTES:
        raise IntegrityError("A half of a key is of another length: it was altered.")
    return _xor(one, other)


def pack_halves(halves: Mapping[bytes, bytes]) -> bytes:
    """Return the secret of a grant: partner's account id (16) ‖ half (32), once for each partner, in order of ids."""
    return b"".join(partner + halves[partner] for partner in sorted(halves))


def unpack_halves(secret: bytes) -> dict[bytes, bytes]:
    """Return the inverse of `pack_halves`: halves by partner.

    Raises
    ------
    IntegrityError
        When it isn't one.
    """
    if len(secret) % _PART:
        raise IntegrityError("Halves of a key can't be read: whoever granted them didn't follow the format.")
    parts = [secret[at : at + _PART] for at in range(0, len(secret), _PART)]
    return {part[:ID_BYTES]: part[ID_BYTES:] for part in parts}


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
