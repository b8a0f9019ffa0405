"""An older store is copied, then upgraded whole or not at all, whichever engine keeps it."""

import contextlib
import itertools
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing

import pytest
from faulty_disk import FailingAt, Unsynced
from old_store import accounts, copy_to, records_of

from workbench.errors import StoreError, StoreVersionError
from workbench.storage import open_database
from workbench.storage.engines.schema import FORMAT, statements
from workbench.storage.engines.sqlite import SqliteDatabase
from workbench.storage.upgrades.migration import STEPS, format_of, upgrade_if_older

LEGACY = {"account_1", "data_key_1", "record_1"}


@pytest.fixture
def path(tmp_path):
    return copy_to(tmp_path / "store.db")


def backups(path):
    return sorted(file for file in path.parent.iterdir() if "format-1" in file.name)


def is_whole(path):
    """Whether a file is the store of format 1 with everything that it had."""
    return all(records_of(path, account) == account.bodies for account in accounts())


def dump(path):
    with closing(sqlite3.connect(path)) as store:
        return list(store.iterdump())


def upgrade(path):
    open_database(path).close()


def test_a_store_of_format_1_gets_the_tables_of_today_and_keeps_its_id_and_its_rows(path):
    with closing(sqlite3.connect(path)) as store:
        identity = store.execute("SELECT store_id, name_salt FROM store").fetchone()
        before = store.execute("SELECT * FROM record").fetchall(), store.execute("SELECT * FROM slot").fetchall()
    with closing(open_database(path)) as database:
        assert (database.store_id, database.name_salt) == identity
        assert format_of(database) == FORMAT
        assert database.tables() >= LEGACY
        rows = [row[:7] for row in database.rows("SELECT * FROM record_1")]
        assert rows == before[0], "no key is needed: they wait for their owners"
        assert database.rows("SELECT * FROM slot") == before[1]
        assert database.rows("SELECT DISTINCT public_keys, wrapped_keys FROM account") == [(b"", b"")]
        assert database.rows("PRAGMA foreign_key_check") == []
        assert database.rows("PRAGMA integrity_check") == [(b"ok",)]


def test_its_tables_are_declared_as_those_of_a_new_store(path, tmp_path):
    upgrade(path)
    upgrade(tmp_path / "new.db")

    def schema(file):
        with closing(sqlite3.connect(file)) as store:
            rows = store.execute(
                "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE '%@_1' ESCAPE '@'"
            )
            return {name: sql for name, sql in rows if name not in {"sqlite_sequence", "record_by_owner"}}

    assert schema(path) == schema(tmp_path / "new.db")
    assert len(schema(path)) == len(statements())


def test_the_copy_is_private_and_opens_in_the_old_format_with_everything_in_it(path):
    upgrade(path)
    (backup,) = backups(path)
    assert backup.name == "store.db.format-1.backup"
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert is_whole(backup)


def test_a_copy_takes_in_what_still_lies_in_the_write_ahead_log(path):
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("UPDATE account SET version = 77")
        writer.commit()
        upgrade(path)
    with closing(sqlite3.connect(backups(path)[0])) as copy:
        assert copy.execute("SELECT DISTINCT version FROM account").fetchall() == [(77,)]


def test_an_upgraded_store_is_left_alone_and_copied_no_more(path):
    upgrade(path)
    before = dump(path)
    upgrade(path)
    assert dump(path) == before
    assert len(backups(path)) == 1


def test_an_earlier_copy_is_kept_and_the_same_copy_isnt_made_twice(path):
    upgrade(path)
    (first,) = backups(path)
    content = first.read_bytes()
    shutil.copyfile(first, path)  # restored
    upgrade(path)
    assert backups(path) == [first]
    with closing(sqlite3.connect(first.with_name("other.db"))) as other:
        other.execute("CREATE TABLE something (else_)")
    shutil.copyfile(first, path)
    with closing(sqlite3.connect(path)) as store:
        store.execute("UPDATE account SET version = 77")
        store.commit()
    upgrade(path)
    assert [file.name for file in backups(path)] == ["store.db.format-1.backup", "store.db.format-1.backup.2"]
    assert first.read_bytes() == content


def test_what_an_interrupted_copy_left_is_removed(path):
    path.with_name("store.db.format-1.partial").write_bytes(b"half")
    upgrade(path)
    assert [file.name for file in backups(path)] == ["store.db.format-1.backup"]


def test_eight_processes_at_once_upgrade_once(path):
    program = (
        "import sys; from workbench.storage import open_database; print(open_database(sys.argv[1]).store_id.hex())"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", program, path], stdout=subprocess.PIPE, text=True) for _ in range(8)
    ]
    ids = {process.communicate()[0] for process in processes}
    assert [process.returncode for process in processes] == [0] * 8
    assert len(ids) == 1
    assert len(backups(path)) == 1
    assert is_whole(backups(path)[0])


def test_a_read_only_store_is_refused_with_a_remedy_and_left_as_it_was(path):
    before = path.read_bytes()
    with pytest.raises(StoreVersionError, match="older format") as refused:
        SqliteDatabase(path, read_only=True)
    assert "writable" in refused.value.remedy
    assert path.read_bytes() == before
    assert not backups(path)


