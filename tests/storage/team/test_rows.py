"""R07: another login of the same team, with whatever SQL it likes, against somebody's rows."""

import secrets

import psycopg
import pytest
from a_team import a_team
from psycopg.errors import GeneratedAlways, InsufficientPrivilege

from workbench.crypto import KeyRing, Kind, Right
from workbench.errors import PermissionDeniedError, StoreError
from workbench.storage import AccountRows, open_shared_vault
from workbench.storage.engines.schema import TABLES
from workbench.storage.members import Member

OWNED = ("account", "slot", "vault", "vault_grant", "data_key", "record", "checkpoint", "cache", "session", "letter")
STORE = sorted(line.split()[2] for line in TABLES.splitlines() if line.startswith("CREATE TABLE"))
TEAM = ("team", "team_member", "team_share", "team_role", "team_request", "team_loan", "audit_event", "audit_word")


@pytest.fixture(scope="module")
def alice_and_bob(team_server):
    """Return a team for the tests that change nothing."""
    with a_team(team_server) as team:
        yield populated(team)


@pytest.fixture
def other_pair(team):
    """Return a team for a test that changes something."""
    return populated(team)


def populated(team):
    """Return the team, alice and bob, after both have put something into every table that is somebody's."""
    team.add("alice", "bob", roles=("researcher",))
    accounts = [team.account("alice"), team.account("bob")]
    for person, account in zip(("alice", "bob"), accounts, strict=True):
        vaults = account.vaults()
        vaults[Kind.TURN].append(b"a body of " + person.encode())
        vaults[Kind.TURN].caches(Kind.SEGMENT).store(first=1, last=2, count=1, body=b"a cache")
        vaults.checkpoint()
        database, account_id = account.database, account.account_id
        database.write("INSERT INTO slot VALUES (?, ?, ?)", (secrets.token_bytes(16), account_id, b"slot"))
        database.write("INSERT INTO session VALUES (?, ?, ?)", (secrets.token_bytes(32), account_id, b"session"))
        database.write("INSERT INTO letter VALUES (?, ?, ?)", (secrets.token_bytes(16), account_id, b"letter"))
        database.write("INSERT INTO throttle (tag, failures, free_at) VALUES (?, 1, 1)", (database.scope + bytes(16),))
    return team, *accounts


def counts(connection, tables=OWNED):
    return {table: connection.execute(f"SELECT count(*) FROM workbench.{table}").fetchone()[0] for table in tables}


def test_somebody_elses_rows_are_not_there(alice_and_bob):
    """R07: in every table that is somebody's, a member sees their own rows and no other."""
    team, alice, bob = alice_and_bob
    everything, of_alice, of_bob = (
        counts(team.administrator),
        counts(team.connect("alice")),
        counts(team.connect("bob")),
    )
    assert min(of_bob.values()) > 0
    assert everything == {table: of_alice[table] + of_bob[table] for table in OWNED}
    connection = team.connect("bob")
    for table in ("account", "slot", "session", "letter", "vault_grant"):
        statement = f"SELECT count(*) FROM workbench.{table} WHERE account_id = %s"
        assert connection.execute(statement, (alice.account_id,)).fetchone() == (0,)
    assert counts(connection, ["throttle"]) == {"throttle": 1}
    assert bob.vaults()[Kind.TURN].count() == 1


def test_a_member_without_an_account_sees_no_row(other_pair):
    """R07."""
    team, *_ = other_pair
    team.add("carol")
    assert set(counts(team.connect("carol"), [*OWNED, "throttle"]).values()) == {0}


def test_every_table_is_under_a_policy_that_binds_its_owner_too(alice_and_bob):
    """R07: FORCE ROW LEVEL SECURITY, on each table of the store and of the team, and no way round for a member."""
    team, *_ = alice_and_bob
    rows = team.administrator.execute(
        "SELECT nspname, relname, relrowsecurity AND relforcerowsecurity, relowner::regrole::text FROM pg_class"
        " JOIN pg_namespace ON pg_namespace.oid = relnamespace"
        " WHERE nspname IN ('workbench', 'workbench_team') AND relkind = 'r'"
    ).fetchall()
    assert sorted(row[1] for row in rows if row[0] == "workbench") == STORE
    assert sorted(row[1] for row in rows if row[0] == "workbench_team") == sorted(TEAM)
    assert {(row[2], row[3]) for row in rows} == {(True, "workbench_owner")}
    can_log_in = "SELECT rolname, rolcanlogin, rolsuper, rolbypassrls FROM pg_roles WHERE rolname LIKE 'workbench%'"
    assert set(team.administrator.execute(can_log_in).fetchall()) == {
        ("workbench_owner", False, False, False),
        ("workbench_member", False, False, False),
    }


