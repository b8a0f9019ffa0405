"""What a session shows of its own account beside the history: usage and the audit log."""

from typing import TYPE_CHECKING, Literal

from workbench.crypto import Kind
from workbench.errors import InputError
from workbench.records import UsageEvent
from workbench.storage import Damaged, decode

if TYPE_CHECKING:
    import pandas as pd

    from workbench.app.session import Session


class UsageView:
    """The account's own usage events: counted words and numbers, sealed under its own keys."""

    def __init__(self, session: "Session") -> None:
        self._session = session

    def _events(self) -> list[UsageEvent]:
        scanned = self._session.opened("usage:own").vaults[Kind.USAGE_EVENT].scan()
        return [decode(item[1], UsageEvent) for item in scanned if not isinstance(item, Damaged)][::-1]

    def events(self) -> "pd.DataFrame":
        """Return one row per use, oldest first; columns as `workbench.analytics.events_frame`."""
        from workbench.analytics import events_frame  # noqa: PLC0415 - loads pandas

        return events_frame(self._events())

    def counts(self, *, by: Literal["form", "model", "outcome", "day"] = "form") -> "pd.DataFrame":
        """Return one row per value of `by`; columns as `workbench.analytics.counts_frame`."""
        from workbench.analytics import counts_frame  # noqa: PLC0415 - loads pandas

        if by not in ("form", "model", "outcome", "day"):
            raise InputError("Uses are counted by form, model, outcome or day.")
        return counts_frame(self._events(), by=by)


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

        return entries_frame(self._session.opened("audit:own").audit.entries())

    def verify(self) -> int:
        """Check every entry against the chain and return how many there are.

        Raises
        ------
        IntegrityError
            At the first entry that was altered, moved, or dropped before the end.
        """
        return self._session.opened("audit:own").audit.verify()

    def head(self) -> str:
        """Return the head of the chain: note it elsewhere, and a log that was cut short shows."""
        return self._session.opened("audit:own").audit.head()
