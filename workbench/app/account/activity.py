"""What happened to an account in the last days, and what of it looks wrong."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from workbench.audit import in_words
from workbench.errors import InputError
from workbench.incidents import Alert, alerts
from workbench.records import AuditEntry

if TYPE_CHECKING:
    import pandas as pd

DAYS = 90
"""How far back a person looks at their own activity, as GitHub's security log does."""

LONGEST = 36_500  # days: a hundred years
ALERT_DAYS = 14
"""How long a suspicion stays on the panel."""


def recent(entries: list[AuditEntry], *, now: datetime, days: int) -> list[AuditEntry]:
    """Return the entries of the last days, oldest first.

    Raises
    ------
    InputError
        When that isn't a number of days.
    """
    if isinstance(days, bool) or not isinstance(days, int) or not 0 < days <= LONGEST:
        raise InputError("The number of days isn't a whole number from 1 to 36,500.")
    since = (now - timedelta(days=days)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return [entry for entry in entries if entry.time >= since]


def activity(entries: list[AuditEntry], *, now: datetime, days: int = DAYS) -> "pd.DataFrame":
    """Return the entries of the last days as `workbench.analytics.activity_frame`, newest first."""
    from workbench.analytics import activity_frame  # noqa: PLC0415 - loads pandas

    return activity_frame((entry, in_words(entry)) for entry in reversed(recent(entries, now=now, days=days)))


def suspicions(entries: list[AuditEntry], *, now: datetime) -> list[Alert]:
    """Return what the rules of detection find in the whole log, of the last two weeks, newest first."""
    since = (now - timedelta(days=ALERT_DAYS)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return [alert for alert in reversed(alerts(entries)) if alert.time >= since]
