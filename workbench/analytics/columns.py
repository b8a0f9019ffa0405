"""Typed columns from rows: the one place where a Python string becomes a cell.

pandas keeps the dtype ``str`` in Arrow's memory, which is UTF-8 and nothing else. A Python string may hold a lone
surrogate, which UTF-8 can't (RFC 3629, section 3): a column with one in it is a ``str`` column too, in Python's memory.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

AS_TEXT = {pa.large_string(): pd.StringDtype("pyarrow", na_value=np.nan)}.get
"""Says to Arrow's ``to_pandas`` what ``"str"`` is: its own strings, which the frame shares with the bytes read."""

ANY_TEXT = pd.StringDtype("python", na_value=np.nan)
"""The same dtype by name, over Python's own strings."""

PIECE = (
    1024  # strings that Arrow takes at once: its memory doubles as it grows, a whole column's to 1.8 times the words
)


def typed_columns(rows: Sequence[tuple[Any, ...]], dtypes: Mapping[str, str]) -> "dict[str, pd.Series[Any]]":
    """Return the columns of some rows, each of its dtype.

    Column by column rather than ``DataFrame(rows).astype(...)``, which infers a dtype for every cell first.

    Parameters
    ----------
    rows : sequence of tuple
        One tuple a row, as long as `dtypes`; may be empty.
    dtypes : Mapping of str to str
        Column → dtype, in order: ``"str"`` and ``"category"`` of strings, or any that pandas casts to.
    """
    by_column = zip(*rows, strict=True) if rows else [()] * len(dtypes)
    return {name: _column(values, dtype) for (name, dtype), values in zip(dtypes.items(), by_column, strict=True)}


def text_series(values: Sequence[str]) -> "pd.Series[Any]":
    """Return strings as a column of dtype ``str``: in Arrow's memory, or in Python's when one isn't UTF-8."""
    text = pa.large_string()
    starts = range(0, len(values), PIECE)
    try:
        pieces = [pa.array(values[start : start + PIECE], text) for start in starts]
        made: pd.Series[Any] = pa.chunked_array(pieces, text).to_pandas(types_mapper=AS_TEXT)
    except UnicodeEncodeError:
        pass  # not chained to what follows: the error holds the words
    else:
        return made
    return pd.Series(np.array(values, dtype=object), dtype=ANY_TEXT)


def _column(values: Sequence[Any], dtype: Any) -> "pd.Series[Any]":
    if dtype == "str":
        return text_series(values)
    if dtype == "category":
        return text_series(values).astype("category")
    made: pd.Series[Any] = pd.Series(list(values), dtype=None if values else "object").astype(dtype)
    return made
