"""Usage events of one account as frames."""

from collections.abc import Iterable, Sequence
from typing import Literal

import pandas as pd
from pandas.api.types import union_categoricals

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


def joined(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return usage frames one after the other; their categories are united."""
    filled = [frame for frame in frames if len(frame)] or list(frames[:1])
    if len(filled) == 1:
        return filled[0].reset_index(drop=True)
    columns = {}
    for name, dtype in COLUMNS.items():
        parts = [frame[name] for frame in filled]
        columns[name] = (
            pd.Series(union_categoricals(parts)) if dtype == "category" else pd.concat(parts, ignore_index=True)
        )
    return pd.DataFrame(columns)


def counts_frame(events: pd.DataFrame, *, by: Literal["form", "model", "outcome", "day"] = "form") -> pd.DataFrame:
    """Return one row per value of `by`, most frequent first, ties by name.

    Parameters
    ----------
    events : pandas.DataFrame
        As `events_frame` returns it.
    by : {"form", "model", "outcome", "day"}
        What is counted.

    Columns: `by`, ``turns`` (int64), ``output_tokens`` (int64), ``redactions`` (int64).
    """
    grouped = events.groupby(by, observed=True)
    counts = grouped.agg(
        turns=("feature", "size"), output_tokens=("output_tokens", "sum"), redactions=("redactions", "sum")
    ).reset_index()
    counts[by] = counts[by].astype(counts[by].cat.categories.dtype) if by != "day" else counts[by]
    return counts.sort_values(["turns", by], ascending=[False, True], ignore_index=True)
