"""What was erased stays known on the device, however many kernels erase at once."""

import secrets
import threading

import pytest

from workbench.crypto import Kind
from workbench.errors import IntegrityError
from workbench.storage import Device
from workbench.storage.tombstones import MOST_FILES, keep_tombstones, kept_tombstones

STORE = bytes(16)


@pytest.fixture
def device(tmp_path):
    return Device(tmp_path / "device", use_keyring=False)


def test_what_is_kept_is_known_and_another_stores_is_not(device):
    assert kept_tombstones(device, STORE) == frozenset()
    keep_tombstones(device, STORE, [b"a" * 32, b"b" * 32])
    keep_tombstones(device, STORE, [])
    keep_tombstones(device, b"\1" * 16, [b"c" * 32])
    assert kept_tombstones(device, STORE) == {b"a" * 32, b"b" * 32}


def test_many_files_become_one_and_none_is_lost(device, tmp_path):
    leaves = [[secrets.token_bytes(32) for _ in range(MOST_FILES)] for _ in range(4)]
    seen, ended = [], threading.Event()

    def keep(mine):
        for leaf in mine:
            keep_tombstones(device, STORE, [leaf])

    def look():
        while not ended.is_set():
            seen.append(len(kept_tombstones(device, STORE)))

    threads = [threading.Thread(target=keep, args=(mine,)) for mine in leaves]
    reader = threading.Thread(target=look)
    for thread in (*threads, reader):
        thread.start()
    for thread in threads:
        thread.join()
    ended.set()
    reader.join()
    assert kept_tombstones(device, STORE) == {leaf for mine in leaves for leaf in mine}
    assert seen == sorted(seen)
    assert len(list((tmp_path / "device").iterdir())) <= MOST_FILES + 4


def test_a_cut_file_is_refused(device, tmp_path):
    keep_tombstones(device, STORE, [b"a" * 32])
    (file,) = (tmp_path / "device").iterdir()
    file.write_bytes(b"a" * 31)
    with pytest.raises(IntegrityError):
        kept_tombstones(device, STORE)


def test_an_erasure_is_kept_once_it_is_written_and_not_when_it_fails(vaults, vault, database, owner):
    first, second = vault.append(b"one"), vault.append(b"two")
    leaves = [leaf for (leaf,) in database.rows("SELECT leaf FROM record WHERE record_id IN (?, ?)", (first, second))]
    with pytest.raises(RuntimeError), vaults.transaction():
        vault.erase([first])
        raise RuntimeError
    assert kept_tombstones(owner.device, database.store_id) == frozenset()
    with vaults.transaction():
        vault.erase([first])
        vault.erase_session(second)
    assert kept_tombstones(owner.device, database.store_id) == set(leaves)
    assert vaults[Kind.TURN].count() == 0
    assert vaults.erased(deep=True) == set(leaves)
