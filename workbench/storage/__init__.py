"""Sealed records in SQLite or PostgreSQL: rows hold ciphertext and opaque ids, nothing readable; the only SQL."""

from workbench.storage.account_rows import AccountRow, AccountRows
from workbench.storage.anchors import Anchors
from workbench.storage.backup_maker import KEEP_DAYS, KEEP_KEYS_DAYS, Backup, BackupMaker
from workbench.storage.caches import CachedBody, Caches
from workbench.storage.catalogue import ListedBackup, listed_backups
from workbench.storage.checkpoints import Verified
from workbench.storage.codec import decode, encode, pack, turn_row, unpack
from workbench.storage.database import Database, open_database
from workbench.storage.device import Device
from workbench.storage.documents import CacheStore, Document, Source
from workbench.storage.from_format_1 import OldAccount
from workbench.storage.granted import open_shared_vault
from workbench.storage.places import Place
from workbench.storage.ranking import Hit
from workbench.storage.restore import Restored, restore
from workbench.storage.search import SearchIndex
from workbench.storage.turn_documents import TurnDocuments
from workbench.storage.vault import Damaged, Vault
from workbench.storage.vault_keys import Member
from workbench.storage.vaults import Vaults, new_vaults

__all__ = [
    "KEEP_DAYS",
    "KEEP_KEYS_DAYS",
    "AccountRow",
    "AccountRows",
    "Anchors",
    "Backup",
    "BackupMaker",
    "CacheStore",
    "CachedBody",
    "Caches",
    "Damaged",
    "Database",
    "Device",
    "Document",
    "Hit",
    "ListedBackup",
    "Member",
    "OldAccount",
    "Place",
    "Restored",
    "SearchIndex",
    "Source",
    "TurnDocuments",
    "Vault",
    "Vaults",
    "Verified",
    "decode",
    "encode",
    "listed_backups",
    "new_vaults",
    "open_database",
    "open_shared_vault",
    "pack",
    "restore",
    "turn_row",
    "unpack",
]
