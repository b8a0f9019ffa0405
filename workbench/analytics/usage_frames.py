"""Usage events of one account as frames."""

from collections.abc import Iterable
from typing import Literal

import pandas as pd

from workbench.analytics.columns import typed_columns
from workbench.records import UsageEvent

COLUMNS = {
    "day": "datetime64[ns]",
    "feature": "category",
    "form": "category",
    "model": "category",
    "outcome": "category",
    "input_tokens": "int64",
    "output_tokens": "int64",
    "milliseconds": "int64",
    "redactions": "int64",
}


def events_frame(events: Iterable[UsageEvent]) -> pd.DataFrame:
    """Return one row per use, oldest first.

    Columns: ``day`` (datetime64, UTC date), ``feature``, ``form``, ``model``, ``outcome`` (categories),
    ``input_tokens``, ``output_tokens``, ``milliseconds``, ``redactions`` (spans replaced, all kinds; int64).
    """
    rows = [
        (
            event.day,
            event.feature,
            event.form,
            event.model,
            event.outcome,
            event.input_tokens,
            event.output_tokens,
            event.milliseconds,
            sum(event.redactions.values()),
        )
        for event in events
    ]
    return pd.DataFrame(typed_columns(rows, COLUMNS))


def counts_frame(
    events: Iterable[UsageEvent], *, by: Literal["form", "model", "outcome", "day"] = "form"
) -> pd.DataFrame:
    """Return one row per value of `by`, most frequent first, ties by name.

    Columns: `by`, ``turns`` (int64), ``output_tokens`` (int64), ``redactions`` (int64).
    """
    grouped = events_frame(events).groupby(by, observed=True)
    counts = grouped.agg(
        turns=("feature", "size"), output_tokens=("output_tokens", "sum"), redactions=("redactions", "sum")
    ).reset_index()
    counts[by] = counts[by].astype(counts[by].cat.categories.dtype) if by != "day" else counts[by]
    return counts.sort_values(["turns", by], ascending=[False, True], ignore_index=True)
