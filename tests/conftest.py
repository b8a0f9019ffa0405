"""What every room's tests share: a store in a folder of its own, and passphrases that hold."""

import pytest

from workbench.app import Workbench

PASSPHRASE = "quiet orchard lantern seven rivers"


@pytest.fixture
def passphrase():
    return PASSPHRASE


@pytest.fixture
def bench(tmp_path):
    bench = Workbench.open(tmp_path / "store" / "bench.db")
    yield bench
    bench.close()


@pytest.fixture
def session(bench, passphrase):
    bench.create_account("ada", passphrase=passphrase)
    return bench.sign_in("ada", passphrase=passphrase)
