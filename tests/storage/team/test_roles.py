"""R04, R05: who the server takes for what, and that it takes two people."""

import psycopg
import pytest

from workbench.errors import InputError, NotFoundError, PermissionDeniedError
from workbench.identity import check_roles
from workbench.storage.team import granted_roles
from workbench.storage.team.roles import ROLES

PRIVILEGED = ("auditor", "privacy officer", "admin")


@pytest.fixture
def staff(team):
    """Return a team of two admins, a privacy officer, an auditor and a researcher, as if of long ago."""
    team.add("anna", "abel", roles=("admin",))
    team.add("pia", roles=("privacy officer",))
    team.add("otto", roles=("auditor",))
    team.add("rita", roles=("researcher",))
    return team


def roles_of(team, person):
    return granted_roles(team.open(person))


def test_an_admin_grants_and_revokes_an_ordinary_role_alone(staff):
    """R07."""
    staff.add("nora")
    admin = staff.as_member("anna")
    for role in set(ROLES) - set(PRIVILEGED):
        assert admin.grant(role, staff.login("nora")) is None
        assert roles_of(staff, "nora") == (role,)
        assert admin.revoke(role, staff.login("nora")) is None
        assert roles_of(staff, "nora") == ()


@pytest.mark.parametrize("role", PRIVILEGED)
@pytest.mark.parametrize("approver", ["abel", "pia"])
def test_a_privileged_role_takes_a_second_person(staff, role, approver):
    """R05: another admin, or a privacy officer."""
    staff.add("nora")
    number = staff.as_member("anna").grant(role, staff.login("nora"))
    assert roles_of(staff, "nora") == ()
    (request,) = staff.as_member(approver).requests()
    assert (request.number, request.what, request.login, request.role) == (number, "grant", staff.login("nora"), role)
    assert request.requester == staff.login("anna")
    assert 1790 <= request.seconds_left <= 1800
    staff.as_member(approver).approve(number)
    assert roles_of(staff, "nora") == (role,)
    assert staff.as_member(approver).requests() == []


def test_an_approval_is_good_once(staff):
    """R05: a replay is refused, after the role was taken away again too."""
    staff.add("nora")
    number = staff.as_member("anna").grant("admin", staff.login("nora"))
    staff.as_member("abel").approve(number)
    staff.administrator.execute("DELETE FROM workbench_team.team_role WHERE login = %s", (staff.login("nora"),))
    with pytest.raises(NotFoundError):
        staff.as_member("abel").approve(number)
    assert roles_of(staff, "nora") == ()


def test_nobody_approves_what_they_asked_for(staff):
    """R05: approver ≠ requester."""
    staff.add("nora")
    admin = staff.as_member("anna")
    number = admin.grant("admin", staff.login("nora"))
    with pytest.raises(PermissionDeniedError):
        admin.approve(number)
    assert roles_of(staff, "nora") == ()


def test_nobody_approves_what_is_about_them(staff):
    """R05: approver ≠ subject."""
    number = staff.as_member("anna").grant("admin", staff.login("pia"))
    with pytest.raises(PermissionDeniedError):
        staff.as_member("pia").approve(number)
    assert roles_of(staff, "pia") == ("privacy officer",)


def test_nobody_grants_themselves_a_role(staff):
    """R05."""
    admin = staff.as_member("anna")
    for role in ROLES:
        with pytest.raises(PermissionDeniedError):
            admin.grant(role, staff.login("anna"))


def test_an_auditor_and_a_researcher_approve_nothing(staff):
    """R05."""
    staff.add("nora")
    number = staff.as_member("anna").grant("admin", staff.login("nora"))
    for person in ("otto", "rita"):
        with pytest.raises(PermissionDeniedError):
            staff.as_member(person).approve(number)
        with pytest.raises(PermissionDeniedError):
            staff.as_member(person).requests()


def test_whoever_is_no_admin_asks_for_nothing(staff):
    """R07."""
    staff.add("nora")
    for person in ("pia", "otto", "rita"):
        for change in (
            lambda team: team.grant("researcher", staff.login("nora")),
            lambda team: team.grant("admin", staff.login("nora")),
            lambda team: team.revoke("admin", staff.login("abel")),
            lambda team: team.rebind(staff.login("nora")),
        ):
            with pytest.raises(PermissionDeniedError):
                change(staff.as_member(person))


def test_an_approval_comes_within_thirty_minutes(staff):
    """R05."""
    staff.add("nora")
    number = staff.as_member("anna").grant("admin", staff.login("nora"))
    staff.administrator.execute("UPDATE workbench_team.team_request SET asked_at = now() - interval '30 minutes'")
    with pytest.raises(NotFoundError):
        staff.as_member("abel").approve(number)
    assert staff.as_member("abel").requests() == []
    assert roles_of(staff, "nora") == ()


def test_a_request_falls_with_the_role_of_who_asked(staff):
    """R03, R05."""
    staff.add("nora")
    number = staff.as_member("anna").grant("admin", staff.login("nora"))
    staff.team.remove(staff.login("anna"))
    with pytest.raises(NotFoundError):
        staff.as_member("abel").approve(number)


