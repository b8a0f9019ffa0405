"""Sealed records in SQLite: rows that hold envelopes and opaque ids, and nothing readable; the only SQL."""

from workbench.storage.account_rows import AccountRow, AccountRows
from workbench.storage.codec import decode, encode
from workbench.storage.database import Database
from workbench.storage.documents import CachedBody, CacheStore, Document, Source
from workbench.storage.ranking import Hit
from workbench.storage.search import SearchIndex
from workbench.storage.vault import Damaged, Vault

__all__ = [
    "AccountRow",
    "AccountRows",
    "CacheStore",
    "CachedBody",
    "Damaged",
    "Database",
    "Document",
    "Hit",
    "SearchIndex",
    "Source",
    "Vault",
    "decode",
    "encode",
]
