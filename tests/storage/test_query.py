import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.storage.search.query import MOST_PHRASES, Filters, match_expression, phrases, storable


@pytest.mark.parametrize(
    ("query", "expression"),
    [
        ("winter rain", '"winter" "rain"*'),
        ("winter rain ", '"winter" "rain"'),
        ('"winter coat"', '"winter coat"'),
        ("win* coat ", '"win"* "coat"'),
        ("O'Neill", '"O\'Neill"*'),
        ("prompt:rain NOT sea", '"prompt" "rain" "NOT" "sea"*'),
        ('"unfinished', '"unfinished"*'),
        ("", ""),
        ('!? "…"', ""),
    ],
)
def test_what_is_typed_becomes(query, expression):
    assert match_expression(query) == expression


def test_a_query_that_is_a_book_is_cut():
    assert len(phrases("rain " * 10_000)) == MOST_PHRASES


@pytest.mark.parametrize("query", [None, 3, b"rain"])
def test_a_query_is_text(query):
    with pytest.raises(InputError):
        phrases(query)


@given(st.text(st.characters(), max_size=60))
def test_nothing_that_can_be_typed_is_read_as_syntax(query):
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE words USING fts5 (prompt, reply)")
    for phrase in phrases(query):
        connection.execute("SELECT 1 FROM words WHERE words MATCH ?", (phrase,)).fetchall()
    connection.close()


@given(st.text(st.characters(), max_size=60))
def test_what_is_stored_is_text_that_sqlite_holds(text):
    connection = sqlite3.connect(":memory:")
    stored = storable(text)
    assert connection.execute("SELECT ?", (stored,)).fetchone() == (stored,)
    connection.close()
    assert len(stored) == len(text)


def test_filters_ask_for_what_is_set_and_nothing_else():
    assert Filters().condition() == ("", ())
    assert Filters(since=0, form="").condition() == ("turn.created >= ? AND turn.form = ?", (0.0, ""))