@pytest.mark.parametrize("table", TEAM)
def test_no_member_reads_or_writes_the_teams_own_tables(alice_and_bob, table):
    """R07, R08: neither who is who, nor secrets of codes, shares, roles, requests and events."""
    team, *_ = alice_and_bob
    connection = team.connect("bob")
    ((column,),) = team.administrator.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum = 1", (f"workbench_team.{table}",)
    ).fetchall()
    for statement in (
        f"INSERT INTO workbench_team.{table} ({column}) OVERRIDING SYSTEM VALUE VALUES (NULL)",
        f"DELETE FROM workbench_team.{table} WHERE {column} IS NOT NULL",
        f"SELECT count(*) FROM workbench_team.{table}",
        f"DELETE FROM workbench_team.{table}",
        f"TRUNCATE workbench_team.{table} CASCADE",
        f"COPY workbench_team.{table} TO STDOUT",
        f"CREATE POLICY mine ON workbench_team.{table}",
        f"ALTER TABLE workbench_team.{table} DISABLE ROW LEVEL SECURITY",
        f"CREATE TRIGGER t AFTER INSERT ON workbench_team.{table} EXECUTE FUNCTION workbench_team.bind_account()",
    ):
        with pytest.raises((InsufficientPrivilege, GeneratedAlways)):
            connection.execute(statement)


@pytest.mark.parametrize("table", STORE)
def test_no_member_empties_a_table_or_lifts_its_policies(alice_and_bob, table):
    """R07: TRUNCATE asks no policy, so it isn't granted; nor is anything that makes a table one's own."""
    team, *_ = alice_and_bob
    connection, before = team.connect("bob"), counts(team.administrator, STORE)
    for statement in (
        f"TRUNCATE workbench.{table} CASCADE",
        f"ALTER TABLE workbench.{table} DISABLE ROW LEVEL SECURITY",
        f"ALTER TABLE workbench.{table} NO FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY mine ON workbench.{table} USING (true)",
        f"DROP TABLE workbench.{table} CASCADE",
        f"CREATE RULE r AS ON INSERT TO workbench.{table} DO NOTHING",
        f"ALTER TABLE workbench.{table} OWNER TO CURRENT_USER",
    ):
        with pytest.raises(InsufficientPrivilege):
            connection.execute(statement)
    assert counts(team.administrator, STORE) == before


