"""``workbench team`` as a program: the database's owner, an admin, an auditor, a member."""

import contextlib
import re

import psycopg
import pytest
from a_team import a_team, code_of
from command_line import assert_refused, codes_in, converse, descriptor_of, run_workbench

from workbench import Workbench
from workbench.storage import open_database
from workbench.storage.team import enrol_share


@pytest.fixture
def team(postgres_server):
    with a_team(postgres_server) as team:
        yield team


def run(*arguments, **options):
    return run_workbench("team", *arguments, **options)


def said(*arguments):
    done = run(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_a_team_is_set_up_from_the_command_line(postgres_server, passphrase):
    """R07: an empty database, two logins, roles, and a first account."""
    logins = ("ada_of_the_cli", "pia_of_the_cli")
    with contextlib.ExitStack() as stack:
        administrator = stack.enter_context(postgres_server.administrator())
        for login in logins:  # last, when the database is gone
            stack.callback(administrator.execute, f"DROP ROLE IF EXISTS {login}")
        url = postgres_server.url(stack.enter_context(postgres_server.database()))
        assert "no team's yet" in run("status", url).stderr
        for _ in range(2):
            assert "is a team's" in said("init", url)
            for login in logins:
                assert "is a member" in said("add", url, login)
        assert "has the role" in said("grant", url, "researcher", logins[0])
        assert "has the role" in said("grant", url, "admin", logins[1])
        assert f"'{logins[0]}': researcher; no account yet; no second factor\n" in said("status", url)
        mine = url.replace("postgres@", f"{logins[0]}@")
        with descriptor_of(passphrase.encode() + b"\n") as secret:
            done = run_workbench("init", mine, "--name", "ada", "--passphrase-fd", secret, pass_fds=(secret,))
        assert len(codes_in(done.stdout)) == 10
        assert f"'{logins[0]}': researcher; has an account" in said("status", url)
        assert "is out" in said("remove", url, logins[0])
        assert f"'{logins[0]}': removed\n" in said("status", url)


def test_a_privileged_role_waits_for_a_second_person(team):
    """R05."""
    team.add("anna", "abel", roles=("admin",))
    team.add("nora")
    waiting = said("grant", team.url("anna"), "auditor", team.login("nora"))
    number = re.search(r"approve URL (\d+)", waiting).group(1)
    status = said("status", team.url("abel"))
    assert f"{number}: grant auditor for '{team.login('nora')}', asked by '{team.login('anna')}'; 30 min" in status
    assert_refused(run("approve", team.url("anna"), number))
    assert "done" in said("approve", team.url("abel"), number)
    assert_refused(run("approve", team.url("abel"), number))
    assert f"'{team.login('nora')}': auditor" in said("status", team.url("nora"))
    waiting = said("revoke", team.url("anna"), "auditor", team.login("nora"))
    assert "second person" in waiting
    assert "second person" in said("rebind", team.url("anna"), team.login("nora"))


def test_whoever_may_not_is_refused(team):
    """R07."""
    team.add("rita", roles=("researcher",))
    team.add("bo")
    login, url = team.login("bo"), team.url("rita")
    for arguments in (
        ("init", url),
        ("add", url, "another"),
        ("remove", url, login),
        ("grant", url, "admin", login),
        ("status", url),
        ("approve", url, "1"),
    ):
        assert_refused(run(*arguments))
    assert_refused(run("grant", team.owner_url, "researcher", "nobody"))
    assert run("grant", team.owner_url, "owner", login).returncode == 2


def test_a_file_is_no_teams(tmp_path):
    assert_refused(run("init", tmp_path / "store.db"))


def test_a_password_is_read_from_a_descriptor(team, postgres_server):
    team.add("bo")
    login = team.login("bo")
    with descriptor_of(b"a password of the server's\n") as secret:
        done = run("add", team.owner_url, login, "--password-fd", secret, pass_fds=(secret,))
    assert done.returncode == 0
    assert "password" not in done.stdout + done.stderr
    address = f"host=127.0.0.1 port={postgres_server.port} user={login} dbname={team.name}"
    psycopg.connect(address, password="a password of the server's").close()


def test_an_account_that_is_older_than_the_team_is_given_its_login(postgres_server, tmp_path, passphrase):
    """R07: a store that one person kept in PostgreSQL, and shares from now on."""
    login = "ada_of_before"
    with contextlib.ExitStack() as stack:
        administrator = stack.enter_context(postgres_server.administrator())
        stack.callback(administrator.execute, f"DROP ROLE IF EXISTS {login}")
        url = postgres_server.url(stack.enter_context(postgres_server.database()))
        with contextlib.closing(Workbench.open(url, device=tmp_path)) as bench:
            bench.create_account("ada", passphrase=passphrase, roles=("researcher",))
            turn = bench.sign_in("ada", passphrase=passphrase).ask("A haiku", form="haiku", seed=1)
        said("init", url)
        assert_refused(run("add", url, login, "--name", "nobody"))
        said("add", url, login, "--name", "ada")
        assert_refused(run("add", url, "another_login", "--name", "ada"))
        said("grant", url, "researcher", login)
        with contextlib.closing(Workbench.open(url.replace("postgres@", f"{login}@"), device=tmp_path)) as bench:
            session = bench.sign_in("ada", passphrase=passphrase)
            assert session.history.get(turn.id).text == turn.text


def test_a_second_factor_is_enrolled_at_a_terminal(team):
    """R08, A10: the secret is shown once; a wrong first code activates nothing."""
    team.add("bo")
    url = team.url("bo")
    status, shown = converse(["team", "enrol", url], [(b"app shows: ", "000000")])
    assert status == 1
    assert "otpauth://totp/" in shown
    assert "The code is wrong" in shown
    secret = enrol_share_again(url)
    assert_refused(run("enrol", url, "--code-fd", "99"))
    assert secret not in said("status", team.owner_url)
    assert "second factor not active" in said("status", team.owner_url)


def test_a_first_code_may_come_from_a_descriptor(team, monkeypatch):
    """R08, A10."""
    team.add("bo")
    secret = bytes(range(20))
    # The secret is the server's to choose: here it is one that the test knows before it is shown.
    team.administrator.execute(
        "CREATE OR REPLACE FUNCTION workbench_team.random_bytes(size int4) RETURNS bytea LANGUAGE sql"
        " SET search_path = pg_catalog, pg_temp"
        f" AS $$ SELECT substring('\\x{(secret * 2)[:32].hex()}'::bytea FOR size) $$"
    )
    with descriptor_of(f"{code_of(secret)}\n".encode()) as code:
        done = run("enrol", team.url("bo"), "--code-fd", code, pass_fds=(code,))
    assert (done.returncode, done.stderr) == (0, "")
    assert "The factor is active" in done.stdout
    assert "; second factor\n" in said("status", team.owner_url)
    assert_refused(run("enrol", team.url("bo")))


def enrol_share_again(url):
    with contextlib.closing(open_database(url)) as database:
        return enrol_share(database).hex()
