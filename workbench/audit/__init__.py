"""The append-only audit log: sealed, chained, and checked entry by entry."""

from workbench.audit.log import AuditLog
from workbench.audit.words import WORDS, in_words

__all__ = ["WORDS", "AuditLog", "in_words"]
