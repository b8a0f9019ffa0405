"""An account of format 1 is unlocked for the first time since: everything is there, once, whatever is killed when."""

import contextlib
import functools
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import traceback
from contextlib import closing

import pytest
from faulty_disk import FailingAt, Shim, Unsynced
from old_store import accounts, copy_to, fields, records_of

from workbench import crypto
from workbench.crypto import Kind, SlotKind
from workbench.errors import AuthenticationError, IntegrityError, StoreError
from workbench.identity import Accounts
from workbench.records import AuditEntry
from workbench.storage import Device, decode, open_database
from workbench.storage.upgrades import from_format_1

TORTURE = int(os.environ.get("WORKBENCH_TORTURE", "1"))
KILLS = 40 * TORTURE
ADA, GRACE = accounts()
LEGACY = {"account_1", "data_key_1", "record_1"}


@pytest.fixture
def path(tmp_path):
    return copy_to(tmp_path / "store.db")


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(from_format_1, "BATCH", 3)


@pytest.fixture
def quick_passphrases(monkeypatch):
    """Stretch each passphrase once for each salt: these tests unlock the same slots hundreds of times."""
    stretch = functools.cache(crypto.derive)
    monkeypatch.setattr("workbench.crypto.version_1.derive", stretch)
    monkeypatch.setattr("workbench.crypto.slot.derive", stretch)
    monkeypatch.setattr("workbench.identity.names.derive", stretch)


@contextlib.contextmanager
def opened(path, **options):
    """Yield a store's accounts on a device that lies beside it."""
    with closing(open_database(path)) as database:
        yield Accounts(database, device=Device(path.parent / "device", use_keyring=False), **options)


def unlock(path, person, **options):
    with opened(path) as there:
        return there.unlock(person.name, passphrase=person.passphrase, **options)


def damage(path, *statements):
    """Do something to a store that the workbench wouldn't."""
    with closing(sqlite3.connect(path, isolation_level=None)) as store:
        for statement in statements:
            store.execute(*statement) if isinstance(statement, tuple) else store.execute(statement)


def entries(account):
    audit = account.vaults[Kind.AUDIT_ENTRY]
    return [decode(audit.open(row), AuditEntry) for row in audit.log.oldest_first()]


def notes(account):
    return [entry for entry in entries(account) if entry.facts.get("format") == "1"]


def found(account, kind):
    """Return the ids and members of the records of a kind, oldest first."""
    vault = account.vaults[kind]
    rows = list(vault.log.oldest_first())
    return [(row.record_id, fields(kind, vault.open(row))) for row in rows]


def check(account, person, *, without=()):
    """Check that an account has every record that it had, once, in order and under its id, and that its logs hold."""
    account.vaults.verify(deep=True)
    assert (account.name, account.roles, account.account_id) == (person.name, person.roles, person.account_id)
    for kind, bodies in person.bodies.items():
        expected = [(record_id, json.loads(body)) for record_id, body in bodies.items() if record_id not in without]
        ours = [item for item in found(account, kind) if kind is not Kind.AUDIT_ENTRY or not _is_note(item[1])]
        assert ours == expected
    last = entries(account)[-1]
    assert last.event == from_format_1.MIGRATED
    assert last.facts["damaged"] == str(len(without))


def _is_note(members):
    return members["facts"].get("format") == "1" or members["event"] == "integrity_rollback_accepted"


@pytest.mark.parametrize("person", [ADA, GRACE], ids=["ada", "grace"])
def test_everything_is_there_with_its_id_in_its_order(path, person):
    with opened(path) as there:
        account = there.unlock(person.name, passphrase=person.passphrase)
        check(account, person)
        assert notes(account)[-1].outcome == "success"
        assert len(account.profile.slots) == 1 + len(person.codes)
        assert len({row.record_id for vault in account.vaults for row in vault.log.oldest_first()}) > 10


def test_records_move_in_more_than_one_batch(path, small_batches):
    with opened(path) as there:
        check(there.unlock(ADA.name, passphrase=ADA.passphrase), ADA)
        check(there.unlock(GRACE.name, passphrase=GRACE.passphrase), GRACE)


