import os
import pwd
import shutil
import sqlite3
import stat
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from workbench.errors import StoreError, StoreVersionError
from workbench.storage import open_database
from workbench.storage.engines import filesystem
from workbench.storage.engines.sqlite import SqliteDatabase


@pytest.fixture
def database(tmp_path):
    with closing(open_database(tmp_path / "store.db")) as database:
        yield database


@contextmanager
def without_rights():
    """Be someone who isn't root, and owns a folder that may be traversed; yield the folder."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    own = os.geteuid()
    try:
        if own == 0:
            user = pwd.getpwnam("nobody").pw_uid
            os.chown(folder, user, -1)
            os.seteuid(user)
        yield folder
    finally:
        os.seteuid(own)
        folder.chmod(0o700)
        shutil.rmtree(folder)


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


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", b"wal"),
        ("synchronous", 2),
        ("secure_delete", 1),
        ("temp_store", 2),
        ("foreign_keys", 1),
        ("trusted_schema", 0),
        ("cell_size_check", 1),
        ("busy_timeout", 30000),
    ],
)
def test_every_connection_has_its_settings(database, pragma, value):
    assert database.rows(f"PRAGMA {pragma}") == [(value,)]
    assert list(database.stream(f"PRAGMA {pragma}")) == [(value,)]
    database.checkpoint()
    assert database.rows(f"PRAGMA {pragma}") == [(value,)]


def test_a_store_can_be_opened_to_sync_less(tmp_path):
    with closing(SqliteDatabase(tmp_path / "store.db", synchronous="NORMAL")) as database:
        assert database.rows("PRAGMA synchronous") == [(1,)]
        assert list(database.stream("PRAGMA synchronous")) == [(1,)]


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
    assert raised.value.__context__ is None
    assert str(tmp_path) not in str(raised.value)


def test_a_link_is_not_followed_to_another_file(tmp_path):
    (tmp_path / "elsewhere").write_text("")
    (tmp_path / "store.db").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError):
        open_database(tmp_path / "store.db")


@pytest.mark.parametrize("name", [":memory:", "file:x?mode=memory", "a b%20c#d?e.db", "störe.db"])
def test_a_name_means_a_file_whatever_sqlite_would_make_of_it(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        with closing(open_database(name)) as database:
            store_id = database.store_id
    with closing(open_database(tmp_path / name)) as again:
        assert again.store_id == store_id
    assert os.listdir(tmp_path) == [name]  # noqa: PTH208 - the name as it is


def test_a_full_disk_writes_nothing_and_says_so(database):
    pages = database.rows("PRAGMA page_count")[0][0]
    database.rows(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="full"), database.transaction():
        database.write("CREATE TABLE filler (bytes BLOB)")
        for _ in range(100):
            database.write("INSERT INTO filler VALUES (zeroblob(100000))")
    assert database.rows("SELECT count(*) FROM sqlite_master WHERE name = 'filler'") == [(0,)]


def test_a_busy_store_says_so(database, tmp_path):
    other = open_database(tmp_path / "store.db")
    other.rows("PRAGMA busy_timeout = 1")
    with database.transaction(), pytest.raises(StoreError, match="busy"):
        other.write("DELETE FROM slot")
    other.close()


def test_a_transaction_keeps_its_own_errors_as_they_are(database):
    with pytest.raises(FileNotFoundError), database.transaction():
        Path("/nowhere/at/all").read_bytes()


def log_size(database):
    return database.path.with_name(database.path.name + "-wal").stat().st_size


def test_a_checkpoint_empties_the_log(database):
    assert log_size(database) > 0
    database.checkpoint()
    assert log_size(database) == 0


def test_a_checkpoint_inside_a_transaction_waits_for_its_end(database):
    with database.transaction():
        database.write("DELETE FROM slot")
        database.checkpoint()
    assert log_size(database) == 0


@pytest.mark.parametrize("end", ["its last row", "its closing"])
def test_a_checkpoint_that_a_stream_holds_up_is_done_at_its_end(database, end):
    database.write("CREATE TABLE sample (number INTEGER PRIMARY KEY)")
    database.write_many("INSERT INTO sample VALUES (?)", ((number,) for number in range(100)))
    stream = database.stream("SELECT number FROM sample", size=10)
    next(stream)
    database.write("DELETE FROM sample")
    database.checkpoint()
    assert log_size(database) > 0
    if end == "its last row":
        assert len(list(stream)) == 99
    else:
        stream.close()
    assert log_size(database) == 0


def refuses_to_write(database):
    with pytest.raises(StoreError, match="read-only") as raised:
        database.write("DELETE FROM slot")
    assert "writable" in raised.value.remedy
    with pytest.raises(StoreError, match="read-only"), database.transaction():
        pass
    return True


def test_a_store_opened_for_reading_refuses_to_write(tmp_path):
    path = tmp_path / "store.db"
    open_database(path).close()
    before = path.read_bytes()
    path.chmod(0o640)
    with closing(SqliteDatabase(path, read_only=True)) as database:
        assert database.is_read_only
        assert len(database.store_id) == 16
        assert list(database.stream("SELECT format FROM store")) == database.rows("SELECT format FROM store")
        assert refuses_to_write(database)
        with pytest.raises(StoreError, match="read-only"):
            database._run("DELETE FROM store", ())
        database.checkpoint()
    assert path.read_bytes() == before
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_reader_sees_what_a_writer_adds(database):
    with closing(SqliteDatabase(database.path, read_only=True)) as reader:
        database.write("CREATE TABLE sample (number INTEGER)")
        assert reader.rows("SELECT count(*) FROM sample") == [(0,)]


@pytest.mark.parametrize("content", [None, b""])
def test_there_must_be_a_store_to_open_for_reading(tmp_path, content):
    path = tmp_path / "store.db"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StoreError):
        SqliteDatabase(path, read_only=True)
    assert path.exists() == (content is not None)


def test_a_file_that_may_not_be_written_is_opened_for_reading():
    with without_rights() as folder:
        open_database(folder / "store.db").close()
        (folder / "store.db").chmod(0o400)
        with closing(open_database(folder / "store.db")) as database:
            assert database.is_read_only
            assert refuses_to_write(database)
        assert stat.S_IMODE((folder / "store.db").stat().st_mode) == 0o400


def test_in_a_folder_that_may_not_be_written_a_store_is_read_while_its_log_is_there():
    with without_rights() as folder:
        writer = open_database(folder / "store.db")
        folder.chmod(0o500)
        with closing(open_database(folder / "store.db")) as database:
            assert database.is_read_only
            assert database.store_id == writer.store_id
            assert refuses_to_write(database)
        folder.chmod(0o700)
        writer.close()


def test_in_a_folder_that_may_not_be_written_a_lone_store_is_refused_with_a_remedy():
    with without_rights() as folder:
        open_database(folder / "store.db").close()
        folder.chmod(0o500)
        with pytest.raises(StoreError) as raised:
            open_database(folder / "store.db")
        with pytest.raises(StoreError):
            open_database(folder / "new.db")
    assert "copy" in raised.value.remedy


def test_a_store_on_a_network_filesystem_is_refused_before_anything_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr(filesystem, "_mounts", lambda: "24 1 0:22 / / rw - nfs4 server:/home rw\n")
    monkeypatch.setattr("sys.platform", "linux")
    for read_only in (False, True):
        with pytest.raises(StoreError, match="network") as raised:
            SqliteDatabase(tmp_path / "new" / "store.db", read_only=read_only)
    assert "PostgreSQL" in raised.value.remedy
    assert list(tmp_path.iterdir()) == []
