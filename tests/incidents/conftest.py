import pytest
from messages_server.certificates import Authority


@pytest.fixture(scope="session")
def authority():
    return Authority()


@pytest.fixture
def ca_bundle(authority, tmp_path):
    return authority.write_bundle(tmp_path / "authority.pem")