def test_the_old_tables_go_with_the_last_account_and_nothing_of_them_stays(path):
    with closing(sqlite3.connect(path)) as store:
        sealed = [row[0] for row in store.execute("SELECT envelope FROM record UNION SELECT wrapped FROM data_key")]
    with opened(path) as there:
        there.unlock(ADA.name, passphrase=ADA.passphrase)
        assert there.database.tables() >= LEGACY
        there.unlock(GRACE.name, passphrase=GRACE.passphrase)
        assert not there.database.tables() & LEGACY
    content = path.read_bytes()
    assert not any(envelope in content for envelope in sealed), "deleted rows are overwritten"


def test_unlocking_again_moves_nothing_more(path):
    with opened(path) as there:
        there.unlock(ADA.name, passphrase=ADA.passphrase)
        account = there.unlock(ADA.name, passphrase=ADA.passphrase)
        check(account, ADA)
        assert len(notes(account)) == 1


def test_the_passphrase_is_bound_to_the_device_at_once_and_still_works(path):
    with opened(path) as there:
        account = there.unlock(ADA.name, passphrase=ADA.passphrase)
        row = there.rows.find(there.name_tag(ADA.name))
        slots = [slot for slot in row.slots if slot.kind is SlotKind.PASSPHRASE]
        assert [slot.is_of_version_1 for slot in slots] == [False]
        assert account.profile.slots == {slot.slot_id for slot in row.slots}
        there.unlock(ADA.name, passphrase=ADA.passphrase)
        elsewhere = Accounts(there.database, device=Device(path.parent / "elsewhere", use_keyring=False))
        with pytest.raises(AuthenticationError):
            elsewhere.unlock(ADA.name, passphrase=ADA.passphrase)


def test_a_wrong_passphrase_or_a_used_code_migrates_nothing(path):
    with opened(path) as there:
        with pytest.raises(AuthenticationError):
            there.unlock(ADA.name, passphrase=GRACE.passphrase)
        with pytest.raises(AuthenticationError):
            there.recover(ADA.name, code=ADA.used[0], new_passphrase="seventeen bright umbrellas wander")
        assert there.database.rows("SELECT count(*) FROM vault") == [(0,)]


@pytest.mark.parametrize("is_first", [True, False], ids=["before", "after the first unlocking"])
def test_a_recovery_code_works_once(path, is_first):
    fresh = "seventeen bright umbrellas wander"
    with opened(path) as there:
        if not is_first:
            there.unlock(ADA.name, passphrase=ADA.passphrase)
        account = there.recover(ADA.name, code=ADA.codes[0], new_passphrase=fresh)
        check(account, ADA)
        with pytest.raises(AuthenticationError):
            there.recover(ADA.name, code=ADA.codes[0], new_passphrase=fresh)
        with pytest.raises(AuthenticationError):
            there.unlock(ADA.name, passphrase=ADA.passphrase)
        there.recover(ADA.name, code=ADA.codes[1], new_passphrase=fresh)
        check(there.unlock(ADA.name, passphrase=fresh), ADA)


def test_a_damaged_record_stays_behind_is_counted_and_stops_no_other(path):
    turn, event = list(ADA.bodies[Kind.TURN])[2], next(iter(ADA.bodies[Kind.USAGE_EVENT]))
    flip = "UPDATE record SET envelope = substr(envelope, 1, 60) || x'00' || substr(envelope, 62) WHERE record_id = ?"
    damage(path, (flip, (turn,)), ("UPDATE record SET kind = 17, version = 2 WHERE record_id = ?", (event,)))
    with opened(path) as there:
        account = there.unlock(ADA.name, passphrase=ADA.passphrase)
        check(account, ADA, without={turn, event})
        assert notes(account)[-1].outcome == "failure"
        check(there.unlock(GRACE.name, passphrase=GRACE.passphrase), GRACE)
        left = there.database.rows("SELECT record_id FROM record_1 ORDER BY sequence")
        assert {record_id for (record_id,) in left} == {turn, event}
        check(there.unlock(ADA.name, passphrase=ADA.passphrase), ADA, without={turn, event})


