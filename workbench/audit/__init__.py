"""The append-only audit log: sealed, chained, and checked entry by entry."""

from workbench.audit.log import AuditLog

__all__ = ["AuditLog"]
