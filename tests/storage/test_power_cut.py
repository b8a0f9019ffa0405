"""No power cut takes back what the store has acknowledged: every state that the disk may be left in is opened."""

import logging
import os
import random
import shutil
from dataclasses import replace

import pytest
from faulty_disk import CrashState, Recording, Unsynced, materialise
from storage.crash_subject import CrashSubject, DamagedStoreError, Owner, contents

from workbench.errors import WorkbenchError

TORTURE = int(os.environ.get("WORKBENCH_TORTURE", "1"))
APPENDS = 8 * TORTURE
SHUFFLES = 10 * TORTURE


@pytest.fixture(scope="module")
def owner():
    return Owner.new()


@pytest.fixture(autouse=True)
def quick_disk():
    """Leave out the real syncs."""
    with Unsynced():
        yield


class Ledger:
    """Uses a store and keeps, in the recording, what was begun and what was acknowledged."""

    def __init__(self, subject, recording):
        self.subject = subject
        self.recording = recording
        self.begun = {}

    def append(self, body):
        record_id = self.subject.append(body)
        self.begun[record_id] = body
        self.recording.acknowledge(("kept", record_id, self.subject.head()))
        return record_id

    def erase(self, record_id):
        self.recording.acknowledge(("may go", record_id, None))
        self.subject.erase(record_id)
        self.recording.acknowledge(("gone", record_id, self.subject.head()))


def work(path, owner, *, trusts_the_disk=False):
    """Append, erase, checkpoint, leave and come back; return the recording and every body that was written."""
    with Recording() as recording:
        subject = CrashSubject(path, owner)
        if trusts_the_disk:
            subject.trust_the_disk()
        ledger = Ledger(subject, recording)
        ids = [ledger.append(b"record %d " % number * 100 * (number + 1)) for number in range(APPENDS)]
        subject.checkpoint()
        ledger.erase(ids[1])
        subject.checkpoint()
        ledger.append(b"after the checkpoint")
        subject.close()
        ledger.subject = subject = CrashSubject(path, owner)
        ledger.append(b"after coming back" * 500)
        subject.close()
    return recording, ledger.begun


def loss(state: CrashState, folder, owner, begun):
    """Return what a state has lost or spoilt, in a sentence; nothing when all is as acknowledged."""
    shutil.rmtree(folder, ignore_errors=True)
    materialise(state, folder)
    try:
        found = contents(folder / "store.db", owner)
    except (WorkbenchError, DamagedStoreError) as error:
        return f"{type(error).__name__}: {error}"
    status = {record_id: what for what, record_id, _ in state.acknowledged}
    for record_id, what in status.items():
        if what == "kept" and record_id not in found.bodies:
            return "an acknowledged record is lost"
        if what == "gone" and record_id in found.bodies:
            return "an erased record is back"
    if any(begun.get(record_id) != body for record_id, body in found.bodies.items()):
        return "a record holds other than what was written"
    if not {head for _, _, head in state.acknowledged if head} <= set(found.heads):
        return "the audit chain doesn't go through a head that was noted elsewhere"
    return None


def can_be_written(path, owner):
    """Tell whether the store takes a further record and gives it back."""
    subject = CrashSubject(path, owner)
    record_id = subject.append(b"after the cut")
    subject.close()
    return contents(path, owner).bodies[record_id] == b"after the cut"


@pytest.fixture
def scratch(tmp_path):
    return tmp_path / "after the cut"


def test_no_power_cut_loses_or_spoils_what_was_acknowledged(tmp_path, scratch, owner):
    recording, begun = work(tmp_path / "store.db", owner)
    count = 0
    for state in recording.crashes(shuffles=SHUFFLES):
        assert loss(state, scratch, owner, begun) is None, state.story
        if count % 20 == 0:
            assert can_be_written(scratch / "store.db", owner), state.story
        count += 1
    assert count > 500
    logging.getLogger(__name__).info("%d crash states replayed", count)


def test_no_power_cut_while_keys_are_renewed_loses_a_record_or_leaves_one_that_does_not_open(tmp_path, scratch, owner):
    subject = CrashSubject(tmp_path / "store.db", owner)
    begun = {subject.append(body): body for body in (b"record %d " % number * 100 for number in range(3))}
    subject.close()
    with Recording() as recording:
        subject = CrashSubject(tmp_path / "store.db", owner)
        for record_id in begun:
            recording.acknowledge(("kept", record_id, None))
        subject.renew_keys()
        subject.close()
    count = 0
    for state in recording.crashes(is_each_write_torn=False, shuffles=1):
        if not state.acknowledged:
            continue
        assert loss(state, scratch, owner, begun) is None, state.story
        if count % 40 == 0:
            subject = CrashSubject(scratch / "store.db", owner)
            subject.renew_keys()
            subject.close()
            assert contents(scratch / "store.db", owner).bodies == begun, state.story
        count += 1
    assert count > 100
    logging.getLogger(__name__).info("%d crash states of a renewal replayed", count)


def test_a_second_cut_while_the_store_recovers_from_the_first_loses_nothing_either(tmp_path, scratch, owner):
    recording, begun = work(tmp_path / "store.db", owner)
    states = list(recording.crashes(shuffles=1))
    count = 0
    for first in random.Random(1).sample(states, 12 * TORTURE):  # noqa: S311 - to be repeatable, not secret
        folder = tmp_path / "first"
        shutil.rmtree(folder, ignore_errors=True)
        materialise(first, folder)
        with Recording() as recovery:
            contents(folder / "store.db", owner)
        for second in recovery.crashes(is_each_write_torn=False, shuffles=5):
            state = replace(second, acknowledged=first.acknowledged)
            assert loss(state, scratch, owner, begun) is None, f"{first.story}; then {second.story}"
            count += 1
    assert count > 50
    logging.getLogger(__name__).info("%d crash states replayed after a first crash", count)


def test_a_cut_before_the_first_acknowledgement_leaves_a_store_that_opens_and_can_be_written(tmp_path, scratch, owner):
    with Recording() as recording:
        CrashSubject(tmp_path / "store.db", owner).close()
    for state in recording.crashes(shuffles=SHUFFLES):
        shutil.rmtree(scratch, ignore_errors=True)
        materialise(state, scratch)
        assert can_be_written(scratch / "store.db", owner), state.story


def test_a_store_that_does_not_sync_loses_records_so_the_test_can_fail(tmp_path, scratch, owner):
    recording, begun = work(tmp_path / "store.db", owner, trusts_the_disk=True)
    assert any(loss(state, scratch, owner, begun) for state in recording.crashes(is_each_write_torn=False))


def test_a_disk_that_lies_about_syncs_loses_records_so_the_model_can_fail(tmp_path, scratch, owner):
    recording, begun = work(tmp_path / "store.db", owner)
    states = recording.crashes(is_each_write_torn=False, honours_syncs=False)
    assert any(loss(state, scratch, owner, begun) for state in states)
