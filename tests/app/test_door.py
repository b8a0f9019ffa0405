"""A session that ran idle, and one that ran out."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from workbench.app import Session
from workbench.crypto import STEP_SECONDS, one_time_code
from workbench.errors import AuthenticationError, LockedError


class Clock:
    def __init__(self):
        self.ahead = timedelta()

    def __call__(self):
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def with_totp(bench, session, passphrase, clock):
    """Return a session of an account with an authenticator app, and what the app shows."""
    enrolment = session.factors.enrol()

    def app(step=0):
        now = time.time() + clock.ahead.total_seconds()
        return one_time_code(enrolment.key, step=int(now // STEP_SECONDS) + step).decode()

    session.factors.activate(app(-1), passphrase=passphrase)
    session.lock()
    again = Session(bench._database, device=bench._device, name="ada", now=clock)
    again.unlock(passphrase=passphrase, code=app())
    return again, app


def idle(session, clock, by=timedelta(minutes=31)):
    clock.ahead += by
    with pytest.raises(LockedError):
        len(session.history)
    assert session.is_locked


def test_after_a_pause_the_passphrase_suffices_until_the_twelve_hours_are_over(with_totp, clock, passphrase):
    """A18: and a session that goes on gets no new twelve hours."""
    session, app = with_totp
    for _ in range(20):
        idle(session, clock)
        session.unlock(passphrase=passphrase)
    clock.ahead += timedelta(hours=2)
    with pytest.raises(LockedError):
        len(session.history)
    with pytest.raises(AuthenticationError):
        session.unlock(passphrase=passphrase)
    session.unlock(passphrase=passphrase, code=app())


def test_who_locked_it_gives_the_code_again(with_totp, clock, passphrase):
    session, _ = with_totp
    session.lock()
    with pytest.raises(AuthenticationError):
        session.unlock(passphrase=passphrase)


def test_the_pause_of_one_account_opens_no_other(with_totp, clock, bench, passphrase):
    session, _ = with_totp
    idle(session, clock)
    other = Session(bench._database, device=bench._device, name="ada", now=clock)
    with pytest.raises(AuthenticationError):
        other.unlock(passphrase=passphrase)
    with pytest.raises(AuthenticationError):
        session.unlock(passphrase="another passphrase altogether")
    session.unlock(passphrase=passphrase)


def test_a_session_that_was_ended_from_another_one_gives_the_code_again(with_totp, clock, passphrase, bench):
    """A19: its pause is none that goes on."""
    session, app = with_totp
    other = Session(bench._database, device=bench._device, name="ada", now=clock)
    other.unlock(passphrase=passphrase, code=app(1))
    assert other.sessions.revoke_others() == 1
    idle(session, clock)
    with pytest.raises(AuthenticationError):
        session.unlock(passphrase=passphrase)


@pytest.mark.parametrize("how", ["revoke_others", "not me"])
def test_a_pause_that_was_ended_from_another_session_takes_the_code_again(with_totp, clock, passphrase, bench, how):
    """A19: what is paused can go on without a code, so it is ended as an open session is."""
    session, app = with_totp
    idle(session, clock)
    other = Session(bench._database, device=bench._device, name="ada", now=clock)
    other.unlock(passphrase=passphrase, code=app())
    if how == "revoke_others":
        assert other.sessions.revoke_others() == 1
    else:
        fresh = "seven lanterns over quiet rivers"
        other.this_was_not_me(passphrase=passphrase, code=app(1), new_passphrase=fresh)
        passphrase = fresh
    with pytest.raises(AuthenticationError) as refused:
        session.unlock(passphrase=passphrase)
    assert refused.value.needs_code


def test_a_pause_goes_on_though_another_session_began_meanwhile(with_totp, clock, passphrase, bench):
    """A18; and once it goes on, or is locked, nothing of it stays behind."""
    session, app = with_totp
    idle(session, clock)
    other = Session(bench._database, device=bench._device, name="ada", now=clock)
    other.unlock(passphrase=passphrase, code=app())
    session.unlock(passphrase=passphrase)
    assert len(bench._database.rows("SELECT 1 FROM session")) == 2
    idle(session, clock)
    session.lock()
    with pytest.raises(AuthenticationError):
        session.unlock(passphrase=passphrase)
    other.lock()
    assert bench._database.rows("SELECT 1 FROM session") == []
