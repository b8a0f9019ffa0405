"""Bytes in, bytes out: envelopes, keys derived and wrapped, and the ring that holds them while a session is open."""

from workbench.crypto.context import Context, Table
from workbench.crypto.derivation import FLOOR, RFC_9106_LOW_MEMORY, Argon2Parameters, derive
from workbench.crypto.envelope import seal, unseal
from workbench.crypto.hash_chain import GENESIS, next_head
from workbench.crypto.keys import DataKey, KeyId, KeyRing, new_data_key
from workbench.crypto.slot import Slot, SlotKind, open_slot, seal_slot

__all__ = [
    "FLOOR",
    "GENESIS",
    "RFC_9106_LOW_MEMORY",
    "Argon2Parameters",
    "Context",
    "DataKey",
    "KeyId",
    "KeyRing",
    "Slot",
    "SlotKind",
    "Table",
    "derive",
    "new_data_key",
    "next_head",
    "open_slot",
    "seal",
    "seal_slot",
    "unseal",
]
