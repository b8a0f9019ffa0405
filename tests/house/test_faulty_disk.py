"""The faulty disk itself: what it replays is what was written, and it loses exactly what SQLite may lose."""

import _ctypes
import contextlib
import ctypes
import itertools
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from faulty_disk import FailingAt, Recording, Shim, Unsynced, library, materialise
from faulty_disk.crashes import everything, states
from faulty_disk.log import Acknowledged, Created, Deleted, FolderSynced, Found, Synced, Truncated, Written

TORTURE = int(os.environ.get("WORKBENCH_TORTURE", "1"))
ROWS = 6 * TORTURE
SHUFFLES = 5 * TORTURE


@pytest.fixture(autouse=True)
def quick_disk():
    """Leave out the real syncs."""
    with Unsynced():
        yield


def connect(path, *, journal_mode, synchronous):
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"PRAGMA journal_mode={journal_mode}")
    connection.execute(f"PRAGMA synchronous={synchronous}")
    return connection


def recorded_inserts(path, **pragmas):
    """Insert rows 0, 1, 2 …, each acknowledged; a checkpoint in between."""
    with Recording() as recording:
        connection = connect(path, **pragmas)
        connection.execute("CREATE TABLE row (number INTEGER PRIMARY KEY, filler BLOB)")
        for number in range(ROWS):
            connection.execute("INSERT INTO row VALUES (?, randomblob(2500))", (number,))
            recording.acknowledge(number)
            if number == ROWS // 2:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
    return recording


def rows_after(state, folder):
    """Return the numbers found after a cut, in order; None when the database is damaged."""
    shutil.rmtree(folder, ignore_errors=True)
    materialise(state, folder)
    connection = sqlite3.connect(folder / "plain.db")
    try:
        if connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
            return None
        if not connection.execute("SELECT 1 FROM sqlite_master").fetchall():
            return []
        return [number for (number,) in connection.execute("SELECT number FROM row ORDER BY number")]
    except sqlite3.DatabaseError:
        return None
    finally:
        connection.close()


def outcomes(tmp_path, **pragmas):
    """Return what cuts came to: ``"kept"``, ``"newest lost"``, ``"damaged"``."""
    recording = recorded_inserts(tmp_path / "plain.db", **pragmas)
    found = set()
    for state in recording.crashes(shuffles=SHUFFLES):
        rows = rows_after(state, tmp_path / "after")
        if rows is None or rows != list(range(len(rows))):
            found.add("damaged")
        elif len(rows) < len(state.acknowledged):
            found.add("newest lost")
        else:
            found.add("kept")
    return found


@pytest.mark.parametrize(
    ("journal_mode", "synchronous", "expected"),
    [
        ("WAL", "FULL", {"kept"}),
        ("WAL", "NORMAL", {"kept", "newest lost"}),
        ("WAL", "OFF", {"kept", "newest lost", "damaged"}),
        ("DELETE", "EXTRA", {"kept"}),
        ("DELETE", "FULL", {"kept", "newest lost"}),  # the journal's deletion may not last
        ("DELETE", "OFF", {"kept", "newest lost", "damaged"}),
        ("TRUNCATE", "FULL", {"kept"}),
    ],
)
def test_a_power_cut_costs_what_sqlite_documents_and_nothing_else(tmp_path, journal_mode, synchronous, expected):
    assert outcomes(tmp_path, journal_mode=journal_mode, synchronous=synchronous) == expected


def test_a_disk_that_lies_about_syncs_loses_commits_at_full(tmp_path):
    recording = recorded_inserts(tmp_path / "plain.db", journal_mode="WAL", synchronous="FULL")
    states = recording.crashes(is_each_write_torn=False, honours_syncs=False)
    assert any(rows_after(state, tmp_path / "after") != list(range(ROWS)) for state in states if state.acknowledged)


@pytest.mark.parametrize("journal_mode", ["WAL", "DELETE", "TRUNCATE", "PERSIST"])
@pytest.mark.parametrize("page_size", [512, 4096, 65536])
def test_every_recorded_change_together_is_the_disk_byte_for_byte(tmp_path, journal_mode, page_size):
    path = tmp_path / "plain.db"
    with Recording() as recording:
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute(f"PRAGMA page_size={page_size}")
        connection.execute(f"PRAGMA journal_mode={journal_mode}")
        connection.execute("PRAGMA mmap_size=1000000000")  # writes through memory would go unseen
        connection.execute("CREATE TABLE row (number INTEGER, filler BLOB)")
        for number in range(20):
            connection.execute("INSERT INTO row VALUES (?, randomblob(3000))", (number,))
        connection.execute("DELETE FROM row WHERE number > 3")
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("INSERT INTO row VALUES (99, randomblob(3000))")
        on_disk = {str(file): file.read_bytes() for file in tmp_path.iterdir() if not file.name.endswith("-shm")}
        assert recording.everything().files == on_disk
        connection.close()
        assert recording.everything().files.keys() <= {str(file) for file in tmp_path.iterdir()}