def test_somebody_elses_rows_are_neither_changed_nor_removed(alice_and_bob):
    """R07: an UPDATE or DELETE reaches none of them, or is refused."""
    team, alice, _ = alice_and_bob
    connection = team.connect("bob")

    def digest():
        return [
            team.administrator.execute(
                f"SELECT md5(string_agg(one::text, ',' ORDER BY one::text)) FROM workbench.{table} AS one"
            ).fetchone()
            for table in STORE
        ]

    before = digest()
    identifier = alice.account_id
    vaults = [vault.vault_id for vault in alice.vaults()]
    for statement, values in (
        ("UPDATE workbench.account SET public_keys = '' WHERE account_id = %s", (identifier,)),
        ("UPDATE workbench.session SET sealed = '' WHERE account_id = %s", (identifier,)),
        ("DELETE FROM workbench.slot WHERE account_id = %s", (identifier,)),
        ("DELETE FROM workbench.session WHERE account_id = %s", (identifier,)),
        ("DELETE FROM workbench.letter WHERE account_id = %s", (identifier,)),
        ("UPDATE workbench.throttle SET failures = 0 WHERE tag = %s", (alice.database.scope + bytes(16),)),
        ("DELETE FROM workbench.throttle WHERE tag = %s", (alice.database.scope + bytes(16),)),
        ("UPDATE workbench.vault SET members = '' WHERE owner_id = %s", (identifier,)),
        ("DELETE FROM workbench.vault_grant WHERE vault_id = ANY (%s)", (vaults,)),
        ("UPDATE workbench.data_key SET wrapped = '' WHERE vault_id = ANY (%s)", (vaults,)),
        ("DELETE FROM workbench.data_key WHERE vault_id = ANY (%s)", (vaults,)),
        ("UPDATE workbench.checkpoint SET size = 0 WHERE vault_id = ANY (%s)", (vaults,)),
        ("DELETE FROM workbench.cache WHERE vault_id = ANY (%s)", (vaults,)),
        (
            "UPDATE workbench.record SET sealed = '' WHERE place >> 40 = %s",
            (alice.vaults()[Kind.TURN].log.start >> 40,),
        ),
    ):
        assert connection.execute(statement, values).rowcount == 0
    assert digest() == before


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO workbench.account VALUES (%(fresh)s, %(fresh)s, '', '')",  # a second account
        "INSERT INTO workbench.slot VALUES (%(fresh)s, %(alice)s, '')",
        "INSERT INTO workbench.session VALUES (%(fresh)s, %(alice)s, '')",
        "INSERT INTO workbench.vault VALUES (%(fresh)s, %(number)s + 1, %(alice)s, 1, 0, '')",
        "INSERT INTO workbench.vault VALUES (%(fresh)s, %(number)s + 2, %(bob)s, 1, 0, '')",  # numbers have no gap
        "INSERT INTO workbench.vault VALUES (%(fresh)s, 8388607, %(bob)s, 1, 0, '')",  # nobody's would come after it
        "INSERT INTO workbench.vault_grant VALUES (%(vault)s, 1, %(bob)s, '')",
        "INSERT INTO workbench.vault_grant VALUES (%(vault)s, 2, %(alice)s, '')",
        "INSERT INTO workbench.data_key VALUES (%(fresh)s, %(vault)s, 1, 1, 0, 0, '')",
        "INSERT INTO workbench.record VALUES (%(place)s, %(fresh)s, %(fresh)s, 1, '', '', '')",
        "INSERT INTO workbench.record VALUES (5::bigint << 60, %(fresh)s, %(fresh)s, 1, '', '', '')",
        (
            "INSERT INTO workbench.checkpoint VALUES (%(vault)s, 0, '', '')"
            " ON CONFLICT (vault_id) DO UPDATE SET size = excluded.size"
        ),
        "INSERT INTO workbench.cache VALUES (%(fresh)s, %(vault)s, 48, 0, 0, 0, %(fresh)s, '')",
        "INSERT INTO workbench.throttle VALUES (%(scope)s, 99, 4102444800)",
        "INSERT INTO workbench.standing VALUES (%(alice)s, 1, '')",
        "UPDATE workbench.slot SET account_id = %(alice)s",
        "UPDATE workbench.session SET account_id = %(alice)s",
        "UPDATE workbench.vault SET owner_id = %(alice)s",
        "UPDATE workbench.vault SET number = 8388607",
        "UPDATE workbench.vault_grant SET vault_id = %(vault)s",
        "UPDATE workbench.data_key SET vault_id = %(vault)s",
        "UPDATE workbench.record SET place = %(place)s",
        "UPDATE workbench.record SET head = ''",
        "DELETE FROM workbench.record",
        "DELETE FROM workbench.vault",
        "DELETE FROM workbench.account",
        "DELETE FROM workbench.checkpoint",
        "DELETE FROM workbench.standing",
        "UPDATE workbench.store SET name_salt = ''",
        "DELETE FROM workbench.store",
        "INSERT INTO workbench.store VALUES (2, 2, '', '')",
    ],
)
def test_nobody_writes_in_anothers_name(alice_and_bob, statement):
    """R07: a forged owner is refused, in an INSERT as in an UPDATE of one's own row; logs are only added to."""
    team, alice, bob = alice_and_bob
    vault = alice.vaults()[Kind.TURN]
    values = {
        "fresh": secrets.token_bytes(16),
        "alice": alice.account_id,
        "bob": bob.account_id,
        "vault": vault.vault_id,
        "number": team.administrator.execute("SELECT max(number) FROM workbench.vault").fetchone()[0],
        "place": vault.log.tip()[0] + 1,
        "scope": alice.database.scope,
    }
    before = counts(team.administrator, STORE)
    with pytest.raises(psycopg.Error) as refusal:
        team.connect("bob").execute(statement, values)
    assert refusal.value.sqlstate in {"42501", "WB002", "22003"}
    assert counts(team.administrator, STORE) == before


