"""What every room's tests share: a store in a folder of its own, a passphrase that holds, a search for leaks."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workbench.app import Workbench

PASSPHRASE = "quiet orchard lantern seven rivers"


def pytest_collection_modifyitems(items):
    """Run the browser's tests last: from its first page on, Playwright keeps an event loop open in the main thread."""
    items.sort(key=lambda item: item.path.parent.name == "browser")


@pytest.fixture(scope="session")
def passphrase():
    return PASSPHRASE


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
