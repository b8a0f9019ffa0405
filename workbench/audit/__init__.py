"""The append-only audit log: sealed, chained, and checked entry by entry."""

from workbench.audit.log import AuditLog, entries_of
from workbench.audit.words import WORDS, in_words

__all__ = ["WORDS", "AuditLog", "entries_of", "in_words"]
