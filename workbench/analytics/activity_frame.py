"""What happened to an account, as a frame for its owner."""

from collections.abc import Iterable

import pandas as pd

from workbench.analytics.columns import typed_columns
from workbench.records import AuditEntry

_COLUMNS = {"time": "datetime64[ns, UTC]", **dict.fromkeys(("what", "outcome", "event", "device", "subject"), "str")}


def activity_frame(rows: Iterable[tuple[AuditEntry, str]]) -> pd.DataFrame:
    """Return one row per entry, in the order given.

    Columns: ``time`` (datetime64, UTC); all str: ``what`` (in words), ``outcome``, ``event`` (its name in the log),
    ``device`` (an id that stays the same on one device), ``subject`` (a record's or account's id).

    Parameters
    ----------
    rows : iterable of (AuditEntry, str)
        Entries, each with its words.
    """
    cells = [
        (pd.Timestamp(entry.time), words, entry.outcome, entry.event, entry.facts.get("device", ""), entry.subject)
        for entry, words in rows
    ]
    return pd.DataFrame(typed_columns(cells, _COLUMNS))
