"""What signing in costs, for whoever is known and whoever isn't, and which secrets it takes."""

import shutil
import struct
from collections import Counter

import pytest

from workbench.crypto import FLOOR, RFC_9106_LOW_MEMORY, SlotKind, slot
from workbench.errors import AuthenticationError
from workbench.identity import Accounts, names
from workbench.storage import Device, open_database

ANOTHER = "seven rivers under slow copper bells"
NO_CODE = "00000-00000-00000-00000-00000"


@pytest.fixture
def work(monkeypatch):
    """Count every stretching, by what it costs."""
    counted = Counter()
    derive, stretch = slot.derive, slot.stretch

    def counted_derive(secret, **parameters):
        counted[parameters["parameters"]] += 1
        return derive(secret, **parameters)

    def counted_stretch(secret, **parameters):
        counted[parameters["label"]] += 1
        return stretch(secret, **parameters)

    monkeypatch.setattr(names, "derive", counted_derive)
    monkeypatch.setattr(slot, "derive", counted_derive)
    monkeypatch.setattr(slot, "stretch", counted_stretch)
    return counted


@pytest.mark.parametrize("has_device", [True, False])
def test_known_and_unknown_names_take_the_same_derivations_whatever_is_wrong(
    database, device_folder, passphrase, work, has_device
):
    """A16: the same number of Argon2 derivations with the same parameters, and of HKDF, on every path."""
    accounts = Accounts(database, device=Device(device_folder) if has_device else None)
    accounts.create("ada", passphrase=passphrase, roles=("owner",))
    costs = {}
    for name in ("ada", "bob"):
        for secret in (ANOTHER, "half \ud83d", "x" * 300, ""):
            work.clear()
            with pytest.raises(AuthenticationError):
                accounts.unlock(name, passphrase=secret)
            costs[name, secret] = dict(work)
            database.write("DELETE FROM throttle")
    assert len(set(map(str, costs.values()))) == 1
    (cost, *_) = costs.values()
    assert {parameters: cost[parameters] for parameters in (FLOOR, RFC_9106_LOW_MEMORY)} == {
        FLOOR: 1,
        RFC_9106_LOW_MEMORY: 1,
    }


def test_known_and_unknown_names_take_the_same_work_to_recover(accounts, passphrase, work):
    """A16."""
    accounts.create("ada", passphrase=passphrase, roles=("owner",))
    costs = []
    for name in ("ada", "bob"):
        work.clear()
        with pytest.raises(AuthenticationError):
            accounts.recover(name, code=NO_CODE, new_passphrase=ANOTHER)
        costs.append(dict(work))
    assert costs[0] == costs[1]
    assert costs[0][b"recovery code of version 2"] == 10


def test_known_and_unknown_names_are_throttled_after_the_same_guesses_with_the_same_words(accounts, passphrase):
    """A16, A12."""
    accounts.create("ada", passphrase=passphrase, roles=("owner",))
    told = {}
    for name in ("ada", "bob"):
        told[name] = []
        for _ in range(7):
            with pytest.raises(Exception) as raised:
                accounts.unlock(name, passphrase=ANOTHER)
            told[name].append((raised.type, raised.value.args))
    assert told["ada"] == told["bob"]


def test_a_passphrases_slot_costs_what_rfc_9106_recommends(accounts, database, passphrase):
    """A08: Argon2id, m=65536 KiB, t=3, p=4; a salt of 16 bytes of its own for each."""
    for name in ("ada", "bob"):
        accounts.create(name, passphrase=passphrase, roles=("owner",))
    packed = [row for (row,) in database.rows("SELECT packed FROM slot") if row[1] == SlotKind.PASSPHRASE]
    assert [struct.unpack_from(">III", row, 2) for row in packed] == [(65_536, 3, 4)] * 2
    assert len({row[14:30] for row in packed}) == 2


def test_signing_in_replaces_a_slot_that_costs_less_than_one_of_today(accounts, database, passphrase, monkeypatch):
    """A08: weaker parameters are made good at the next sign-in."""
    with monkeypatch.context() as weaker:
        weaker.setattr(slot, "RFC_9106_LOW_MEMORY", FLOOR)
        accounts.create("ada", passphrase=passphrase, roles=("owner",))

    def costs():
        rows = database.rows("SELECT packed FROM slot")
        return [struct.unpack_from(">III", row, 2) for (row,) in rows if row[1] == SlotKind.PASSPHRASE]

    assert costs() == [(19_456, 2, 1)]
    accounts.unlock("ada", passphrase=passphrase)
    assert costs() == [(65_536, 3, 4)]
    accounts.unlock("ada", passphrase=passphrase)


def test_a_copied_store_is_not_unlocked_by_the_right_passphrase(accounts, database, passphrase, tmp_path):
    """A15, A09: the key that is kept apart is the device's secret; it takes part in what unwraps, not in a check."""
    codes = accounts.create("ada", passphrase=passphrase, roles=("owner",)).recovery_codes
    database.close()
    shutil.copyfile(database.path, tmp_path / "copy.db")
    for folder in (None, tmp_path / "another device"):
        copy = open_database(tmp_path / "copy.db")
        there = Accounts(copy, device=Device(folder, use_keyring=False) if folder else None)
        with pytest.raises(AuthenticationError):
            there.unlock("ada", passphrase=passphrase)
        copy.close()
    copy = open_database(tmp_path / "copy.db")
    Accounts(copy).recover("ada", code=codes[0], new_passphrase=ANOTHER)
    copy.close()


def test_a_new_passphrase_on_another_device_takes_that_devices_secret(accounts, database, passphrase, tmp_path):
    """A09: how the secret is rotated, by a passphrase that is set anew."""
    codes = accounts.create("ada", passphrase=passphrase, roles=("owner",)).recovery_codes
    there = Accounts(database, device=Device(tmp_path / "another device", use_keyring=False))
    there.recover("ada", code=codes[0], new_passphrase=ANOTHER)
    there.unlock("ada", passphrase=ANOTHER)
    with pytest.raises(AuthenticationError):
        accounts.unlock("ada", passphrase=ANOTHER)
