"""What a machine keeps outside of the store: whole, private, the same for every process, and never shown."""

import stat
import subprocess
import sys
import threading
import time

import keyring
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from workbench.crypto import EMPTY, extend
from workbench.errors import IntegrityError, StoreError
from workbench.storage import Device
from workbench.storage.anchors import Anchor, Anchors

KEY = bytes(range(32))


@pytest.fixture
def device(tmp_path):
    return Device(tmp_path / "device", use_keyring=False)


@pytest.fixture
def system_keyring():
    """Put a keyring that works, in memory, in the operating system's place."""
    before = keyring.get_keyring()  # first: the library chooses among all backends that are defined by then

    class InMemory(KeyringBackend):
        priority = 9
        kept: dict = {}  # noqa: RUF012 - a test's own

        def get_password(self, service, username):
            return self.kept.get((service, username))

        def set_password(self, service, username, password):
            self.kept[service, username] = password

        def delete_password(self, service, username):
            del self.kept[service, username]

    made = InMemory()
    made.kept = {}
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


def test_a_device_has_one_secret_which_it_makes_when_asked_to(device, tmp_path):
    assert device.secret() is None
    assert not (tmp_path / "device").exists()
    made = device.secret(create=True)
    assert len(made.secret) == 32
    assert device.secret() == device.secret(create=True) == made
    assert Device(tmp_path / "another", use_keyring=False).secret(create=True) != made


def test_what_is_kept_is_readable_by_its_owner_alone(device, tmp_path):
    device.secret(create=True)
    device.write("anchor-1", b"content")
    modes = {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "device").iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE((tmp_path / "device").stat().st_mode) == 0o700


def test_eight_processes_that_make_the_secret_at_once_agree_on_it(tmp_path):
    program = (
        "import sys; from pathlib import Path; from workbench.storage import Device;"
        "print(Device(Path(sys.argv[1]), use_keyring=False).secret(create=True).name.hex())"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", program, tmp_path / "device"], stdout=subprocess.PIPE, text=True)
        for _ in range(8)
    ]
    assert len({process.communicate()[0] for process in started}) == 1
    assert [file.name for file in (tmp_path / "device").iterdir()] == ["device-secret"]


def test_a_keyring_holds_the_secret_where_there_is_one(tmp_path, system_keyring):
    device = Device(tmp_path / "device")
    made = device.secret(create=True)
    assert device.secret() == made
    assert len(system_keyring.kept) == 1
    assert not (tmp_path / "device" / "device-secret").exists()


def test_a_secret_in_a_file_stays_the_secret_when_a_keyring_comes(tmp_path, device, system_keyring):
    made = device.secret(create=True)
    assert Device(tmp_path / "device").secret(create=True) == made
    assert system_keyring.kept == {}


def test_a_keyring_that_refuses_is_gone_without(tmp_path, system_keyring, monkeypatch):
    def refuse(*_arguments):
        raise KeyringLocked("locked")

    monkeypatch.setattr(type(system_keyring), "get_password", refuse)
    monkeypatch.setattr(type(system_keyring), "set_password", refuse)
    device = Device(tmp_path / "device")
    assert device.secret() is None
    assert device.secret(create=True) == device.secret()
    assert (tmp_path / "device" / "device-secret").exists()


@pytest.fixture
def lapse(system_keyring, monkeypatch):
    """Return what makes the keyring refuse so many calls that read it, and then work again."""
    get = type(system_keyring).get_password

    def make(count):
        left = [count]

        def refuse_at_first(self, service, username):
            if left[0]:
                left[0] -= 1
                raise KeyringLocked("locked")
            return get(self, service, username)

        monkeypatch.setattr(type(system_keyring), "get_password", refuse_at_first)

    return make


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_secret_in_a_keyring_that_was_locked_for_a_moment_is_neither_lost_nor_hidden(tmp_path, lapse, count):
    device = Device(tmp_path / "device")
    made = device.secret(create=True)
    lapse(count)
    other = device.secret(create=True)
    lapse(0)
    assert device.secret(named=made.name) == made
    assert device.secret(named=other.name) == other


@pytest.mark.parametrize("content", [b"", b"short", bytes(49)])
def test_a_damaged_secret_is_told_with_what_to_do(device, content):
    device.write("device-secret", content)
    with pytest.raises(IntegrityError, match="recovery code"):
        device.secret()