def test_what_was_there_before_the_recording_is_taken_as_durable(tmp_path):
    with sqlite3.connect(tmp_path / "plain.db") as connection:
        connection.execute("CREATE TABLE row (number INTEGER)")
        connection.execute("INSERT INTO row VALUES (0)")
    connection.close()
    with Recording() as recording:
        connection = connect(tmp_path / "plain.db", journal_mode="DELETE", synchronous="EXTRA")
        connection.execute("INSERT INTO row VALUES (1)")
        connection.close()
    assert {tuple(rows_after(state, tmp_path / "after")) for state in recording.crashes()} == {(0,), (0, 1)}


SECTOR = 512
OLD, NEW = b"o" * SECTOR, b"n" * SECTOR


def contents_of(events, **options):
    return [state.files for state in states(events, **options)]


def test_an_unsynced_write_is_there_wholly_partly_or_not_at_all():
    found = contents_of([Found(1, "/a", OLD * 3), Written(1, 0, NEW * 3), Synced(1)])
    assert found == [{"/a": OLD * 3}, {"/a": NEW * 3}, {"/a": NEW + OLD * 2}, {"/a": NEW * 2 + OLD}]


def test_a_write_is_torn_where_the_files_sectors_end_and_not_its_own():
    found = contents_of([Found(1, "/a", OLD * 2), Written(1, 500, b"n" * 24)])
    assert {"/a": b"o" * 500 + b"n" * 12 + OLD} in found
    assert len(found) == 3


def test_a_sync_of_one_file_keeps_nothing_of_another():
    events = [Found(1, "/a", b""), Found(2, "/b", b""), Written(1, 0, b"1"), Written(2, 0, b"2"), Synced(1)]
    after = [state.files for state in states([*events, Acknowledged("all")]) if state.acknowledged]
    assert after == [{"/a": b"1", "/b": b""}, {"/a": b"1", "/b": b"2"}]


def test_a_later_file_may_be_written_before_an_earlier_one():
    events = [Found(1, "/a", b""), Found(2, "/b", b""), Written(1, 0, b"1"), Written(2, 0, b"2")]
    assert {"/a": b"", "/b": b"2"} in contents_of(events)


def test_a_created_name_lasts_only_once_its_folder_is_synced():
    events = [Created(1, "/folder/a"), Written(1, 0, b"1"), Synced(1)]
    assert {} in [state.files for state in states([*events, Acknowledged("all")]) if state.acknowledged]
    events.append(FolderSynced("/folder"))
    after = [state.files for state in states([*events, Acknowledged("all")]) if state.acknowledged]
    assert after == [{"/folder/a": b"1"}]


def test_a_deleted_file_may_come_back_with_what_it_held():
    events = [Found(1, "/a", OLD), Deleted(1, "/a"), Created(2, "/a"), Written(2, 0, NEW), Synced(2)]
    found = contents_of(events)
    assert all(files in found for files in ({"/a": OLD}, {}, {"/a": b""}, {"/a": NEW}))


def test_a_truncation_cuts_or_stretches_with_zeros():
    events = [Found(1, "/a", b"12345"), Truncated(1, 2), Truncated(1, 4), Written(1, 5, b"6")]
    assert everything(events).files == {"/a": b"12\x00\x00\x006"}


def test_shuffles_repeat_by_their_seed_and_garble_no_byte_beside_a_write():
    events = [Found(1, "/a", OLD * 9), *(Written(1, SECTOR * n + 100, NEW) for n in (1, 4, 7))]
    first = contents_of(events, shuffles=50, seed=1)
    assert first == contents_of(events, shuffles=50, seed=1)
    assert first != contents_of(events, shuffles=50, seed=2)
    for files in first:
        for start, end in [(0, 612), (1124, 2148), (2660, 3684), (4196, 4608)]:
            assert set(files["/a"][start:end]) == {ord("o")}
    assert any(set(files["/a"]) - set(b"on") for files in first), "some garbage"


def test_two_files_of_one_name_are_not_written_over_each_other(tmp_path):
    with pytest.raises(ValueError, match="same name"):
        materialise(everything([Found(1, "/a/x", b""), Found(2, "/b/x", b"")]), tmp_path)


def insert_one(path):
    """Make a database with one row; return whether that went through."""
    with contextlib.ExitStack() as stack:
        try:
            connection = stack.enter_context(contextlib.closing(sqlite3.connect(path, isolation_level=None)))
            connection.execute("PRAGMA journal_mode=TRUNCATE")
            connection.execute("CREATE TABLE row (number INTEGER)")
            connection.execute("INSERT INTO row VALUES (1)")
            connection.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.OperationalError:
            return False
    return True


@pytest.mark.parametrize("operation", ["open", "read", "write", "truncate", "sync", "delete", "any"])
def test_each_call_fails_in_its_turn_until_a_run_meets_no_fault(tmp_path, operation):
    runs = []
    for number in itertools.count(1):
        with FailingAt(number, operation) as disk:
            runs.append(insert_one(tmp_path / f"{number}.db"))
        if not disk.was_reached:
            break
        assert disk.faults == 1
    assert disk.calls == number - 1
    assert runs[-1]
    assert operation == "delete" or not all(runs), "only a journal that can't be deleted may go unsaid"


