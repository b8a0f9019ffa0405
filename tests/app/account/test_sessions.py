"""The list of an account's open sessions, and how one ends another (A19)."""

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from workbench.app import Session, Workbench
from workbench.crypto import Kind
from workbench.errors import AuthenticationError, LockedError, NotFoundError, StepUpRequiredError

ANOTHER = "copper bells under seven rivers"

PROGRAM = """
import sys
from workbench.app import Workbench
from workbench.errors import LockedError
bench = Workbench.open(sys.argv[1])
session = bench.sign_in("ada", passphrase=sys.argv[2])
session.ask("rain")
ring = session._opened.account.key_ring
print(next(one.session_id for one in session.sessions.list() if one.is_this), flush=True)
sys.stdin.readline()
try:
    session.ask("snow")
    print("acted", flush=True)
except LockedError:
    print("refused", session.is_locked, len(ring._keys), flush=True)
"""


@pytest.fixture
def sign_in(bench, session, passphrase):
    """Return a function that opens one more session of ada's, as another kernel of this device would."""
    benches = []

    def sign_in():
        benches.append(Workbench.open(bench.path))
        return benches[-1].sign_in("ada", passphrase=passphrase)

    yield sign_in
    for other in benches:
        other.close()


def ids(session):
    return [info.session_id for info in session.sessions.list()]


def test_every_open_session_is_listed_with_its_device_and_when_it_was_seen(session, sign_in, monkeypatch):
    """A19."""
    monkeypatch.setattr("workbench.app.access.platform.node", lambda: "a laptop")
    other = sign_in()
    found = other.sessions.list()
    assert len(found) == 2
    (mine,) = [info for info in found if info.is_this]
    assert mine.device == "a laptop"
    assert mine.first_seen == mine.last_seen
    assert {len(info.device_id) for info in found} == {16}
    assert len({info.device_id for info in found}) == 1
    assert [info.session_id for info in session.sessions.list() if info.is_this] != [mine.session_id]
    assert set(ids(session)) == set(ids(other))


def test_a_list_is_the_accounts_own(people):
    people("rita")
    assert len(people("adam").sessions.list()) == 1


def test_when_a_session_was_last_seen_is_noted_once_a_minute(bench, clocks, session, passphrase):
    """A19."""
    session.lock()
    bench.session_type = partial(Session, now=clocks)
    first, second = (bench.sign_in("ada", passphrase=passphrase) for _ in range(2))
    began = clocks()
    clocks.wait(60)
    first.ask("rain")
    assert {info.last_seen for info in second.sessions.list()} == {began}
    clocks.wait(1)
    first.ask("rain")
    newest = second.sessions.list()[0]
    assert (newest.last_seen - began).total_seconds() == 61
    assert newest.first_seen == began


def test_one_session_ends_another_whose_next_action_is_refused_and_whose_keys_are_gone(session, sign_in):
    """A19; ASVS 7.5.2."""
    other = sign_in()
    other.ask("wind")
    ring, vaults = other._opened.account.key_ring, other._opened.vaults
    (which,) = [info for info in session.sessions.list() if not info.is_this]
    session.sessions.revoke(which)
    with pytest.raises(LockedError, match="another"):
        other.ask("rain")
    assert other.is_locked
    assert not ring._keys
    with pytest.raises(LockedError):
        list(vaults[Kind.TURN].scan())
    assert session.ask("rain").text
    assert "session_revoked" in session.audit.frame().event.tolist()
    with pytest.raises(NotFoundError):
        session.sessions.revoke(which)


def test_a_session_of_another_process_ends_too(bench, session, passphrase):
    """A19."""
    command = [sys.executable, "-c", PROGRAM, str(bench.path), passphrase]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as process:
        session.sessions.revoke(process.stdout.readline().strip())
        said, _ = process.communicate("\n", timeout=60)
    assert said == "refused True 0\n"


def test_all_others_end_at_once(session, sign_in):
    """A19."""
    others = [sign_in() for _ in range(3)]
    assert session.sessions.revoke_others() == 3
    for other in others:
        with pytest.raises(LockedError):
            other.notices.list()
    assert len(session.sessions.list()) == 1
    assert session.sessions.revoke_others() == 0


def test_a_session_ends_itself(session):
    (mine,) = session.sessions.list()
    session.sessions.revoke(mine)
    with pytest.raises(LockedError):
        session.sessions.list()
    assert session.is_locked


