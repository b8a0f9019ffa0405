"""A frame that holds people's words and doesn't show them by accident.

A notebook saves what a cell displays. So the representation of these frames, which is what a notebook saves, gives the
length of each text and no word of it; the words are there for whoever asks for a cell, a column's list or an export.
This is *advisory*: code can always ask, and what pandas makes of a frame may be plain again.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from workbench.analytics.columns import ANY_TEXT, typed_columns

SHOWN_COLUMNS = frozenset({"id", "form", "model", "label", "outcome"})
"""Columns of closed words. A string under any other label, renamed or computed ones too, is told by its length."""

_LABELS = SHOWN_COLUMNS | {"prompt", "minimised", "text", "created", "entities", "input_tokens", "output_tokens"}


class ContentSeries(pd.Series):
    """A column or a row of a `ContentFrame`."""

    @property
    def _constructor(self) -> Any:
        return ContentSeries

    @property
    def _constructor_expanddim(self) -> Any:
        return ContentFrame

    def __repr__(self) -> str:
        """Show lengths in place of words."""
        return repr(_veiled_series(self))

    def _repr_latex_(self) -> None:
        return None

    def value_counts(self, *arguments: Any, **options: Any) -> "ContentSeries":
        """Count values, as pandas does; what is shown of them is their length."""
        return ContentSeries(super().value_counts(*arguments, **options))

    def describe(self, *arguments: Any, **options: Any) -> "ContentSeries":  # type: ignore[misc]  # final in stubs only
        """Summarise, as pandas does; what is shown of words is their length."""
        return ContentSeries(super().describe(*arguments, **options))


class ContentFrame(pd.DataFrame):
    """A frame whose representation shows the length of each text, not its words."""

    @property
    def _constructor(self) -> Any:
        return ContentFrame

    @property
    def _constructor_sliced(self) -> Any:
        return ContentSeries

    def __repr__(self) -> str:
        """Show lengths in place of words."""
        return repr(_veiled_frame(self))

    def _repr_html_(self) -> str | None:
        html: str | None = _veiled_frame(self)._repr_html_()  # type: ignore[operator]  # the stubs call it an attribute
        return html

    def _repr_latex_(self) -> None:
        return None

    def _repr_data_resource_(self) -> None:
        return None

    def describe(self, *arguments: Any, **options: Any) -> "ContentFrame":  # type: ignore[misc]  # final in stubs only
        """Summarise, as pandas does; what is shown of words is their length."""
        return ContentFrame(super().describe(*arguments, **options))


def content_frame(rows: Sequence[tuple[Any, ...]], *, columns: Mapping[str, str]) -> ContentFrame:
    """Return rows as a `ContentFrame`.

    Parameters
    ----------
    rows : sequence of tuple
        One tuple a row; may be empty.
    columns : Mapping of str to str
        Column → dtype, in order.
    """
    return ContentFrame(typed_columns(rows, columns))


def _veiled_frame(frame: ContentFrame) -> pd.DataFrame:
    """Return a plain copy in which texts are told by their lengths."""
    plain = pd.DataFrame(frame)
    columns = [_veiled_series(plain.iloc[:, position]) for position in range(plain.shape[1])]
    veiled = pd.concat(columns, axis=1) if columns else pd.DataFrame(index=_veiled_labels(plain.index))
    veiled.columns = _veiled_labels(plain.columns)
    return veiled


def _veiled_series(series: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return a plain copy in which texts are told by their lengths."""
    if pd.api.types.is_numeric_dtype(series.dtype) or series.name in SHOWN_COLUMNS:
        values: Any = _printable(series).array
    else:
        values = [
            _escaped(value) if label in SHOWN_COLUMNS else _veiled(value)
            for label, value in zip(series.index, series.array, strict=True)
        ]
    name = series.name if series.name in _LABELS else _veiled(series.name)
    return pd.Series(values, index=_veiled_labels(series.index), name=name)


def _veiled_labels(labels: "pd.Index[Any]") -> "pd.Index[Any]":
    """Return labels of which only those of our own columns, and of closed words, are shown."""
    if labels.name in SHOWN_COLUMNS or pd.api.types.is_numeric_dtype(labels.dtype):
        shown: pd.Index[Any] = _printable(labels)
        return shown
    return labels.map(lambda label: label if label in _LABELS else _veiled(label))


def _printable(words: Any) -> Any:
    """Return a column or labels that pandas can print: where some may hold lone surrogates, these as escapes."""
    return words.map(_escaped) if words.dtype in (object, ANY_TEXT) else words


def _escaped(value: Any) -> Any:
    return value.encode("utf-8", "backslashreplace").decode("utf-8") if isinstance(value, str) else value


def _veiled(value: Any) -> Any:
    """Return a number, a time or nothing as it is, a text by its length, and anything else by its type."""
    if isinstance(value, tuple):
        return tuple(_veiled(part) for part in value)
    if isinstance(value, str):
        return f"<{len(value)} characters>"
    is_plain = isinstance(value, bool | int | float | datetime | timedelta | np.generic)
    if is_plain or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return value
    return f"<{type(value).__name__}>"
