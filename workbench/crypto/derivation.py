"""From a secret that a person holds to a key-encryption key."""

from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from workbench.errors import IntegrityError

SALT_BYTES = 16  # RFC 9106, section 4


@dataclass(frozen=True, slots=True)
class Argon2Parameters:
    """The cost of one guess.

    Parameters
    ----------
    memory : int
        KiB.
    passes : int
        Iterations.
    lanes : int
        Parallelism.
    """

    memory: int
    passes: int
    lanes: int


# SECOND RECOMMENDED option of RFC 9106, section 4: 64 MiB, 3 passes, 4 lanes.
RFC_9106_LOW_MEMORY = Argon2Parameters(memory=65_536, passes=3, lanes=4)
# OWASP Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 lane. Weaker parameters are refused on reading, so that
# whoever edits the store can't make guessing cheap.
FLOOR = Argon2Parameters(memory=19_456, passes=2, lanes=1)
# 1 GiB, 16 passes: costlier ones are refused too, so that an edited store can't exhaust the machine.
CEILING = Argon2Parameters(memory=1_048_576, passes=16, lanes=16)


def derive(secret: bytes, *, salt: bytes, parameters: Argon2Parameters) -> bytes:
    """Return 32 bytes of Argon2id (RFC 9106) over a secret that may be guessed.

    Raises
    ------
    IntegrityError
        When the parameters lie outside the floor and the ceiling: the store was edited.
    """
    if not (
        FLOOR.memory <= parameters.memory <= CEILING.memory
        and FLOOR.passes <= parameters.passes <= CEILING.passes
        and FLOOR.lanes <= parameters.lanes <= CEILING.lanes
        and len(salt) == SALT_BYTES
    ):
        raise IntegrityError("The cost of unlocking lies outside what is allowed: the store was altered.")
    return Argon2id(
        salt=salt, length=32, iterations=parameters.passes, lanes=parameters.lanes, memory_cost=parameters.memory
    ).derive(secret)


def stretch(secret: bytes, *, salt: bytes, label: bytes) -> bytes:
    """Return 32 bytes of HKDF-SHA-512 (RFC 5869) over a secret of 112 random bits or more, which none can guess."""
    return HKDF(algorithm=hashes.SHA512(), length=32, salt=salt, info=b"JWB1 " + label).derive(secret)


def expand(key: bytes, *, label: bytes) -> bytes:
    """Return the 32-byte subkey of `key` for one purpose (RFC 5869, section 2.3)."""
    return expand_to(32, key=key, label=label)


def expand_to(length: int, *, key: bytes, label: bytes) -> bytes:
    """Return `length` bytes that follow from `key` for one purpose (RFC 5869, section 2.3)."""
    return HKDFExpand(algorithm=hashes.SHA512(), length=length, info=b"JWB1 " + label).derive(key)
