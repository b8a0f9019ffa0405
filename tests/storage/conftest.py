import contextlib
import secrets
from dataclasses import dataclass

import pytest
from s3_server import running_server

from workbench.crypto import KeyPairs, KeyRing, Kind, new_key_pairs
from workbench.storage import AccountRow, AccountRows, Anchors, Device, Vaults, new_vaults, open_database


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


@dataclass
class Owner:
    """An account as far as storage knows one, and the device that it uses."""

    account_id: bytes
    key_pairs: KeyPairs
    anchor_key: bytes
    device: Device

    def open(self, database, *, with_anchors=True, **options):
        """Open the owner's vaults, as a new session does."""
        anchors = Anchors(self.device, store_id=database.store_id, account_id=self.account_id, key=self.anchor_key)
        return Vaults(
            database,
            account_id=self.account_id,
            key_pairs=self.key_pairs,
            key_ring=KeyRing(),
            anchors=anchors if with_anchors else None,
            **options,
        )


@pytest.fixture
def make_owner(database, device_folder):
    """Return a maker of accounts with vaults of their own."""

    def make():
        device = Device(device_folder, use_keyring=False)
        owner = Owner(secrets.token_bytes(16), new_key_pairs(), secrets.token_bytes(32), device)
        with database.transaction():
            row = AccountRow(owner.account_id, owner.key_pairs.public.packed, b"-", ())
            AccountRows(database).add(row, name_tag=secrets.token_bytes(32))
            new_vaults(database, account_id=owner.account_id, key_pairs=owner.key_pairs)
        return owner

    return make


@pytest.fixture
def owner(make_owner):
    return make_owner()


@pytest.fixture
def vaults(owner, database):
    return owner.open(database)


@pytest.fixture
def vault(vaults):
    return vaults[Kind.TURN]


@pytest.fixture(scope="session")
def s3_server():
    """Return a server that speaks S3 over TLS; each test takes a bucket of its own from it."""
    with running_server() as server:
        yield server
