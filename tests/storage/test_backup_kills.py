"""A backup or a restore that is killed leaves what was there before, and the next one succeeds."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from storage.backing_up import rows_of

from workbench.crypto import KeyPairs, KeyRing, Kind, new_key_pairs
from workbench.errors import NotFoundError
from workbench.storage import AccountRow, AccountRows, BackupMaker, Place, Vaults, new_vaults, open_database, restore

TORTURE = int(os.environ.get("WORKBENCH_TORTURE", "1"))
KILLS = 8 * TORTURE
RECORDS = 6000

BACK_UP = """
    import sys
    from workbench.crypto import KeyPairs
    from workbench.storage import BackupMaker, Place, open_database
    store, data, keys, account, pairs = sys.argv[1:]
    database = open_database(store)
    maker = BackupMaker(database, account_id=bytes.fromhex(account), key_pairs=KeyPairs(bytes.fromhex(pairs)),
                        data=Place(data), keys=Place(keys))
    print("begun", flush=True)
    print(maker.make().backup_id, flush=True)
"""
RESTORE = """
    import sys
    from workbench.storage import Place, restore
    to, data, keys = sys.argv[1:]
    print("begun", flush=True)
    print(restore(to, data=Place(data), keys=Place(keys)).backup_id, flush=True)
"""


class Subject:
    """A store with an account, and two places."""

    def __init__(self, folder: Path) -> None:
        self.store, self.folder = folder / "store.db", folder
        self.account, self.pairs = os.urandom(16), new_key_pairs()
        self.places = [str(folder / "data"), str(folder / "keys")]
        with contextlib.closing(open_database(self.store)) as database, database.transaction():
            AccountRows(database).add(AccountRow(self.account, self.pairs.public.packed, b"-", ()), name_tag=b"-")
            new_vaults(database, account_id=self.account, key_pairs=self.pairs)

    def vaults(self, database) -> Vaults:
        return Vaults(database, account_id=self.account, key_pairs=self.pairs, key_ring=KeyRing())

    def append(self, count: int) -> None:
        with contextlib.closing(open_database(self.store)) as database:
            vaults = self.vaults(database)
            with vaults.transaction():
                for _ in range(count):
                    vaults[Kind.TURN].append(os.urandom(600))
            vaults.checkpoint()

    def back_up(self) -> str:
        with contextlib.closing(open_database(self.store)) as database:
            pairs = KeyPairs(self.pairs.packed)
            data, keys = map(Place, self.places)
            maker = BackupMaker(database, account_id=self.account, key_pairs=pairs, data=data, keys=keys)
            return maker.make().backup_id

    def restore(self, to: Path, **options):
        data, keys = map(Place, self.places)
        done = restore(to, data=data, keys=keys, **options)
        with contextlib.closing(open_database(to)) as database:
            self.vaults(database).verify(deep=True)
            return done.backup_id, rows_of(database)


@pytest.fixture
def subject(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # where a killed child leaves its throw-away store
    subject = Subject(tmp_path)
    subject.append(RECORDS)
    return subject


def run(program, *arguments, after=None):
    """Run a program; kill it so many seconds after it began. Return what it printed last, and how long it took."""
    command = [sys.executable, "-c", textwrap.dedent(program), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "begun\n"
        begun = time.monotonic()
        if after is not None:
            time.sleep(after)
            child.send_signal(signal.SIGKILL)
        said = child.stdout.read().strip()
        child.wait()
    return said, time.monotonic() - begun


def test_a_killed_backup_is_none_and_the_earlier_one_stays(subject, tmp_path, monkeypatch):
    arguments = (str(subject.store), *subject.places, subject.account.hex(), subject.pairs.packed.hex())
    said, whole = run(BACK_UP, *arguments)
    good = subject.restore(tmp_path / "first.db")
    assert good[0] == said
    generator = random.Random(TORTURE)  # noqa: S311 - when to kill
    killed = 0
    for number in range(KILLS):
        subject.append(50)
        said, _ = run(BACK_UP, *arguments, after=generator.random() * whole)
        killed += not said
        found = subject.restore(tmp_path / f"{number}.db")
        if said:
            assert found[0] == said
        elif found[0] != good[0]:  # killed after the manifest was written: a whole backup, and of now
            with contextlib.closing(open_database(subject.store)) as database:
                assert found[1] == rows_of(database)
        else:
            assert found == good
        good = found
    print(f"{killed} of {KILLS} killed before the end")  # noqa: T201 - the figure
    assert killed
    last = subject.back_up()
    with contextlib.closing(open_database(subject.store)) as database:
        assert subject.restore(tmp_path / "last.db") == (last, rows_of(database))


def test_a_killed_restore_leaves_no_store_and_the_next_one_ends_well(subject, tmp_path):
    subject.back_up()
    there, to = subject.restore(tmp_path / "first.db"), tmp_path / "target" / "new.db"
    said, whole = run(RESTORE, str(to), *subject.places)
    assert said == there[0]
    to.unlink()
    generator = random.Random(TORTURE)  # noqa: S311 - when to kill
    killed = 0
    for _ in range(KILLS):
        said, _ = run(RESTORE, str(to), *subject.places, after=generator.random() * whole)
        killed += not said
        if to.exists():  # killed after it was put in its place, or not at all
            with contextlib.closing(open_database(to)) as database:
                assert rows_of(database) == there[1]
            to.unlink()
        elif not said:
            assert subject.restore(to) == there
            assert [path.name for path in to.parent.iterdir()] == ["new.db"]
            to.unlink()
    print(f"{killed} of {KILLS} killed before the end")  # noqa: T201 - the figure
    assert killed


def test_a_restore_into_a_server_that_is_killed_leaves_an_empty_store(subject, postgres_server):
    subject.back_up()
    generator = random.Random(TORTURE)  # noqa: S311 - when to kill
    with postgres_server.database() as name:
        _, whole = run(RESTORE, postgres_server.url(name), *subject.places)
    for _ in range(max(2, KILLS // 2)):
        with postgres_server.database() as name:
            there = postgres_server.url(name)
            run(RESTORE, there, *subject.places, after=generator.random() * whole)
            with contextlib.closing(open_database(there)) as database:
                accounts, records = (
                    database.rows(f"SELECT count(*) FROM {table}")[0][0] for table in ("account", "record")
                )
            if not accounts:
                assert records == 0
                subject.restore(there)
            else:
                assert records == RECORDS


def test_without_any_backup_there_is_nothing_to_restore(subject, tmp_path):
    run(BACK_UP, str(subject.store), *subject.places, subject.account.hex(), subject.pairs.packed.hex(), after=0.02)
    with pytest.raises(NotFoundError):
        subject.restore(tmp_path / "new.db")
