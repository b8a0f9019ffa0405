"""Older rows, pages and files put back, stores forked, cut off and spliced: what is noticed, with an anchor or without.

What an attack without an anchor can do stands here as assertions too; ``docs/threat-model.md`` quotes them.
"""

import contextlib
import itertools
import secrets
import shutil
from collections import Counter

import pytest
from storage.attacker import (
    TABLES,
    TORTURE,
    Attacker,
    Content,
    Outcome,
    SilentlyWrongError,
    caches,
    content,
    examine,
    few_engines,
    in_a_file,
    on_both_engines,
    quick_derivation,
)

from workbench.app import Workbench
from workbench.crypto import GENESIS, Kind, Right, new_key_pairs, next_head
from workbench.errors import IntegrityError, StoreError, WorkbenchError
from workbench.identity import Accounts
from workbench.records import AuditEntry
from workbench.storage import AccountRow, AccountRows, Device, Member, decode, open_database

OF_A_VAULT = ("vault", "vault_grant", "data_key", "record", "checkpoint", "cache")
# An older state of one vault hangs together when all of these are of one moment.
WHOLE = {"vault", "vault_grant", "data_key", "record", "checkpoint"}
ANOTHER = "seven rivers under slow copper bells"

pytest_generate_tests = few_engines


class World:
    """A store that lives for some time, and an attacker who copies it at each moment."""

    def __init__(self, owner, open_again, location):
        self.owner = owner
        self.location = location
        self.database = open_again()
        self.vaults = owner.open(self.database)
        self.attacker = Attacker(open_again())
        self.moments = []
        self.files = []
        self.ever_cached = set()
        self.expected = Content()

    @property
    def turns(self):
        return self.vaults[Kind.TURN]

    def live(self):
        """Append, erase, admit and remove a member, rotate and cache; the attacker copies everything after each."""
        shards = self.turns.caches(Kind.SEARCH_SHARD)
        first = self.turns.log.start + 1
        member = Member(b"m" * 16, (pairs := new_key_pairs()).public.fingerprint, Right.READ)
        AccountRows(self.database).add(AccountRow(b"m" * 16, pairs.public.packed, b"-", ()), name_tag=b"m" * 32)
        self.keep()
        ids = [self.append(b"turn %d" % number) for number in range(3)]
        shards.store(first=first, last=first + 2, count=3, body=b"a shard of three")
        self.keep()
        self.turns.erase([ids[1]])
        self.keep()
        self.turns.keys.admit(member)
        shards.store(first=first, last=first + 2, count=2, body=b"a shard of two")
        self.keep()
        self.turns.keys.rotate(without=member.account_id)
        self.append(b"after the member has gone")
        self.keep()
        self.vaults = self.owner.open(self.database)  # a later session, with data keys of its own
        self.turns.erase_session(self.append(b"a session that is shredded"))
        self.append(b"the newest")
        self.keep()
        return self

    def append(self, body):
        self.vaults[Kind.AUDIT_ENTRY].append(b"appended")
        return self.turns.append(body)

    def keep(self):
        """Sign, and let the attacker copy."""
        self.vaults.checkpoint()
        self.moments.append(self.attacker.copy())
        self.ever_cached |= caches(self.vaults, self.database)
        self.expected = content(self.vaults, self.database)
        if self.database.path:
            self.database.checkpoint()
            self.files.append(self.database.path.read_bytes())

    def restore(self):
        self.attacker.put_back(self.moments[-1])

    def outcome(self, *, with_anchors=True):
        """Return what a new session notices; the anchors stay what they are."""

        def open_session(stack):
            database = stack.enter_context(contextlib.closing(open_database(self.location)))
            return database, self.owner.open(database, with_anchors=with_anchors)

        kept = {path: path.read_bytes() for path in self.owner.device._folder.glob("anchor-*")}
        try:
            return examine(open_session, self.expected, ever_cached=self.ever_cached)
        finally:
            for path, anchor in kept.items():
                path.write_bytes(anchor)

    def is_unseen(self):
        """Whether an older content is read without an anchor, and nothing says so."""
        try:
            self.outcome(with_anchors=False)
        except SilentlyWrongError:
            return True
        return False


@pytest.fixture
def world(owner, open_again, location):
    return World(owner, open_again, location).live()


