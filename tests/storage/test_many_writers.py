"""Many processes on one store: writing, rotating, erasing, reading an old snapshot, and killed at any moment."""

import logging
import os
import random
import signal
import time

import pytest
from storage.writers import GONE, KEPT, MAY_GO, Account, Process, body, erase, rotate, write, write_and_erase_for_ever

from workbench.crypto import Kind
from workbench.errors import NotFoundError, StoreError
from workbench.storage import Damaged

TORTURE = int(os.environ.get("WORKBENCH_TORTURE", "1"))
WRITERS = 8
RECORDS = 10 * TORTURE  # for each writer
ROUNDS = 5 * TORTURE
AT_ONCE = 3  # writers in each round, all of which are killed


@pytest.fixture
def account(location, owner):
    return Account(location, owner.account_id, owner.key_pairs.packed, owner.anchor_key, owner.device._folder)


def in_order(vault):
    """Return the bodies of the living records, oldest first, by id; every row stands where it should."""
    found = list(vault.scan())
    assert not [item for item in found if isinstance(item, Damaged)]
    places = [
        place
        for (place,) in vault._database.rows(
            "SELECT place FROM record WHERE place > ? AND place < ? ORDER BY place", (vault.log.start, vault.log.end)
        )
    ]
    assert places == list(range(vault.log.start + 1, vault.log.start + 1 + len(places)))
    return dict(found[::-1])


def test_what_eight_writers_were_told_is_kept_while_keys_rotate_and_records_are_erased(
    account, owner, vault, open_again
):
    first = [vault.append(b"snapshot %d" % number) for number in range(4)]
    snapshot = vault._database.stream("SELECT place, record_id FROM record ORDER BY place", size=1)
    seen = [next(snapshot)]
    writers = [Process(write, account, name, RECORDS) for name in range(WRITERS)]
    rotating = Process(rotate, account, 3 * TORTURE)
    goners = [first[3]]
    for writer in writers:  # a record of each, whose key seals others
        told = [writer.next() for _ in range(RECORDS // 2)]
        goners.append(told[-1].removeprefix(KEPT))
    erasing = Process(erase, account, goners)
    erased = [told.removeprefix(GONE) for told in erasing.drain()]
    acknowledged = {
        told.removeprefix(KEPT): body(name, number)
        for name, writer in enumerate(writers)
        for number, told in enumerate(writer.drain())
    }
    assert rotating.drain() == [b"rotated"]
    assert {process.exit_code for process in (*writers, rotating, erasing)} == {0}
    assert erased == goners
    assert len(acknowledged) == WRITERS * RECORDS
    assert [record_id for _, record_id in (*seen, *snapshot) if record_id] == first

    vaults = owner.open(open_again())
    vaults.verify()
    expected = acknowledged | {record_id: b"snapshot %d" % number for number, record_id in enumerate(first)}
    for record_id in goners:
        del expected[record_id]
    found = in_order(vaults[Kind.TURN])
    assert found == expected
    for name in range(WRITERS):  # each writer's in its order
        own = [record_id for record_id in acknowledged if acknowledged[record_id].endswith(b"writer %d, " % name)]
        assert [record_id for record_id in found if record_id in own] == [each for each in own if each in found]


def test_no_kill_loses_or_spoils_what_was_acknowledged(account, owner, open_again):
    chance = random.Random(1)  # noqa: S311 - to be repeatable, not secret
    kept, may_be_gone, gone, kills = {}, set(), set(), 0
    for round_ in range(ROUNDS):
        names = [round_ * AT_ONCE + index for index in range(AT_ONCE)]
        writers = [Process(write_and_erase_for_ever, account, name) for name in names]
        for writer in writers:
            assert writer.next() is not None
        for writer in chance.sample(writers, AT_ONCE):
            time.sleep(chance.uniform(0, 0.03))
            writer.kill()
            kills += 1
        for name, writer in zip(names, writers, strict=True):
            told = writer.drain()
            assert writer.exit_code == -signal.SIGKILL
            numbers = iter(range(len(told)))
            kept |= {each[1:]: body(name, next(numbers)) for each in told if each[:1] == KEPT}
            may_be_gone |= {each[1:] for each in told if each[:1] == MAY_GO}
            gone |= {each[1:] for each in told if each[:1] == GONE}
        if round_ % 10 == 0 or round_ == ROUNDS - 1:
            vaults = owner.open(open_again())
            vaults.verify()
            found = in_order(vaults[Kind.TURN])
            assert kept.keys() - may_be_gone <= found.keys()
            assert not found.keys() & gone
            assert {record_id: kept[record_id] for record_id in found if record_id in kept}.items() <= found.items()
            assert len(found.keys() - kept.keys()) <= kills  # written, and killed before that was told
    logging.getLogger(__name__).info(
        "%d kills, %d records acknowledged, %d erased, 0 lost, 0 corrupt", kills, len(kept), len(gone)
    )
    assert vaults[Kind.TURN].read(vaults[Kind.TURN].append(b"life goes on")) == b"life goes on"


def test_a_child_forked_from_a_session_that_is_open_writes_and_reads_nothing_and_the_parent_goes_on(vaults, vault):
    """It would share the parent's locks and its socket."""
    record_id = vault.append(b"before")
    child = os.fork()
    if child == 0:  # no pytest from here on
        refused = 0
        for attempt in (lambda: vault.append(b"child"), lambda: vault.read(record_id), vaults.checkpoint):
            try:
                attempt()
            except StoreError:
                refused += 1
            except BaseException:  # noqa: BLE001, S110 - only refusals count
                pass
        vault._database.close()
        os._exit(refused)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3
    assert vault.read(record_id) == b"before"
    assert vault.read(vault.append(b"after")) == b"after"
    vaults.checkpoint()
    vaults.verify()


def test_a_clock_that_goes_back_changes_neither_the_order_nor_the_anchors(
    vaults, vault, owner, open_again, monkeypatch
):
    ids = []
    for now in (2e9, 1e9, 0.0, 3e9):
        monkeypatch.setattr(time, "time", lambda now=now: now)
        ids.append(vault.append(b"at %d" % now))
        vaults.checkpoint()
    again = owner.open(open_again())
    again.verify()
    assert list(in_order(again[Kind.TURN])) == ids


def test_a_record_that_one_kernel_has_erased_is_not_found_by_another_that_is_open(vault, owner, open_again):
    other = owner.open(open_again())[Kind.TURN]
    record_id = vault.append(b"gone")
    assert other.read(record_id) == b"gone"
    vault.erase([record_id])
    with pytest.raises(NotFoundError):
        other.read(record_id)
