"""Reading what the first workbench of November 2026 sealed, while its stores migrate. Nothing writes this any more.

Envelope: version (1 byte) ‖ suite (1) ‖ key id (16) ‖ nonce (12) ‖ ciphertext ‖ tag (16), AES-256-GCM. Slot: version
(1) ‖ kind (1) ‖ memory KiB (4) ‖ passes (4) ‖ lanes (4) ‖ salt (16) ‖ commitment (32) ‖ an envelope.
"""

import hmac
import struct
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from workbench.crypto.derivation import SALT_BYTES, Argon2Parameters, derive, expand, stretch
from workbench.crypto.keys import KEY_BYTES
from workbench.errors import AuthenticationError, IntegrityError

_HEADER_BYTES, _NONCE_BYTES = 18, 12
_CONTEXT = struct.Struct(">4s16sH16s16sQ")
_HEAD = struct.Struct(f">BBIII{SALT_BYTES}s32s")
_SLOT, _PASSPHRASE, _RECOVERY_CODE = 2, 1, 2


def unseal_of_version_1(
    sealed: bytes, *, secret: bytes, store: bytes, kind: int, owner: bytes, record: bytes, version: int = 1
) -> bytes:
    """Return the plaintext of an envelope of version 1.

    Raises
    ------
    IntegrityError
        When it was altered or moved, or is under another key.
    """
    _require_envelope(sealed)
    header, nonce = sealed[:_HEADER_BYTES], sealed[_HEADER_BYTES : _HEADER_BYTES + _NONCE_BYTES]
    try:
        place = _CONTEXT.pack(b"JWB1", store, kind, owner, record, version)
        return AESGCM(secret).decrypt(nonce, sealed[_HEADER_BYTES + _NONCE_BYTES :], header + place)
    except (InvalidTag, struct.error, TypeError):
        raise IntegrityError("A record's authentication tag doesn't hold: it was altered or moved.") from None


def next_head_of_version_1(
    head: bytes, *, sealed: bytes, store: bytes, kind: int, owner: bytes, record: bytes, version: int
) -> bytes:
    """Return the head of a chain of version 1 after one more envelope; 32 bytes.

    It is SHA-256(0x01 ‖ head ‖ SHA-256(0x00 ‖ context ‖ envelope)), and needs no key.

    Raises
    ------
    IntegrityError
        When a part isn't one: a row was altered.
    """
    _require_envelope(sealed)
    try:
        place = _CONTEXT.pack(b"JWB1", store, kind, owner, record, version)
        return sha256(b"\x01" + head + sha256(b"\x00" + place + sealed).digest()).digest()
    except (struct.error, TypeError):
        raise IntegrityError("An id or a number of a record isn't one: a row was altered.") from None


def open_slot_of_version_1(packed: bytes, *, slot_id: bytes, secret: bytes, store: bytes, account: bytes) -> bytes:
    """Return the account key of a slot of version 1, which is the root key since.

    Raises
    ------
    AuthenticationError
        When the secret is another.
    IntegrityError
        When the secret is right and the slot isn't.
    """
    try:
        _, kind, memory, passes, lanes, salt, commitment = _HEAD.unpack_from(packed)
    except struct.error:
        raise IntegrityError("An unlock slot can't be read: it was altered.") from None
    if kind == _PASSPHRASE:
        stretched = derive(secret, salt=salt, parameters=Argon2Parameters(memory, passes, lanes))
    elif kind == _RECOVERY_CODE:
        stretched = stretch(secret, salt=salt, label=b"recovery code")
    else:
        raise IntegrityError("An unlock slot is of no known kind: it was altered.")
    if not hmac.compare_digest(commitment, expand(stretched, label=b"commitment")):
        raise AuthenticationError("The name, the passphrase or the code is wrong.")
    plaintext = unseal_of_version_1(
        packed[_HEAD.size :],
        secret=expand(stretched, label=b"wrap"),
        store=store,
        kind=_SLOT,
        owner=account,
        record=slot_id,
    )
    if plaintext[: _HEAD.size] != packed[: _HEAD.size] or len(plaintext) != _HEAD.size + 16 + KEY_BYTES:
        raise IntegrityError("An unlock slot's parameters were altered.")
    return plaintext[_HEAD.size + 16 :]


def _require_envelope(sealed: object) -> None:
    if not (isinstance(sealed, bytes) and sealed[:2] == b"\x01\x01" and len(sealed) >= _HEADER_BYTES + 28):
        raise IntegrityError("A record is no envelope of version 1: it was altered or cut short.")
