"""A store of format 1, what is in it, and its own reader: it knows that format, and nothing of how one migrates."""

from old_store.expected import Account, accounts, copy_to, fields
from old_store.reader import records_of

__all__ = ["Account", "accounts", "copy_to", "fields", "records_of"]