def test_a_session_that_is_revoked_while_it_acts_acts_no_more(session, sign_in):
    """A19: from another thread."""
    other, outcomes = sign_in(), []
    is_acting = threading.Event()

    def act():
        try:
            while True:
                outcomes.append(len(other.history))
                is_acting.set()
        except LockedError as error:
            outcomes.append(error)

    thread = threading.Thread(target=act)
    thread.start()
    assert is_acting.wait(timeout=20)
    session.sessions.revoke_others()
    thread.join(timeout=20)
    assert isinstance(outcomes[-1], LockedError)
    assert other.is_locked


@pytest.mark.parametrize("which", ["", "0" * 32, "not hexadecimal", "\udc80", None, 5])
def test_there_is_nothing_to_end_under_another_id(session, which):
    with pytest.raises(NotFoundError):
        session.sessions.revoke(which)
    assert not session.is_locked


def test_nobody_ends_anothers_session(people):
    rita, adam = people("rita"), people("adam")
    with pytest.raises(NotFoundError):
        adam.sessions.revoke(ids(rita)[0])
    assert adam.sessions.revoke_others() == 0
    assert rita.ask("rain").text


def test_locking_takes_a_session_off_the_list(bench, session, sign_in):
    other = sign_in()
    other.lock()
    assert len(session.sessions.list()) == 1
    session.lock()
    assert bench._database.rows("SELECT * FROM session") == []


def test_the_sessions_of_before_can_be_ended_with_a_factor(session, sign_in, passphrase):
    """A19; ASVS 7.4.3."""
    other = sign_in()
    session.change_passphrase(current=passphrase, new=ANOTHER)
    assert session.sessions.revoke_others() == 1
    with pytest.raises(LockedError):
        other.ask("rain")
    with pytest.raises(LockedError):
        other.sessions.list()


def test_sessions_end_with_their_account(people, passphrase):
    """A19; ASVS 7.4.2, 7.4.5."""
    ritas, adam = [people("rita"), people("rita")], people("adam")
    adam.people.disable("rita", passphrase=passphrase)
    for rita in ritas:
        with pytest.raises(LockedError):
            rita.ask("rain")
        assert rita.is_locked
    assert len(adam.sessions.list()) == 1


def test_a_session_whose_process_died_is_listed_until_it_has_run_out(bench, clocks, session, passphrase):
    """A19: its row goes with the first signing in after twelve hours: until then it might only have run idle."""
    session.lock()
    bench.session_type = partial(Session, now=clocks)
    dead = bench.sign_in("ada", passphrase=passphrase)
    dead._opened.access._ended.set()
    left = dead._opened.access._session_id
    mine = bench.sign_in("ada", passphrase=passphrase)
    clocks.wait(20 * 60)
    assert left[:16].hex() in ids(mine)
    clocks.wait(11 * 60 + 1)
    mine.unlock(passphrase=passphrase)
    assert left[:16].hex() not in ids(mine)
    clocks.wait(12 * 60 * 60)
    mine.unlock(passphrase=passphrase)
    assert (left,) not in bench._database.rows("SELECT session_id FROM session")


def test_a_line_that_was_altered_is_left_out_and_its_session_is_ended_with_the_others(bench, session, sign_in):
    other = sign_in()
    bench._database.write(
        "UPDATE session SET sealed = ? WHERE session_id = ?", (b"altered", other._opened.access._session_id)
    )
    assert len(session.sessions.list()) == 1
    assert session.sessions.revoke_others() == 1
    with pytest.raises(LockedError):
        other.ask("rain")


def test_a_session_that_was_left_open_ends_no_other_without_the_passphrase(bench, session, passphrase):
    """A19; ASVS 7.5.2: after one factor; who has just signed in has given it."""
    other = bench.sign_in("ada", passphrase=passphrase)
    later = datetime.now(UTC) + timedelta(minutes=6)
    session._opened.access.clock._now = lambda: later
    with pytest.raises(StepUpRequiredError):
        session.sessions.revoke_others()
    with pytest.raises(AuthenticationError):
        session.sessions.revoke_others(passphrase="not the right one at all")
    assert other.ask("rain").text
    assert session.sessions.revoke_others(passphrase=passphrase) == 1
    with pytest.raises(LockedError):
        other.ask("snow")
