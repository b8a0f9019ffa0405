import pytest

from workbench.identity import Accounts
from workbench.storage import Database


@pytest.fixture
def database(tmp_path):
    database = Database(tmp_path / "store.db")
    yield database
    database.close()


@pytest.fixture
def accounts(database):
    return Accounts(database)
