import pytest
from storage.attacker import quick_derivation

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


@pytest.fixture
def unlocked(accounts, passphrase):
    """Return a function that unlocks an account, making it with a role first; guesses cost nothing meanwhile."""
    made = set()

    def unlock(name, role="researcher"):
        if name not in made:
            accounts.create(name, passphrase=passphrase, roles=(role,))
            made.add(name)
        return accounts.unlock(name, passphrase=passphrase)

    with quick_derivation():
        yield unlock
