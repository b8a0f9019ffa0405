"""What every room's tests share: a store and a device of their own, a passphrase that holds, a search for leaks."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from clocks import Clocks
from everybody import EVERYBODY
from postgres_server import running_server

from workbench.app import Workbench
from workbench.identity import open_session

PASSPHRASE = "quiet orchard lantern seven rivers"


def pytest_collection_modifyitems(items):
    """Run the browser's tests last: from its first page on, Playwright keeps an event loop open in the main thread."""
    items.sort(key=lambda item: item.path.parent.name == "browser")


@pytest.fixture(autouse=True)
def device_folder(tmp_path_factory, monkeypatch):
    """Return the folder of this test's device, and keep the tester's own out of it."""
    state = tmp_path_factory.mktemp("state")
    monkeypatch.setenv("XDG_STATE_HOME", str(state))
    return state / "workbench"


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


@pytest.fixture(scope="session", autouse=True)  # before any test that leaves out the cost of a guess
def store_of_ada(tmp_path_factory):
    """Return a folder with a store of one account and its device, to be copied: making each anew would take minutes."""
    return _store_of({"ada": "owner"}, folder=tmp_path_factory.mktemp("ada"))


@pytest.fixture(scope="session")
def store_of_everybody(tmp_path_factory):
    """Return a folder with a store in which each role has its account, and its device, to be copied."""
    return _store_of(EVERYBODY, folder=tmp_path_factory.mktemp("everybody"))


def _store_of(people: dict[str, str], *, folder: Path) -> Path:
    bench = Workbench.open(folder / "bench.db", device=folder / "device")
    for name, role in people.items():
        bench.create_account(name, passphrase=PASSPHRASE, roles=(role,))
    bench.close()
    return folder


@pytest.fixture
def bench(tmp_path, request, device_folder):
    """Return an open store: empty, or with ada's or everybody's account where the test takes `session` or `people`."""
    path = tmp_path / "store" / "bench.db"
    path.parent.mkdir()
    store = "store_of_everybody" if "people" in request.fixturenames else "store_of_ada"
    if {"people", "session"} & set(request.fixturenames):
        folder = request.getfixturevalue(store)
        shutil.copyfile(folder / "bench.db", path)
        shutil.copytree(folder / "device", device_folder)
    bench = Workbench.open(path)
    yield bench
    bench.close()


@pytest.fixture
def session(bench):
    return bench.sign_in("ada", passphrase=PASSPHRASE)


@pytest.fixture
def clocks(monkeypatch):
    """Return both clocks of every session, which stand still until they are told to go on."""
    clocks = Clocks()
    monkeypatch.setattr(open_session, "time", clocks)
    return clocks


@pytest.fixture
def people(bench):
    """Return a function that signs one of `EVERYBODY` in, by name."""
    return lambda name: bench.sign_in(name, passphrase=PASSPHRASE)


@pytest.fixture(scope="session")
def traces_of() -> Callable[..., set[str]]:
    """Return a function that names which of some words can be found from an exception.

    It looks at messages, representations, arguments and attributes of the exception, of every exception that it was
    raised from or beside, and of the local values of the workbench's frames in their tracebacks.
    """

    def search(error: BaseException, *words: str) -> set[str]:
        return {word for text in _texts(error, set()) for word in words if word in text}

    return search


def _texts(error: BaseException | None, seen: set[int]) -> Iterator[str]:
    if error is None or id(error) in seen:
        return
    seen.add(id(error))
    yield str(error)
    yield repr(error)
    for value in (*error.args, *vars(error).values()):
        yield repr(value)
        yield from map(repr, getattr(value, "__dict__", {}).values())
    yield from map(repr, _local_values(error))
    yield from _texts(error.__cause__, seen)
    yield from _texts(error.__context__, seen)


def _local_values(error: BaseException) -> Iterator[object]:
    """Yield what a verbose traceback would print beside the workbench's own lines."""
    traceback = error.__traceback__
    while traceback is not None:
        if "workbench" in Path(traceback.tb_frame.f_code.co_filename).parts:
            yield from traceback.tb_frame.f_locals.values()
        traceback = traceback.tb_next
