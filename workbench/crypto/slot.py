"""Unlock slots: each is one way in, and holds the account key wrapped under what a person knows or keeps.

Layout, version 1: version (1 byte) ‖ kind (1) ‖ memory KiB (4) ‖ passes (4) ‖ lanes (4) ‖ salt (16) ‖ commitment (32) ‖
envelope. All before the envelope is authenticated as part of the wrap. The commitment ties the slot to one
key-encryption key, which AES-GCM alone doesn't (partitioning oracles: Len, Grubbs, Ristenpart 2021).
"""

import hmac
import secrets
import struct
from dataclasses import dataclass, field
from enum import IntEnum

from workbench.crypto.context import Context
from workbench.crypto.derivation import (
    RFC_9106_LOW_MEMORY,
    SALT_BYTES,
    Argon2Parameters,
    derive,
    expand,
    stretch,
)
from workbench.crypto.envelope import seal, unseal
from workbench.crypto.keys import DataKey, KeyId
from workbench.errors import AuthenticationError, IntegrityError
from workbench.records import Envelope

VERSION = 1
_HEAD = struct.Struct(f">BBIII{SALT_BYTES}s32s")


class SlotKind(IntEnum):
    """What opens the slot. Numbers are for ever: they are authenticated."""

    PASSPHRASE = 1
    RECOVERY_CODE = 2


@dataclass(frozen=True, slots=True)
class Slot:
    """One way in.

    Parameters
    ----------
    slot_id : bytes
        16 random bytes.
    packed : bytes
        The layout above.
    """

    slot_id: bytes
    packed: bytes = field(repr=False)

    @property
    def kind(self) -> SlotKind:
        """What opens it."""
        try:
            return SlotKind(self.packed[1])
        except (IndexError, TypeError, ValueError):
            raise IntegrityError("An unlock slot is of no known kind: it was altered.") from None


def seal_slot(account_key: DataKey, *, secret: bytes, kind: SlotKind, context: Context) -> Slot:
    """Return a new slot that `secret` opens.

    Parameters
    ----------
    account_key : DataKey
        What is wrapped.
    secret : bytes
        The passphrase (NFC, UTF-8), or the recovery code's bytes.
    kind : SlotKind
        A passphrase is stretched by Argon2id, a recovery code by HKDF.
    context : Context
        Its ``record`` is the new slot's id.
    """
    salt = secrets.token_bytes(SALT_BYTES)
    parameters = RFC_9106_LOW_MEMORY if kind is SlotKind.PASSPHRASE else Argon2Parameters(0, 0, 0)
    wrapping_key, commitment = _keys(secret, kind=kind, salt=salt, parameters=parameters)
    head = _HEAD.pack(VERSION, kind, parameters.memory, parameters.passes, parameters.lanes, salt, commitment)
    wrap = seal(head + account_key.key_id + account_key.secret, data_key=wrapping_key, context=context)
    return Slot(context.record, head + wrap.sealed)


def open_slot(slot: Slot, *, secret: bytes, context: Context) -> DataKey:
    """Return the account key.

    Raises
    ------
    AuthenticationError
        When the secret is another.
    IntegrityError
        When the secret is right and the slot isn't: it was altered or moved.
    """
    try:
        version, kind, memory, passes, lanes, salt, commitment = _HEAD.unpack_from(slot.packed)
        kind = SlotKind(kind)
    except (struct.error, TypeError, ValueError):
        raise IntegrityError("An unlock slot can't be read: it was altered.") from None
    if version != VERSION:
        raise IntegrityError("An unlock slot is of no known version: it was altered.")
    wrapping_key, expected = _keys(secret, kind=kind, salt=salt, parameters=Argon2Parameters(memory, passes, lanes))
    if not hmac.compare_digest(commitment, expected):
        raise AuthenticationError("The name, the passphrase or the code is wrong.")
    plaintext = unseal(Envelope(slot.packed[_HEAD.size :]), data_key=wrapping_key, context=context)
    if plaintext[: _HEAD.size] != slot.packed[: _HEAD.size]:
        raise IntegrityError("An unlock slot's parameters were altered.")
    key = plaintext[_HEAD.size :]
    return DataKey(KeyId(key[:16]), key[16:])


def _keys(secret: bytes, *, kind: SlotKind, salt: bytes, parameters: Argon2Parameters) -> tuple[DataKey, bytes]:
    """Return the key-encryption key and the commitment to it."""
    if kind is SlotKind.PASSPHRASE:
        stretched = derive(secret, salt=salt, parameters=parameters)
    else:
        stretched = stretch(secret, salt=salt)
    return DataKey(KeyId(salt), expand(stretched, label=b"wrap")), expand(stretched, label=b"commitment")
