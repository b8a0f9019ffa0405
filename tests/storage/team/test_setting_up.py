"""Team mode set up, put right again, and refused where it would hold nobody apart."""

import contextlib

import pytest
from psycopg.errors import InsufficientPrivilege

from workbench.errors import InputError, NotFoundError, PermissionDeniedError, StoreError, StoreVersionError
from workbench.storage import open_database
from workbench.storage.team import Team, setting_up


@pytest.fixture
def empty(team_server):
    """Return the address of an empty database, and a superuser's connection to it."""
    with team_server.database() as name, team_server.administrator(name) as administrator:
        yield team_server.url(name), administrator


@pytest.fixture
def role(team_server):
    """Return a maker of logins that the server is rid of after the test."""
    made = []

    def make(name, options="LOGIN"):
        with team_server.administrator() as connection:
            connection.execute(f"CREATE ROLE {name} {options}")
        made.append(name)
        return name

    yield make
    with team_server.administrator() as connection:
        for name in made:
            connection.execute(f"DROP ROLE {name}")


def open_team(stack, url):
    return Team(stack.enter_context(contextlib.closing(open_database(url))))


def test_setting_up_again_changes_nothing(pair):
    """R07."""
    team, alice, _ = pair

    def state():
        return team.administrator.execute(
            "SELECT (SELECT array_agg(one::text ORDER BY one::text) FROM pg_policies AS one),"
            " (SELECT array_agg(proname || coalesce(proacl::text, '') ORDER BY oid) FROM pg_proc"
            "  WHERE pronamespace = 'workbench_team'::regnamespace),"
            " (SELECT array_agg(relname || coalesce(relacl::text, '') || relowner ORDER BY relname) FROM pg_class"
            "  WHERE relnamespace IN ('workbench_team'::regnamespace, 'workbench'::regnamespace)),"
            " (SELECT array_agg(one::text ORDER BY login) FROM workbench_team.team_member AS one)"
        ).fetchone()

    team.team.set_up()  # the first repetition writes out what was granted by default
    before = state()
    team.team.set_up()
    for now, then in zip(state(), before, strict=True):
        assert now == then
    assert alice.vaults()


def test_setting_up_makes_no_login_no_member_and_no_account(empty):
    """A17: nobody is there whom nobody added; ASVS 5.0, 6.3.2 and 13.2.3."""
    url, administrator = empty
    logins = "SELECT rolname FROM pg_roles WHERE rolcanlogin ORDER BY rolname"
    before = administrator.execute(logins).fetchall()
    with contextlib.ExitStack() as stack:
        team = open_team(stack, url)
        team.set_up()
        assert team.members() == []
    assert administrator.execute(logins).fetchall() == before
    assert administrator.execute("SELECT count(*) FROM workbench.account").fetchone() == (0,)


def test_a_login_has_no_password_that_nobody_gave_it(team):
    """A17: ASVS 5.0, 13.2.3."""
    team.add("bob")
    kept = team.administrator.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", (team.login("bob"),))
    assert kept.fetchall() == [(None,)]


def test_a_newer_workbenchs_team_is_refused_and_left_as_it_is(team, monkeypatch):
    monkeypatch.setattr(setting_up, "VERSION", setting_up.VERSION + 1)
    team.team.set_up()
    monkeypatch.undo()
    team.administrator.execute("DROP FUNCTION workbench_team.own_roles()")
    with pytest.raises(StoreVersionError):
        team.team.set_up()
    assert team.administrator.execute("SELECT version FROM workbench_team.team").fetchone() == (2,)
    assert not team.administrator.execute("SELECT 1 FROM pg_proc WHERE proname = 'own_roles'").fetchall()


def test_it_happens_whole_or_not_at_all(empty, monkeypatch):
    url, administrator = empty
    monkeypatch.setattr(setting_up, "_SCRIPTS", ("members", "codes", "policies"))  # which name what isn't there
    with contextlib.ExitStack() as stack, pytest.raises(StoreError):
        open_team(stack, url).set_up()
    assert not administrator.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'workbench_team'").fetchall()
    assert not administrator.execute("SELECT 1 FROM pg_class WHERE relrowsecurity").fetchall()


