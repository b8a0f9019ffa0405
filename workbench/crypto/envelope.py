"""One envelope for each record: packed, padded and sealed by Cobblestone-256.

An envelope is suite (1 byte) ‖ a message of C2SP chunked-encryption in its Cobblestone-256 instance (AES-256-GCM under
a key derived by HKDF-SHA-512 from the data key, 24 random bytes and the context; with a 32-byte key commitment). There
is no nonce to manage: kernels fork, machines are cloned, backups are restored, and nothing repeats. Its plaintext is
form (1 byte: 0 plain, 1 zstd) ‖ salt (16) ‖ body ‖ padding. ``docs/format.md`` says it so that a stranger can read it.
"""

import os
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag

from workbench.crypto.compression import compress, decompress
from workbench.crypto.context import Context
from workbench.crypto.keys import DataKey
from workbench.crypto.padding import pad, unpadded_length
from workbench.errors import IntegrityError
from workbench.records import Confidential, Envelope

COBBLESTONE_256 = 2  # the suite; 1 was AES-256-GCM with JSON, which `envelope_of_2026` still reads while migrating
SALT_BYTES = 16
_PLAIN, _ZSTD = 0, 1
_SUITE = bytes((COBBLESTONE_256,))
_LARGE = 1 << 17  # bytes; of a column segment or a search shard
_INCOMPRESSIBLE = 64  # bytes; a zstd frame of less gains nothing


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a row of the log needs of one record.

    Parameters
    ----------
    envelope : Envelope
        The ciphertext.
    leaf : bytes
        32 bytes: a commitment to place and content that hides the content (its salt lies in the ciphertext).
    """

    envelope: Envelope
    leaf: bytes


@dataclass(frozen=True, slots=True)
class Opened(Confidential):
    """An opened record.

    Parameters
    ----------
    body : bytes
        What was sealed.
    salt : bytes
        Of its leaf; whoever is shown body and salt can check them against the log.
    """

    body: bytes = field(repr=False)
    salt: bytes = field(repr=False)


def leaf_of(body: bytes, *, salt: bytes, context: Context) -> bytes:
    """Return a record's leaf: SHA-256(0x00 ‖ stated context ‖ salt ‖ body); RFC 9162, section 2.1.1."""
    return sha256(b"\x00" + context.stated() + salt + body).digest()


def seal(
    body: bytes, *, data_key: DataKey, context: Context, salt: bytes | None = None, is_compressed: bool = False
) -> Sealed:
    """Return `body` sealed for its one place.

    Parameters
    ----------
    body : bytes
        Any length up to 256 MiB.
    data_key : DataKey
        The key; its name is authenticated.
    context : Context
        Where the record belongs.
    salt : bytes, optional
        16 bytes; given when a record is sealed again under another key, so that its leaf stays what it was.
    is_compressed : bool
        Whether the body has been compressed already, and isn't worth another try.
    """
    salt = os.urandom(SALT_BYTES) if salt is None else salt
    form, packed = _PLAIN, body
    if len(body) > _INCOMPRESSIBLE and not is_compressed:
        shorter = compress(body)
        if len(shorter) < len(body):
            form, packed = _ZSTD, shorter
    envelope = _encrypted(pad(bytes((form,)) + salt + packed), data_key=data_key, context=context)
    return Sealed(envelope, leaf_of(body, salt=salt, context=context))


def unseal(envelope: Envelope, *, data_key: DataKey, context: Context) -> Opened:
    """Return what stands in an envelope that lies where it was put.

    Raises
    ------
    IntegrityError
        When any byte was altered, the record was moved, the key is another, or the suite isn't one that this program
        reads: there is no falling back to an older one.
    """
    salt, body = _opened(envelope, data_key=data_key, context=context)
    return Opened(body if isinstance(body, bytes) else bytes(body), salt)


def unseal_view(envelope: Envelope, *, data_key: DataKey, context: Context) -> memoryview:
    """Return a large body without copying it: fresh memory costs more than the decryption, which does 12 GB/s.

    Raises
    ------
    IntegrityError
        As `unseal`.
    """
    return memoryview(_opened(envelope, data_key=data_key, context=context)[1]).toreadonly()


def _opened(envelope: Envelope, *, data_key: DataKey, context: Context) -> tuple[bytes, bytes | memoryview]:
    """Return salt and body."""
    plaintext = _decrypted(envelope, data_key=data_key, context=context)
    end = unpadded_length(plaintext)
    if end <= SALT_BYTES or plaintext[0] not in (_PLAIN, _ZSTD):
        raise IntegrityError("A record's content has no known form: whoever sealed it didn't follow the format.")
    view = memoryview(plaintext)  # slices without copies
    packed = view[1 + SALT_BYTES : end]
    return bytes(view[1 : 1 + SALT_BYTES]), decompress(packed) if plaintext[0] == _ZSTD else packed


def reseal(envelope: Envelope, *, old: DataKey, new: DataKey, context: Context) -> Envelope:
    """Return the same plaintext, salt and padding included, under another key: its leaf stays what the log says.

    Raises
    ------
    IntegrityError
        As `unseal`.
    """
    return _encrypted(_decrypted(envelope, data_key=old, context=context), data_key=new, context=context)


def _encrypted(plaintext: bytes | bytearray, *, data_key: DataKey, context: Context) -> Envelope:
    associated_data = context.associated_data(suite=COBBLESTONE_256, key_id=data_key.key_id)
    encryptor = Cobblestone256Encryptor(data_key.secret, associated_data)
    return Envelope(_SUITE + encryptor.update(plaintext) + encryptor.finalize())


def _decrypted(envelope: Envelope, *, data_key: DataKey, context: Context) -> bytes | bytearray:
    sealed = envelope.sealed
    if not isinstance(sealed, bytes) or sealed[:1] != _SUITE:
        raise IntegrityError("A record is no envelope of a known suite: it was altered or cut short.")
    associated_data = context.associated_data(suite=COBBLESTONE_256, key_id=data_key.key_id)
    try:
        decryptor = Cobblestone256Decryptor(data_key.secret, associated_data)
        if len(sealed) < _LARGE:
            return decryptor.update(memoryview(sealed)[1:]) + decryptor.finalize()
        room = bytearray(len(sealed))  # one of these costs less than joining two halves of a megabyte
        filled = decryptor.update_into(memoryview(sealed)[1:], room)
        rest = decryptor.finalize()  # nothing is used before: only now is the end known to be the end
        room[filled:] = rest
    except InvalidTag:
        raise IntegrityError("A record's authentication tag doesn't hold: it was altered or moved.") from None
    return room
