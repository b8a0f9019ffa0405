"""Locking never fails open, and what had come is sealed first."""

import asyncio
import gc
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from scripted_model import ScriptedModel

from workbench.app import Workbench, background
from workbench.errors import InputError, LockedError, StoreError, WorkbenchError


@pytest.fixture
def model(session):
    model = ScriptedModel()
    session.use_model(model)
    return model


def in_a_thread(action):
    """Run an action beside the test; return the thread and where its error will be."""
    errors = []

    def run():
        try:
            action()
        except WorkbenchError as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, errors


def test_a_lock_that_cannot_be_noted_drops_the_keys_all_the_same(bench, session):
    bench.close()
    with pytest.raises(StoreError):
        session.lock()
    assert session.is_locked
    with pytest.raises(LockedError):
        session.history.recent()
    session.lock()


def test_a_reply_that_cannot_be_sealed_does_not_keep_the_session_open(session, model, monkeypatch):
    model.enqueue("The rain ", "goes on", wait_after=1)
    thread, _ = in_a_thread(lambda: session.ask("rain"))
    model.wait_until_waiting()
    monkeypatch.setattr("workbench.app.compose.encode", _full)
    with pytest.raises(StoreError):
        session.lock()
    assert session.is_locked
    thread.join(timeout=10)
    assert not thread.is_alive()


def _full(_record):
    raise StoreError("The disk is full; nothing was written.")


def test_a_stream_of_an_earlier_session_sends_nothing_and_blocks_nothing(session, model, passphrase):
    model.enqueue("rain")
    stream = session.stream("rain")
    session.lock()
    session.unlock(passphrase=passphrase)

    async def read():
        return [piece async for piece in stream]

    with pytest.raises(LockedError):
        asyncio.run(read())
    assert model.received == []
    session.lock()
    assert session.is_locked


def test_unlocking_again_keeps_a_reply_that_is_coming(session, model, passphrase):
    model.enqueue("The rain ", "goes on", wait_after=1)
    thread, errors = in_a_thread(lambda: session.ask("rain"))
    model.wait_until_waiting()
    session.unlock(passphrase=passphrase)
    thread.join(timeout=10)
    assert isinstance(errors[0], LockedError)
    (turn,) = session.history
    assert (turn.text, turn.outcome) == ("The rain ", "stopped")


def test_locking_wakes_a_reader_who_waits_for_the_model_and_closes_the_models_stream(session, model, passphrase):
    """Nothing lets the model go on: were its reader not woken, this would wait for ever."""
    model.enqueue("The rain ", "never", wait_after=1)
    thread, errors = in_a_thread(lambda: session.ask("rain"))
    model.wait_until_waiting()
    session.lock()
    thread.join(timeout=10)
    assert not thread.is_alive()
    assert isinstance(errors[0], LockedError)
    assert model.closed == 1
    session.unlock(passphrase=passphrase)
    assert [turn.text for turn in session.history] == ["The rain "]


def test_a_reader_with_work_of_its_own_is_not_cancelled_by_a_lock(session, model):
    model.enqueue("The rain ", "goes on")

    async def read_slowly():
        async for _ in session.stream("rain"):
            await asyncio.to_thread(session.lock)
            await asyncio.sleep(0.05)  # the reader's own wait

    with pytest.raises(LockedError):
        asyncio.run(read_slowly())


@pytest.mark.parametrize("seed", ["7", 1.5, object(), 2**64, b"7"])
def test_a_seed_that_could_not_be_sealed_is_refused_before_anything_is_sent(session, model, seed):
    with pytest.raises(InputError):
        session.ask("rain", seed=seed)
    assert model.received == []


def test_a_numpy_seed_is_a_whole_number(session):
    assert session.ask("rain", seed=np.int64(7)).text == session.ask("rain", seed=7).text


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [("end_turn", "complete"), ("stop_sequence", "complete"), ("max_tokens", "cut"), ("refusal", "refused")],
)
def test_an_outcome_says_how_the_model_ended(session, model, reason, outcome):
    model.enqueue("rain", stop_reason=reason)
    assert session.ask("rain").outcome == outcome
    assert session.usage.events().outcome.tolist() == [outcome]


def test_asking_on_the_private_loop_is_refused_and_harms_no_later_asking(session):
    async def ask_where_replies_are_made():
        return session.ask("rain")

    with pytest.raises(InputError):
        background.run(ask_where_replies_are_made())
    assert session.ask("rain").text


def test_a_forked_child_is_told_to_open_the_store_again(session):
    session.ask("rain")
    child = os.fork()
    if child == 0:  # pragma: no cover - another process
        status = 1
        try:
            session.ask("rain")
        except StoreError:
            status = 0
        os._exit(status)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert len(session.history) == 1


PROGRAM = """
import sys, threading
from workbench.app import Workbench
bench = Workbench.open(sys.argv[1])
session = bench.sign_in("ada", passphrase=sys.argv[2])
turn = session.ask("rain")
print("ready", flush=True)
sys.stdin.readline()
print("deleting", flush=True)
try:
    session.history.delete(turn.id)
except KeyboardInterrupt:
    pass
session.ask("snow")
print(len(session.history), flush=True)
session.lock()
"""


def test_an_interrupt_while_waiting_for_another_kernel_leaves_the_store_usable(bench, session, passphrase):
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, bench.path, passphrase], stdin=-1, stdout=-1, stderr=-1, text=True
    )
    assert process.stdout.readline() == "ready\n"
    with bench._database.transaction():
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.readline() == "deleting\n"
        threading.Event().wait(0.5)
        process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert out.strip() in {"1", "2"}  # the interrupt came before or after the deletion
    assert session.ask("wind").text


def test_a_demos_session_outlives_its_bench():
    session = Workbench.demo(students=0).sign_in("ada")
    folder = session._database.path.parent
    assert session.ask("rain").text
    del session
    until = time.monotonic() + 60
    while folder.exists() and time.monotonic() < until:  # the check in the background may still hold the store
        gc.collect()
        time.sleep(0.01)
    assert not folder.exists()


def test_a_delete_does_not_wait_for_another_kernels_reader_and_is_finished_later(bench, session):
    turn = session.ask("rain")
    (sealed,) = bench._database.rows("SELECT sealed FROM record WHERE record_id = ?", (bytes.fromhex(turn.id),))[0]
    reader = sqlite3.connect(bench.path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM record").fetchone()
    session.history.delete(turn.id)
    assert len(session.history) == 0
    reader.execute("COMMIT")
    reader.close()
    session.ask("snow")
    stored = b"".join(file.read_bytes() for file in bench.path.parent.iterdir())
    assert sealed[30:] not in stored


def test_a_deleted_turn_is_in_no_file_of_the_store(bench, session):
    """G10, through the public method."""
    turn = session.ask("rain")
    (sealed,) = bench._database.rows("SELECT sealed FROM record WHERE record_id = ?", (bytes.fromhex(turn.id),))[0]
    session.history.delete(turn.id)
    stored = b"".join(file.read_bytes() for file in bench.path.parent.iterdir())
    assert sealed[30:] not in stored
