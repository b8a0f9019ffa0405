"""What a session shows of its own account beside the history: usage and the audit log."""

from typing import TYPE_CHECKING, Literal

from workbench.app.activity import DAYS, recent
from workbench.app.usage_frame import usage_frame
from workbench.crypto import Kind
from workbench.errors import InputError
from workbench.records import AuditEntry

if TYPE_CHECKING:
    import pandas as pd

    from workbench.app.session import Session


class UsageView:
    """The account's own usage events: counted words and numbers, sealed under its own keys."""

    def __init__(self, session: "Session") -> None:
        self._session = session

    def events(self) -> "pd.DataFrame":
        """Return one row per use, oldest first; columns as `workbench.analytics.events_frame`."""
        return usage_frame(self._session.opened("usage:read").vaults[Kind.USAGE_EVENT])

    def counts(self, *, by: Literal["form", "model", "outcome", "day"] = "form") -> "pd.DataFrame":
        """Return one row per value of `by`; columns as `workbench.analytics.counts_frame`."""
        from workbench.analytics import counts_frame  # noqa: PLC0415 - loads pandas

        if by not in ("form", "model", "outcome", "day"):
            raise InputError("Uses are counted by form, model, outcome or day.")
        return counts_frame(self.events(), by=by)


class AuditView:
    """The account's own audit log."""

    def __init__(self, session: "Session") -> None:
        self._session = session

    def frame(self) -> "pd.DataFrame":
        """Return one row per entry, oldest first; columns as `workbench.analytics.entries_frame`.

        Raises
        ------
        IntegrityError
            As `verify`.
        """
        from workbench.analytics import entries_frame  # noqa: PLC0415 - loads pandas

        return entries_frame(self._session.opened("audit:read").audit.entries())

    def recent(self, *, days: int = DAYS) -> list[AuditEntry]:
        """Return the entries of the last days, newest first."""
        entries = self._session.opened("audit:read").audit.entries()
        return recent(entries, now=self._session.now(), days=days)[::-1]

    def verify(self) -> int:
        """Check every entry against the chain and return how many there are.

        Raises
        ------
        IntegrityError
            At the first entry that was altered, moved, or dropped before the end.
        """
        return self._session.opened("audit:verify").audit.verify()

    def head(self) -> str:
        """Return the head of the chain: note it elsewhere, and a log that was cut short shows."""
        return self._session.opened("audit:verify").audit.head()
