"""Keys wrapped under keys: AES-256-GCM with 96 random bits, at most 2^20 wraps under one key (NIST SP 800-38D, 8.3).

A wrap is version (1 byte) ‖ nonce (12) ‖ ciphertext ‖ tag (16). What it may be used for stands in its associated data.
"""

import os
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from workbench.crypto.context import ID_BYTES, MAGIC
from workbench.errors import IntegrityError

VERSION = 1
NONCE_BYTES = 12
_PLACE = struct.Struct(">4s16s16s16sQ16s")  # magic, purpose, store, owner (vault or account), epoch, id: 76 bytes


def wrapped_place(
    purpose: bytes, *, store: bytes, owner: bytes, epoch: int = 0, name: bytes = bytes(ID_BYTES)
) -> bytes:
    """Return the associated data of a wrap.

    Parameters
    ----------
    purpose : bytes
        A closed word, at most 16 bytes.
    store, owner, name : bytes
        16 bytes each: the store's id; the vault's or account's id; what the wrapped thing is called.
    epoch : int
        Of the wrapping key.

    Raises
    ------
    IntegrityError
        When a part is of another type or width: a row was altered.
    """
    try:
        if len(store) == len(owner) == len(name) == ID_BYTES:
            return _PLACE.pack(MAGIC, purpose, store, owner, epoch, name)
    except (TypeError, struct.error):
        pass
    raise IntegrityError("An id or a number beside a wrapped key isn't one: a row was altered.")


def wrap(secret: bytes, *, under: bytes, place: bytes) -> bytes:
    """Return `secret` sealed under the 32 bytes of another key; 29 bytes longer."""
    nonce = os.urandom(NONCE_BYTES)
    return bytes((VERSION,)) + nonce + AESGCM(under).encrypt(nonce, secret, place)


def unwrap(wrapped: bytes, *, under: bytes, place: bytes) -> bytes:
    """Return the secret.

    Raises
    ------
    IntegrityError
        When the wrap was altered or moved, or is under another key.
    """
    if not isinstance(wrapped, bytes) or wrapped[:1] != bytes((VERSION,)) or len(wrapped) < 1 + NONCE_BYTES + 16:
        raise IntegrityError("A wrapped key is of no known form: it was altered or cut short.")
    try:
        return AESGCM(under).decrypt(wrapped[1 : 1 + NONCE_BYTES], wrapped[1 + NONCE_BYTES :], place)
    except InvalidTag:
        raise IntegrityError("A wrapped key's authentication tag doesn't hold: it was altered or moved.") from None