def test_what_was_granted_before_counts_no_more(empty, role):
    """R07: whoever could read and write all of it, as a shared database was used so far."""
    url, administrator = empty
    other = role("formerly_allowed")
    open_database(url).close()
    administrator.execute(
        f"GRANT ALL ON SCHEMA workbench TO {other}, PUBLIC; GRANT ALL ON ALL TABLES IN SCHEMA workbench TO PUBLIC;"
        f" GRANT ALL ON ALL TABLES IN SCHEMA workbench TO {other} WITH GRANT OPTION;"
        f" GRANT SELECT (sealed), UPDATE (sealed) ON workbench.record TO {other};"
        f" CREATE POLICY all_of_it ON workbench.record USING (true)"
    )
    with contextlib.ExitStack() as stack:
        open_team(stack, url).set_up()
        with pytest.raises(StoreError):
            open_database(url.replace("postgres@", f"{other}@"))
    held = (
        "SELECT 1 FROM pg_class WHERE has_any_column_privilege(%s, oid, 'SELECT, UPDATE')"
        " AND relnamespace = %s::regnamespace"
    )
    assert not administrator.execute(held, (other, "workbench")).fetchall()
    assert not administrator.execute("SELECT 1 FROM pg_policies WHERE policyname = 'all_of_it'").fetchall()


def test_a_login_that_passes_by_the_policies_is_no_member(team, role):
    """R07: superusers, owners, whoever reads all data or makes roles."""
    greatness = ["LOGIN SUPERUSER", "LOGIN BYPASSRLS", "LOGIN CREATEROLE", "LOGIN REPLICATION", "NOLOGIN"]
    greatness += [f"LOGIN IN ROLE {great}" for great in ("pg_read_all_data", "workbench_owner", "postgres")]
    for number, options in enumerate(greatness):
        with pytest.raises(PermissionDeniedError):
            team.team.add(role(f"too_great_{number}", options))
    assert not team.administrator.execute("SELECT 1 FROM workbench_team.team_member").fetchall()


def test_what_new_tables_and_counters_are_granted_by_default_is_taken_back(empty, role):
    """R07, R08: ALTER DEFAULT PRIVILEGES, of whoever runs the setting up."""
    url, administrator = empty
    open_database(url).close()
    member = role("by_default")
    for kind in ("TABLES", "SEQUENCES", "FUNCTIONS", "SCHEMAS"):
        administrator.execute(f"ALTER DEFAULT PRIVILEGES GRANT ALL ON {kind} TO {member}, PUBLIC")
    with contextlib.ExitStack() as stack:
        team = open_team(stack, url)
        team.set_up()
        team.add(member)
        held = (
            "SELECT relname FROM pg_class WHERE relnamespace = 'workbench_team'::regnamespace AND CASE relkind"
            " WHEN 'r' THEN has_table_privilege(%(who)s, oid, 'SELECT, UPDATE, DELETE, TRUNCATE')"
            " WHEN 'S' THEN has_sequence_privilege(%(who)s, oid, 'SELECT, UPDATE, USAGE') END"
            " UNION SELECT proname FROM pg_proc WHERE pronamespace = 'workbench_team'::regnamespace"
            " AND has_function_privilege(%(who)s, oid, 'EXECUTE')"
            " AND NOT has_function_privilege('workbench_member', oid, 'EXECUTE')"
        )
        assert administrator.execute(held, {"who": member}).fetchall() == []
        stack.close()
    administrator.execute(f"DROP OWNED BY {member}")


@pytest.mark.parametrize("name", ["", "x" * 64, "ä" * 32, "nul\0"])
def test_a_name_that_the_server_would_cut_is_refused(team, name):
    with pytest.raises(InputError):
        team.team.add(name)


@pytest.mark.parametrize(
    "name", ['Ada "the first"; DROP TABLE workbench.record; --', "ada lovelace", "Ünal", "user", "%s"]
)
def test_any_other_name_is_a_login(team, name):
    team._logins[name] = name
    team.team.add(name)
    assert [member.login for member in team.team.members()] == [name]
    assert team.administrator.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchall() == [(1,)]


def test_adding_and_removing_are_done_once_however_often(team):
    for _ in range(2):
        team.add("bob")
        team.team.add(team.login("bob"))
    team.give("bob", "student")
    for _ in range(2):
        team.team.remove(team.login("bob"))
    member = next(one for one in team.team.members() if one.login == team.login("bob"))
    assert (member.is_active, member.roles) == (False, ())
    with pytest.raises(NotFoundError):
        team.team.remove("nobody")


