"""What a session shows beside the history: its account's usage, and audit logs."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Literal

from workbench.app.account.activity import DAYS, recent
from workbench.app.sharing.others_logs import logs_of_all
from workbench.app.usage_frame import usage_frame
from workbench.crypto import Kind
from workbench.errors import InputError
from workbench.records import AuditEntry

if TYPE_CHECKING:
    import pandas as pd

    from workbench.app.session import Session


class UsageView:
    """The account's own usage events: counted words and numbers, sealed under its own keys.

    Parameters
    ----------
    session : Session
        Whose; it also checks the permissions.
    """

    def __init__(self, session: "Session") -> None:
        self._session = session

    def events(self) -> "pd.DataFrame":
        """Return one row per use, oldest first; columns as `workbench.analytics.events_frame`."""
        return usage_frame(self._session.opened("usage:read").vaults[Kind.USAGE_EVENT])

    def counts(self, *, by: Literal["form", "model", "outcome", "day"] = "form") -> "pd.DataFrame":
        """Return one row per value of `by`; columns as `workbench.analytics.counts_frame`.

        Parameters
        ----------
        by : {"form", "model", "outcome", "day"}
            What the uses are counted by.

        Raises
        ------
        InputError
            When they can't be counted by that.
        PermissionDeniedError
            When no role of this account has usage of its own.
        """
        from workbench.analytics import counts_frame  # noqa: PLC0415 - loads pandas

        if by not in ("form", "model", "outcome", "day"):
            raise InputError("Uses are counted by form, model, outcome or day.", remedy='Use by="form", say.')
        return counts_frame(self.events(), by=by)


class AuditView:
    """The account's own audit log and, for who oversees, everybody's.

    Parameters
    ----------
    session : Session
        Whose; it also checks the permissions.
    """

    def __init__(self, session: "Session") -> None:
        self._session = session

    def frame(self, *, scope: Literal["own", "all"] = "own", but: Collection[str] = ()) -> "pd.DataFrame":
        """Return one row per entry, oldest first; columns as `workbench.analytics.entries_frame`.

        Parameters
        ----------
        scope : {"own", "all"}
            With ``"all"``, the logs of all accounts that have granted them, one after the other, with a first column
            ``account``: the first 8 hexadecimal digits of an id that says nothing else. ``frame.attrs["not_granted"]``
            is how many accounts haven't: their owners didn't sign in since this account has its role.
        but : collection of str
            Leave these accounts out, by those 8 digits: one whose log doesn't hold keeps nobody from the others.

        Raises
        ------
        PermissionDeniedError
            When no role of this account reads others' logs.
        IntegrityError
            As `verify`.
        """
        from workbench.analytics import entries_frame  # noqa: PLC0415 - loads pandas

        if _is_own(scope):
            return entries_frame(self._session.opened("audit:read").audit.entries())
        opened = self._session.opened("audit:read")
        logs = logs_of_all(opened, "audit:read", but=but)
        frame = entries_frame(
            [entry for entries in logs.values() for entry in entries],
            accounts=[account for account, entries in logs.items() for _ in entries],
        )
        frame.attrs["not_granted"] = len(opened.access.standings.everyone()) - len(logs)
        return frame

    def recent(self, *, days: int = DAYS) -> list[AuditEntry]:
        """Return the entries of the last days, newest first.

        Parameters
        ----------
        days : int
            How far to look back.
        """
        entries = self._session.opened("audit:read").audit.entries()
        return recent(entries, now=self._session.now(), days=days)[::-1]

    def verify(self, *, scope: Literal["own", "all"] = "own") -> int:
        """Check every entry against the chain and return how many there are.

        Parameters
        ----------
        scope : {"own", "all"}
            With ``"all"``, the entries of all logs that other accounts have granted.

        Raises
        ------
        PermissionDeniedError
            When no role of this account verifies others' logs.
        IntegrityError
            At the first entry that was altered, moved, or dropped before the end.
        """
        opened = self._session.opened("audit:verify")
        if _is_own(scope):
            return opened.audit.verify()
        return sum(len(entries) for entries in logs_of_all(opened, "audit:verify").values())

    def head(self) -> str:
        """Return the head of the chain: note it elsewhere, and a log that was cut short shows."""
        return self._session.opened("audit:verify").audit.head()


def _is_own(scope: str) -> bool:
    if scope not in {"own", "all"}:
        raise InputError("Logs are one's own, or all.", remedy='Use scope="own" or scope="all".')
    return scope == "own"