@on_both_engines
@pytest.mark.parametrize("with_anchors", [True, False])
def test_no_older_row_put_back_alone_is_read_unseen(world, with_anchors):
    """Without an anchor too."""
    counts = Counter()
    for table in TABLES:
        present = set(world.moments[-1][table])
        for row in {row for moment in world.moments[:-1] for row in moment[table]} - present:
            world.attacker.replace(table, row)
            counts[table, world.outcome(with_anchors=with_anchors)] += 1
            world.restore()
    assert world.outcome() is Outcome.HARMLESS
    allowed = {
        # The members of an older epoch, an older cache beside a newer one, and the range of a data key.
        "vault_grant": {Outcome.HARMLESS},
        "cache": {Outcome.HARMLESS},
        "vault": {Outcome.REFUSED},
        "data_key": {Outcome.HARMLESS, Outcome.SHOWN, Outcome.REPORTED},
        # An erased record whose session's key still seals others. It opens, and the log says that it was erased.
        "record": {Outcome.SHOWN},
        # Only an anchor knows that a checkpoint isn't the newest; all that comes after it is there.
        "checkpoint": {Outcome.REFUSED if with_anchors else Outcome.HARMLESS},
    }
    assert set(counts) <= {(table, outcome) for table, outcomes in allowed.items() for outcome in outcomes}
    assert {table for table, _ in counts} == set(allowed)


