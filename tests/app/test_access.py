"""Whether a session may still act: idle, open for too long, asleep, revoked, disabled, on a store that was edited."""

import gc
import itertools
import json
import os
import threading
import time
from dataclasses import replace
from functools import partial

import pytest
from everybody import EVERYBODY
from storage.attacker import Attacker, quick_derivation

from workbench.app import Session, access
from workbench.errors import IntegrityError, LockedError, PermissionDeniedError, StoreError, WorkbenchError

IDLE, OVERSEEING, ABSOLUTE = 30 * 60, 15 * 60, 12 * 3600


@pytest.fixture
def quick(monkeypatch):
    """Let the background look at sessions every few milliseconds, as soon as it would look anyway."""
    monkeypatch.setattr(access, "LOOK_EVERY", 0.01)


@pytest.fixture
def by_hand(bench, clocks):
    """Let every session of the bench go by clocks that are moved by hand."""
    bench.session_type = partial(Session, now=clocks)
    return clocks


def keys_of(session):
    """Return what holds the keys of an unlocked session."""
    return session._opened.account.key_ring, session._opened.vaults


def until(claim, seconds=20):
    end = time.monotonic() + seconds
    while not claim() and time.monotonic() < end:
        time.sleep(0.005)
    return claim()


def are_dropped(key_ring, vaults):
    try:
        list(next(iter(vaults)).scan())
    except LockedError:
        return not key_ring._keys
    return False


@pytest.mark.parametrize(
    ("name", "limit"), [("ada", IDLE), ("rita", IDLE), ("adam", OVERSEEING), ("petra", OVERSEEING)]
)
def test_an_idle_session_refuses_its_next_action_and_has_no_keys(by_hand, people, name, limit):
    """A18: 30 minutes; 15 for who oversees others."""
    session = people(name)
    by_hand.wait(limit - 1)
    session.notices.list()
    by_hand.wait(limit - 1)
    session.notices.list()
    held = keys_of(session)
    by_hand.wait(limit)
    with pytest.raises(LockedError):
        session.notices.list()
    assert session.is_locked
    assert are_dropped(*held)


def test_an_idle_session_drops_its_keys_by_itself(bench, by_hand, quick, session):
    """A18: the background looks, no action has to be tried."""
    held, changes = keys_of(session), []
    session.subscribe(changes.append)
    by_hand.wait(IDLE - 1)
    time.sleep(0.1)
    assert not session.is_locked
    by_hand.wait(1)
    assert until(lambda: session.is_locked)
    assert until(lambda: are_dropped(*held))
    assert until(lambda: changes == ["locked"])
    session.lock()
    assert bench._database.rows("SELECT count(*) FROM session") == [(0,)]  # it goes on no more


def test_a_laptop_that_slept_drops_its_keys_soon_after_it_wakes(by_hand, quick, session):
    """A18: a timer would wait on, since the clock that it goes by stood still."""
    by_hand.wall += IDLE
    assert until(lambda: session.is_locked)


def test_the_background_looks_once_a_minute_at_least():
    """A18: the longest that keys outlive a sleep."""
    assert access.LOOK_EVERY <= 60


def test_setting_the_clock_back_keeps_no_session_open(by_hand, quick, session):
    """A18."""
    by_hand.wall -= 10 * ABSOLUTE
    by_hand.steady += IDLE
    assert until(lambda: session.is_locked)


def test_setting_the_clock_forward_ends_a_session(by_hand, session):
    """A18: closed rather than open."""
    by_hand.wall += IDLE
    with pytest.raises(LockedError):
        session.ask("rain")


