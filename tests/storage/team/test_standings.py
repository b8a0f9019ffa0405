"""R03, R07: the server takes no standing with a role that it didn't grant, nor from whom it knows for no admin."""

from dataclasses import replace

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.errors import PermissionDeniedError, WorkbenchError
from workbench.identity.standing import NUMBERS, Standing, check_granter
from workbench.storage import StandingRows, pack


def packed(account_id, serial, roles, *, is_active=True):
    numbers = [NUMBERS[role] for role in roles]
    body = pack(account_id, serial, numbers, is_active, 1_795_000_000, account_id)
    return pack(body, bytes(16), bytes(128))


def write(account, account_id, serial, roles, **options):
    return StandingRows(account.database).write(account_id, serial, packed(account_id, serial, roles, **options))


@pytest.fixture
def staff(team):
    """Return a team of an admin and a researcher, both with an account and a first standing."""
    accounts = {}
    for person, role in (("anna", "admin"), ("rita", "researcher")):
        team.add(person, roles=(role,))
        accounts[person] = team.account(person)
        assert write(accounts[person], accounts[person].account_id, 1, (role,))
    return team, accounts["anna"], accounts["rita"]


def refused(action):
    """Expect a refusal, and return whether it was the server's for want of a right."""
    with pytest.raises(Exception, match=r"server|allowed"):
        action()


def test_a_first_standing_says_no_role_that_the_server_did_not_grant(team):
    """R07: whoever calls themselves an admin is refused."""
    team.add("nora", roles=("researcher",))
    nora = team.account("nora")
    for roles in (("admin",), ("researcher", "admin"), ("owner",), ("researcher", "privacy officer")):
        refused(lambda roles=roles: write(nora, nora.account_id, 1, roles))
    assert write(nora, nora.account_id, 1, ("researcher",))


def test_nobody_changes_their_own_standing(staff):
    """R07: an admin neither."""
    team, anna, rita = staff
    team.give("anna", "researcher")
    for account in (anna, rita):
        refused(lambda account=account: write(account, account.account_id, 2, ("researcher",)))


def test_an_admin_changes_anothers_to_what_the_server_granted(staff):
    """R07: first the server's role, then the standing that says so."""
    team, anna, rita = staff
    refused(lambda: write(anna, rita.account_id, 2, ("researcher", "educator")))
    team.give("rita", "educator")
    assert write(anna, rita.account_id, 2, ("researcher", "educator"))
    assert write(anna, rita.account_id, 3, (), is_active=False)
    assert not write(anna, rita.account_id, 3, ())  # another was faster


def test_a_member_without_an_overseeing_role_changes_nobodys(staff):
    """R07."""
    _, anna, rita = staff
    refused(lambda: write(rita, anna.account_id, 2, ()))


def test_an_admin_loses_it_with_the_role(staff):
    """R03: at the next statement."""
    team, anna, rita = staff
    team.administrator.execute("DELETE FROM workbench_team.team_role WHERE login = %s", (team.login("anna"),))
    refused(lambda: write(anna, rita.account_id, 2, ()))


def test_an_educator_makes_students_and_no_other(staff):
    """R07: class students only."""
    team, _, rita = staff
    team.add("ed", roles=("educator",))
    team.add("stu", roles=("student",))
    educator, student = team.account("ed"), team.account("stu")
    assert write(student, student.account_id, 1, ())
    assert write(educator, student.account_id, 2, ("student",))
    refused(lambda: write(educator, rita.account_id, 2, ()))


def test_serials_count_one_up(staff):
    """R07: none is left out, so none of before can come again."""
    team, _, rita = staff
    connection = team.connect("anna")
    for serial in (0, 1, 3, 300, 70_000, 2**31):
        with pytest.raises(psycopg.Error) as refusal:
            connection.execute(
                "UPDATE workbench.standing SET serial = %s, packed = %s WHERE account_id = %s",
                (serial, packed(rita.account_id, serial, ()), rita.account_id),
            )
        assert refusal.value.sqlstate == "WB002"


