"""Bytes in, bytes out: envelopes, keys derived, wrapped and granted, chains, trees and signed checkpoints."""

from workbench.crypto.context import Context
from workbench.crypto.derivation import FLOOR, RFC_9106_LOW_MEMORY, Argon2Parameters, derive, expand, expand_to
from workbench.crypto.envelope import Opened, Sealed, leaf_of, reseal, seal, unseal, unseal_view
from workbench.crypto.grants import Grant, Right, open_grant, seal_grant
from workbench.crypto.halves import joined, pack_halves, split, unpack_halves
from workbench.crypto.hash_chain import GENESIS, next_head
from workbench.crypto.key_pairs import SIGNATURE_BYTES, KeyPairs, PublicKeys, key_pairs_of, new_key_pairs
from workbench.crypto.keys import KEY_BYTES, DataKey, KeyId, KeyRing, new_data_key
from workbench.crypto.kinds import Kind
from workbench.crypto.letters import Letter, Topic, open_letter, seal_letter
from workbench.crypto.merkle import EMPTY, Frontier, extend, root
from workbench.crypto.note import Checkpoint, open_checkpoint, sign_checkpoint, verifier_key
from workbench.crypto.one_time_code import STEP_SECONDS, one_time_code
from workbench.crypto.slot import DeviceSecret, Slot, SlotKind, decoy_slot, open_slot, seal_slot
from workbench.crypto.version_1 import next_head_of_version_1, unseal_of_version_1
from workbench.crypto.wraps import unwrap, wrap, wrapped_place

__all__ = [
    "EMPTY",
    "FLOOR",
    "GENESIS",
    "KEY_BYTES",
    "RFC_9106_LOW_MEMORY",
    "SIGNATURE_BYTES",
    "STEP_SECONDS",
    "Argon2Parameters",
    "Checkpoint",
    "Context",
    "DataKey",
    "DeviceSecret",
    "Frontier",
    "Grant",
    "KeyId",
    "KeyPairs",
    "KeyRing",
    "Kind",
    "Letter",
    "Opened",
    "PublicKeys",
    "Right",
    "Sealed",
    "Slot",
    "SlotKind",
    "Topic",
    "decoy_slot",
    "derive",
    "expand",
    "expand_to",
    "extend",
    "joined",
    "key_pairs_of",
    "leaf_of",
    "new_data_key",
    "new_key_pairs",
    "next_head",
    "next_head_of_version_1",
    "one_time_code",
    "open_checkpoint",
    "open_grant",
    "open_letter",
    "open_slot",
    "pack_halves",
    "reseal",
    "root",
    "seal",
    "seal_grant",
    "seal_letter",
    "seal_slot",
    "sign_checkpoint",
    "split",
    "unpack_halves",
    "unseal",
    "unseal_of_version_1",
    "unseal_view",
    "unwrap",
    "verifier_key",
    "wrap",
    "wrapped_place",
]
