"""Two people at a real Hub on this machine: each composes, and neither reaches what is the other's."""

import json

import pytest

from workbench.identity import table
from workbench.jupyter.hub import identity_of

PEOPLE = [("ada", "bob"), ("bob", "ada")]

TABLES = """
    SELECT format('%I.%I', nspname, relname) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname IN ('workbench', 'workbench_team') AND relkind IN ('r', 'p')
"""

FOR_ALL = {"workbench.store", "workbench.standing"}
"""What each member sees and none owns: which store this is, and the signed statements of who may what."""

IDENTITY = """
import json
from workbench.jupyter import hub_identity

who = hub_identity()
print(json.dumps([who.name, sorted(who.roles), sorted(who.permissions), sorted(who.classes)]))
"""

CHECKS = """
import json, os
from workbench.jupyter.hub_checks import check_kernel, writable_folders

print(json.dumps({check.name: check.outcome for check in check_kernel(os.environ, writable=writable_folders())}))
"""

TOKEN = "import os; print(os.environ['JUPYTERHUB_API_TOKEN'])"

KNOCK = """
import json, os, psycopg

outcome = "let in"
try:
    psycopg.connect({address!r}, passfile=os.path.expanduser("~/.pgpass"), connect_timeout=10).close()
except psycopg.OperationalError as error:
    outcome = str(error)
print(outcome)
"""

SEE = f"""
import json, psycopg
from workbench.jupyter import store_address

seen = {{}}
with psycopg.connect(store_address()) as connection:
    for (name,) in connection.execute({TABLES!r}).fetchall():
        try:
            with connection.transaction():
                seen[name] = [row for (row,) in connection.execute(f"SELECT md5(r::text) FROM {{name}} AS r")]
        except psycopg.errors.InsufficientPrivilege:
            seen[name] = []
print(json.dumps(seen))
"""

SPOIL = f"""
import json, psycopg
from workbench.jupyter import store_address

COLUMNS = "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
touched = {{}}
with psycopg.connect(store_address()) as connection:
    for (name,) in connection.execute({TABLES!r}).fetchall():
        columns = [column for (column,) in connection.execute(COLUMNS, (name,)).fetchall()]
        touched[name] = 0
        for statement in (f"DELETE FROM {{name}}", *(f"UPDATE {{name}} SET {{each}} = {{each}}" for each in columns)):
            try:
                with connection.transaction(force_rollback=True):
                    touched[name] = max(touched[name], connection.execute(statement).rowcount)
            except psycopg.Error:
                pass
print(json.dumps(touched))
"""

OPEN = """
from workbench.errors import WorkbenchError

for act in (
    lambda: session.history.get({turn!r}),
    lambda: session.history.get("0" * 32),
    lambda: bench.sign_in({name!r}, passphrase="quiet orchard lantern seven rivers"),
):
    try:
        act()
    except WorkbenchError as error:
        print(type(error).__name__)
"""

PROMOTE = """
import psycopg
from workbench.jupyter import store_address

try:
    with psycopg.connect(store_address()) as connection:
        connection.execute("INSERT INTO workbench_team.team_role VALUES ('bob', 'privacy officer')")
except psycopg.Error as error:
    print(error)
"""

LOOK_AT_SERVER = """
import os, ssl, urllib.error, urllib.request

context = ssl.create_default_context(cafile=os.environ["JUPYTERHUB_SSL_CLIENT_CA"])
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
for mine in (False, True):
    if mine:
        context.load_cert_chain(os.environ["JUPYTERHUB_SSL_CERTFILE"], os.environ["JUPYTERHUB_SSL_KEYFILE"])
    try:
        print(urllib.request.urlopen({url!r}, context=context, timeout=10).status)
    except urllib.error.HTTPError as error:
        print(error.code)
    except OSError as error:  # TLS 1.3 tells a client that it isn't trusted when it has already sent its question
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        print("refused" if isinstance(reason, (ssl.SSLError, ConnectionResetError, BrokenPipeError)) else repr(reason))
"""


def allowed(role):
    return sorted(permission for permission, rule in table().items() if role in rule.scopes)


def people(team, names):
    return [getattr(team, name) for name in names]


