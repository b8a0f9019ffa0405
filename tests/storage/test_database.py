"""What holds of a store whichever engine keeps it."""

import os
import subprocess
import sys
import threading
import traceback
from functools import partial
from pathlib import Path

import pytest

from workbench.errors import InputError, StoreError, StoreVersionError
from workbench.storage import open_database

TABLE = "CREATE TABLE sample (number INTEGER PRIMARY KEY, bytes BLOB) WITHOUT ROWID"


@pytest.fixture
def sample(database):
    """Return an open store with an empty table for the test's own rows."""
    database.write(TABLE)
    return database


def fill(database, count):
    database.write_many("INSERT INTO sample VALUES (?, ?)", ((number, b"%d" % number) for number in range(count)))


def in_a_thread(action):
    """Run an action in another thread to its end, and return what it returned."""
    found = []
    thread = threading.Thread(target=lambda: found.append(action()), daemon=True)
    thread.start()
    thread.join(20)
    assert found, "it waits for a lock"
    return found[0]


def in_a_child(action):
    """Run an action in a forked child and return its exit code: 0 when it returned True."""
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if action() else 1)
        except BaseException:  # noqa: BLE001 - nothing of the test may run on in the child
            traceback.print_exc()
        os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_store_keeps_its_id(database, open_again):
    again = open_again()
    assert len(database.store_id) == len(database.name_salt) == 16
    assert (again.store_id, again.name_salt) == (database.store_id, database.name_salt)
    assert not again.is_read_only


def test_it_tells_its_engine_and_not_its_place(database, request):
    assert database.engine in request.node.name
    assert repr(database) == f"Database(<{database.engine}>)"
    assert (database.path is None) == (database.engine == "postgresql")


def test_a_newer_store_is_refused(database, open_again):
    database.write("UPDATE store SET format = 99")
    with pytest.raises(StoreVersionError, match="newer"):
        open_again()


@pytest.mark.parametrize(
    "change", ["UPDATE store SET format = -1", "UPDATE store SET store_id = ?", "DELETE FROM store"]
)
def test_a_store_that_does_not_say_which_it_is_is_refused(database, open_again, change):
    database.write(change, (b"short",) if "?" in change else ())
    with pytest.raises(StoreVersionError, match="which"):
        open_again()


def test_another_programs_tables_are_refused(database, open_again):
    database.write("ALTER TABLE store RENAME TO poems")
    with pytest.raises(StoreVersionError, match="no store"):
        open_again()


def test_eight_processes_that_create_one_store_at_once_agree_on_it(location):
    program = (
        "import sys; from workbench.storage import open_database;"
        "d = open_database(sys.argv[1]); print(d.store_id.hex()); d.close()"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", program, str(location)], stdout=subprocess.PIPE, text=True)
        for _ in range(8)
    ]
    ids = {process.communicate()[0] for process in processes}
    assert len(ids) == 1
    assert len(ids.pop().strip()) == 32
    assert all(process.returncode == 0 for process in processes)


def test_values_come_back_as_bytes_and_whole_numbers(sample):
    values = [(0, b""), (1, bytes(range(256))), (2**63 - 1, None), (-(2**63), b"\0" * 70000)]
    assert sample.write_many("INSERT INTO sample VALUES (?, ?)", values) == 4
    rows = sample.rows("SELECT number, bytes FROM sample ORDER BY number")
    assert rows == sorted(values)
    assert {type(cell) for row in rows for cell in row} == {int, bytes, type(None)}
    ((total, count, longest),) = sample.rows(
        "SELECT sum(number), count(*), max(length(bytes)) FROM sample WHERE number < ?", (2,)
    )
    assert (type(total), count, longest) == (int, 3, 70000)


def test_a_writing_statement_tells_how_many_rows_it_touched(sample):
    fill(sample, 2500)
    assert sample.write("UPDATE sample SET bytes = ? WHERE number < ?", (b"new", 10)) == 10
    assert sample.write("DELETE FROM sample WHERE number = ?", (9999,)) == 0
    assert sample.write_many("INSERT INTO sample VALUES (?, ?)", []) == 0


