"""Rows of open sessions, on both engines."""

import secrets

import pytest

from workbench.errors import StoreError
from workbench.storage import LetterRows, SessionRows, StandingRows


@pytest.fixture
def rows(database):
    return SessionRows(database)


@pytest.fixture
def ada(make_owner):
    return make_owner().account_id


@pytest.fixture
def eve(make_owner):
    return make_owner().account_id


def add(rows, account_id, sealed=b"sealed"):
    session_id = secrets.token_bytes(32)
    rows.add(session_id, account_id, sealed)
    return session_id


def test_a_session_stands_until_it_is_removed(rows, ada, open_again):
    """A19: from another kernel, at once."""
    session_id = add(rows, ada)
    elsewhere = SessionRows(open_again())
    assert rows.look(session_id, ada) == (True, 0, (0, 0))
    assert elsewhere.remove(session_id, ada)
    assert rows.look(session_id, ada) == (False, 0, (0, 0))
    assert not rows.remove(session_id, ada)


def test_one_look_tells_the_serial_of_the_standing_too(rows, ada, eve, database):
    """R03."""
    session_id = add(rows, ada)
    StandingRows(database).write(eve, 1, b"packed")
    assert rows.look(session_id, ada) == (True, 0, (1, 0))
    StandingRows(database).write(ada, 1, b"packed")
    StandingRows(database).write(ada, 2, b"packed")
    assert rows.look(session_id, ada) == (True, 2, (3, 0))
    assert rows.look(bytes(32), ada) == (False, 2, (3, 0))


def test_one_look_tells_how_many_letters_lie_in_the_accounts_own_box(rows, ada, eve, database):
    session_id, letters = add(rows, ada), LetterRows(database)
    for number, account_id in enumerate((ada, eve, ada)):
        letters.add(bytes((number,)) * 16, account_id, b"sealed")
    assert rows.look(session_id, ada) == (True, 0, (0, 2))


def test_a_session_is_its_own_accounts_alone(rows, ada, eve):
    session_id = add(rows, ada)
    assert rows.look(session_id, eve) == (False, 0, (0, 0))
    assert not rows.remove(session_id, eve)
    rows.update(session_id, eve, b"other")
    assert rows.of(eve) == []
    assert rows.of(ada) == [(session_id, b"sealed")]


def test_all_go_but_one(rows, ada, eve):
    """A19."""
    kept, others = add(rows, ada), [add(rows, ada) for _ in range(3)]
    theirs = add(rows, eve)
    assert rows.remove_all(ada, but=kept) == len(others)
    assert [session_id for session_id, _ in rows.of(ada)] == [kept]
    assert rows.remove_all(ada) == 1
    assert rows.of(ada) == []
    assert rows.look(theirs, eve) == (True, 0, (0, 0))


def test_a_session_that_was_removed_does_not_come_back_with_its_next_use(rows, ada):
    """A19."""
    session_id = add(rows, ada)
    rows.remove(session_id, ada)
    rows.update(session_id, ada, b"seen")
    assert rows.of(ada) == []


def test_what_is_sealed_about_a_session_is_replaced(rows, ada):
    session_id = add(rows, ada)
    rows.update(session_id, ada, b"seen")
    assert rows.of(ada) == [(session_id, b"seen")]


def test_a_session_is_added_once_and_for_an_account_that_there_is(rows, ada):
    session_id = add(rows, ada)
    with pytest.raises(StoreError):
        rows.add(session_id, ada, b"again")
    with pytest.raises(StoreError):
        rows.add(secrets.token_bytes(32), bytes(16), b"sealed")


@pytest.mark.parametrize("location", ["sqlite"], indirect=True)
@pytest.mark.parametrize("session_id", [5, 1.5, "text"])
def test_a_row_whose_id_is_no_bytes_is_left_out(rows, ada, session_id, database):
    kept = add(rows, ada)
    database.write("INSERT INTO session VALUES (?, ?, ?)", (session_id, ada, b"sealed"))
    assert [found for found, _ in rows.of(ada) if found != b"text"] == [kept]
    assert rows.remove_all(ada, but=kept) == 1


@pytest.mark.parametrize("location", ["sqlite"], indirect=True)
@pytest.mark.parametrize("serial", ["text", 1.5, b"bytes"])
def test_a_serial_that_is_no_number_is_none(rows, ada, serial, database):
    """So that the session looks at the standing, and refuses it."""
    session_id = add(rows, ada)
    database.write("INSERT INTO standing VALUES (?, ?, ?)", (ada, serial, b"packed"))
    assert rows.look(session_id, ada)[:2] == (True, 0)


@pytest.mark.parametrize("serial", [2**63 - 1, 2**62, -(2**63)])
def test_no_serial_is_too_great_for_the_one_look(rows, ada, eve, database, serial):
    """R03: whoever writes a standing of their own keeps nobody else from acting; each change still shows."""
    session_id = add(rows, ada)
    for account_id in (ada, eve):
        database.write("INSERT INTO standing VALUES (?, ?, ?)", (account_id, serial, b"packed"))
    _, _, before = rows.look(session_id, ada)
    database.write("UPDATE standing SET serial = ? WHERE account_id = ?", (serial ^ 1, eve))
    _, _, after = rows.look(session_id, ada)
    assert after != before
