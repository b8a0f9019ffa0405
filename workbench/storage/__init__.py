"""Sealed records in SQLite or PostgreSQL: rows hold ciphertext and opaque ids, nothing readable; the only SQL."""

from workbench.storage.account_rows import AccountRow, AccountRows, exchanged
from workbench.storage.anchors import Anchors
from workbench.storage.backups.catalogue import ListedBackup, listed_backups
from workbench.storage.backups.maker import KEEP_DAYS, KEEP_KEYS_DAYS, Backup, BackupMaker
from workbench.storage.backups.restore import Restored, restore
from workbench.storage.caches import CachedBody, Caches
from workbench.storage.codec import decode, encode, pack, turn_row, unpack
from workbench.storage.device import Device
from workbench.storage.engines.database import Database
from workbench.storage.engines.location import open_database
from workbench.storage.granted import Granted, open_shared_vault
from workbench.storage.lent import Lent
from workbench.storage.letter_rows import LetterRows
from workbench.storage.log_check import Verified
from workbench.storage.making import new_vaults
from workbench.storage.members import Member
from workbench.storage.others import OthersVaults
from workbench.storage.places.place import Place
from workbench.storage.sealed_log import Damaged
from workbench.storage.search.documents import CacheStore, Document, Source
from workbench.storage.search.index import SearchIndex
from workbench.storage.search.ranking import Hit
from workbench.storage.search.turn_documents import TurnDocuments
from workbench.storage.session_rows import SessionRows
from workbench.storage.standing_rows import StandingRows
from workbench.storage.throttle_rows import Tally, ThrottleRows
from workbench.storage.upgrades.from_format_1 import OldAccount
from workbench.storage.vault import Vault
from workbench.storage.vaults import Vaults

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
    "Granted",
    "Hit",
    "Lent",
    "LetterRows",
    "ListedBackup",
    "Member",
    "OldAccount",
    "OthersVaults",
    "Place",
    "Restored",
    "SearchIndex",
    "SessionRows",
    "Source",
    "StandingRows",
    "Tally",
    "ThrottleRows",
    "TurnDocuments",
    "Vault",
    "Vaults",
    "Verified",
    "decode",
    "encode",
    "exchanged",
    "listed_backups",
    "new_vaults",
    "open_database",
    "open_shared_vault",
    "pack",
    "restore",
    "turn_row",
    "unpack",
]
