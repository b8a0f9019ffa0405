"""The rooms put together: benches, sessions, exchanges; each permission check and audit entry is seen here."""

from workbench.app.bench import Workbench
from workbench.app.session import Session

__all__ = ["Session", "Workbench"]