def test_a_session_ends_after_twelve_hours_of_use(by_hand, session, passphrase):
    """A18: then, as after an idle while, the passphrase opens a new one."""
    for _ in range(ABSOLUTE // (IDLE - 60)):
        by_hand.wait(IDLE - 60)
        session.notices.list()
    by_hand.wait(IDLE - 60)
    with pytest.raises(LockedError, match="twelve"):
        session.notices.list()
    session.unlock(passphrase=passphrase)
    session.notices.list()


def test_each_unlocking_has_a_token_of_its_own_and_the_old_one_is_dead(bench, session, passphrase):
    """A18: new on signing in again; ASVS 7.2.4."""
    first = session._opened
    ids = [first.access._session_id]
    session.unlock(passphrase=passphrase)
    ids.append(session._opened.access._session_id)
    session.lock()
    session.unlock(passphrase=passphrase)
    ids.append(session._opened.access._session_id)
    assert len(set(ids)) == 3
    assert bench._database.rows("SELECT session_id FROM session") == [(ids[-1],)]
    with pytest.raises(LockedError):
        first.access.require_open()


def test_a_token_is_nowhere_but_in_memory(bench, monkeypatch, passphrase, session, device_folder, tmp_path):
    """A18: in no file, variable, representation or entry; not even its digest can be turned into it."""
    token = bytes(range(32))
    monkeypatch.setattr(access, "new_token", lambda: token)
    session.unlock(passphrase=passphrase)
    session.ask("rain")
    shapes = (token, token.hex().encode(), repr(token).encode())
    opened = session._opened
    seen = [repr(session), repr(opened.access), repr(opened), repr(vars(session)), repr(session.sessions.list())]
    seen += [json.dumps(session.audit.frame().astype(str).to_dict())]
    files = [file.read_bytes() for root in (tmp_path, device_folder) for file in root.rglob("*") if file.is_file()]
    assert len(files) > 2
    for shape in shapes:
        assert not any(shape in text.encode() for text in seen)
        assert not any(shape in file for file in files)
        assert not any(shape in os.fsencode(value) for value in os.environ.values())
    ((session_id,),) = bench._database.rows("SELECT session_id FROM session")
    assert session_id == access.session_id_of(token)


def test_a_session_that_nobody_holds_leaves_no_thread(bench, session, quick, passphrase):
    def waiting():
        gc.collect()
        return sum(thread.name == "workbench-idle" for thread in threading.enumerate())

    other = bench.sign_in("ada", passphrase=passphrase)
    assert waiting() >= 2
    del other
    assert until(lambda: waiting() == 1)
    session.lock()
    assert until(lambda: waiting() == 0)


def test_a_disabled_account_is_refused_every_time_also_when_its_session_was_put_back(bench, people, passphrase):
    """A19, R03: not only by the first action after it."""
    rita, adam = people("rita"), people("adam")
    held = keys_of(rita)
    rows = bench._database.rows("SELECT * FROM session")
    adam.people.disable("rita", passphrase=passphrase)
    with bench._database.transaction():
        bench._database.write("DELETE FROM session")
        Attacker(bench._database).insert("session", rows)
    door = rita._opened.access
    for _ in range(2):  # as two threads at once would ask
        with pytest.raises(PermissionDeniedError, match="disabled"):
            door.require_open()
    with pytest.raises(PermissionDeniedError, match="disabled"):
        rita.ask("rain")
    with pytest.raises(LockedError):
        rita.ask("rain")
    assert rita.is_locked
    assert are_dropped(*held)


def test_a_disabled_account_that_tries_to_sign_in_leaves_no_keys_and_no_session(bench, people, passphrase, monkeypatch):
    """A19."""
    people("adam").people.disable("rita", passphrase=passphrase)
    begun = []
    monkeypatch.setattr(access.Access, "begin", _noting(access.Access.begin, begun))
    session = Session(bench._database, device=bench._device, name="rita")
    with pytest.raises(PermissionDeniedError, match="disabled"):
        session.unlock(passphrase=passphrase)
    assert session.is_locked
    assert not begun[0].account.key_ring._keys
    assert len(bench._database.rows("SELECT * FROM session")) == 1


def _noting(begin, begun):
    def noted(self, on_idle):
        begun.append(self)
        return begin(self, on_idle)

    return noted


def test_a_role_that_oversees_others_shortens_the_wait_of_an_open_session(by_hand, people, passphrase):
    """A18."""
    ann, adam, eve = people("ann"), people("adam"), people("eve")
    request = adam.people.grant("ann", "auditor", passphrase=passphrase)
    eve.approvals.approve(request, passphrase=passphrase)
    adam.people.finish(request)
    ann.notices.list()
    by_hand.wait(OVERSEEING)
    with pytest.raises(LockedError):
        ann.notices.list()


# Whoever can write to the file ----------------------------------------------------------------------------------------

ODD = [0, -1, 2**63 - 1, 1.5, "text", b"", bytes(16), bytes(2000)]
CELLS = [
    *(f"standing.{column}" for column in ("account_id", "serial", "packed")),
    *(f"session.{column}" for column in ("session_id", "account_id", "sealed")),
    *(f"letter.{column}" for column in ("letter_id", "account_id", "sealed")),
    "account.public_keys",
    "account.account_id",
]


@pytest.fixture
def cheap_people(bench, passphrase):
    """Return a function that signs people in at no cost, and makes their accounts first."""
    with quick_derivation():
        for name in ("rita", "ann", "otto", "adam", "eve"):
            bench.create_account(name, passphrase=passphrase, roles=(EVERYBODY[name],))
        yield lambda name: bench.sign_in(name, passphrase=passphrase)


@pytest.mark.parametrize("cell", CELLS)
def test_an_odd_cell_is_refused_or_does_nothing(bench, cheap_people, passphrase, cell):
    """No other exception than the workbench's, and no more rights: each row, every wrong type and size."""
    held = {"rita": {"researcher", "educator"}, "adam": {"admin"}}
    sessions = {name: cheap_people(name) for name in held}
    sessions["adam"].people.grant("rita", "educator", passphrase=passphrase)
    sessions["adam"].people.grant("ann", "auditor", passphrase=passphrase)
    table, column = cell.split(".")
    attacker = Attacker(bench._database)
    kept = {table: bench._database.rows(f"SELECT * FROM {table}") for table in ("standing", "letter", "account")}
    at, ids = attacker.columns(table).index(column), {one._opened.account.account_id for one in sessions.values()}
    for number, value in itertools.product(range(len(ids)), ODD):
        rows = bench._database.rows(f"SELECT * FROM {table}")
        theirs = [row for row in rows if ids & set(row)]
        row = theirs[number % len(theirs)]
        with bench._database.transaction():
            bench._database.write(f"DELETE FROM {table}")
            attacker.insert(table, [*(other for other in rows if other != row), (*row[:at], value, *row[at + 1 :])])
        for name, session in sessions.items():
            _try_everything(session)
            assert set(session.roles) <= held[name]
            _try(partial(session.unlock, passphrase=passphrase))
            assert set(session.roles) <= held[name]
        with bench._database.transaction():
            for table_, rows_ in kept.items():
                bench._database.write(f"DELETE FROM {table_}")
                attacker.insert(table_, rows_)
        for session in sessions.values():
            session.unlock(passphrase=passphrase)


def _try(action):
    try:
        return action()
    except WorkbenchError:
        return None


def _try_everything(session):
    for action in (
        session.sessions.list,
        session.notices.list,
        session.approvals.open,
        session.approvals.pending,
        session.people.list,
        partial(session.people.find, "ann"),
        partial(session.sessions.revoke, "0" * 32),
        partial(session.people.grant, "otto", "analyst"),
    ):
        _try(action)


def test_a_session_whose_row_was_put_back_acts_again_only_until_it_locks(bench, people):
    """What can't be noticed: whoever can write to the file undoes a revocation, while that session's process lives."""
    rita = people("rita")
    other = people("rita")
    rows = bench._database.rows("SELECT * FROM session")
    other.sessions.revoke_others()
    with bench._database.transaction():
        bench._database.write("DELETE FROM session")
        Attacker(bench._database).insert("session", rows)
    rita.notices.list()
    other.sessions.revoke_others()
    with pytest.raises(LockedError):
        rita.notices.list()
    with bench._database.transaction():
        bench._database.write("DELETE FROM session")
        Attacker(bench._database).insert("session", rows)
    with pytest.raises(LockedError):
        rita.notices.list()


def test_an_older_standing_that_is_put_back_stops_every_session(bench, people, passphrase):
    """R03: a role that was taken away stays away."""
    rita, adam = people("rita"), people("adam")
    before = bench._database.rows("SELECT * FROM standing")
    adam.people.grant("rita", "educator", passphrase=passphrase)
    rita.notices.list()
    adam.people.revoke("rita", "researcher", passphrase=passphrase)
    rita.notices.list()
    with bench._database.transaction():
        bench._database.write("DELETE FROM standing")
        Attacker(bench._database).insert("standing", before)
    for _ in range(2):
        with pytest.raises(IntegrityError):
            rita.ask("rain")
    with pytest.raises(IntegrityError):
        people("rita")


def test_a_forged_role_gives_nothing_and_is_noted(bench, people):
    """R01, R05."""
    ann, otto = people("ann"), people("otto")
    standings = otto._opened.access.standings
    forged = standings.of(ann._opened.account.account_id)
    forged = standings.signed(otto._opened.account, _next(forged, otto._opened.account.account_id))
    Attacker(bench._database).replace("standing", (forged.account_id, forged.serial, forged.packed))
    with pytest.raises(PermissionDeniedError):
        ann.people.list()
    assert ann.roles == ("analyst",)
    assert "authz_role_refused" in ann.audit.frame().event.tolist()
    again = people("ann")
    assert again.roles == ("analyst",)


def _next(standing, granter):
    return replace(standing, serial=standing.serial + 1, roles=("analyst", "admin"), granter=granter)


def test_a_store_that_cannot_be_written_opens_no_session(bench, session, passphrase):
    """None that stands on no list and could be revoked by nobody."""
    session.lock()
    bench._database.is_read_only = True
    with pytest.raises(StoreError):
        bench.sign_in("ada", passphrase=passphrase)
    bench._database.is_read_only = False