def test_a_folder_that_cannot_be_written_is_explained(tmp_path):
    (tmp_path / "file").write_text("")
    device = Device(tmp_path / "file" / "device", use_keyring=False)
    with pytest.raises(StoreError) as raised:
        device.secret(create=True)
    assert "XDG_STATE_HOME" in raised.value.remedy
    assert raised.value.__context__ is None


@pytest.mark.parametrize("name", ["", "../secret", "a/b", "A", "a" * 101])
def test_odd_names_are_refused(device, name):
    with pytest.raises(StoreError):
        device.write(name, b"content")


def test_no_secret_shows_in_a_repr(device):
    made = device.secret(create=True)
    assert made.secret.hex() not in repr(made)
    assert repr(device) == "Device(<folder>)"


@pytest.fixture
def anchors(device):
    return Anchors(device, store_id=b"s" * 16, account_id=b"a" * 16, key=KEY)


frontiers = st.lists(st.binary(min_size=32, max_size=32), max_size=9).map(lambda leaves: extend(EMPTY, leaves))


@given(seen=st.dictionaries(st.binary(min_size=16, max_size=16), st.builds(Anchor, frontiers, st.integers(1, 99))))
def test_anchors_come_back_as_they_went(tmp_path_factory, seen):
    device = Device(tmp_path_factory.mktemp("device"), use_keyring=False)
    anchors = Anchors(device, store_id=b"s" * 16, account_id=b"a" * 16, key=KEY)
    anchors.save(seen)
    assert anchors.load() == seen


def test_an_anchor_never_moves_back_unless_it_is_replaced(anchors):
    older, newer = Anchor(extend(EMPTY, [bytes(32)]), 1), Anchor(extend(EMPTY, [bytes(32)] * 2), 1)
    anchors.save({b"v" * 16: newer})
    anchors.save({b"v" * 16: older})
    assert anchors.load() == {b"v" * 16: newer}
    anchors.save({b"v" * 16: older}, replace=True)
    assert anchors.load() == {b"v" * 16: older}


def test_every_flipped_bit_of_an_anchor_is_refused(anchors, device, tmp_path):
    anchors.save({b"v" * 16: Anchor(extend(EMPTY, [bytes(32)]), 1)})
    (file,) = (tmp_path / "device").iterdir()
    kept = file.read_bytes()
    for position in range(len(kept) * 8):
        flipped = bytearray(kept)
        flipped[position // 8] ^= 1 << position % 8
        device.write(file.name, bytes(flipped))
        with pytest.raises(IntegrityError):
            anchors.load()


@pytest.mark.parametrize("change", [{"store_id": b"S" * 16}, {"account_id": b"A" * 16}, {"key": bytes(32)}])
def test_an_anchor_of_another_store_account_or_key_does_not_fit(anchors, device, tmp_path, change):
    anchors.save({b"v" * 16: Anchor(EMPTY, 1)})
    (file,) = (tmp_path / "device").iterdir()
    other = Anchors(device, **({"store_id": b"s" * 16, "account_id": b"a" * 16, "key": KEY} | change))
    device.write(other._name, file.read_bytes())
    with pytest.raises(IntegrityError):
        other.load()


@pytest.mark.parametrize("length", [0, 1, 31, 32, 40])
def test_an_anchor_that_was_cut_short_is_refused(anchors, device, tmp_path, length):
    anchors.save({b"v" * 16: Anchor(EMPTY, 1)})
    (file,) = (tmp_path / "device").iterdir()
    device.write(file.name, file.read_bytes()[:length])
    with pytest.raises(IntegrityError):
        anchors.load()


def test_an_anchor_never_moves_back_when_two_kernels_save_at_once(device, monkeypatch):
    v = b"v" * 16
    first, second = (Anchors(device, store_id=b"s" * 16, account_id=b"a" * 16, key=KEY) for _ in range(2))
    older, newer = Anchor(extend(EMPTY, [bytes(32)] * 2), 1), Anchor(extend(EMPTY, [bytes(32)] * 3), 2)
    first.save({v: Anchor(extend(EMPTY, [bytes(32)]), 1)})
    has_read, load = threading.Event(), first.load

    def slow():
        known = load()
        has_read.set()
        time.sleep(0.2)
        return known

    monkeypatch.setattr(first, "load", slow)
    thread = threading.Thread(target=first.save, args=({v: older},))
    thread.start()
    assert has_read.wait(10)
    second.save({v: newer})
    thread.join()
    assert second.load() == {v: newer}