def test_with_an_anchor_no_older_tables_of_any_moment_put_back_together_are_read_unseen(world):
    """Every combination that a database's administrator could try on one vault, and on all of them."""
    counts = Counter()
    sizes = range(1, len(OF_A_VAULT) + 1)
    combinations = [tables for size in sizes for tables in itertools.combinations(OF_A_VAULT, size)]
    tried = [(moment, tables) for moment in world.moments[:-1] for tables in combinations]
    for moment, tables in tried[:: max(1, 8 // TORTURE)]:
        world.attacker.put_back_vault(moment, world.turns, *tables)
        outcome = world.outcome()
        world.restore()
        assert outcome is Outcome.REFUSED or not set(tables) >= {"record", "checkpoint"}
        counts[outcome] += 1
    for moment in world.moments[:-1]:
        world.attacker.put_back(moment)
        assert world.outcome() is Outcome.REFUSED
    world.restore()
    assert world.outcome() is Outcome.HARMLESS
    assert counts[Outcome.REFUSED] > counts[Outcome.HARMLESS]


def test_without_an_anchor_only_a_state_that_hangs_together_passes(world):
    """The non-guarantee: an older state of the store, or of one vault of it, with all its keys. A part of it shows."""
    moment = world.moments[1]  # before the erasures; the vault's key was another
    unseen = set()
    for tables in itertools.combinations(OF_A_VAULT, 5):
        world.attacker.put_back_vault(moment, world.turns, *tables)
        if world.is_unseen():
            unseen.add(frozenset(tables))
        world.restore()
    assert unseen == {frozenset(WHOLE)}
    world.attacker.put_back_vault(moment, world.turns)
    assert world.is_unseen()
    world.attacker.put_back(moment)
    assert world.is_unseen()


@in_a_file
def test_no_older_page_of_the_file_is_read_unseen(world, tmp_path):
    """Page encryption alone lets that pass, which is why the records are chained and anchored."""
    newest, counts = world.files[-1], Counter()
    page = int.from_bytes(newest[16:18])
    world.location = tmp_path / "pages" / "store.db"
    world.location.parent.mkdir()
    for older in world.files[:-1]:
        for at in range(0, min(len(newest), len(older)), page):
            if older[at : at + page] != newest[at : at + page]:
                shutil.rmtree(world.location.parent)
                world.location.parent.mkdir()
                world.location.write_bytes(newest[:at] + older[at : at + page] + newest[at + page :])
                counts[world.outcome()] += 1
    assert counts[Outcome.REFUSED] + counts[Outcome.REPORTED] + counts[Outcome.SHOWN] > counts[Outcome.HARMLESS]


@in_a_file
def test_an_older_file_is_refused_with_an_anchor_and_passes_without(world, tmp_path):
    for number, older in enumerate(world.files[:-1]):
        world.location = tmp_path / f"older {number}" / "store.db"
        world.location.parent.mkdir()
        world.location.write_bytes(older)
        assert world.outcome() is Outcome.REFUSED
        assert world.is_unseen()


def test_two_copies_that_were_continued_apart_do_not_pass_for_each_other(world):
    """Whichever is the longer: the anchor is of one of them."""
    base = world.moments[-1]
    forks = []
    for length in (1, 3):
        world.attacker.put_back(base)
        other_device = {path: path.read_bytes() for path in world.owner.device._folder.glob("anchor-*")}
        vaults = world.owner.open(world.database)
        for number in range(length):
            vaults[Kind.TURN].append(b"fork of %d, %d" % (length, number))
        vaults.checkpoint()
        anchors = {path: path.read_bytes() for path in other_device}
        forks.append((world.attacker.copy(), anchors, content(vaults, world.database)))
        for path, anchor in other_device.items():
            path.write_bytes(anchor)
    for (copy, _, held), (_, anchors, _) in itertools.product(forks, repeat=2):
        world.attacker.put_back(copy)
        for path, anchor in anchors.items():
            path.write_bytes(anchor)
        world.expected = held
        assert world.outcome() is (
            Outcome.HARMLESS if (copy, anchors) in [fork[:2] for fork in forks] else Outcome.REFUSED
        )


@on_both_engines
def test_a_session_signs_nothing_over_a_store_that_is_exchanged_under_it(world):
    """And so doesn't move this device's anchor to the other one."""
    vaults = world.owner.open(world.database)
    vaults[Kind.TURN].append(b"seen by this session")
    vaults.checkpoint()
    seen = world.attacker.copy()
    for moment in world.moments:
        world.attacker.put_back(moment)
        with pytest.raises(WorkbenchError):
            for number in range(4):
                vaults[Kind.TURN].append(b"continued %d" % number)
            vaults.checkpoint()
        assert world.outcome() is Outcome.REFUSED
    world.attacker.put_back(seen)
    world.expected = content(world.owner.open(world.database), world.database)
    assert world.outcome() is Outcome.HARMLESS


def test_another_session_on_the_device_signs_nothing_over_a_fork_of_what_the_first_has_seen(world):
    """Both began from one copy; the store was exchanged between them."""
    base = world.attacker.copy()
    one, other = world.owner.open(world.database), world.owner.open(world.database)
    one[Kind.TURN].append(b"one")
    one.checkpoint()
    world.attacker.put_back(base)
    with pytest.raises(IntegrityError):
        for _ in range(3):
            other[Kind.TURN].append(b"other")
        other.checkpoint()


@on_both_engines
def test_a_tail_that_was_signed_cannot_be_cut_off_unseen_even_on_a_new_device(world):
    """As long as the attacker has no older checkpoint; with one, it is an older state, and only an anchor shows it."""
    place, _ = world.turns.log.tip()
    for count in range(1, world.turns.log.size() + 1):
        world.attacker.database.write("DELETE FROM record WHERE place > ? AND place <= ?", (place - count, place))
        assert world.outcome() is Outcome.REFUSED
        assert world.outcome(with_anchors=False) is Outcome.REFUSED
    world.attacker.database.write("DELETE FROM checkpoint WHERE vault_id = ?", (world.turns.vault_id,))
    assert world.outcome(with_anchors=False) is Outcome.REFUSED


def test_a_tail_that_no_checkpoint_has_signed_yet_can_be_cut_off_unseen(world):
    """The non-guarantee: at most 63 records of a session that was killed, or that is still open."""
    vaults = world.owner.open(world.database)
    held = len(world.expected.records[Kind.TURN])
    for number in range(63):
        vaults[Kind.TURN].append(b"unsigned %d" % number)
    place, _ = vaults[Kind.TURN].log.tip()
    for count in (1, 63):
        world.attacker.database.write("DELETE FROM record WHERE place > ? AND place <= ?", (place - count, place))
        again = world.owner.open(world.database)
        again.verify()
        assert again[Kind.TURN].count() == held + 63 - count
    assert world.outcome() is Outcome.HARMLESS


def test_rows_of_one_vault_or_one_store_open_in_no_other(world, make_owner, tmp_path):
    """Whichever tables are exchanged along with them."""
    mine, other = world.turns, make_owner()
    vaults = other.open(world.database)
    for number in range(mine.log.size()):
        vaults[Kind.TURN].append(b"%d" % number)
    vaults.checkpoint()
    theirs, audit = vaults[Kind.TURN], world.vaults[Kind.AUDIT_ENTRY]
    world.moments.append(world.attacker.copy())
    for source in (theirs, audit):
        rows = world.attacker.of_vault(world.moments[-1], source)
        for tables in (
            ("record",),
            ("record", "checkpoint"),
            ("data_key",),
            ("record", "data_key", "checkpoint", "vault_grant"),
        ):
            with world.attacker.database.transaction():
                for table in tables:
                    world.attacker.clear(mine, table)
                    world.attacker.insert(table, [_moved(table, row, source, mine) for row in rows[table]])
            assert world.outcome() in {Outcome.REFUSED, Outcome.REPORTED}, tables
            assert world.outcome(with_anchors=False) in {Outcome.REFUSED, Outcome.REPORTED}, tables
            world.restore()


def _moved(table, row, source, target):
    """Return a row as it would stand in another vault; what must be unique is another's then."""
    if table == "record":
        unique = None if row[1] is None else bytes(byte ^ 1 for byte in row[1])
        return (row[0] - source.log.start + target.log.start, unique, *row[2:])
    if table == "data_key":
        return (bytes(byte ^ 1 for byte in row[0]), target.vault_id, *row[2:])
    if table == "vault_grant":
        return (target.vault_id, row[1], target.keys._account_id, row[3])
    return (target.vault_id, *row[1:])


class Roles:
    """An account whose profile said once that it is a researcher, and says no more; a way in was taken away too."""

    def __init__(self, database, attacker, device, passphrase):
        self.database = database
        self.attacker = attacker
        self.device = device
        accounts = self.accounts()
        self.codes = accounts.create("ada", passphrase=ANOTHER, roles=("owner", "researcher")).recovery_codes
        self.before = attacker.copy()
        account = accounts.recover("ada", code=self.codes[0], new_passphrase=passphrase)
        account.profile.__class__("ada", ("student",), account.profile.slots).write(account.vaults)
        account.vaults.checkpoint()
        self.log = account.vaults[Kind.PROFILE].log
        self.after = attacker.copy()

    def accounts(self, *, with_anchors=True):
        """Return the accounts as this device sees them, or a new one."""
        fresh = Device(self.device._folder / secrets.token_hex(4), use_keyring=False)
        return Accounts(self.database, device=self.device if with_anchors else fresh)

    def rows(self):
        """Return the profile's rows as they are now."""
        return [row for row in self.after["record"] if self.log.start < row[0] < self.log.end]


@pytest.fixture
def roles(database, open_again, device_folder, passphrase):
    with quick_derivation():
        yield Roles(database, Attacker(open_again()), Device(device_folder, use_keyring=False), passphrase)


def _cut(_roles, rows):
    return rows[:1]


def _emptied(_roles, rows):
    return [rows[0], *[(row[0], None, None, None, None, *row[5:]) for row in rows[1:]]]


def _called_an_entry(_roles, rows):
    return [rows[0], *[(row[0], None, row[2], 0, *row[4:]) for row in rows[1:]]]


def _with_contents_exchanged(_roles, rows):
    return [(row[0], *other[1:5], *row[5:]) for row, other in zip(rows, reversed(rows), strict=True)]


def _in_another_order(roles, rows):
    return _chained(roles, [row[1:6] for row in reversed(rows)])


def _moved_to_the_end(roles, rows):
    emptied = (None, None, None, None, rows[0][5])
    return _chained(roles, [emptied, *[row[1:6] for row in rows[1:]], rows[0][1:6]])


def _chained(roles, cells):
    """Return rows with a chain that holds; anybody can make one."""
    rows, head = [], GENESIS
    for position, (*others, leaf) in enumerate(cells, start=1):
        head = next_head(head, leaf=leaf)
        rows.append((roles.log.start + position, *others, leaf, head))
    return rows


TRICKS = [_cut, _emptied, _called_an_entry, _with_contents_exchanged, _in_another_order, _moved_to_the_end]


@pytest.mark.parametrize("with_anchors", [True, False])
@pytest.mark.parametrize("trick", TRICKS)
def test_no_role_that_was_taken_away_comes_back(roles, passphrase, trick, with_anchors):
    """On a new device neither, as long as the attacker has no older checkpoint."""
    with roles.attacker.database.transaction():
        roles.attacker.database.write(
            "DELETE FROM record WHERE place > ? AND place < ?", (roles.log.start, roles.log.end)
        )
        roles.attacker.insert("record", trick(roles, roles.rows()))
    with pytest.raises(IntegrityError):
        roles.accounts(with_anchors=with_anchors).recover("ada", code=roles.codes[1], new_passphrase=ANOTHER)
    with pytest.raises(IntegrityError):
        roles.accounts().unlock("ada", passphrase=passphrase)


@pytest.mark.parametrize("tables", [("slot",), ("slot", "record"), ("slot", "record", "checkpoint")])
def test_a_used_code_and_an_old_passphrase_that_were_put_back_open_nothing_on_a_device_that_saw_them_go(roles, tables):
    roles.attacker.put_back(roles.before, *tables)
    for attempt in (
        lambda: roles.accounts().recover("ada", code=roles.codes[0], new_passphrase=ANOTHER),
        lambda: roles.accounts().unlock("ada", passphrase=ANOTHER),
    ):
        with pytest.raises(IntegrityError):
            attempt()


def test_without_an_anchor_a_used_code_opens_the_whole_older_store_and_brings_its_roles_back(roles):
    """The non-guarantee, on a new device; of the slot alone, or of slot and records, it is refused there too."""
    for tables in (("slot",), ("slot", "record")):
        roles.attacker.put_back(roles.before, *tables)
        with pytest.raises(IntegrityError):
            roles.accounts(with_anchors=False).recover("ada", code=roles.codes[0], new_passphrase=ANOTHER)
        roles.attacker.put_back(roles.after)
    roles.attacker.put_back(roles.before)
    account = roles.accounts(with_anchors=False).recover("ada", code=roles.codes[0], new_passphrase=ANOTHER)
    assert account.roles == ("owner", "researcher")


def test_a_rollback_that_is_accepted_is_noted_and_anchored_and_then_all_is_quiet(tmp_path, passphrase):
    """What was erased since on this device goes again; on another it would be back."""
    path, copy = tmp_path / "bench.db", tmp_path / "copy.db"
    with quick_derivation():
        bench = Workbench.open(path)
        bench.create_account("ada", passphrase=passphrase)
        session = bench.sign_in("ada", passphrase=passphrase)
        kept, erased = session.ask("rain"), session.ask("snow")
        session.lock()
        bench.close()
        shutil.copyfile(path, copy)
        bench = Workbench.open(path)
        session = bench.sign_in("ada", passphrase=passphrase)
        session.history.delete(erased.id)
        session.ask("a later turn")
        session.lock()
        bench.close()
        shutil.copyfile(copy, path)
        bench = Workbench.open(path)
        with pytest.raises(IntegrityError):
            bench.sign_in("ada", passphrase=passphrase)
        taken = bench.sign_in("ada", passphrase=passphrase, accept_rollback=True)
        taken.lock()
        session = bench.sign_in("ada", passphrase=passphrase)
        assert [turn.id for turn in session.history] == [kept.id]
        assert list(session.audit.frame().event).count("integrity_rollback_accepted") == 1
        session.opened("content:read").vaults.verify()
        session.lock()
        bench.close()


def test_a_rollback_that_was_accepted_is_noted_whatever_fails_next(tmp_path, passphrase, monkeypatch):
    path, copy = tmp_path / "bench.db", tmp_path / "copy.db"
    with quick_derivation():
        with contextlib.closing(Workbench.open(path)) as bench:
            bench.create_account("ada", passphrase=passphrase)
        shutil.copyfile(path, copy)
        with contextlib.closing(Workbench.open(path)) as bench:
            bench.sign_in("ada", passphrase=passphrase).lock()
        shutil.copyfile(copy, path)
        with contextlib.closing(Workbench.open(path)) as bench:
            with monkeypatch.context() as patch, pytest.raises(StoreError):
                patch.setattr("workbench.audit.AuditLog.record", _full)
                bench.sign_in("ada", passphrase=passphrase, accept_rollback=True)
            session = bench.sign_in("ada", passphrase=passphrase)
            assert "integrity_rollback_accepted" in set(session.audit.frame().event)
            session.lock()


def _full(*_arguments, **_facts):
    raise StoreError("The disk is full; nothing was written.")


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_tail_that_was_cut_off_is_accepted_too(world, count):
    place, _ = world.turns.log.tip()
    world.attacker.database.write("DELETE FROM record WHERE place > ? AND place <= ?", (place - count, place))
    with pytest.raises(IntegrityError):
        world.owner.open(world.database)
    held = content(world.owner.open(world.database, accept_rollback=True), world.database)
    world.expected = held
    assert world.outcome() is Outcome.HARMLESS


def test_accepting_takes_out_again_what_the_log_says_was_erased(world):
    """A record that was put back into a log which still says that it went."""
    for row in set(world.moments[1]["record"]) - set(world.moments[-1]["record"]):
        if row[1]:
            world.attacker.replace("record", row)
    assert world.outcome() is Outcome.SHOWN
    taken = world.owner.open(world.database, accept_rollback=True)
    note = next(taken[Kind.AUDIT_ENTRY].scan())
    assert decode(note[1], AuditEntry).event == "integrity_rollback_accepted"
    world.expected.records[Kind.AUDIT_ENTRY].insert(0, note)
    assert world.outcome() is Outcome.HARMLESS