def test_a_password_is_set_without_the_server_seeing_it(team, team_server):
    """The server gets a SCRAM verifier; with the password one signs in over TCP."""
    team.add("bob")
    password = "a long enough login's password"
    team.team.add(team.login("bob"), password=password)
    kept = team.administrator.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", (team.login("bob"),))
    assert kept.fetchone()[0].startswith("SCRAM-SHA-256$")
    address = f"postgresql://{team.login('bob')}:%s@127.0.0.1:{team_server.port}/{team.name}"
    open_database(address % password.replace(" ", "%20").replace("'", "%27")).close()
    with pytest.raises(StoreError, match="let you in"):
        open_database(address % "another")


def test_a_file_is_no_teams(tmp_path):
    with contextlib.closing(open_database(tmp_path / "store.db")) as database:
        with pytest.raises(StoreError, match="PostgreSQL"):
            Team(database)
        with pytest.raises(StoreError):
            database.password_verifier("ada", "x")


def test_a_database_that_is_not_set_up_says_so(empty):
    url, _ = empty
    with contextlib.ExitStack() as stack:
        team = open_team(stack, url)
        for action in (lambda: team.add("bob"), team.members, lambda: team.grant("admin", "bob"), team.requests):
            with pytest.raises(StoreError, match="no team's yet"):
                action()


def test_a_member_sets_nothing_up_and_adds_nobody(pair):
    """R07: that is the database's owner's."""
    team, *_ = pair
    for action in (
        lambda member: member.set_up(),
        lambda member: member.add("mallory"),
        lambda member: member.add(team.login("bob"), account_id=bytes(16)),
        lambda member: member.remove(team.login("alice")),
    ):
        with pytest.raises(StoreError, match="allowed"):
            action(team.as_member("bob"))


def test_a_table_that_no_policy_names_is_closed_to_members(team):
    """R07: one that a later format adds, before the team is set up anew, and after."""
    team.add("bob")
    team.administrator.execute("CREATE TABLE workbench.later (content bytea)")
    for _ in range(2):
        with pytest.raises(InsufficientPrivilege):
            team.connect("bob").execute("SELECT * FROM workbench.later")
        team.team.set_up()


def test_a_view_over_the_tables_is_refused(team):
    """R07: it would show its owner's rows, which no policy sees."""
    team.administrator.execute("CREATE VIEW workbench.everything AS SELECT * FROM workbench.record")
    with pytest.raises(StoreError):
        team.team.set_up()


def test_a_role_of_the_teams_name_that_logs_in_is_refused(team):
    team.administrator.execute("ALTER ROLE workbench_member LOGIN")
    try:
        with pytest.raises(StoreError, match="name that the team needs"):
            team.team.set_up()
    finally:
        team.administrator.execute("ALTER ROLE workbench_member NOLOGIN")


def test_an_owner_who_is_no_superuser_sets_it_up_too(team_server, role):
    """R07: whoever owns the database and may make roles; policies hold as ever."""
    owner = role("database_owner", "LOGIN CREATEROLE")
    member = "a_member_of_theirs"
    with team_server.database() as name, contextlib.ExitStack() as stack:
        administrator = stack.enter_context(team_server.administrator(name))
        administrator.execute(f"ALTER DATABASE {name} OWNER TO {owner}")
        for ours in ("workbench_owner", "workbench_member"):
            if not administrator.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (ours,)).fetchall():
                administrator.execute(f"CREATE ROLE {ours} NOLOGIN")
            administrator.execute(f"GRANT {ours} TO {owner} WITH ADMIN OPTION")  # as the server's administrator would
        url = team_server.url(name)
        team = open_team(stack, url.replace("postgres@", f"{owner}@"))
        team.set_up()
        team.set_up()
        team.add(member)
        try:
            assert team.grant("admin", member) is None
            database = stack.enter_context(contextlib.closing(open_database(url.replace("postgres@", f"{member}@"))))
            assert database.is_team
            assert database.rows("SELECT * FROM record") == []
            assert Team(database).members()[0].roles == ("admin",)
        finally:
            stack.close()
            administrator = stack.enter_context(team_server.administrator(name))
            administrator.execute(f"DROP OWNED BY {member}, {owner} CASCADE; DROP ROLE {member}")
            administrator.execute(f"ALTER DATABASE {name} OWNER TO postgres")
            administrator.execute(f"REVOKE workbench_owner, workbench_member FROM {owner} CASCADE")
