"""A disk that fails or fills at any call: the store says so, keeps what it acknowledged, and halves nothing."""

import contextlib
import itertools
import logging
import os
import shutil

import pytest
from faulty_disk import FailingAt, Unsynced
from storage.crash_subject import CrashSubject, Owner, contents

from workbench.errors import WorkbenchError

TORTURE = int(os.environ.get("WORKBENCH_TORTURE", "1"))
BODIES = [b"a line " * (20 + 400 * number) for number in range(3 * TORTURE)]  # from one page to an overflow chain


@pytest.fixture(scope="module")
def owner():
    return Owner.new()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory, owner):
    """Return a store with two acknowledged records, and their bodies."""
    path = tmp_path_factory.mktemp("prepared") / "store.db"
    subject = CrashSubject(path, owner)
    kept = {subject.append(body): body for body in (b"kept before", b"to be erased")}
    subject.close()
    return path, kept


@pytest.fixture(autouse=True)
def quick_disk():
    """Leave out the real syncs."""
    with Unsynced():
        yield


class Attempts:
    """Tries each step once and keeps what was acknowledged, and what a failure left open."""

    def __init__(self, kept):
        self.kept = dict(kept)
        self.gone = set()
        self.open_ids = set()
        self.written = set(kept.values())

    def append(self, subject, body):
        self.written.add(body)
        try:
            self.kept[subject.append(body)] = body
        except WorkbenchError:
            return False
        return True

    def erase(self, subject, record_id):
        try:
            subject.erase(record_id)
        except WorkbenchError:
            self.open_ids.add(record_id)
            return
        del self.kept[record_id]
        self.gone.add(record_id)


def try_all(path, owner, attempts, disk, *, until):
    """Open, append, erase, checkpoint, append, go on in the same session once the fault is over, and close."""
    try:
        subject = CrashSubject(path, owner)
    except WorkbenchError:
        return
    try:
        for body in BODIES:
            attempts.append(subject, body)
        for record_id in list(attempts.kept)[:1]:
            attempts.erase(subject, record_id)
        with contextlib.suppress(WorkbenchError):
            subject.checkpoint()
        attempts.append(subject, b"after the checkpoint")
        if until == "mended":
            disk.mend()
        if until != "the end":
            survived = attempts.append(subject, b"once more") or attempts.append(subject, b"and again")
            assert survived, "a fault that passed must not stay"
    finally:
        subject.close()


FAULTS = {
    "a write fails": ("write", False),
    "the disk is full": ("write", True),
    "a sync fails": ("sync", False),
    "a read fails": ("read", False),
    "a truncation fails": ("truncate", False),
    "a file can't be opened": ("open", False),
    "a file can't be deleted": ("delete", False),
}


@pytest.mark.parametrize("until", ["the next call", "mended", "the end"])
@pytest.mark.parametrize(("operation", "is_full"), FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("is_new", [False, True], ids=["an old store", "a new store"])
def test_whichever_call_fails_the_store_says_so_and_keeps_what_it_acknowledged(
    tmp_path, owner, prepared, operation, is_full, until, is_new
):
    source, kept = prepared
    for number in itertools.count(1):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = folder / "store.db"
        attempts = Attempts({} if is_new else kept)
        if not is_new:
            shutil.copyfile(source, path)
        with FailingAt(number, operation, is_full=is_full, is_persistent=until != "the next call") as disk:
            try_all(path, owner, attempts, disk, until=until)
        found = contents(path, owner).bodies
        for record_id, body in attempts.kept.items():
            if record_id not in attempts.open_ids:
                assert found[record_id] == body, f"an acknowledged record is lost: fault at call {number}"
        assert not attempts.gone & set(found), f"an erased record is back: fault at call {number}"
        assert set(found.values()) <= attempts.written, f"a record is garbled: fault at call {number}"
        shutil.rmtree(folder)
        if not disk.was_reached:
            break
    assert disk.calls, "no such call was made"
    logging.getLogger(__name__).info("%d faults injected", number - 1)
