"""R07: the server's own log is added to and never changed, and says truly who and when."""

import datetime as dt

import psycopg
import pytest
from psycopg.errors import CheckViolation, ForeignKeyViolation, InsufficientPrivilege

from workbench.errors import PermissionDeniedError, StoreError
from workbench.storage.team import TeamEvents

LOG = "workbench_team.audit_event"


def test_a_line_says_what_the_server_saw(pair):
    """R07."""
    team, alice, _ = pair
    TeamEvents(alice.database).record("authn_login_fail", outcome="failure", subject=alice.account_id)
    team.add("paul", roles=("auditor",))
    line = next(row for row in TeamEvents(team.open("paul")).rows() if row.event == "authn_login_fail")
    assert (line.who, line.outcome, line.subject) == (team.login("alice"), "failure", alice.account_id)
    assert abs(dt.datetime.now(dt.UTC) - line.at) < dt.timedelta(minutes=1)


def test_nobody_forges_changes_or_reads_it(pair):
    """R07: forged `who` and time, UPDATE, DELETE, TRUNCATE and SELECT are refused."""
    team, *_ = pair
    connection, before = team.connect("bob"), team.administrator.execute(f"SELECT count(*) FROM {LOG}").fetchone()
    for statement in (
        "INSERT INTO {log} (who, event, outcome) VALUES ('{alice}', 'authz_fail', 'failure')",
        "INSERT INTO {log} (at, event, outcome) VALUES (now(), 'authz_fail', 'failure')",
        "INSERT INTO {log} (id, event, outcome) OVERRIDING SYSTEM VALUE VALUES (1, 'authz_fail', 'failure')",
        "INSERT INTO {log} VALUES (DEFAULT, DEFAULT, DEFAULT, 'authz_fail', 'failure')",
        "INSERT INTO {log} (event, outcome) VALUES ('authz_fail', 'failure') RETURNING id",
        "UPDATE {log} SET outcome = 'success'",
        "UPDATE {log} SET who = '{alice}'",
        "DELETE FROM {log}",
        "TRUNCATE {log}",
        "SELECT * FROM {log}",
        "SELECT count(*) FROM {log}",
        "COPY {log} TO STDOUT",
        "INSERT INTO workbench_team.audit_word VALUES ('anything')",
        "SELECT workbench_team.note('authz_fail', 'success', NULL)",
    ):
        with pytest.raises(InsufficientPrivilege):
            connection.execute(statement.format(log=LOG, alice=team.login("alice")))
    assert team.administrator.execute(f"SELECT count(*) FROM {LOG}").fetchone() == before


def test_words_are_of_a_list_and_a_subject_is_an_opaque_id(pair):
    """R07: no content comes in."""
    team, *_ = pair
    connection = team.connect("bob")
    for values, refusal in (
        (("what I wrote today", "success", None), ForeignKeyViolation),
        (("authz_fail", "who knows", None), CheckViolation),
        (("authz_fail", "failure", b"ada@example.org"), CheckViolation),
    ):
        with pytest.raises(refusal):
            connection.execute(f"INSERT INTO {LOG} (event, outcome, subject) VALUES (%s, %s, %s)", values)
    with pytest.raises(StoreError):
        TeamEvents(team.open("bob")).record("anything")


def test_set_role_forges_nobody(pair):
    """R07: who is session_user, whatever current_user has become."""
    team, *_ = pair
    connection = team.connect("bob")
    connection.execute("SET ROLE workbench_member")
    connection.execute(f"INSERT INTO {LOG} (event, outcome) VALUES ('authz_fail', 'failure')")
    rows = team.administrator.execute(f"SELECT DISTINCT who FROM {LOG} WHERE event = 'authz_fail'").fetchall()
    assert rows == [(team.login("bob"),)]


@pytest.mark.parametrize("role", ["auditor", "privacy officer"])
def test_auditors_and_privacy_officers_read_it_and_that_stands_in_it_too(team, role):
    """R07."""
    team.add("paul", roles=(role,))
    events = TeamEvents(team.open("paul"))
    assert {row.event for row in events.rows()} >= {"sys_team_set_up", "user_created"}
    last = events.rows()[-1]
    assert (last.event, last.who) == ("audit_read", team.login("paul"))
    assert events.rows(after=last.number, limit=1)[0].event == "audit_read"


def test_no_other_role_reads_it(team):
    """R07: not even all of them together."""
    team.add("rita", roles=("researcher", "analyst", "educator", "student", "admin"))
    with pytest.raises(PermissionDeniedError):
        TeamEvents(team.open("rita")).rows()


def test_the_gate_writes_what_it_decided(team):
    """R08: and what was rolled back with it is in the counters all the same."""
    team.add("bob")
    connection = team.connect("bob")
    connection.execute("SELECT workbench_team.enrol_share(), workbench_team.activate_share('000')")
    rows = team.administrator.execute(
        f"SELECT event, outcome FROM {LOG} WHERE who = %s ORDER BY id", (team.login("bob"),)
    )
    assert rows.fetchall() == [("authn_share_enrolled", "success"), ("authn_share_activated", "failure")]
    with pytest.raises(psycopg.Error):
        connection.execute(f"INSERT INTO {LOG} (event, outcome, subject) VALUES ('authz_fail', 'failure', '')")
