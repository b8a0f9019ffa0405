import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.analytics.columns import text_series, typed_columns


@given(st.lists(st.text(st.characters(exclude_categories=()))))
def test_any_strings_make_a_column_of_strings(values):
    column = text_series(values)
    assert column.tolist() == values
    assert column.dtype == "str"


@given(st.lists(st.tuples(st.text(), st.text(), st.integers(-(2**63), 2**63 - 1), st.dates().map(str))))
def test_columns_are_those_that_pandas_makes_of_the_rows(rows):
    dtypes = {"text": "str", "kind": "category", "number": "int64", "day": "datetime64[us]"}
    ours = pd.DataFrame(typed_columns(rows, dtypes))
    theirs = pd.DataFrame(rows, columns=list(dtypes)).astype(dtypes)
    if not rows:  # pandas gives a category of nothing no dtype; ours are words even then
        theirs["kind"] = theirs["kind"].cat.set_categories(pd.Index([], dtype="str"))
    pd.testing.assert_frame_equal(ours, theirs, check_exact=True, check_categorical=True)


def test_a_lone_surrogate_moves_its_column_only():
    columns = typed_columns([("plain", "\ud800")], {"prompt": "str", "text": "str"})
    assert {name: column.dtype.storage for name, column in columns.items()} == {"prompt": "pyarrow", "text": "python"}


def test_a_row_of_another_length_is_refused():
    with pytest.raises(ValueError, match="zip"):
        typed_columns([("a", "b"), ("c",)], {"prompt": "str", "text": "str"})
