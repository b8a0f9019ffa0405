import pytest

from workbench.identity import Accounts
from workbench.storage import Device, open_database


@pytest.fixture
def database(tmp_path):
    database = open_database(tmp_path / "store.db")
    yield database
    database.close()


@pytest.fixture
def accounts(database, device_folder):
    return Accounts(database, device=Device(device_folder))