def test_a_newer_store_is_refused_and_left_as_it_was(path):
    with closing(sqlite3.connect(path)) as store:
        store.execute("UPDATE store SET format = ?", (FORMAT + 1,))
        store.commit()
    before = path.read_bytes()
    with pytest.raises(StoreVersionError, match="newer"):
        open_database(path)
    assert path.read_bytes() == before
    assert not backups(path)


@pytest.mark.parametrize("found", [0, -1, b"2", None, 1.5])
def test_a_format_that_is_none_is_refused(path, found):
    with closing(sqlite3.connect(path)) as store:
        store.execute("CREATE TABLE odd AS SELECT singleton, ? AS format, store_id, name_salt FROM store", (found,))
        store.execute("DROP TABLE store")
        store.execute("ALTER TABLE odd RENAME TO store")
        store.commit()
    with pytest.raises(StoreVersionError, match="doesn't say"):
        open_database(path)


@pytest.mark.parametrize("is_full", [False, True], ids=["a write fails", "the disk is full"])
def test_whichever_write_fails_the_store_is_as_it_was_or_upgraded(tmp_path, is_full):
    outcomes, original = set(), dump(copy_to(tmp_path / "original.db"))
    with Unsynced():
        for number in itertools.count(1):
            folder = tmp_path / str(number)
            folder.mkdir()
            path = copy_to(folder / "store.db")
            with (
                FailingAt(number, "write", is_full=is_full, is_persistent=True) as disk,
                contextlib.suppress(StoreError),
            ):
                upgrade(path)
            is_old = dump(path) == original
            outcomes.add(is_old)
            assert not any(file.name.endswith("partial") for file in backups(path))
            upgrade(path)
            assert [dump(file) for file in backups(path)] == [original], f"write {number}"
            if not disk.was_reached:
                break
    assert outcomes == {True, False}
    assert not is_old
    assert number > 60, "the copy, the tables and the commit were all met"


# Steps and their order, with formats that never were; on both engines.


def as_format(database, number):
    database.write("UPDATE store SET format = ?", (number,))


def rename(database):
    database.write("ALTER TABLE cache RENAME TO cache_1")
    database.write("CREATE TABLE cache (cache_id BLOB PRIMARY KEY) WITHOUT ROWID")


def copies(database):
    """Return what the copy of a store holds of its identity; nothing without a copy."""
    if database.engine == "sqlite":
        found = []
        for file in backups(database.path):
            with closing(sqlite3.connect(file)) as copy:
                found += copy.execute("SELECT format, store_id FROM store").fetchall()
        return found
    schemas = database.rows("SELECT nspname FROM pg_namespace WHERE nspname LIKE ?", ("workbench_format%",))
    return [row for (schema,) in schemas for row in database.rows(f"SELECT format, store_id FROM {schema}.store")]


def test_a_step_and_the_copy_before_it_are_one(database, open_again):
    as_format(database, 1)
    assert upgrade_if_older(database, steps={1: rename})
    assert format_of(database) == FORMAT
    assert "cache_1" in database.tables()
    assert copies(database) == [(1, database.store_id)]
    assert not upgrade_if_older(database, steps={1: rename})
    assert open_again().store_id == database.store_id


def test_a_step_that_fails_leaves_the_store_as_it_was(database):
    as_format(database, 1)
    before = database.tables()

    def fail(database):
        rename(database)
        raise StoreError("It fails.")

    with pytest.raises(StoreError, match="It fails"):
        upgrade_if_older(database, steps={1: fail})
    assert (format_of(database), database.tables()) == (1, before)


def test_a_format_that_no_step_knows_is_refused_and_left_as_it_was(database):
    as_format(database, 1)
    with pytest.raises(StoreVersionError, match="no longer"):
        upgrade_if_older(database, steps={})
    assert (format_of(database), copies(database)) == (1, [])


def test_of_two_kernels_one_upgrades_and_the_other_waits(database, open_again):
    other = open_again()
    as_format(database, 1)
    began, results = threading.Event(), []

    def slow(database):
        began.set()
        waiting.join(0.3)  # the other comes to the lock meanwhile, or later: it must not come further
        rename(database)

    waiting = threading.Thread(
        target=lambda: (began.wait(10), results.append(upgrade_if_older(other, steps={1: slow})))
    )
    waiting.start()
    assert upgrade_if_older(database, steps={1: slow})
    waiting.join(30)
    assert results == [False]
    assert len(copies(database)) == 1


def test_a_second_copy_on_postgresql_goes_beside_the_first(postgres_server, postgres_name):
    with closing(open_database(postgres_server.url(postgres_name))) as database:
        for _ in range(2):
            as_format(database, 1)
            upgrade_if_older(database, steps={1: lambda _database: None})
        assert copies(database) == [(1, database.store_id)] * 2
        indexed = database.rows("SELECT count(*) FROM pg_indexes WHERE schemaname = ?", ("workbench_format_1_backup",))
        assert indexed == database.rows("SELECT count(*) FROM pg_indexes WHERE schemaname = ?", ("workbench",))


def test_there_is_a_step_for_every_older_format():
    assert set(STEPS) == set(range(1, FORMAT))


def test_where_the_copy_cant_be_written_the_store_is_left_as_it_was(path):
    path.with_name("store.db.format-1.partial").mkdir()  # what not even root can write
    with pytest.raises(StoreError):
        open_database(path)
    assert is_whole(path)
    assert not backups(path)[1:]
