import sqlite3
from datetime import UTC, datetime

import pytest

from workbench.errors import IntegrityError


def forge(bench, statement):
    with sqlite3.connect(bench.path) as connection:
        for trigger in ("audit_keeps_entries", "audit_alters_nothing"):
            connection.execute(f"DROP TRIGGER {trigger}")
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
        "DELETE FROM record WHERE sequence = (SELECT min(sequence) + 1 FROM record WHERE kind = 18)",
        "DELETE FROM record WHERE sequence = (SELECT min(sequence) FROM record WHERE kind = 18)",
        "UPDATE record SET envelope = zeroblob(100) WHERE kind = 18",
        "UPDATE record SET head = zeroblob(32) WHERE kind = 18",
        "UPDATE record SET record_id = randomblob(16) WHERE kind = 18",
        "UPDATE record SET sequence = 999 WHERE sequence = (SELECT min(sequence) + 1 FROM record WHERE kind = 18)",
    ],
)
def test_an_altered_dropped_or_reordered_entry_shows(bench, logged, statement):
    forge(bench, statement)
    with pytest.raises(IntegrityError):
        logged.audit.verify()


def test_a_log_cut_off_at_its_end_shows_by_a_head_that_was_noted(bench, logged):
    noted = logged.audit.head()
    forge(bench, "DELETE FROM record WHERE sequence = (SELECT max(sequence) FROM record WHERE kind = 18)")
    assert logged.audit.verify() == 4
    assert logged.audit.head() != noted


def test_entries_carry_utc_times_and_closed_words(logged):
    frame = logged.audit.frame()
    assert list(frame.columns) == ["time", "event", "outcome", "subject", "facts"]
    assert all(abs((datetime.now(UTC) - datetime.fromisoformat(time)).total_seconds()) < 600 for time in frame.time)
    assert set(frame.outcome) == {"success"}
