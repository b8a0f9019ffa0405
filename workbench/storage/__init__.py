"""Sealed records in SQLite or PostgreSQL: rows hold ciphertext and opaque ids, nothing readable; the only SQL."""

from workbench.storage.account_rows import AccountRow, AccountRows, exchanged
from workbench.storage.anchors import Anchors
from workbench.storage.caches import CachedBody, Caches
from workbench.storage.checkpoints import Verified
from workbench.storage.codec import decode, encode, pack, turn_row, unpack
from workbench.storage.database import Database, open_database
from workbench.storage.device import Device
from workbench.storage.documents import CacheStore, Document, Source
from workbench.storage.from_format_1 import OldAccount
from workbench.storage.granted import open_shared_vault
from workbench.storage.places import Place
from workbench.storage.ranking import Hit
from workbench.storage.search import SearchIndex
from workbench.storage.turn_documents import TurnDocuments
from workbench.storage.vault import Damaged, Vault
from workbench.storage.vault_keys import Member
from workbench.storage.vaults import Vaults, new_vaults

__all__ = [
    "AccountRow",
    "AccountRows",
    "Anchors",
    "CacheStore",
    "CachedBody",
    "Caches",
    "Damaged",
    "Database",
    "Device",
    "Document",
    "Hit",
    "Member",
    "OldAccount",
    "Place",
    "SearchIndex",
    "Source",
    "TurnDocuments",
    "Vault",
    "Vaults",
    "Verified",
    "decode",
    "encode",
    "exchanged",
    "new_vaults",
    "open_database",
    "open_shared_vault",
    "pack",
    "turn_row",
    "unpack",
]