@pytest.mark.parametrize(
    "statement",
    [
        "SET ROLE workbench_owner",
        "SET ROLE postgres",
        "SET ROLE {alice}",
        "SET LOCAL ROLE workbench_owner",
        "SET SESSION AUTHORIZATION {alice}",
        "SET SESSION AUTHORIZATION postgres",
        "SET session_replication_role = replica",
        "GRANT workbench_owner TO CURRENT_USER",
        "ALTER ROLE CURRENT_USER BYPASSRLS",
        "CREATE ROLE another",
        "ALTER FUNCTION workbench_team.me() OWNER TO CURRENT_USER",
        "CREATE OR REPLACE FUNCTION workbench_team.me() RETURNS bytea LANGUAGE sql AS 'SELECT NULL::bytea'",
        "CREATE FUNCTION workbench.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TABLE workbench.mine (id int)",
        "COPY workbench.record TO PROGRAM 'cat'",
        "SELECT pg_read_file('PG_VERSION')",
    ],
)
def test_no_login_becomes_another(alice_and_bob, statement):
    """R07: SET ROLE and SET SESSION AUTHORIZATION are refused, and so is whatever would make them allowed."""
    team, *_ = alice_and_bob
    with pytest.raises(InsufficientPrivilege):
        team.connect("bob").execute(statement.format(alice=team.login("alice")))


@pytest.mark.parametrize(
    "setting",
    [
        "SET LOCAL row_security TO off",
        "SET LOCAL search_path TO pg_temp, public",
        "SET LOCAL ROLE workbench_member",
        "SET LOCAL workbench.login TO '{alice}'",
        "SET LOCAL workbench.account TO 'x'",
        "SET LOCAL application_name TO '{alice}'",
        "SET LOCAL session_authorization TO DEFAULT",
    ],
)
def test_no_setting_changes_whose_rows_they_are(alice_and_bob, setting):
    """R07: policies ask session_user, which no statement of a member sets."""
    team, _alice, bob = alice_and_bob
    connection = team.connect("bob")
    with connection.transaction():
        connection.execute(setting.format(alice=team.login("alice")))
        try:
            seen = connection.execute("SELECT account_id FROM workbench.account").fetchall()
        except InsufficientPrivilege:  # row_security off: refused, where a policy would leave something out
            return
        assert seen == [(bob.account_id,)]
        assert connection.execute("SELECT workbench_team.me()").fetchone() == (bob.account_id,)


def test_nothing_of_ones_own_stands_in_for_what_the_policies_ask(alice_and_bob):
    """R07: tables, functions and operators in one's temporary schema, first on the search path."""
    team, _, bob = alice_and_bob
    connection = team.connect("bob")
    connection.execute("CREATE TEMP TABLE team_member AS SELECT session_user::name AS login, NULL::bytea AS account_id")
    connection.execute("CREATE TEMP TABLE vault (vault_id bytea, number bigint, owner_id bytea)")
    connection.execute("CREATE TEMP TABLE team_share (login name, secret bytea, share bytea, is_active boolean)")
    connection.execute("CREATE FUNCTION pg_temp.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS 'SELECT now()'")
    connection.execute(
        "CREATE FUNCTION pg_temp.always(bytea, bytea) RETURNS boolean LANGUAGE sql AS 'SELECT true';"
        "CREATE OPERATOR pg_temp.= (LEFTARG = bytea, RIGHTARG = bytea, FUNCTION = pg_temp.always)"
    )
    connection.execute("SET search_path TO pg_temp, workbench, workbench_team, pg_catalog")
    assert connection.execute("SELECT account_id FROM workbench.account").fetchall() == [(bob.account_id,)]
    assert connection.execute("SELECT workbench_team.me()").fetchone() == (bob.account_id,)
    assert connection.execute("SELECT workbench_team.release_share('123456')").fetchone() == (None,)