class TestComposing:
    def test_each_kernel_opens_the_store_that_it_was_handed_and_composes(self, team):
        """R09: the Hub says who it is and which store; the poet answers both alike."""
        ada, bob = team.composed["ada"], team.composed["bob"]
        assert ada["text"].count("\n") == 2
        assert ada["text"] == bob["text"], "one seed, one poem"
        assert ada["id"] != bob["id"]
        assert ada["server"] != bob["server"]

    def test_the_hub_tells_each_kernel_its_users_roles(self, team):
        """R09: through internal_ssl, by the server's own token, from groups and custom scopes."""
        assert json.loads(team.ada.run(IDENTITY)) == ["ada", ["researcher"], allowed("researcher"), []]
        assert json.loads(team.bob.run(IDENTITY)) == ["bob", ["student"], allowed("student"), ["A"]]

    @pytest.mark.parametrize("name", ["ada", "bob"])
    def test_each_kernel_sees_the_preconditions_that_this_hub_meets(self, team, name):
        """R10: as documented, but for an environment that the tests' own account may write to."""
        assert json.loads(getattr(team, name).run(CHECKS)) == {
            "subdomains": "pass",
            "internal_ssl": "pass",
            "user_config": "pass",
            "environment": "fail",
            "accounts": "unknown",
            "access": "unknown",
            "token": "unknown",
            "login": "pass",
            "mfa": "unknown",
        }

    def test_the_sockets_of_a_kernel_are_encrypted(self, team):
        """R10, T12: what internal_ssl doesn't reach."""
        shown = team.ada.run("from ipykernel.connect import get_connection_info; print(get_connection_info())")
        assert json.loads(shown)["curve_publickey"]


class TestRows:
    @pytest.mark.parametrize(("mine", "theirs"), PEOPLE)
    def test_nobody_comes_in_under_anothers_login_role(self, team, mine, theirs):
        """R07: each kernel holds the password of one login role; in this room no socket lets anybody in without."""
        me, _ = people(team, (mine, theirs))
        address = team.stores[theirs].partition("?")[0]
        assert "no password supplied" in me.run(KNOCK.format(address=address))
        for login in (theirs, "postgres"):
            assert "let in" not in me.run(KNOCK.format(address=address.replace(f"//{theirs}@", f"//{login}@")))
        socket = team.socket_address.replace("//postgres@", f"//{theirs}@")
        assert "no pg_hba.conf entry" in me.run(KNOCK.format(address=socket))

    def test_the_server_gives_each_kernel_rows_of_its_own_and_none_of_the_others(self, team):
        """R07: user B's login role sees 0 of A's rows in every table, and A none of B's, from their own kernels."""
        seen = {name: json.loads(getattr(team, name).run(SEE)) for name in ("ada", "bob")}
        with team.administrator() as administrator:
            names = [name for (name,) in administrator.execute(TABLES).fetchall()]
            there = {name: administrator.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}
        assert seen["ada"].keys() == seen["bob"].keys() == there.keys()
        assert {name for name in names if set(seen["ada"][name]) & set(seen["bob"][name])} == FOR_ALL
        for kind in ("account", "slot", "vault", "vault_grant", "data_key", "record", "checkpoint"):
            mine, theirs = (set(seen[person][f"workbench.{kind}"]) for person in ("ada", "bob"))
            assert mine
            assert theirs
            assert len(mine) + len(theirs) == there[f"workbench.{kind}"], "nobody else has any"
        of_the_team = [name for name in names if name.startswith("workbench_team.")]
        assert len(of_the_team) > 3
        assert [name for name in of_the_team if seen["ada"][name] or seen["bob"][name]] == []

    @pytest.mark.parametrize(("mine", "theirs"), PEOPLE)
    def test_no_statement_changes_or_removes_anothers_rows(self, team, mine, theirs):
        """R07: each table is emptied and overwritten as far as the login role can, and the other's rows stay."""
        me, them = people(team, (mine, theirs))
        before = json.loads(them.run(SEE))
        touched = json.loads(me.run(SPOIL))
        own = {name: 0 if name in FOR_ALL else len(rows) for name, rows in json.loads(me.run(SEE)).items()}
        assert touched.keys() == own.keys()
        assert [name for name, number in touched.items() if number > own[name]] == []
        assert json.loads(them.run(SEE)) == before

    @pytest.mark.parametrize(("mine", "theirs"), PEOPLE)
    def test_nobody_opens_anothers_turn_or_account(self, team, mine, theirs):
        """R02: another's turn is as missing as one that never was; another's name signs nobody in."""
        me, _ = people(team, (mine, theirs))
        assert me.run(OPEN.format(turn=team.composed[theirs]["id"], name=theirs)).split() == [
            "NotFoundError",
            "NotFoundError",
            "AuthenticationError",
        ]

    def test_a_kernel_takes_no_role_that_the_server_did_not_grant(self, team):
        """R09: the Hub's word is a word in one's own kernel; PostgreSQL's list of roles is PostgreSQL's."""
        with team.administrator() as administrator:
            granted = administrator.execute("SELECT login::text, role FROM workbench_team.team_role").fetchall()
        assert sorted(granted) == [("ada", "researcher"), ("bob", "student")]
        assert "permission denied" in team.bob.run(PROMOTE)


