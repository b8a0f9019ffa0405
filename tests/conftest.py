"""What every room's tests share: a store in a folder of its own, and a passphrase that holds."""

import shutil

import pytest
from postgres_server import running_server

from workbench.app import Workbench

PASSPHRASE = "quiet orchard lantern seven rivers"


def pytest_collection_modifyitems(items):
    """Run the browser's tests last: from its first page on, Playwright keeps an event loop open in the main thread."""
    items.sort(key=lambda item: item.path.parent.name == "browser")


@pytest.fixture(scope="session")
def passphrase():
    return PASSPHRASE


@pytest.fixture(scope="session")
def postgres_server():
    with running_server() as server:
        yield server


@pytest.fixture
def postgres_name(postgres_server):
    """Return the name of an empty database, which goes after the test."""
    with postgres_server.database() as name:
        yield name


@pytest.fixture(scope="session")
def store_of_ada(tmp_path_factory):
    """Return a store with one account, to be copied: deriving its keys for each test would take minutes."""
    path = tmp_path_factory.mktemp("store") / "bench.db"
    bench = Workbench.open(path)
    bench.create_account("ada", passphrase=PASSPHRASE)
    bench.close()
    return path


@pytest.fixture
def bench(tmp_path, request):
    """Return an open store: empty, or with ada's account where the test also takes her session."""
    path = tmp_path / "store" / "bench.db"
    path.parent.mkdir()
    if "session" in request.fixturenames:
        shutil.copyfile(request.getfixturevalue("store_of_ada"), path)
    bench = Workbench.open(path)
    yield bench
    bench.close()


@pytest.fixture
def session(bench):
    return bench.sign_in("ada", passphrase=PASSPHRASE)
