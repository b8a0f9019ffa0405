"""Shares, overseers and break-glass in a team, where each person has a login and the server holds rows back."""

import contextlib

import psycopg
import pytest
from a_team import a_team
from storage.attacker import quick_derivation
from world import PASSPHRASE

from workbench import Workbench
from workbench.crypto import Kind
from workbench.errors import NotFoundError, WorkbenchError

PEOPLE = {
    "rita": "researcher",
    "ron": "researcher",
    "otto": "auditor",
    "petra": "privacy officer",
    "adam": "admin",
}


@pytest.fixture
def people(postgres_server, tmp_path):
    """Return the team, and everybody's session under a login of their own."""
    with a_team(postgres_server) as team, quick_derivation(), contextlib.ExitStack() as stack:
        sessions = {}
        for name, role in PEOPLE.items():
            team.add(name, roles=(role,))
            bench = stack.enter_context(contextlib.closing(Workbench.open(team.url(name), device=tmp_path / name)))
            bench.create_account(name, passphrase=PASSPHRASE)
            sessions[name] = bench.sign_in(name, passphrase=PASSPHRASE)
        yield team, sessions


def rows_of(team, person, session, table="record"):
    """Return how many rows of somebody's history another one's login sees."""
    log = session._opened.vaults[Kind.TURN].log
    with psycopg.connect(team.url(person)) as connection:
        statement = f"SELECT count(*) FROM workbench.{table} WHERE place > %s AND place < %s"
        return connection.execute(statement, (log.start, log.end)).fetchone()[0]


def test_shares_are_read_and_taken_back(people):
    """R07: the server shows a reader the rows of what was granted, and none after that."""
    team, sessions = people
    rita, ron = sessions["rita"], sessions["ron"]
    share = rita.shares.share(rita.ask("rain"), "ron")
    assert [turn.prompt.text for turn in ron.shares.with_me()[0].turns()] == ["rain"]
    assert rows_of(team, "ron", rita) == 0
    rita.shares.unshare(share, "ron")
    assert ron.shares.with_me() == []
    rita.shares.end(share)
    rita.verify()


def test_overseers_read_logs_and_nothing_else(people):
    team, sessions = people
    sessions["rita"].ask("rain")
    for name in ("otto", "petra"):
        frame = sessions[name].audit.frame(scope="all")
        mine = sessions["rita"]._opened.account.account_id.hex()[:8]
        assert "llm_reply" in set(frame[frame.account == mine].event)
        assert rows_of(team, name, sessions["rita"]) == 0


def test_break_glass_takes_two_for_the_server_too_and_ends_there_by_itself(people):
    """R06, R07: by the server's own clock, whatever the requester's program says; nobody writes through it."""
    team, sessions = people
    rita, ron = sessions["rita"], sessions["ron"]
    rita.ask("rain")
    rita.break_glass.agree(rita.break_glass.keepers())
    request = ron.break_glass.request("rita", reason="incident", ticket="T-1", passphrase=PASSPHRASE)
    for name in ("adam", "petra"):
        assert rows_of(team, "ron", rita) == 0
        with pytest.raises(NotFoundError):
            ron.break_glass.open(request)
        sessions[name].approvals.approve(sessions[name].approvals.open()[0], passphrase=PASSPHRASE)
    opening = ron.break_glass.open(request)
    assert [turn.prompt.text for turn in opening.turns()] == ["rain"]
    assert rows_of(team, "ron", rita) == 1
    turns = rita._opened.vaults[Kind.TURN]
    with psycopg.connect(team.url("ron"), autocommit=True) as connection:
        key_id = rita._database.rows("SELECT key_id FROM record WHERE place = ?", (turns.log.start + 1,))[0][0]
        for statement, values in (
            (
                "INSERT INTO workbench.record (place, key_id, leaf, head) VALUES (%s, %s, %s, %s)",
                (turns.log.start + 2, key_id, bytes(32), bytes(32)),
            ),
            (
                "INSERT INTO workbench.data_key VALUES (%s, %s, 1, 1, 0, 0, %s)",
                (b"k" * 16, turns.vault_id, b"wrapped"),
            ),
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement, values)
        for statement in (
            "UPDATE workbench.record SET sealed = NULL WHERE place = %s",
            (
                "UPDATE workbench.data_key SET last_place = 0 WHERE key_id = (SELECT key_id FROM workbench.record"
                " WHERE place = %s)"
            ),
        ):
            with contextlib.suppress(psycopg.errors.InsufficientPrivilege):
                assert connection.execute(statement, (turns.log.start + 1,)).rowcount == 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT 1 FROM workbench_team.team_loan")
    team.administrator.execute("UPDATE workbench_team.team_loan SET until = clock_timestamp()")
    assert rows_of(team, "ron", rita) == 0
    with pytest.raises(WorkbenchError):
        opening.turns()
    assert rita.history.search("rain")
    rita.verify()