def test_what_stands_inside_is_what_stands_beside_it(staff):
    """R07: another account's, another serial, and bytes that are no standing."""
    team, anna, rita = staff
    for content in (
        packed(anna.account_id, 2, ()),
        packed(rita.account_id, 3, ()),
        b"",
        packed(rita.account_id, 2, ())[:24],
        packed(rita.account_id, 2, ()).replace(b"\x90\xc3", b"\xdc\x00\x00\xc3"),  # another way to write no roles
        packed(rita.account_id, 2, ("researcher",)).replace(b"\x91\x02", b"\x91\x09"),  # a role that isn't there
        packed(rita.account_id, 2, ("researcher",)).replace(b"\x91\x02", b"\x91\xcc\x02"),
    ):
        with pytest.raises(psycopg.Error) as refusal:
            team.connect("anna").execute(
                "UPDATE workbench.standing SET serial = 2, packed = %s WHERE account_id = %s",
                (content, rita.account_id),
            )
        assert refusal.value.sqlstate[:2] in {"WB", "22"}


@pytest.fixture(scope="module")
def read(team_server):
    from a_team import a_team  # noqa: PLC0415 - one database for all of these

    with a_team(team_server) as team:
        yield lambda content: team.administrator.execute(
            "SELECT * FROM workbench_team.standing_in(%s)", (content,)
        ).fetchone()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    account_id=st.binary(min_size=16, max_size=16),
    serial=st.integers(1, 2**32 - 1),
    roles=st.lists(st.sampled_from(list(NUMBERS)), max_size=15),
    is_active=st.booleans(),
)
def test_the_server_reads_what_was_packed(read, account_id, serial, roles, is_active):
    standing = Standing(account_id, serial, tuple(roles), is_active=is_active, since=1_795_000_000, granter=account_id)
    assert standing.packed == packed(account_id, serial, roles, is_active=is_active)
    assert read(packed(account_id, serial, roles, is_active=is_active)) == (account_id, serial, roles, is_active)


def test_members_see_every_standing(staff):
    """R07: so that each can check who granted what."""
    _, anna, rita = staff
    assert {row[0] for row in StandingRows(rita.database).all()} == {anna.account_id, rita.account_id}


def said_by_the_table(granter_roles, before, after):
    """Return whether the table of roles lets an account make a change: what every reader of the standing checks."""
    try:
        check_granter(after, before=before, roles=granter_roles)
    except PermissionDeniedError:
        return False
    return True


def test_the_server_takes_a_change_from_whom_the_table_lets_make_it(team):
    """R01, R07: the same answer as `check_granter`, for every granter's role and every kind of change."""
    people = {"anna": "admin", "pia": "privacy officer", "otto": "auditor", "ed": "educator", "rita": "researcher"}
    granters = {}
    for person, role in people.items():
        team.add(person, roles=(role,))
        granters[person] = team.account(person)
        assert write(granters[person], granters[person].account_id, 1, (role,))
    team.add("sue", roles=("student", "researcher", "analyst"))
    subject = team.account("sue")
    states = [
        (roles, is_active)
        for roles in ((), ("student",), ("researcher",), ("researcher", "student"))
        for is_active in (True, False)
    ]
    for before in states:
        for after in states:
            for person, role in people.items():
                for serial, (roles, is_active) in ((1, before), (2, after)):
                    standing = Standing(subject.account_id, serial, roles, is_active, 1_795_000_000, bytes(16))
                    if serial == 1:
                        team.administrator.execute(
                            "DELETE FROM workbench.standing WHERE account_id = %s", (subject.account_id,)
                        )
                        assert StandingRows(subject.database).write(subject.account_id, 1, standing.packed)
                        first = standing
                try:
                    is_taken = StandingRows(granters[person].database).write(subject.account_id, 2, standing.packed)
                except WorkbenchError:
                    is_taken = False
                granted_by = replace(standing, granter=granters[person].account_id)
                assert is_taken == said_by_the_table((role,), first, granted_by), (person, before, after)