@pytest.mark.parametrize(
    ("person", "role"), [("otto", "admin"), ("otto", "privacy officer"), ("pia", "auditor"), ("abel", "auditor")]
)
def test_whoever_audits_runs_nothing(staff, person, role):
    """R04: an auditor is neither admin nor privacy officer."""
    staff.add("nadia", roles=("admin",))
    number = staff.as_member("anna").grant(role, staff.login(person))
    before = roles_of(staff, person)
    with pytest.raises(PermissionDeniedError, match="audits"):
        staff.as_member("nadia").approve(number)
    assert roles_of(staff, person) == before


def test_taking_a_privileged_role_takes_two_people_too(staff):
    """R05: an admin alone gets rid of no auditor."""
    number = staff.as_member("anna").revoke("auditor", staff.login("otto"))
    assert roles_of(staff, "otto") == ("auditor",)
    staff.as_member("pia").approve(number)
    assert roles_of(staff, "otto") == ()


def test_a_role_that_is_gone_counts_no_more_in_an_open_connection(staff):
    """R03."""
    admin = staff.as_member("anna")
    admin.requests()
    staff.as_member("pia").approve(staff.as_member("abel").revoke("admin", staff.login("anna")))
    with pytest.raises(PermissionDeniedError):
        admin.requests()


def test_the_databases_owner_acts_alone_as_long_as_there_is_nobody_to_ask(team):
    """R05: somebody has to be the first."""
    team.add("anna", "abel")
    assert team.team.grant("admin", team.login("anna")) is None
    assert roles_of(team, "anna") == ("admin",)
    number = team.team.grant("admin", team.login("abel"))
    assert roles_of(team, "abel") == ()
    with pytest.raises(PermissionDeniedError):
        team.team.approve(number)
    team.as_member("anna").approve(number)
    assert roles_of(team, "abel") == ("admin",)


def test_a_role_or_a_member_that_is_not_there_is_said_to_be_missing(staff):
    admin = staff.as_member("anna")
    with pytest.raises(InputError):
        admin.grant("owner", staff.login("rita"))
    with pytest.raises(NotFoundError):
        admin.grant("student", "nobody")
    with pytest.raises(NotFoundError):
        admin.approve(999)


def test_admins_and_auditors_see_who_is_there_and_others_do_not(staff):
    """R07."""
    for person in ("anna", "pia", "otto"):
        found = {member.login: member.roles for member in staff.as_member(person).members()}
        assert found[staff.login("rita")] == ("researcher",)
    with pytest.raises(PermissionDeniedError):
        staff.as_member("rita").members()


def test_a_role_that_was_asked_for_a_member_who_was_removed_is_granted_to_nobody(staff):
    """R03, R05: who was removed keeps and gains nothing on the server."""
    staff.add("nora")
    number = staff.as_member("anna").grant("auditor", staff.login("nora"))
    staff.team.remove(staff.login("nora"))
    with pytest.raises(NotFoundError):
        staff.as_member("abel").approve(number)
    assert (
        staff.administrator.execute(
            "SELECT 1 FROM workbench_team.team_role WHERE login = %s", (staff.login("nora"),)
        ).fetchall()
        == []
    )


@pytest.mark.parametrize("role", PRIVILEGED)
def test_a_role_counts_for_a_member_alone(staff, role):
    """R03: whatever stands in the table, who was removed is nothing."""
    staff.add("nora")
    staff.team.remove(staff.login("nora"))
    staff.give("nora", role)
    removed = staff.connect("nora")
    assert removed.execute("SELECT workbench_team.own_roles()").fetchone() == ([],)
    for query in (
        "SELECT * FROM workbench_team.members()",
        "SELECT * FROM workbench_team.open_requests()",
        "SELECT * FROM workbench_team.audit_events(0, 10)",
    ):
        with pytest.raises(psycopg.Error) as refusal:
            removed.execute(query)
        assert refusal.value.sqlstate == "WB001"
    with pytest.raises(psycopg.Error) as refusal:
        removed.execute("SELECT workbench_team.ask_change('grant', %s, 'student')", (staff.login("rita"),))
    assert refusal.value.sqlstate == "WB001"


@pytest.mark.parametrize("role", ["researcher", "educator", "student"])
def test_an_admin_writes_nothing_that_would_need_a_content_key(staff, role):
    """R04: as the table of roles says, in either order."""
    with pytest.raises(PermissionDeniedError):
        staff.as_member("abel").grant(role, staff.login("anna"))
    staff.add("nora", roles=(role,))
    number = staff.as_member("anna").grant("admin", staff.login("nora"))
    with pytest.raises(PermissionDeniedError):
        staff.as_member("abel").approve(number)
    assert roles_of(staff, "nora") == (role,)
    assert roles_of(staff, "anna") == ("admin",)


def test_the_server_excludes_just_what_the_table_of_roles_excludes(staff):
    """R01, R04: one table."""
    for one in ROLES:
        for other in set(ROLES) - {one}:
            person = f"{one}_{other}".replace(" ", "_")
            staff.add(person, roles=(one,))
            login, is_excluded = staff.login(person), False
            try:
                check_roles((one, other))
            except PermissionDeniedError:
                is_excluded = True
            try:
                number = staff.as_member("anna").grant(other, login)
                if number is not None:
                    staff.as_member("abel").approve(number)
            except PermissionDeniedError:
                assert is_excluded, (one, other)
            else:
                assert not is_excluded, (one, other)
