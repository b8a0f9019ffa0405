"""Sealed records in SQLite or PostgreSQL: rows hold ciphertext and opaque ids, nothing readable; the only SQL."""

from workbench.storage.account_rows import AccountRow, AccountRows, exchanged
from workbench.storage.anchors import Anchors
from workbench.storage.caches import CachedBody, Caches
from workbench.storage.checkpoints import Verified
from workbench.storage.codec import decode, encode, pack, unpack
from workbench.storage.database import Database, open_database
from workbench.storage.device import Device
from workbench.storage.places import Place
from workbench.storage.search import SearchIndex
from workbench.storage.vault import Damaged, Vault
from workbench.storage.vaults import Vaults, new_vaults

__all__ = [
    "AccountRow",
    "AccountRows",
    "Anchors",
    "CachedBody",
    "Caches",
    "Damaged",
    "Database",
    "Device",
    "Place",
    "SearchIndex",
    "Vault",
    "Vaults",
    "Verified",
    "decode",
    "encode",
    "exchanged",
    "new_vaults",
    "open_database",
    "pack",
    "unpack",
]
