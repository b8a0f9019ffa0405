"""The append-only audit log: sealed, chained, and checked entry by entry."""

from workbench.audit.log import AuditLog, entries_of

__all__ = ["AuditLog", "entries_of"]
