"""The audit log as a frame."""

from collections.abc import Iterable

import pandas as pd

from workbench.analytics.columns import typed_columns
from workbench.records import AuditEntry


def entries_frame(entries: Iterable[AuditEntry]) -> pd.DataFrame:
    """Return one row per entry, in the order given.

    Columns, all str: ``time`` (RFC 3339, UTC), ``event``, ``outcome``, ``subject`` (a record's id), ``facts``
    (``name=value``, separated by spaces).
    """
    rows = [
        (entry.time, entry.event, entry.outcome, entry.subject, " ".join(f"{k}={v}" for k, v in entry.facts.items()))
        for entry in entries
    ]
    return pd.DataFrame(typed_columns(rows, dict.fromkeys(("time", "event", "outcome", "subject", "facts"), "str")))
