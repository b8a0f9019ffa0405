import os
import sqlite3
import stat
import subprocess
import sys
import threading

import pytest

from workbench.errors import StoreError, StoreVersionError
from workbench.storage import open_database


def test_a_new_store_is_readable_by_its_owner_alone(tmp_path):
    old = os.umask(0)
    try:
        database = open_database(tmp_path / "new" / "store.db")
    finally:
        os.umask(old)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in database.path.parent.iterdir()}
    database.close()
    assert set(modes.values()) == {0o600}
    assert len(modes) == 3, "the file, its write-ahead log and its shared memory"
    assert stat.S_IMODE(database.path.parent.stat().st_mode) == 0o700


def test_a_store_that_others_could_read_is_made_private_again(tmp_path):
    open_database(tmp_path / "store.db").close()
    (tmp_path / "store.db").chmod(0o644)
    open_database(tmp_path / "store.db").close()
    assert stat.S_IMODE((tmp_path / "store.db").stat().st_mode) == 0o600


def test_deleted_bytes_are_overwritten_and_nothing_goes_to_temporary_files(database):
    assert database.rows("PRAGMA secure_delete") == [(1,)]
    assert database.rows("PRAGMA temp_store") == [(2,)]
    assert database.rows("PRAGMA synchronous") == [(2,)]


def test_a_store_keeps_its_id(tmp_path):
    first = open_database(tmp_path / "store.db")
    second = open_database(tmp_path / "store.db")
    assert first.store_id == second.store_id
    first.close()
    second.close()


def test_a_newer_store_is_refused(tmp_path):
    database = open_database(tmp_path / "store.db")
    database.write("UPDATE store SET format = 99", ())
    database.close()
    with pytest.raises(StoreVersionError, match="newer"):
        open_database(tmp_path / "store.db")


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\x00" + bytes(range(200)) * 20])
def test_a_file_that_is_no_store_is_refused_and_left_as_it_was(tmp_path, content):
    path = tmp_path / "store.db"
    path.write_bytes(content)
    with pytest.raises(StoreError):
        open_database(path)
    assert path.read_bytes() == content


def test_another_programs_database_is_refused_and_left_as_it_was(tmp_path):
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE poem (line TEXT)")
    connection.close()
    path.chmod(0o644)
    before = path.read_bytes()
    with pytest.raises(StoreVersionError):
        open_database(path)
    assert path.read_bytes() == before
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [file.name for file in tmp_path.iterdir()] == ["other.db"]


def test_a_folder_that_cannot_be_written_is_explained(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError) as raised:
        open_database(tmp_path / "file" / "store.db")
    assert raised.value.remedy


def test_a_link_is_not_followed_to_another_file(tmp_path):
    (tmp_path / "elsewhere").write_text("")
    (tmp_path / "store.db").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError):
        open_database(tmp_path / "store.db")


def test_a_full_disk_writes_nothing_and_says_so(database):
    pages = database.rows("PRAGMA page_count")[0][0]
    database.rows(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="full"), database.transaction():
        database.write("CREATE TABLE filler (bytes BLOB)", ())
        for _ in range(100):
            database.write("INSERT INTO filler VALUES (zeroblob(100000))", ())
    assert database.rows("SELECT count(*) FROM sqlite_master WHERE name = 'filler'") == [(0,)]


def test_writers_in_many_threads_lose_nothing(database):
    database.write("CREATE TABLE counted (number INTEGER)", ())

    def write():
        for number in range(50):
            database.write("INSERT INTO counted VALUES (?)", (number,))

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert database.rows("SELECT count(*) FROM counted") == [(400,)]


def test_eight_processes_that_create_one_store_at_once_agree_on_it(tmp_path):
    program = (
        "import sys; from pathlib import Path; from workbench.storage import open_database;"
        "d = open_database(Path(sys.argv[1])); print(d.store_id.hex()); d.close()"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", program, tmp_path / "store.db"], stdout=subprocess.PIPE, text=True)
        for _ in range(8)
    ]
    ids = {process.communicate()[0] for process in processes}
    assert len(ids) == 1
    assert all(process.returncode == 0 for process in processes)


def test_a_closed_store_says_so(database):
    database.close()
    with pytest.raises(StoreError, match="closed"):
        database.rows("SELECT 1")
