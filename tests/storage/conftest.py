import contextlib
import secrets

import pytest

from workbench.crypto import KeyRing, new_data_key
from workbench.records import Envelope
from workbench.storage import AccountRow, AccountRows, Vault, open_database


@pytest.fixture(params=["sqlite", "postgresql"])
def location(request, tmp_path):
    """Return where a new store of each engine may be made."""
    if request.param == "sqlite":
        return tmp_path / "store.db"
    return request.getfixturevalue("postgres_server").url(request.getfixturevalue("postgres_name"))


@pytest.fixture
def open_again(location):
    """Return what opens the store once more, as another kernel would; all are closed after the test."""
    with contextlib.ExitStack() as stack:
        yield lambda: stack.enter_context(contextlib.closing(open_database(location)))


@pytest.fixture
def database(open_again):
    return open_again()


@pytest.fixture
def make_vault(database):
    """Return a maker of vaults, each of a new owner (or again of one whose key is given)."""

    def make(*, owner_id=None, account_key=None):
        account_key = account_key or new_data_key()
        if owner_id is None:
            owner_id = secrets.token_bytes(16)
            AccountRows(database).add(AccountRow(owner_id, 1, Envelope(b"-"), ()), name_tag=secrets.token_bytes(32))
        vault = Vault(database, owner_id=owner_id, account_key=account_key, key_ring=KeyRing())
        vault.test_owner, vault.test_key = owner_id, account_key
        return vault

    return make


@pytest.fixture
def vault(make_vault):
    return make_vault()
