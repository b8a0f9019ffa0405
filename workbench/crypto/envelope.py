"""One AES-256-GCM envelope for each record.

Layout, version 1: version (1 byte) ‖ suite (1) ‖ key id (16) ‖ nonce (12) ‖ ciphertext ‖ tag (16). The header and the
record's `Context` are the associated data, so that a flipped byte anywhere, or a move, is refused.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from workbench.crypto.context import Context
from workbench.crypto.keys import DataKey, KeyId
from workbench.errors import IntegrityError
from workbench.records import Envelope

VERSION = 1
AES_256_GCM = 1  # the only suite of version 1
NONCE_BYTES = 12  # NIST SP 800-38D, section 8.2.2: 96 random bits, at most 2^32 records under one key
TAG_BYTES = 16
HEADER_BYTES = 1 + 1 + 16


def seal(plaintext: bytes, *, data_key: DataKey, context: Context) -> Envelope:
    """Return `plaintext` encrypted and bound to its place.

    Parameters
    ----------
    plaintext : bytes
        Any length.
    data_key : DataKey
        The key; its name goes into the header.
    context : Context
        Where the record belongs.
    """
    header = bytes((VERSION, AES_256_GCM)) + data_key.key_id
    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(data_key.secret).encrypt(nonce, plaintext, header + context.associated_data())
    return Envelope(header + nonce + sealed)


def key_id_of(envelope: Envelope) -> KeyId:
    """Return the name of the key that sealed an envelope.

    Raises
    ------
    IntegrityError
        When the bytes are no envelope of a version and suite that this program reads.
    """
    sealed = envelope.sealed
    is_whole = isinstance(sealed, bytes) and len(sealed) >= HEADER_BYTES + NONCE_BYTES + TAG_BYTES
    if not is_whole or sealed[:2] != bytes((VERSION, AES_256_GCM)):
        raise IntegrityError("A record is no envelope of a known version: it was altered or cut short.")
    return KeyId(sealed[2:HEADER_BYTES])


def unseal(envelope: Envelope, *, data_key: DataKey, context: Context) -> bytes:
    """Return the plaintext of an envelope that stands where it was put.

    Raises
    ------
    IntegrityError
        When any byte was altered, the record was moved, or the key is another.
    """
    if key_id_of(envelope) != data_key.key_id:
        raise IntegrityError("A record was sealed with another key: it was altered or moved.")
    header, nonce = envelope.sealed[:HEADER_BYTES], envelope.sealed[HEADER_BYTES : HEADER_BYTES + NONCE_BYTES]
    try:
        return AESGCM(data_key.secret).decrypt(
            nonce, envelope.sealed[HEADER_BYTES + NONCE_BYTES :], header + context.associated_data()
        )
    except InvalidTag:
        raise IntegrityError("A record's authentication tag doesn't hold: it was altered or moved.") from None