def test_without_a_data_key_only_its_records_stay_behind(path):
    with closing(sqlite3.connect(path)) as store:
        ((sealed,),) = store.execute(
            "SELECT envelope FROM record WHERE record_id = ?", (next(iter(ADA.bodies[Kind.TURN])),)
        )
    damage(path, ("DELETE FROM data_key WHERE key_id = ?", (sealed[2:18],)))
    with opened(path) as there:
        account = there.unlock(ADA.name, passphrase=ADA.passphrase)
        assert len(found(account, Kind.TURN)) == 1, "the turn of another session"
        assert notes(account)[-1].facts == {"format": "1", "turns": "1", "damaged": "5"}


@pytest.mark.parametrize(
    ("place", "breaks"),
    [(0, 1), (4, 1), (-1, 0)],
    ids=["the first entry", "one in the middle", "the last, which no chain can show"],
)
def test_a_gap_in_the_old_audit_log_is_noted_where_it_is(path, place, breaks, small_batches):
    gone = list(ADA.bodies[Kind.AUDIT_ENTRY])[place]
    damage(path, "DROP TRIGGER audit_keeps_entries", ("DELETE FROM record WHERE record_id = ?", (gone,)))
    damage(path, "CREATE TRIGGER audit_keeps_entries BEFORE DELETE ON record BEGIN SELECT 1; END")
    with opened(path) as there:
        account = there.unlock(ADA.name, passphrase=ADA.passphrase)
        events = [entry.event for entry in entries(account)]
        assert events.count(from_format_1.CHAIN_BROKEN) == breaks
        if breaks:
            assert events.index(from_format_1.CHAIN_BROKEN) == place


def test_an_altered_audit_entry_is_noted_and_the_rest_goes_on(path):
    altered = list(ADA.bodies[Kind.AUDIT_ENTRY])[5]
    damage(
        path,
        "DROP TRIGGER audit_alters_nothing",
        ("UPDATE record SET envelope = envelope || x'00' WHERE record_id = ?", (altered,)),
        "CREATE TRIGGER audit_alters_nothing BEFORE UPDATE ON record BEGIN SELECT 1; END",
    )
    with opened(path) as there:
        account = there.unlock(ADA.name, passphrase=ADA.passphrase)
        check(account, ADA, without={altered})
        assert [note.event for note in notes(account)] == [from_format_1.CHAIN_BROKEN, from_format_1.MIGRATED]


def test_records_that_are_put_back_after_the_account_is_through_are_refused(path):
    copy = copy_to(path.with_name("copy.db"))
    with opened(path) as there:
        account = there.unlock(ADA.name, passphrase=ADA.passphrase)
        erased = next(iter(ADA.bodies[Kind.TURN]))
        account.vaults[Kind.TURN].erase([erased])
        account.vaults.checkpoint()
    damage(
        path,
        f"ATTACH '{copy}' AS copy",
        "UPDATE account_1 SET moved = 0, profile = (SELECT profile FROM copy.account AS a"
        " WHERE a.account_id = account_1.account_id)",
        "INSERT OR IGNORE INTO data_key_1 SELECT * FROM copy.data_key",
        "INSERT OR IGNORE INTO record_1 SELECT * FROM copy.record",
    )
    with opened(path) as there:
        account = there.unlock(ADA.name, passphrase=ADA.passphrase)
        assert account.vaults[Kind.TURN].log.row(erased) is None
        assert [note.event for note in notes(account)] == [from_format_1.MIGRATED, from_format_1.PUT_BACK]


def test_a_restored_copy_is_told_from_the_store_that_this_device_has_seen(path):
    unlock(path, ADA)
    copy_to(path)
    with pytest.raises(IntegrityError, match="put back"):
        unlock(path, ADA)
    with opened(path) as there:
        check(there.unlock(ADA.name, passphrase=ADA.passphrase, accept_rollback=True), ADA)
        check(there.unlock(ADA.name, passphrase=ADA.passphrase), ADA)


def test_keys_that_were_blanked_open_nothing(path):
    unlock(path, ADA)
    unlock(path, GRACE)
    damage(path, "UPDATE account SET wrapped_keys = x''")
    with pytest.raises(IntegrityError, match="put back"):
        unlock(path, ADA)
    with pytest.raises(IntegrityError, match="no keys"):
        unlock(path, ADA, accept_rollback=True)