def test_every_function_pins_its_search_path_and_few_are_for_members(alice_and_bob):
    """R07, R08: EXECUTE is revoked from PUBLIC; what a member may call is on a list."""
    team, *_ = alice_and_bob
    rows = team.administrator.execute(
        "SELECT proname, proconfig, proacl::text, prosecdef,"
        " has_function_privilege('workbench_member', pg_proc.oid, 'EXECUTE') FROM pg_proc"
        " JOIN pg_namespace ON pg_namespace.oid = pronamespace WHERE nspname = 'workbench_team'"
    ).fetchall()
    assert len(rows) > 30
    for name, settings, granted, is_definer, is_for_members in rows:
        assert settings == ["search_path=pg_catalog, pg_temp"], name
        assert "{=" not in granted, name  # PUBLIC
        assert ",=" not in granted, name
        assert is_definer or not is_for_members or name == "scope", name
    assert {row[0] for row in rows if row[4]} == {
        *("is_member", "me", "scope", "own_vaults", "reachable_vaults", "own_numbers", "reachable_numbers"),
        *(
            "highest_vault_number",
            "public_keys_of",
            "account_of",
            "own_roles",
            "release_share",
            "enrol_share",
            "activate_share",
        ),
        *("granted_vaults", "lend"),
        *("share_state", "ask_change", "approve_change", "open_requests", "members", "audit_events"),
    }


def test_of_others_a_member_learns_public_keys_alone(alice_and_bob):
    """R07: they are needed to grant a vault; wrapped keys and slots are not."""
    team, alice, bob = alice_and_bob
    assert AccountRows(bob.database).public_keys(alice.account_id) == alice.key_pairs.public.packed
    assert bob.database.public_keys_of(bytes(16)) == b""
    for column in ("wrapped_keys", "name_tag", "public_keys"):
        statement = f"SELECT {column} FROM workbench.account WHERE account_id = %s"
        assert team.connect("bob").execute(statement, (alice.account_id,)).fetchall() == []


def test_a_letter_is_read_by_whom_it_is_for_alone(other_pair):
    """R07."""
    team, alice, bob = other_pair
    bob.database.write("INSERT INTO letter VALUES (?, ?, ?)", (b"from bob to alice", alice.account_id, b"sealed"))
    statement = "SELECT count(*) FROM workbench.letter WHERE letter_id = %s"
    assert team.connect("bob").execute(statement, (b"from bob to alice",)).fetchone() == (0,)
    assert team.connect("bob").execute("DELETE FROM workbench.letter WHERE sealed = 'sealed'").rowcount == 0
    assert team.connect("alice").execute(statement, (b"from bob to alice",)).fetchone() == (1,)


@pytest.fixture
def shared(other_pair):
    """Return the team, alice's vault of turns, and the same as bob has it, whom she lets read it."""
    team, alice, bob = other_pair
    mine = alice.vaults()[Kind.TURN]
    with alice.database.transaction():
        mine.keys.admit(Member(bob.account_id, bob.key_pairs.public.fingerprint, Right.READ))
    theirs = open_shared_vault(
        bob.database,
        vault_id=mine.vault_id,
        account_id=bob.account_id,
        key_pairs=bob.key_pairs,
        granter=alice.key_pairs.public,
        key_ring=KeyRing(),
    )
    return team, mine, theirs, bob