def test_an_insertion_can_be_a_compare_and_swap(sample, open_again):
    other = open_again()
    statement = "INSERT INTO sample VALUES (?, ?) ON CONFLICT DO NOTHING"
    assert sample.write(statement, (1, b"first")) == 1
    assert other.write(statement, (1, b"second")) == 0
    assert sample.write_many(statement, [(1, b"third"), (2, b"new")]) == 1
    assert other.rows("SELECT bytes FROM sample WHERE number = ?", (1,)) == [(b"first",)]


def test_a_failed_transaction_writes_nothing_and_calls_what_undoes_it(sample):
    undone = []
    with pytest.raises(RuntimeError), sample.transaction():
        sample.write("INSERT INTO sample VALUES (?, ?)", (1, b"one"))
        sample.on_rollback(lambda: undone.append("rollback"))
        sample.on_commit(lambda: undone.append("commit"))
        raise RuntimeError
    assert undone == ["rollback"]
    assert sample.rows("SELECT * FROM sample") == []
    fill(sample, 1)
    assert undone == ["rollback"]


def test_what_was_done_last_is_undone_first(sample):
    value = [0]
    with pytest.raises(RuntimeError), sample.transaction():
        for new in (1, 2):
            before, value[:] = tuple(value), [new]
            sample.on_rollback(partial(value.__setitem__, slice(None), before))
        raise RuntimeError
    assert value == [0]


def test_a_failed_statement_fails_the_transaction(sample):
    with pytest.raises(StoreError) as raised, sample.transaction():
        sample.write("INSERT INTO sample VALUES (?, ?)", (1, b"canary"))
        sample.write("INSERT INTO sample VALUES (?, ?)", (1, b"canary"))
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None
    assert "canary" not in str(raised.value)
    assert sample.rows("SELECT * FROM sample") == []


def test_what_a_transaction_undoes_is_forgotten_where_none_is_open(sample):
    undone = []
    sample.on_rollback(lambda: undone.append("stale"))
    with pytest.raises(RuntimeError), sample.transaction():
        raise RuntimeError
    assert undone == []


def test_an_inner_transaction_joins_the_outer_one(sample):
    with pytest.raises(RuntimeError), sample.transaction():
        with sample.transaction():
            fill(sample, 3)
        assert len(sample.rows("SELECT * FROM sample")) == 3
        raise RuntimeError
    assert sample.rows("SELECT * FROM sample") == []


def test_an_action_after_the_commit_finds_it_written_and_nothing_locked(sample, open_again):
    other, seen = open_again(), []

    def look():
        seen.append(len(other.rows("SELECT * FROM sample")))
        other.write("INSERT INTO sample VALUES (?, ?)", (100, b""))
        in_a_thread(lambda: sample.write("INSERT INTO sample VALUES (?, ?)", (200, b"")))

    with sample.transaction():
        with sample.transaction():
            fill(sample, 2)
            sample.on_commit(look)
        assert seen == []
    assert seen == [2]
    sample.on_commit(lambda: seen.append("at once"))
    assert seen == [2, "at once"]
    assert len(sample.rows("SELECT * FROM sample")) == 4


def test_another_threads_actions_are_not_taken_for_ones_own(sample):
    seen = []
    with sample.transaction():
        in_a_thread(lambda: sample.on_commit(lambda: seen.append("at once")) or True)
        assert seen == ["at once"]