def test_a_persistent_fault_lasts_until_it_is_mended(tmp_path):
    with FailingAt(1, "write", is_full=True, is_persistent=True) as disk:
        connection = sqlite3.connect(tmp_path / "plain.db", isolation_level=None)
        for _ in range(3):
            with pytest.raises(sqlite3.OperationalError, match="full"):
                connection.execute("CREATE TABLE row (number INTEGER)")
        disk.mend()
        connection.execute("CREATE TABLE row (number INTEGER)")
        connection.close()
    assert disk.faults == 3


def default_vfs():
    return library.library().default()


def test_the_default_comes_back_and_contexts_nest(tmp_path):
    before = default_vfs()
    with Recording() as outer:
        with FailingAt(2, "sync") as inner:
            connection = sqlite3.connect(tmp_path / "plain.db", isolation_level=None)
            with pytest.raises(sqlite3.OperationalError):
                connection.execute("CREATE TABLE row (number INTEGER)")
            connection.close()
        assert inner.was_reached
        assert default_vfs() != before
    assert default_vfs() == before
    assert sum(isinstance(event, Synced) for event in outer.events) >= 1


def test_a_named_vfs_concerns_only_the_connections_that_ask_for_it(tmp_path):
    with FailingAt(1, "write", is_persistent=True, is_default=False) as disk:
        sound = sqlite3.connect(tmp_path / "sound.db", isolation_level=None)
        sound.execute("CREATE TABLE row (number INTEGER)")
        hurt = sqlite3.connect(f"file:{tmp_path}/hurt.db?vfs={disk.vfs}", uri=True, isolation_level=None)
        with pytest.raises(sqlite3.OperationalError):
            hurt.execute("CREATE TABLE row (number INTEGER)")
        sound.close()
        hurt.close()


def test_a_connection_that_outlives_its_context_goes_on_without_it(tmp_path):
    with Recording() as recording:
        connection = connect(tmp_path / "plain.db", journal_mode="WAL", synchronous="FULL")
        connection.execute("CREATE TABLE row (number INTEGER)")
    count = len(recording.events)
    connection.execute("INSERT INTO row VALUES (1)")
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()
    assert len(recording.events) == count
    with contextlib.closing(sqlite3.connect(tmp_path / "plain.db")) as again:
        assert again.execute("SELECT * FROM row").fetchall() == [(1,)]


def test_a_connection_left_open_does_not_crash_the_end_of_the_process(tmp_path):
    program = (
        "import sqlite3, sys; from faulty_disk import Recording\n"
        "with Recording():\n"
        "    c = sqlite3.connect(sys.argv[1], isolation_level=None); c.execute('PRAGMA journal_mode=WAL')\n"
        "    c.execute('CREATE TABLE row (number INTEGER)'); sys.kept = c\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    process = subprocess.run([sys.executable, "-c", program, tmp_path / "plain.db"], env=environment, check=False)
    assert process.returncode == 0


def test_what_a_handler_raises_becomes_an_io_error_and_is_raised_on_leaving(tmp_path):
    def handler(call, proceed):
        if call.operation == "sync":
            raise ZeroDivisionError
        return proceed()

    connection = None
    with pytest.raises(ZeroDivisionError), Shim(handler):
        connection = sqlite3.connect(tmp_path / "plain.db", isolation_level=None)
        with contextlib.suppress(sqlite3.OperationalError):
            connection.execute("CREATE TABLE row (number INTEGER)")
    connection.close()


def test_connections_in_many_threads_are_recorded_in_an_order_that_replays(tmp_path):
    def insert(first):
        connection = sqlite3.connect(tmp_path / "plain.db", isolation_level=None, timeout=30)
        connection.execute("PRAGMA wal_autocheckpoint=5")
        for number in range(first, first + 20):
            connection.execute("INSERT INTO row VALUES (?, randomblob(500))", (number,))
            recording.acknowledge(number)
        connection.close()

    with Recording() as recording:
        connection = connect(tmp_path / "plain.db", journal_mode="WAL", synchronous="FULL")
        connection.execute("CREATE TABLE row (number INTEGER PRIMARY KEY, filler BLOB)")
        threads = [threading.Thread(target=insert, args=(100 * number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        connection.close()
    assert recording.everything().files == {str(tmp_path / "plain.db"): (tmp_path / "plain.db").read_bytes()}
    for state in itertools.islice(recording.crashes(is_each_write_torn=False), 0, None, 9):
        assert set(rows_after(state, tmp_path / "after")) >= set(state.acknowledged), state.story


def test_a_python_that_hides_its_sqlite_is_told_apart(monkeypatch):
    monkeypatch.setattr(library, "_handles", lambda: iter([ctypes.CDLL(_ctypes.__file__)]))
    library.library.cache_clear()
    try:
        with pytest.raises(RuntimeError, match="hides"), Recording():
            pass
    finally:
        library.library.cache_clear()


def test_a_context_serves_once():
    recording = Recording()
    with recording:
        pass
    with pytest.raises(RuntimeError, match="new one"), recording:
        pass