def test_several_kernels_at_once_move_everything_once(path):
    program = (
        "import sys\nfrom pathlib import Path\n"
        "from workbench.identity import Accounts\nfrom workbench.storage import Device, open_database\n"
        "from workbench.storage.upgrades import from_format_1\n"
        "from_format_1.BATCH = 2\n"
        "accounts = Accounts(open_database(sys.argv[1]), device=Device(Path(sys.argv[2]), use_keyring=False))\n"
        "account = accounts.unlock(sys.argv[3], passphrase=sys.argv[4])\n"
        "print(len(account.vaults.verify()))"
    )
    command = [sys.executable, "-c", program, path, path.parent / "device", ADA.name, ADA.passphrase]
    kernels = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert [(kernel.communicate()[0], kernel.returncode) for kernel in kernels] == [("4\n", 0)] * 4
    with opened(path) as there:
        check(there.unlock(ADA.name, passphrase=ADA.passphrase), ADA)


class DyingAt(Shim):
    """Kills this process at the n-th call that changes the disk, half of a write done; counts them until then."""

    def __init__(self, number):
        super().__init__(self._handle)
        self.calls, self._number = 0, number
        sys.addaudithook(self._hear)  # files that SQLite doesn't write: the copy's, the device's

    def _hear(self, event, arguments):
        if event in {"os.rename", "os.remove", "os.mkdir"} or (event == "open" and arguments[2] & os.O_CREAT):
            self._count()

    def _handle(self, call, proceed):
        if call.operation == "write" and self.calls + 1 == self._number:
            call.amount //= 2
            proceed()
        self._count()
        return sqlite3.SQLITE_OK if call.operation == "sync" else proceed()  # a killed process loses no write

    def _count(self):
        self.calls += 1
        if self.calls == self._number:
            os.kill(os.getpid(), signal.SIGKILL)


def run_in_a_child(path, number=0):
    """Open and unlock in a child that dies at the n-th call; return how it ended, and how many calls there were."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with DyingAt(number) as disk:
                unlock(path, ADA)
                unlock(path, GRACE)
            os.write(writing, b"%d" % disk.calls)
            os._exit(0)
        except BaseException:  # noqa: BLE001 - nothing of the test may run on in the child
            traceback.print_exc()
        os._exit(2)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        calls = int(pipe.read() or b"0")
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), calls


def test_killed_at_any_moment_it_goes_on_with_nothing_lost_and_nothing_twice(
    tmp_path, small_batches, quick_passphrases
):
    ended, calls = run_in_a_child(copy_to(tmp_path / "store.db"))
    assert ended == 0
    assert calls > 200
    chance = random.Random(5)  # noqa: S311 - to be repeatable, not secret
    for attempt in range(KILLS):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        path = copy_to(folder / "store.db")
        # The first half dies while opening or soon after, the others anywhere; some die again and again.
        numbers = [chance.randrange(1, calls // 3 if attempt < KILLS // 2 else calls)]
        while chance.random() < 1 / 4:
            numbers.append(chance.randrange(1, calls // 2))
        for number in numbers:
            ended, _ = run_in_a_child(path, number)
            assert ended in {-signal.SIGKILL, 0}, f"killed at {numbers}"
        with Unsynced(), opened(path) as there:
            for person in (ADA, GRACE):
                check(there.unlock(person.name, passphrase=person.passphrase), person)
            assert not there.database.tables() & LEGACY
        backups = [file for file in folder.iterdir() if "format-1" in file.name]
        assert backups == [folder / "store.db.format-1.backup"], f"killed at {numbers}"
        assert all(records_of(backups[0], person) == person.bodies for person in (ADA, GRACE))


def test_a_disk_that_fills_up_at_any_write_loses_nothing(tmp_path, small_batches, quick_passphrases):
    outcomes = set()
    for number in range(1, 800, 13):
        path = copy_to(tmp_path / f"{number}.db")
        with FailingAt(number, "write", is_full=True, is_persistent=True) as disk:
            try:
                unlock(path, ADA)
                outcomes.add("done")
            except StoreError:
                outcomes.add("full")
        with opened(path) as there:
            check(there.unlock(ADA.name, passphrase=ADA.passphrase), ADA)
        for file in tmp_path.glob("*.*"):
            file.unlink()
        for file in (tmp_path / "device").glob("*"):
            file.unlink()
        if not disk.was_reached:
            break
    assert outcomes == {"done", "full"}
