from datetime import UTC, datetime, timedelta

import pytest

from workbench.app.account.activity import activity, suspicions
from workbench.audit import WORDS, in_words
from workbench.errors import InputError
from workbench.records import AuditEntry

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def entry(event, *, ago=timedelta(), outcome="success", **facts):
    time = (NOW - ago).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return AuditEntry(time, event, outcome, "", facts)


def test_the_last_days_are_shown_newest_first_and_in_words():
    entries = [
        entry("authn_login_success", ago=timedelta(days=91)),
        entry("authn_login_success", ago=timedelta(days=2), device="ab"),
        entry("authz_fail", ago=timedelta(hours=1), outcome="failure"),
    ]
    frame = activity(entries, now=NOW)
    assert frame.what.tolist() == ["An action was denied", "Signed in"]
    assert frame.device.tolist() == ["", "ab"]
    assert list(frame.columns) == ["time", "what", "outcome", "event", "device", "subject"]
    assert str(frame.time.dtype) == "datetime64[ns, UTC]"
    assert activity(entries, now=NOW, days=365).shape == (3, 6)
    assert activity([], now=NOW).shape == (0, 6)


@pytest.mark.parametrize("days", [0, -1, 1.5, "90", True, 10**9])
def test_a_number_of_days_that_is_none_is_refused(days):
    with pytest.raises(InputError):
        activity([], now=NOW, days=days)


def test_an_event_without_words_is_shown_by_its_name():
    assert in_words(entry("something_new")) == "something new"
    assert in_words(entry("backup_created", outcome="failure")) == "A backup was made: failed"
    assert all(words[0].isupper() or words[0] == "“" for words in WORDS.values())


def test_suspicions_are_those_of_the_last_two_weeks():
    """S09: ten denials in ten minutes."""
    denied = [entry("authz_fail", ago=timedelta(days=1, seconds=-second), outcome="failure") for second in range(10)]
    (alert,) = suspicions(denied, now=NOW)
    assert alert.rule == "S09"
    assert suspicions(denied, now=NOW + timedelta(days=14)) == []


def test_a_session_shows_its_own_activity(session):
    session.ask("rain")
    frame = session.activity()
    assert frame.what.tolist()[:3] == ["A reply came", "A prompt was sent to a model", "Signed in"]
    assert len(frame.device.iloc[2]) == 16
    assert session.alerts() == []
    assert next(one.event for one in session.audit.recent(days=1)) == "llm_reply"
