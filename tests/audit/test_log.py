import sqlite3
from datetime import UTC, datetime

import pytest

from workbench.errors import IntegrityError

AUDIT = "place / 1099511627776 = 4"  # the fourth vault of the store's only account; 2 to the power of 40


def forge(bench, statement):
    with sqlite3.connect(bench.path) as connection:
        assert connection.execute(statement).rowcount
    connection.close()


@pytest.fixture
def logged(session):
    for text in ("rain", "snow"):
        session.ask(text)
    assert session.audit.verify() == 5
    return session


@pytest.mark.parametrize(
    "statement",
    [
        f"DELETE FROM record WHERE place = (SELECT min(place) + 1 FROM record WHERE {AUDIT})",
        f"DELETE FROM record WHERE place = (SELECT min(place) FROM record WHERE {AUDIT})",
        f"UPDATE record SET sealed = zeroblob(100) WHERE {AUDIT}",
        f"UPDATE record SET sealed = NULL WHERE {AUDIT}",
        f"UPDATE record SET leaf = zeroblob(32) WHERE {AUDIT}",
        f"UPDATE record SET head = zeroblob(32) WHERE {AUDIT}",
        f"UPDATE record SET record_id = randomblob(16) WHERE {AUDIT}",
        f"UPDATE record SET place = place + 900 WHERE place = (SELECT min(place) + 1 FROM record WHERE {AUDIT})",
    ],
)
def test_an_altered_dropped_or_reordered_entry_shows(bench, logged, statement):
    forge(bench, statement)
    with pytest.raises(IntegrityError):
        logged.audit.verify()


def test_a_log_cut_off_at_its_end_is_refused_when_it_is_next_unlocked(bench, logged, passphrase):
    noted = logged.audit.head()
    logged.lock()
    forge(bench, f"DELETE FROM record WHERE place = (SELECT max(place) FROM record WHERE {AUDIT})")
    with pytest.raises(IntegrityError):
        bench.sign_in("ada", passphrase=passphrase)
    taken = bench.sign_in("ada", passphrase=passphrase, accept_rollback=True)
    assert taken.audit.head() != noted
    assert "integrity_rollback_accepted" in set(taken.audit.frame().event)


def test_entries_carry_utc_times_and_closed_words(logged):
    frame = logged.audit.frame()
    assert list(frame.columns) == ["time", "event", "outcome", "subject", "facts"]
    assert all(abs((datetime.now(UTC) - datetime.fromisoformat(time)).total_seconds()) < 600 for time in frame.time)
    assert set(frame.outcome) == {"success"}