class TestServers:
    @pytest.mark.parametrize(("mine", "theirs"), PEOPLE)
    @pytest.mark.parametrize("path", ["/lab", "/api/contents", "/api/kernels", "/files/x"])
    def test_a_browser_does_not_come_into_anothers_server(self, team, mine, theirs, path):
        """R10: nobody has access:servers to another's."""
        me, _ = people(team, (mine, theirs))
        assert me.get(me.server(path, of=theirs)).status == 403
        assert me.get(me.server("/api/kernels")).status == 200, "the same browser, at home"

    @pytest.mark.parametrize(("mine", "theirs"), PEOPLE)
    def test_a_servers_token_opens_no_server(self, team, mine, theirs):
        """R09: not even its own, which the token isn't for."""
        me, _ = people(team, (mine, theirs))
        token = me.run(TOKEN).strip()
        for owner in (mine, theirs):
            assert me.get(me.server("/api/kernels", of=owner), token=token).status == 403

    @pytest.mark.parametrize(("mine", "theirs"), PEOPLE)
    def test_all_that_a_person_may_do_does_not_open_anothers_server(self, team, mine, theirs):
        """R10: a token with every right of its owner, which people may make for themselves on the Hub's page."""
        me, _ = people(team, (mine, theirs))
        token = me.new_token()
        assert me.get(me.server("/api/kernels"), token=token).status == 200
        assert me.get(me.server("/api/kernels", of=theirs), token=token).status == 403
        assert me.get(me.hub.address("/hub/api/users"), token=token).status == 403
        assert me.get(me.hub.address(f"/hub/api/users/{theirs}"), token=token).status == 404

    @pytest.mark.parametrize(("mine", "theirs"), PEOPLE)
    def test_nobody_reaches_anothers_server_past_the_proxy(self, team, mine, theirs):
        """R10: internal_ssl: a server listens to the Hub and the proxy only, whoever else knows its port."""
        me, them = people(team, (mine, theirs))
        url = them.run("import os; print(os.environ['JUPYTERHUB_SERVICE_URL'])").strip() + "api"
        assert me.run(LOOK_AT_SERVER.format(url=url)).split() == ["refused", "refused"]

    def test_cookies_stay_on_their_host_and_its_pages(self, team):
        """R10: with subdomains, no neighbour sets or is sent one (ASVS 3.3.1 to 3.3.4)."""
        kept = {cookie.key: cookie for cookie in team.ada.cookies() if cookie.key != "_xsrf"}  # opens nothing by itself
        assert {"__Host-jupyterhub-hub-login", "__Host-jupyterhub-user-ada"} <= set(kept)
        for name, cookie in kept.items():
            assert cookie["httponly"], name
            assert cookie["secure"], name
            assert cookie["samesite"] == "Lax", name
            assert name.startswith("__Host-") or name == "jupyterhub-session-id"


class TestToken:
    @pytest.mark.parametrize("name", ["ada", "bob"])
    def test_a_servers_token_asks_who_its_user_is_and_nothing_else(self, team, name):
        """R09: it can't list users, read others, or make tokens."""
        me = getattr(team, name)
        other = "bob" if name == "ada" else "ada"
        token = me.run(TOKEN).strip()

        def status(path, ask=me.get):
            return ask(me.hub.address(f"/hub/api{path}"), token=token).status

        said = me.get(me.hub.address("/hub/api/user"), token=token).json()
        assert said["name"] == name
        assert {scope for scope in said["scopes"] if not scope.startswith("custom:workbench:")} <= {
            *(f"{scope}!user={name}" for scope in ("users:activity", "read:users:activity", "read:users:groups")),
            f"read:users:name!user={name}",
        }
        assert status("/users") == 403
        assert status("/groups") == 403
        assert status("/proxy") == 403
        assert status(f"/users/{other}") == 404
        assert status(f"/users/{name}") == 200
        for user in (name, other):
            assert status(f"/users/{user}/tokens", me.post) in {403, 404}
            assert status(f"/users/{user}/server", me.post) in {403, 404}

    def test_who_teaches_a_class_sees_it_and_nobody_else(self, team):
        """R09: class scoping; it opens no server."""
        edith = team.edith
        edith.log_in(to="/hub/token")
        token = edith.new_token()
        seen = edith.get(edith.hub.address("/hub/api/users"), token=token).json()
        assert {user["name"] for user in seen} == {"bob", "edith"}
        assert edith.get(edith.hub.address("/hub/api/users/ada"), token=token).status == 404
        assert edith.get(edith.server("/api/kernels", of="bob"), token=token).status == 403

    def test_the_hubs_admin_is_nobody_here_and_can_open_every_server(self, team):
        """R09: Hub ``admin`` is not the workbench's; R10: and why the documented Hub has none."""
        olga = team.olga
        olga.log_in(to="/hub/token")
        token = olga.new_token()
        said = olga.get(olga.hub.address("/hub/api/user"), token=token).json()
        assert said["admin"] is True
        identity = identity_of(said)
        assert (identity.roles, identity.permissions) == (frozenset(), frozenset())
        assert olga.get(olga.server("/api/kernels", of="ada"), token=token).status == 200
