"""One Hub for all of these tests, and two people who compose in kernels of their own at one PostgreSQL server."""

import json
import os
import secrets
import signal
import time
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
from hub_server import Person, RunningHub
from postgres_server import running_server

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

    Each has a login role of PostgreSQL and its password in a file of their own. A server of its own, whose socket lets
    nobody in without a password but the tests themselves.
    """
    folder = tmp_path_factory.mktemp("hub")
    started = []
    with running_server() as postgres, ExitStack() as stack:
        stores = {name: _store(postgres, folder, name, stack) for name in ("ada", "bob")}
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
        yield SimpleNamespace(hub=hub, postgres=postgres, stores=stores, composed=composed, **people)
    assert _left(started) == [], "the Hub has stopped what it started"


def _store(postgres, folder, name, stack):
    """Make a login role and a place for its rows; return the address, whose password lies in the person's home.

    Until the branch `team` is here each login role has a database of its own, and may connect to no other.
    """
    password = secrets.token_urlsafe(16)
    database = f"of_{name}"
    with postgres.administrator() as administrator:
        administrator.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{password}'")
        administrator.execute(f"CREATE DATABASE {database} TEMPLATE template0 OWNER {name}")
        administrator.execute(f"REVOKE CONNECT ON DATABASE {database} FROM PUBLIC")
    home = folder / "homes" / name
    home.mkdir(parents=True, mode=0o700)
    file = home / ".pgpass"
    file.touch(mode=0o600)
    file.write_text(f"127.0.0.1:{postgres.port}:*:{name}:{password}\n")
    return f"postgresql://{name}@127.0.0.1:{postgres.port}/{database}?passfile={file}"


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