def test_writers_in_many_threads_lose_nothing(sample):
    def write(start):
        for number in range(start, start + 50):
            sample.write("INSERT INTO sample VALUES (?, ?)", (number, b""))

    threads = [threading.Thread(target=write, args=(50 * number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sample.rows("SELECT count(*) FROM sample") == [(400,)]


@pytest.mark.parametrize("moment", ["after BEGIN", "in the block", "before COMMIT"])
def test_an_interrupt_leaves_nothing_half_open(sample, open_again, monkeypatch, moment):
    def interrupt():
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        if moment == "after BEGIN":
            begin = sample._begin
            patched.setattr(sample, "_begin", lambda: (begin(), interrupt()))
        if moment == "before COMMIT":
            patched.setattr(sample, "_commit", interrupt)
        with sample.transaction():
            fill(sample, 1)
            interrupt()
    assert sample.rows("SELECT * FROM sample") == []
    assert open_again().write("INSERT INTO sample VALUES (?, ?)", (1, b"another kernel")) == 1
    assert sample.write("INSERT INTO sample VALUES (?, ?)", (2, b"this one")) == 1


def test_an_open_transaction_that_no_one_noted_is_rolled_back_before_anything_is_read(sample):
    sample._begin()  # an interrupt came before the next line
    sample._run("INSERT INTO sample VALUES (?, ?)", (1, b""))
    assert sample.rows("SELECT * FROM sample") == []


def test_a_vaults_lock_lasts_as_long_as_a_transaction(sample, open_again):
    with pytest.raises(InputError):
        sample.lock_vault(1)
    with sample.transaction():
        sample.lock_vault(1)
        sample.lock_vault(2**23 - 1)
    with open_again().transaction():
        pass


def test_two_kernels_that_lock_one_vault_take_turns(sample, open_again):
    fill(sample, 1)
    kernels = [open_again() for _ in range(4)]

    def count_up(kernel):
        for _ in range(25):
            with kernel.transaction():
                kernel.lock_vault(7)
                ((number,),) = kernel.rows("SELECT max(number) FROM sample")
                kernel.write("INSERT INTO sample VALUES (?, ?)", (number + 1, b""))

    threads = [threading.Thread(target=count_up, args=(kernel,)) for kernel in kernels]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sample.rows("SELECT count(*), max(number) FROM sample") == [(101, 100)]


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 1000])
def test_a_stream_yields_every_row_in_order(sample, count):
    fill(sample, count)
    streamed = list(sample.stream("SELECT number, bytes FROM sample WHERE number >= ? ORDER BY number", (0,), size=100))
    assert streamed == [(number, b"%d" % number) for number in range(count)]


def test_a_stream_is_one_snapshot_and_blocks_no_writer(sample, open_again):
    fill(sample, 1000)
    stream = sample.stream("SELECT number FROM sample ORDER BY number", size=10)
    first = next(stream)
    assert in_a_thread(lambda: sample.write("DELETE FROM sample WHERE number > ?", (500,))) == 499
    assert open_again().write("INSERT INTO sample VALUES (?, ?)", (-1, b"")) == 1
    assert [first, *stream] == [(number,) for number in range(1000)]
    assert sample.rows("SELECT count(*) FROM sample") == [(502,)]


def test_a_stream_inside_a_transaction_sees_what_that_has_written(sample):
    with sample.transaction():
        fill(sample, 30)
        seen = 0
        for (number,) in sample.stream("SELECT number FROM sample ORDER BY number", size=10):
            sample.write("DELETE FROM sample WHERE number = ?", (number,))
            seen += 1
    assert seen == 30
    assert sample.rows("SELECT count(*) FROM sample") == [(0,)]


def is_reading(reader):
    """Tell whether a stream's connection still holds a snapshot."""
    try:
        reader.execute("SELECT 1")
    except Exception as error:
        if "closed" in str(error):
            return False
        raise
    return reader.info.transaction_status.name != "IDLE"


@pytest.mark.parametrize("size", [1, 10])
def test_a_stream_that_is_left_early_holds_no_snapshot_any_more(sample, monkeypatch, size):
    fill(sample, 100)
    opened, connect = [], sample._connect
    monkeypatch.setattr(sample, "_connect", lambda: opened.append(connect()) or opened[-1])
    stream = sample.stream("SELECT number FROM sample", size=size)
    next(stream)
    stream.close()
    assert [is_reading(reader) for reader in opened] == [False]


def test_a_short_result_holds_no_snapshot_while_it_is_used(sample, monkeypatch):
    fill(sample, 5)
    opened, connect = [], sample._connect
    monkeypatch.setattr(sample, "_connect", lambda: opened.append(connect()) or opened[-1])
    stream = sample.stream("SELECT number FROM sample")
    next(stream)
    assert [is_reading(reader) for reader in opened] == [False]
    assert len(list(stream)) == 4


def test_streams_side_by_side_keep_apart(sample):
    fill(sample, 200)
    streams = [sample.stream("SELECT number FROM sample ORDER BY number", size=10) for _ in range(3)]
    for number, rows in enumerate(zip(*streams, strict=True)):
        assert rows == ((number,),) * 3
    assert number == 199
    assert len(sample._spares) <= 1


def test_a_stream_ends_when_the_store_is_closed(sample):
    fill(sample, 100)
    stream = sample.stream("SELECT number FROM sample", size=10)
    next(stream)
    sample.close()
    with pytest.raises(StoreError, match="closed"):
        list(stream)


@pytest.mark.parametrize("use", ["rows", "write", "stream"])
def test_a_faulty_statement_is_a_store_error(sample, use):
    with pytest.raises(StoreError) as raised:
        list(getattr(sample, use)("SELECT canary FROM nowhere") or [])
    assert raised.value.__context__ is None
    assert "canary" not in str(raised.value)
    assert sample.rows("SELECT 1") == [(1,)]


def test_a_closed_store_says_so(database):
    database.close()
    database.close()
    for use in (database.rows, database.write, lambda statement: list(database.stream(statement))):
        with pytest.raises(StoreError, match="closed"):
            use("SELECT 1")
    with pytest.raises(StoreError, match="closed"):
        database.checkpoint()


def test_what_closes_the_store_does_not_keep_it_alive(location):
    database = open_database(location)
    close = database.closer()
    assert not any(cell is database for cell in close.args)
    list(database.stream("SELECT format FROM store"))
    del database
    close()


def test_a_forked_child_is_refused_and_its_parent_goes_on(sample):
    fill(sample, 30)
    stream = sample.stream("SELECT number FROM sample", size=10)
    next(stream)

    def misuse():
        nonlocal stream
        for use in (sample.rows, sample.write, lambda statement: list(sample.stream(statement))):
            with pytest.raises(StoreError, match="fork"):
                use("SELECT 1")
        with pytest.raises(StoreError, match="fork"):
            list(stream)
        del stream
        sample.closer()()
        sample.close()
        return True

    assert in_a_child(misuse) == 0
    assert len(list(stream)) == 29
    assert sample.rows("SELECT count(*) FROM sample") == [(30,)]
    assert sample.write("DELETE FROM sample") == 30


def test_a_child_can_open_the_store_anew(sample, location):
    fill(sample, 3)

    def use():
        again = open_database(location)
        count = again.write("DELETE FROM sample WHERE number = ?", (1,))
        again.close()
        return count == 1

    assert in_a_child(use) == 0
    assert sample.rows("SELECT count(*) FROM sample") == [(2,)]


@pytest.mark.parametrize(
    "location",
    [
        "mysql://ada@127.0.0.1/store",
        "sqlite:///store.db",
        "https://example.org",
        "POSTGRESQL://ada:secret@127.0.0.1/store",
        "postgresql:store",
        Path("postgresql://ada:secret@127.0.0.1/store"),
    ],
)
def test_an_address_of_another_kind_is_refused_and_no_file_made_of_it(tmp_path, monkeypatch, location):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError) as raised:
        open_database(location)
    assert "path" in raised.value.remedy
    assert "secret" not in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_a_store_in_a_file_loads_no_library_for_postgresql(tmp_path):
    program = (
        "import sys; from workbench.storage import open_database; open_database(sys.argv[1]).close();"
        "assert not {'psycopg', 'psycopg_binary'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", program, tmp_path / "store.db"], check=True)


def test_without_the_library_the_remedy_says_how_to_get_it():
    program = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from workbench.errors import StoreError\n"
        "from workbench.storage import open_database\n"
        "try: open_database('postgresql://ada:secret@127.0.0.1/store')\n"
        "except StoreError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert 'pip install "workbench[postgres]"' in done.stdout
    assert "secret" not in done.stdout + done.stderr


def test_an_action_after_a_commit_that_fails_stops_no_other_and_is_told(database):
    done = []

    def fail():
        raise StoreError("It failed.")

    with pytest.raises(StoreError, match="It failed"), database.transaction():
        for action in (lambda: done.append(1), fail, lambda: done.append(2)):
            database.on_commit(action)
    assert done == [1, 2]
