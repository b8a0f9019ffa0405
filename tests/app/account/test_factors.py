import dataclasses

import pytest
import time_machine

from workbench.app import Workbench
from workbench.app.account.activity import suspicions
from workbench.crypto import one_time_code
from workbench.errors import (
    AuthenticationError,
    InputError,
    LockedError,
    StepUpRequiredError,
    ThrottledError,
)

ANOTHER = "seven rivers under slow copper bells"


@pytest.fixture
def clock():
    """Return the machine's own clock, stopped, which each test moves on by hand."""
    with time_machine.travel("2026-11-24T12:00:05+00:00", tick=False) as clock:
        yield clock


@pytest.fixture
def session(bench, clock, passphrase):
    return bench.sign_in("ada", passphrase=passphrase)


class App:
    """An authenticator app."""

    def __init__(self, clock, key):
        self.clock, self.key = clock, key

    def show(self):
        """Return the next code that was not shown yet."""
        self.clock.shift(30)
        import time  # noqa: PLC0415 - the stopped one

        return one_time_code(self.key, step=int(time.time()) // 30).decode()


@pytest.fixture
def app(session, clock, passphrase):
    enrolment = session.factors.enrol()
    app = App(clock, enrolment.key)
    session.factors.activate(app.show(), passphrase=passphrase)
    return app


def entries(session, *events):
    found = session.opened("audit:read").audit.entries()
    return [(entry.event, entry.outcome, dict(entry.facts)) for entry in found if entry.event in events]


def test_an_app_is_enrolled_and_signs_in(bench, session, app, passphrase):
    """A10: from then on, a code too."""
    session.lock()
    with pytest.raises(AuthenticationError) as raised:
        bench.sign_in("ada", passphrase=passphrase)
    assert raised.value.needs_code
    assert not bench.sign_in("ada", passphrase=passphrase, code=app.show()).is_locked
    assert not bench.sign_in("ada", passphrase=lambda: passphrase, code=app.show).is_locked
    session.unlock(passphrase=passphrase, code=app.show)
    assert session.factors.status().totp == "on"


def test_enrolling_shows_the_secret_once_and_keeps_it_out_of_every_representation(session):
    """A10."""
    enrolment = session.factors.enrol()
    assert enrolment.uri.startswith("otpauth://totp/workbench%3Aada?secret=")
    assert len(enrolment.secret.replace(" ", "")) == 32
    for text in (repr(enrolment), repr(session.factors), repr(session), repr(vars(session.factors))):
        assert enrolment.secret not in text
        assert enrolment.secret.replace(" ", "") not in text
        assert repr(enrolment.key) not in text


def test_nothing_is_activated_without_enrolling_or_by_a_wrong_code(session, clock, passphrase):
    """A10: verified before activation."""
    with pytest.raises(InputError):
        session.factors.activate("123456", passphrase=passphrase)
    app = App(clock, session.factors.enrol().key)
    right = app.show()
    with pytest.raises(AuthenticationError):
        session.factors.activate("123456" if right != "123456" else "654321", passphrase=passphrase)
    assert session.factors.status().totp == "off"
    session.factors.activate(app.show(), passphrase=passphrase)
    assert session.factors.status().totp == "on"


def test_a_change_of_factors_takes_a_fresh_proof(session, app, passphrase):
    """A20: MFA change."""
    with pytest.raises(StepUpRequiredError):
        session.factors.remove()
    session.factors.enrol()
    with pytest.raises(StepUpRequiredError):
        session.factors.activate(app.show())
    with pytest.raises(AuthenticationError) as raised:
        session.factors.remove(passphrase=passphrase)
    assert raised.value.needs_code
    session.step_up("account:factors", passphrase=passphrase, code=app.show(), change="remove")
    session.factors.remove()
    assert session.factors.status().totp == "off"
    session.lock()
    session.unlock(passphrase=passphrase)


def test_a_locked_session_changes_no_factor(session, app, passphrase):
    session.lock()
    for action in (session.factors.enrol, session.factors.remove, session.factors.status):
        with pytest.raises(LockedError):
            action()


def test_a_secret_of_one_account_is_activated_in_no_other(bench, session, clock, passphrase):
    bench.create_account("bob", passphrase=ANOTHER)
    app = App(clock, session.factors.enrol().key)
    session.unlock(name="bob", passphrase=ANOTHER)
    with pytest.raises(InputError):
        session.factors.activate(app.show(), passphrase=ANOTHER)


def test_what_changes_is_in_the_audit_log(session, app, passphrase):
    session.factors.remove(passphrase=passphrase, code=app.show())
    assert entries(session, "authn_factor_added", "authn_factor_removed") == [
        ("authn_factor_added", "success", {"authenticator": "totp"}),
        ("authn_factor_removed", "success", {"authenticator": "totp"}),
    ]


def test_what_failed_is_told_by_the_next_sign_in(bench, session, app, passphrase):
    """A12, A21: nobody can seal into the log while the account is locked, so it is counted and told later."""
    session.lock()
    for _ in range(3):
        with pytest.raises(AuthenticationError):
            bench.sign_in("ada", passphrase=ANOTHER, code=app.show())
    for _ in range(2):
        with pytest.raises(AuthenticationError):
            bench.sign_in("ada", passphrase=passphrase, code=f"{(int(app.show()) + 1) % 10**6:06}")
    session.unlock(passphrase=passphrase, code=app.show())
    assert entries(session, "authn_login_fail", "authn_factor_fail") == [
        ("authn_login_fail", "failure", {"reason": "code", "authenticator": "totp", "count": "2"}),
        ("authn_login_fail", "failure", {"reason": "passphrase", "authenticator": "passphrase", "count": "3"}),
    ]
    *_, (_, _, facts) = entries(session, "authn_login_success")
    assert (facts["failures"], facts["factor"]) == ("5", "totp")
    suspected = {alert.rule for alert in suspicions(session.opened("audit:read").audit.entries(), now=session.now())}
    assert {"S02", "S03"} <= suspected
    session.lock()
    session.unlock(passphrase=passphrase, code=app.show())
    *_, (_, _, facts) = entries(session, "authn_login_success")
    assert facts["failures"] == "0"


def test_a_step_up_tells_of_the_wrong_codes_before_it(session, app, passphrase):
    """A21."""
    for _ in range(2):
        with pytest.raises(AuthenticationError):
            session.step_up("keys:rotate", passphrase=passphrase, code="12345", level="vault")
    session.step_up("keys:rotate", passphrase=passphrase, code=app.show(), level="vault")
    facts = {"reason": "code", "authenticator": "totp", "count": "2"}
    assert entries(session, "authn_factor_fail") == [("authn_factor_fail", "failure", facts)]
    assert [outcome for _, outcome, _ in entries(session, "authn_step_up")][-3:] == ["failure", "failure", "success"]


def test_a_recovery_code_at_the_sign_in_is_noted_and_used_up(bench, clock, passphrase):
    """A14."""
    codes = bench.create_account("bob", passphrase=passphrase).recovery_codes
    session = bench.sign_in("bob", passphrase=passphrase)
    app = App(clock, session.factors.enrol().key)
    session.factors.activate(app.show(), passphrase=passphrase)
    session.lock()
    session.unlock(passphrase=passphrase, code=codes[0])
    assert len(entries(session, "authn_recovery_code_used")) == 1
    assert session.factors.status().recovery_codes_left == 9
    session.lock()
    with pytest.raises(AuthenticationError):
        session.unlock(passphrase=passphrase, code=codes[0])


def test_the_app_is_disabled_at_a_hundred_and_enrolled_anew_after_recovery(bench, clock, passphrase):
    """A12: rebinding by recovery code + passphrase, and the log says why."""
    codes = bench.create_account("bob", passphrase=passphrase).recovery_codes
    session = bench.sign_in("bob", passphrase=passphrase)
    app = App(clock, session.factors.enrol().key)
    session.factors.activate(app.show(), passphrase=passphrase)
    throttle, account_id = session._accounts.throttle, session.opened("account:self").account.account_id
    for _ in range(100):
        with pytest.raises(AuthenticationError), throttle.guess(account_id, "totp"):
            raise AuthenticationError("wrong")
        clock.shift(3600)
    session.lock()
    with pytest.raises(AuthenticationError, match="recovery code"):
        session.unlock(passphrase=passphrase, code=app.show())
    session.unlock(passphrase=passphrase, code=codes[0])
    assert entries(session, "authn_login_fail_max") == [("authn_login_fail_max", "failure", {"authenticator": "totp"})]
    assert session.factors.status().totp == "disabled"
    app = App(clock, session.factors.enrol().key)
    session.factors.activate(app.show(), passphrase=passphrase, current_code=codes[1])
    session.lock()
    session.unlock(passphrase=passphrase, code=app.show())
    assert session.factors.status().totp == "on"


def test_throttling_survives_a_restart_and_says_how_long(bench, session, clock, passphrase):
    """A12."""
    path = bench.path
    for _ in range(5):
        with pytest.raises(AuthenticationError):
            bench.sign_in("ada", passphrase=ANOTHER)
    again = Workbench.open(path)
    with pytest.raises(ThrottledError) as raised:
        again.sign_in("ada", passphrase=passphrase)
    assert raised.value.retry_after == 30
    assert "30 seconds" in raised.value.remedy
    clock.shift(30)
    assert not again.sign_in("ada", passphrase=passphrase).is_locked
    again.close()


def test_rotating_keys_takes_a_code_where_there_is_a_second_factor(session, app, passphrase):
    with pytest.raises(AuthenticationError):
        session.rotate("vault", passphrase=passphrase)
    session.rotate("vault", passphrase=passphrase, code=app.show)


def test_the_status_shows_what_guessing_reaches(session, app):
    """A13."""
    status = session.factors.status()
    assert status.budget.probability == pytest.approx(3e-4)
    assert status.codes_left == 100
    assert dataclasses.is_dataclass(status)
