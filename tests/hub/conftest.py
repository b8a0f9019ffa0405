"""One Hub for all of these tests, and two people who compose in kernels of their own at one PostgreSQL server."""

import json
import os
import secrets
import signal
import time
from contextlib import ExitStack, closing, contextmanager
from types import SimpleNamespace

import pytest
from hub_server import Person, RunningHub
from postgres_server import running_server

from workbench.storage import open_database
from workbench.storage.team import Team

COMPOSE = """
import json, os, secrets
from workbench import Workbench
from workbench.jupyter import hub_identity, store_address

who = hub_identity()
bench = Workbench.open(store_address())
passphrase = secrets.token_urlsafe(24)
bench.create_account(who.name, passphrase=passphrase, roles=sorted(who.roles))
session = bench.sign_in(who.name, passphrase=passphrase)
turn = session.ask("A haiku on winter rain", form="haiku", seed=7)
print(json.dumps({"id": turn.id, "text": turn.text, "server": os.getppid(), "kernel": os.getpid()}))
"""


@pytest.fixture(scope="session")
def team(tmp_path_factory):
    """Run the documented Hub with ada, a researcher, and bob, a student of edith's, whose kernels have each composed.

    One store is in team mode, and each has a login role whose password lies in a file of their own home.
    """
    folder = tmp_path_factory.mktemp("hub")
    started = []
    with _postgres() as postgres, postgres.database() as database, ExitStack() as stack:
        stores = _stores(postgres, database, folder, {"ada": "researcher", "bob": "student"})
        hub = stack.enter_context(
            RunningHub(folder, people=["ada", "bob", "edith", "olga"], stores=stores | {"edith": "", "olga": ""})
        )
        people = {name: stack.enter_context(Person(hub, name)) for name in hub.passwords}
        for name in ("ada", "bob"):
            people[name].log_in()  # which starts the server too: both come up together
        composed = {}
        for name in ("ada", "bob"):
            people[name].start_server()
            people[name].start_kernel()
            composed[name] = json.loads(people[name].run(COMPOSE))
            started += [composed[name]["server"], composed[name]["kernel"]]
        yield SimpleNamespace(
            hub=hub,
            stores=stores,
            composed=composed,
            administrator=lambda: postgres.administrator(database),
            socket_address=postgres.url(database),
            **people,
        )
    assert _left(started) == [], "the Hub has stopped what it started"


@contextmanager
def _postgres():
    """Run a server whose socket lets in the tests' superuser and nobody else; over TCP it asks for passwords."""
    with running_server() as postgres:
        (postgres.folder / "data/pg_hba.conf").write_text(
            "local all postgres trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
        )
        with postgres.administrator() as administrator:
            administrator.execute("SELECT pg_reload_conf()")
        yield postgres


def _stores(postgres, database, folder, roles):
    """Make a store in team mode and its members; return each one's address."""
    stores = {}
    with closing(open_database(postgres.url(database))) as store:
        team = Team(store)
        team.set_up()
        for name, role in roles.items():
            password = secrets.token_urlsafe(16)
            team.add(name, password=password)
            team.grant(role, name)
            home = folder / "homes" / name
            home.mkdir(parents=True, mode=0o700)
            file = home / ".pgpass"
            file.touch(mode=0o600)
            file.write_text(f"127.0.0.1:{postgres.port}:*:{name}:{password}\n")
            stores[name] = f"postgresql://{name}@127.0.0.1:{postgres.port}/{database}?passfile={file}"
    return stores


def _left(pids):
    """Return which processes haven't ended after a while, and kill them: a kernel looks for its server each second."""
    end = time.monotonic() + 20
    while (left := [pid for pid in pids if _is_there(pid)]) and time.monotonic() < end:
        time.sleep(0.1)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    return left


def _is_there(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
