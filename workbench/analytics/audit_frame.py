"""The audit log as a frame."""

from collections.abc import Iterable, Sequence

import pandas as pd

from workbench.analytics.columns import typed_columns
from workbench.records import AuditEntry


def entries_frame(entries: Iterable[AuditEntry], *, accounts: Sequence[str] | None = None) -> pd.DataFrame:
    """Return one row per entry, in the order given.

    Columns, all str: ``time`` (RFC 3339, UTC), ``event``, ``outcome``, ``subject`` (a record's id), ``facts``
    (``name=value``, separated by spaces).

    Parameters
    ----------
    entries : iterable of AuditEntry
        Of one log, or of several.
    accounts : sequence of str, optional
        Whose log each is from: a first column ``account``.
    """
    rows: list[tuple[str, ...]] = [
        (entry.time, entry.event, entry.outcome, entry.subject, " ".join(f"{k}={v}" for k, v in entry.facts.items()))
        for entry in entries
    ]
    names: tuple[str, ...] = ("time", "event", "outcome", "subject", "facts")
    if accounts is not None:
        names = ("account", *names)
        rows = [(account, *row) for account, row in zip(accounts, rows, strict=True)]
    return pd.DataFrame(typed_columns(rows, dict.fromkeys(names, "str")))