def test_whom_a_vault_is_granted_to_reads_and_adds_and_changes_nothing(shared):
    """R07: whatever the grant says, which the server can't read: one row that doesn't follow would stop its owner."""
    team, mine, theirs, bob = shared
    with pytest.raises(StoreError, match="allowed"):
        theirs.append(b"a line of bob's")
    ((added, _),) = theirs.scan()
    assert [body for _, body in theirs.scan()] == [b"a body of alice"]
    connection = team.connect("bob")
    values = {"vault": mine.vault_id, "number": mine.log.start >> 40, "bob": bob.account_id}
    for statement in (
        "UPDATE workbench.record SET sealed = '' WHERE place >> 40 = %(number)s",
        "UPDATE workbench.checkpoint SET size = 0 WHERE vault_id = %(vault)s",
        "UPDATE workbench.vault SET members = '' WHERE vault_id = %(vault)s",
        "DELETE FROM workbench.data_key WHERE vault_id = %(vault)s",
        "DELETE FROM workbench.cache WHERE vault_id = %(vault)s",
        "DELETE FROM workbench.vault_grant WHERE vault_id = %(vault)s",
        "UPDATE workbench.data_key SET wrapped = '' WHERE vault_id = %(vault)s",
        "UPDATE workbench.data_key SET epoch = epoch WHERE vault_id = %(vault)s",
    ):
        assert connection.execute(statement, values).rowcount == 0
    for statement in (
        "INSERT INTO workbench.record VALUES (%(number)s << 40 | 99, NULL, NULL, NULL, NULL, '', '')",
        "INSERT INTO workbench.data_key VALUES (%(bob)s, %(vault)s, 1, 1, 0, 0, '')",
        "INSERT INTO workbench.vault_grant VALUES (%(vault)s, 9, %(bob)s, '')",
        "INSERT INTO workbench.cache VALUES (%(vault)s, %(vault)s, 48, 0, 0, 0, %(vault)s, '')",
    ):
        with pytest.raises(InsufficientPrivilege):
            connection.execute(statement, values)
    with pytest.raises((PermissionDeniedError, StoreError)):
        theirs.erase([added])
    assert mine.read(added) == b"a body of alice"


def test_a_third_member_has_nothing_of_a_shared_vault(shared):
    """R07."""
    team, mine, *_ = shared
    team.add("carol", roles=("researcher",))
    team.account("carol")
    connection = team.connect("carol")
    for table in ("vault", "vault_grant", "data_key", "checkpoint", "cache"):
        statement = f"SELECT count(*) FROM workbench.{table} WHERE vault_id = %s"
        assert connection.execute(statement, (mine.vault_id,)).fetchone() == (0,)


def test_once_unshared_the_rows_are_gone_at_once(shared):
    """R03, R07."""
    team, mine, _, bob = shared
    connection, number = team.connect("bob"), mine.log.start >> 40
    statement = "SELECT count(*) FROM workbench.record WHERE place >> 40 = %s"
    assert connection.execute(statement, (number,)).fetchone()[0] > 0
    mine.keys.rotate(without=bob.account_id)
    assert connection.execute(statement, (number,)).fetchone() == (0,)


def test_a_removed_member_reaches_nothing_from_the_next_statement_on(other_pair):
    """R03, R07: and has it all again once they are added again."""
    team, _, bob = other_pair
    connection, before = team.connect("bob"), counts(team.connect("bob"))
    team.team.remove(team.login("bob"))
    assert set(counts(connection, [*OWNED, "throttle", "standing", "store"]).values()) == {0}
    with pytest.raises(psycopg.Error):
        connection.execute("INSERT INTO workbench.letter VALUES ('x', %s, '')", (bob.account_id,))
    team.team.add(team.login("bob"))
    assert counts(connection) == before


def test_a_part_is_not_backed_up_for_the_whole(alice_and_bob):
    """R07: a member's look at all rows is refused, where a policy would leave others' out in silence."""
    team, *_ = alice_and_bob
    with pytest.raises(StoreError, match="allowed"):
        list(team.open("bob").snapshot("SELECT account_id FROM account"))
    assert len(list(team.owner.snapshot("SELECT account_id FROM account"))) == 2


@pytest.mark.parametrize("size", [0, 4, 15, 17])
def test_no_account_has_an_id_of_another_length_or_one_that_begins_as_anothers(alice_and_bob, size):
    """R07: others are shown its first eight digits, and approve by them."""
    team, alice, _ = alice_and_bob
    team.add("carol", roles=("researcher",))
    for account_id in (bytes(range(100, 100 + size)), alice.account_id[:4] + bytes(12)):
        with pytest.raises(psycopg.Error) as refusal:
            team.connect("carol").execute(
                "INSERT INTO workbench.account VALUES (%s, %s, 'keys', 'keys')", (account_id, bytes(32))
            )
        assert refusal.value.sqlstate == "WB002"
