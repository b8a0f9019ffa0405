import threading

import pytest

from workbench.errors import InputError, IntegrityError, StoreError
from workbench.storage import Tally, ThrottleRows
from workbench.storage.engines.sqlite import SqliteDatabase

TAG = b"t" * 16


def one_more(tally):
    return Tally(tally.failures + 1, 7)


def test_a_count_is_kept_by_the_store(database, open_again):
    """A12: across restart, on both engines."""
    rows = ThrottleRows(database)
    assert rows.read(TAG) == Tally()
    assert rows.change(TAG, one_more) == (Tally(), Tally(1, 7))
    assert rows.change(TAG, one_more) == (Tally(1, 7), Tally(2, 7))
    assert ThrottleRows(open_again()).read(TAG) == Tally(2, 7)
    rows.change(TAG, lambda _: Tally())
    assert database.rows("SELECT count(*) FROM throttle") == [(0,)]


def test_kernels_that_count_at_once_lose_nothing(database, open_again):
    """A12: on both engines, from a row that isn't there yet, and beside another that removes it again and again."""
    others, together = [open_again() for _ in range(4)], threading.Barrier(5)

    def count(other):
        together.wait()
        for _ in range(20):
            ThrottleRows(other).change(TAG, one_more)
            ThrottleRows(other).change(b"x" * 16, one_more)

    def remove():
        together.wait()
        rows = ThrottleRows(database)
        removed.extend(rows.change(b"x" * 16, lambda _: Tally())[0].failures for _ in range(40))

    removed = []
    threads = [threading.Thread(target=count, args=(other,)) for other in others] + [threading.Thread(target=remove)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ThrottleRows(database).read(TAG).failures == 80
    assert sum(removed) + ThrottleRows(database).read(b"x" * 16).failures == 80


def test_nothing_is_counted_where_it_could_be_rolled_back(database):
    """A12: ROLLBACK."""
    rows = ThrottleRows(database)
    with pytest.raises(InputError), database.transaction():
        rows.change(TAG, one_more)
    assert rows.read(TAG) == Tally()


@pytest.mark.parametrize(("failures", "free_at"), [(-1, 0), (0, -1), (2**31, 0), (1, 2**53), (1.5, 0)])
def test_a_count_that_is_none_is_refused(tmp_path, failures, free_at):
    database = SqliteDatabase(tmp_path / "store.db")
    database.write("INSERT INTO throttle (tag, failures, free_at) VALUES (?, ?, ?)", (TAG, failures, free_at))
    with pytest.raises(IntegrityError):
        ThrottleRows(database).read(TAG)
    database.close()


def test_a_read_only_store_counts_in_memory_from_what_it_holds(tmp_path):
    """A12, as far as nothing can be written: the count goes with the open database, and the documentation says so."""
    database = SqliteDatabase(tmp_path / "store.db")
    ThrottleRows(database).change(TAG, one_more)
    database.close()
    for _ in range(2):
        database = SqliteDatabase(tmp_path / "store.db", read_only=True)
        for rows in (ThrottleRows(database), ThrottleRows(database)):
            before, after = rows.change(TAG, one_more)
            assert after.failures == before.failures + 1
        assert after == Tally(3, 7)
        database.close()


def test_a_number_is_used_once_in_memory(tmp_path):
    SqliteDatabase(tmp_path / "store.db").close()
    database = SqliteDatabase(tmp_path / "store.db", read_only=True)
    used = [ThrottleRows(database).use_in_memory(TAG, step) for step in (5, 5, 4, 6, 6)]
    assert used == [True, False, False, True, False]
    database.close()


def test_a_count_that_cannot_be_written_is_an_error(tmp_path, monkeypatch):
    """A12: no count, no guess."""
    database = SqliteDatabase(tmp_path / "store.db")
    monkeypatch.setattr(database, "_commit", lambda: database._run("PRAGMA nonsense(", ()))
    with pytest.raises(StoreError):
        ThrottleRows(database).change(TAG, one_more)
    monkeypatch.undo()
    assert ThrottleRows(database).read(TAG) == Tally()
    database.close()
