"""Unlock slots: each is one way in, and holds the root key wrapped under what a person knows or keeps.

Layout, version 2: version (1 byte) ‖ kind (1) ‖ memory KiB (4) ‖ passes (4) ‖ lanes (4) ‖ salt (16) ‖ device (16) ‖
commitment (32) ‖ wrapped root key (61). All before the wrap is authenticated with it. The commitment ties the slot to
one key-encryption key, which AES-GCM alone doesn't (partitioning oracles: Len, Grubbs, Ristenpart, USENIX 2021).

A passphrase's slot may also need a device secret, 32 random bytes that lie outside of the store: whoever copies the
store alone then has nothing to guess at. ``device`` names the secret, zeros mean none. A recovery code never needs it.
"""

import hmac
import secrets
import struct
from dataclasses import dataclass, field
from enum import IntEnum

from workbench.crypto.derivation import (
    RFC_9106_LOW_MEMORY,
    SALT_BYTES,
    Argon2Parameters,
    derive,
    expand,
    stretch,
)
from workbench.crypto.keys import KEY_BYTES
from workbench.crypto.version_1 import open_slot_of_version_1
from workbench.crypto.wraps import unwrap, wrap, wrapped_place
from workbench.errors import AuthenticationError, IntegrityError
from workbench.records import Confidential

VERSION = 2
_HEAD = struct.Struct(f">BBIII{SALT_BYTES}s16s32s")
_DEVICE = slice(30, 46)  # of the layout
_NO_DEVICE = bytes(16)
_WRAP_BYTES = 61  # of a root key
_NO_COST = Argon2Parameters(0, 0, 0)


class SlotKind(IntEnum):
    """What opens the slot. Numbers are for ever: they are authenticated."""

    PASSPHRASE = 1
    RECOVERY_CODE = 2


@dataclass(frozen=True, slots=True)
class DeviceSecret(Confidential):
    """What this machine keeps outside of the store, as a second factor against whoever copies the store.

    Parameters
    ----------
    name : bytes
        16 random bytes; they stand in the slots that need the secret.
    secret : bytes
        32 random bytes; never shown.
    """

    name: bytes
    secret: bytes = field(repr=False)


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

    @property
    def device(self) -> bytes:
        """The name of the device's secret that it needs: 16 bytes, zeros for none; authenticated when it opens."""
        return _NO_DEVICE if self.is_of_version_1 else self.packed[_DEVICE]

    @property
    def is_of_version_1(self) -> bool:
        """Whether the first workbench made it; it knows of no device then."""
        return isinstance(self.packed, bytes) and self.packed[:1] == b"\x01"

    @property
    def is_outdated(self) -> bool:
        """Whether a fresh passphrase's slot would be costlier to guess at, or of a newer version (A08)."""
        if self.is_of_version_1:
            return True
        _, kind, memory, passes, lanes, *_ = _HEAD.unpack_from(self.packed)
        today = RFC_9106_LOW_MEMORY
        is_cheaper = memory < today.memory or passes < today.passes or lanes < today.lanes
        return bool(kind == SlotKind.PASSPHRASE and is_cheaper)


def seal_slot(
    root_key: bytes,
    *,
    secret: bytes,
    kind: SlotKind,
    store: bytes,
    account: bytes,
    device: DeviceSecret | None = None,
) -> Slot:
    """Return a new slot that `secret` opens.

    Parameters
    ----------
    root_key : bytes
        What is wrapped; 32 bytes.
    secret : bytes
        The passphrase (NFC, UTF-8), or the recovery code's bytes.
    kind : SlotKind
        A passphrase is stretched by Argon2id, a recovery code by HKDF.
    store, account : bytes
        Where the slot belongs; 16 bytes each.
    device : DeviceSecret, optional
        Needed beside a passphrase from then on.
    """
    slot_id, salt = secrets.token_bytes(16), secrets.token_bytes(SALT_BYTES)
    is_passphrase = kind is SlotKind.PASSPHRASE
    cost = RFC_9106_LOW_MEMORY if is_passphrase else _NO_COST
    device = device if is_passphrase else None
    stretched = _stretched(secret, kind=kind, salt=salt, cost=cost, device=device)
    name = device.name if device else _NO_DEVICE
    commitment = expand(stretched, label=b"slot commitment")
    head = _HEAD.pack(VERSION, kind, cost.memory, cost.passes, cost.lanes, salt, name, commitment)
    place = wrapped_place(b"root key", store=store, owner=account, name=slot_id) + head
    return Slot(slot_id, head + wrap(root_key, under=expand(stretched, label=b"slot wrap"), place=place))


def decoy_slot(kind: SlotKind, *, device: bytes = _NO_DEVICE) -> Slot:
    """Return a slot that nothing opens; to try takes the work of a real one (ASVS 6.3.8).

    Parameters
    ----------
    kind : SlotKind
        A passphrase's, or a recovery code's.
    device : bytes
        The name of the device's secret that a real one would need.
    """
    cost = RFC_9106_LOW_MEMORY if kind is SlotKind.PASSPHRASE else _NO_COST
    salt, commitment = secrets.token_bytes(SALT_BYTES), secrets.token_bytes(32)
    head = _HEAD.pack(VERSION, kind, cost.memory, cost.passes, cost.lanes, salt, device, commitment)
    return Slot(secrets.token_bytes(16), head + secrets.token_bytes(_WRAP_BYTES))


def open_slot(slot: Slot, *, secret: bytes, store: bytes, account: bytes, device: DeviceSecret | None = None) -> bytes:
    """Return the root key, 32 bytes.

    Raises
    ------
    AuthenticationError
        When the secret is another, or the slot needs the secret of another device.
    IntegrityError
        When the secret is right and the slot isn't: it was altered or moved.
    """
    if slot.is_of_version_1:
        return open_slot_of_version_1(slot.packed, slot_id=slot.slot_id, secret=secret, store=store, account=account)
    try:
        version, kind, memory, passes, lanes, salt, name, commitment = _HEAD.unpack_from(slot.packed)
        kind = SlotKind(kind)
    except (struct.error, TypeError, ValueError):
        raise IntegrityError("An unlock slot can't be read: it was altered.") from None
    if version != VERSION:
        raise IntegrityError("An unlock slot is of no known version: it was altered.")
    if name == _NO_DEVICE:
        device = None
    elif device is None or device.name != name:
        device = DeviceSecret(name, b"")  # of another machine: the work is done all the same, and nothing opens
    cost = Argon2Parameters(memory, passes, lanes)
    stretched = _stretched(secret, kind=kind, salt=salt, cost=cost, device=device)
    if not hmac.compare_digest(commitment, expand(stretched, label=b"slot commitment")):
        raise AuthenticationError("The name, the passphrase or the code is wrong.")
    place = wrapped_place(b"root key", store=store, owner=account, name=slot.slot_id) + slot.packed[: _HEAD.size]
    root_key = unwrap(slot.packed[_HEAD.size :], under=expand(stretched, label=b"slot wrap"), place=place)
    if len(root_key) != KEY_BYTES:
        raise IntegrityError("An unlock slot holds no key.")
    return root_key


def _stretched(
    secret: bytes, *, kind: SlotKind, salt: bytes, cost: Argon2Parameters, device: DeviceSecret | None
) -> bytes:
    """Return what the commitment and the wrapping key follow from."""
    if kind is SlotKind.RECOVERY_CODE:
        return stretch(secret, salt=salt, label=b"recovery code of version 2")
    stretched = derive(secret, salt=salt, parameters=cost)
    if device is None:
        return stretched
    return stretch(stretched + device.secret, salt=salt, label=b"passphrase and device")
