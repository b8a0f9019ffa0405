"""Every bit of a store's file, flipped: refused, reported, shown, or harmless; never another content, nor a crash."""

import contextlib
import logging
import os
import signal
import sqlite3
from collections import Counter

import pytest
from storage.attacker import Outcome, content, examine, quick_derivation

from workbench.crypto import Kind
from workbench.identity import Accounts
from workbench.storage import Device, open_database

TORTURE = int(os.environ.get("WORKBENCH_TORTURE", "1"))
FLIPS = 600 * TORTURE  # about 400 000 bits there are: a factor of 700 flips each of them
CUTS = 100 * TORTURE
PAGE = 1024  # bytes; small, so that trees have inner pages, and records overflow
TOO_LONG = 60  # seconds for one opening, which takes some milliseconds


@pytest.fixture(scope="module", autouse=True)
def quick():
    with quick_derivation():
        yield


@pytest.fixture(autouse=True)
def alarm():
    """End a test that hangs."""

    def end(*_):
        raise AssertionError("an opening hangs")

    before = signal.signal(signal.SIGALRM, end)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def small(tmp_path_factory, passphrase):
    """Return the bytes of a small store, its device's folder, and what it holds."""
    folder = tmp_path_factory.mktemp("small")
    database = open_database(folder / "store.db")
    accounts = Accounts(database, device=Device(folder / "device", use_keyring=False))
    accounts.create("ada", passphrase=passphrase, roles=("owner",))
    vaults = accounts.unlock("ada", passphrase=passphrase).vaults
    for kind in (Kind.TURN, Kind.USAGE_EVENT, Kind.AUDIT_ENTRY):
        for number in range(4):
            vaults[kind].append(b"%d of %d, " % (number, kind) * (1 + 60 * number))
    turns = vaults[Kind.TURN]
    turns.erase([turns.append(b"erased")])
    shards = turns.caches(Kind.SEARCH_SHARD)
    shards.store(first=turns.log.start + 1, last=turns.log.start + 4, count=4, body=b"a shard " * 100)
    vaults.checkpoint()
    expected = content(vaults, database)
    database.close()
    connection = sqlite3.connect(folder / "store.db", isolation_level=None)
    for statement in ("journal_mode = DELETE", f"page_size = {PAGE}"):
        connection.execute(f"PRAGMA {statement}")
    connection.execute("VACUUM")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    return (folder / "store.db").read_bytes(), folder / "device", expected


@pytest.fixture
def outcome_of(small, tmp_path, passphrase):
    """Return what tells the outcome of opening a file of other bytes."""
    _, device_folder, expected = small
    path = tmp_path / "store.db"
    device = Device(device_folder, use_keyring=False)

    def open_session(stack):
        database = stack.enter_context(contextlib.closing(open_database(path)))
        return database, Accounts(database, device=device).unlock("ada", passphrase=passphrase).vaults

    def outcome(altered):
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        path.write_bytes(altered)
        signal.alarm(TOO_LONG)
        return examine(open_session, expected)

    return outcome


def spread(count, total):
    """Return numbers below `total`, evenly spread: `count` of them, or all."""
    return sorted({index * total // count for index in range(count)}) if count < total else range(total)


def told(counts, what):
    assert sum(counts.values())
    logging.getLogger(__name__).info("%d %s: %s", sum(counts.values()), what, {o.name: n for o, n in counts.items()})


def test_an_unaltered_store_holds_its_content(small, outcome_of):
    assert outcome_of(small[0]) is Outcome.HARMLESS


def test_no_flipped_bit_changes_what_is_read_unseen(small, outcome_of):
    store, counts = small[0], Counter()
    device = {path: path.read_bytes() for path in small[1].iterdir()}
    for bit in spread(FLIPS, 8 * len(store)):
        altered = bytearray(store)
        altered[bit // 8] ^= 1 << bit % 8
        try:
            counts[outcome_of(bytes(altered))] += 1
        except Exception as error:
            error.add_note(f"bit {bit % 8} of byte {bit // 8}, on page {bit // 8 // PAGE + 1}")
            raise
    told(counts, f"of {8 * len(store)} bits flipped")
    assert {path: path.read_bytes() for path in small[1].iterdir()} == device


def test_a_file_that_was_cut_off_is_never_read_as_a_shorter_content(small, outcome_of):
    store, counts = small[0], Counter()
    for length in {*range(0, len(store), PAGE), *spread(CUTS, len(store))}:
        if length:  # an empty file is a new store
            counts[outcome_of(store[:length])] += 1
    assert counts[Outcome.HARMLESS] < sum(counts.values()) / 10  # of a few bytes at the end, which nothing needs
    told(counts, "lengths cut to")


def test_pages_that_changed_places_are_never_read_as_another_content(small, outcome_of):
    store, counts = small[0], Counter()
    pages = [store[at : at + PAGE] for at in range(0, len(store), PAGE)]
    pairs = [(one, other) for one in range(len(pages)) for other in range(one)]
    for index in spread(100 * TORTURE, len(pairs)):
        one, other = pairs[index]
        swapped = list(pages)
        swapped[one], swapped[other] = pages[other], pages[one]
        counts[outcome_of(b"".join(swapped))] += 1
    told(counts, "pairs of pages swapped")
