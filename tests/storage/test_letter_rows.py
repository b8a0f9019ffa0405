"""Rows of letters, on both engines."""

import pytest

from workbench.errors import StoreError
from workbench.storage import LetterRows


@pytest.fixture
def rows(database):
    return LetterRows(database)


@pytest.fixture
def ada(make_owner):
    return make_owner().account_id


@pytest.fixture
def eve(make_owner):
    return make_owner().account_id


def test_a_letter_lies_in_one_box_until_it_is_removed(rows, ada, eve):
    rows.add(b"\x02" * 16, ada, b"second")
    rows.add(b"\x01" * 16, ada, b"first")
    assert rows.of(ada) == [(b"\x01" * 16, b"first"), (b"\x02" * 16, b"second")]
    assert rows.of(eve) == []
    assert not rows.remove(b"\x01" * 16, eve)
    assert rows.remove(b"\x01" * 16, ada)
    assert not rows.remove(b"\x01" * 16, ada)
    assert rows.of(ada) == [(b"\x02" * 16, b"second")]


def test_a_letter_is_in_no_two_boxes_and_in_nobodys(rows, ada, eve):
    rows.add(b"\x01" * 16, ada, b"sealed")
    with pytest.raises(StoreError):
        rows.add(b"\x01" * 16, eve, b"sealed")
    with pytest.raises(StoreError):
        rows.add(b"\x02" * 16, bytes(16), b"sealed")


def test_what_is_sent_with_something_is_sent_only_if_that_is_done(rows, ada, database):
    with pytest.raises(StoreError), database.transaction():
        rows.add(b"\x01" * 16, ada, b"sealed")
        raise StoreError("The disk is full; nothing was written.")
    assert rows.of(ada) == []