def test_nobody_lends_what_was_not_granted_to_them_nor_for_longer_nor_to_anybody(people):
    """R06, R07: whatever SQL a login types."""
    team, sessions = people
    rita, ids = sessions["rita"], {name: one._opened.account.account_id for name, one in sessions.items()}
    rita.ask("rain")
    turns, profile = rita._opened.vaults[Kind.TURN].vault_id, rita._opened.vaults[Kind.PROFILE].vault_id

    def lends(name, vault_id, borrower, seconds):
        with psycopg.connect(team.url(name), autocommit=True) as connection:
            connection.execute("SELECT workbench_team.lend(%s, %s, %s)", (vault_id, borrower, seconds))

    with pytest.raises(psycopg.Error) as refused:  # before rita has agreed
        lends("petra", turns, ids["ron"], 60)
    assert refused.value.sqlstate == "WB002"
    rita.break_glass.agree(rita.break_glass.keepers())
    for name, vault_id, borrower, seconds in (
        ("ron", turns, ids["ron"], 60),
        ("otto", turns, ids["ron"], 60),
        ("rita", turns, ids["ron"], 60),
        ("petra", profile, ids["ron"], 60),
        ("petra", turns, ids["petra"], 60),
        ("petra", turns, ids["rita"], 60),
        ("petra", turns, ids["otto"], 60),
        ("petra", turns, b"x" * 16, 60),
        ("petra", turns, ids["ron"], 3601),
        ("petra", turns, ids["ron"], 0),
        ("petra", turns, ids["ron"], -1),
    ):
        with pytest.raises(psycopg.Error) as refused:
            lends(name, vault_id, borrower, seconds)
        assert refused.value.sqlstate in {"WB001", "WB002"}
    lends("petra", turns, ids["ron"], 60)
    lends("petra", turns, ids["ron"], 60)
    assert rows_of(team, "ron", rita) == 0  # one lender twice isn't two
    lends("adam", turns, ids["ron"], 60)
    assert rows_of(team, "ron", rita) == 1
    assert sessions["ron"].break_glass.openings() == []  # rows without the halves of a key


@pytest.mark.parametrize("who", ["ron", "otto", "petra"])
def test_who_may_read_adds_no_row_and_stops_nobody(people, who):
    """R07: a reader of a share, an overseer, and whoever keeps half of a history's key."""
    team, sessions = people
    rita = sessions["rita"]
    turn = rita.ask("rain")
    rita.shares.share(turn, "ron")
    rita.break_glass.agree(rita.break_glass.keepers())
    with psycopg.connect(team.url(who), autocommit=True) as connection:
        for vault in rita._opened.vaults:
            (place,) = connection.execute(
                "SELECT max(place) FROM workbench.record WHERE place > %s AND place < %s",
                (vault.log.start, vault.log.end),
            ).fetchone()
            if place is None:
                continue
            with pytest.raises(psycopg.Error):
                connection.execute(
                    "INSERT INTO workbench.record VALUES (%s, NULL, NULL, NULL, NULL, '', '')", (place + 1,)
                )
    assert rita.ask("snow").text
    rita.verify()


@pytest.mark.parametrize("who", ["petra", "adam"])
def test_what_was_lent_is_reached_no_more_once_a_lender_has_lost_the_role(people, who):
    """R03, R06."""
    team, sessions = people
    rita, ron = sessions["rita"], sessions["ron"]
    rita.ask("rain")
    rita.break_glass.agree(rita.break_glass.keepers())
    ron.break_glass.request("rita", reason="incident", ticket="T-1", passphrase=PASSPHRASE)
    for name in ("adam", "petra"):
        sessions[name].approvals.approve(sessions[name].approvals.open()[0], passphrase=PASSPHRASE)
    assert rows_of(team, "ron", rita) == 1
    team.administrator.execute("DELETE FROM workbench_team.team_role WHERE login = %s", (team.login(who),))
    assert rows_of(team, "ron", rita) == 0
