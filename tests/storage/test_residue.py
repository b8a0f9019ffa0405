"""What an erasure leaves in the store's folder, byte for byte: also while a reader keeps an old snapshot."""

import secrets

import pytest
from storage.attacker import TABLES, Attacker, in_a_file

from workbench.crypto import Kind, Right, new_key_pairs
from workbench.storage import AccountRow, AccountRows, Damaged, Device, Member, open_database

MARKER = b"canary in the quiet orchard"
CACHED = b"canary in a shard of an index"


def files(database, *, device):
    """Return the bytes of every file of the store and of the device."""
    folders = (database.path.parent, device._folder)
    return {path.name: path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}


def found(database, needle, *, device):
    return {name for name, content in files(database, device=device).items() if needle in content}


class Folder:
    """A store's folder, searched for plaintext after each step."""

    def __init__(self, vaults, database, device):
        self.vaults = vaults
        self.database = database
        self.device = device

    def holding(self, *needles):
        """Return the files that hold any of these bytes; none ever holds a plaintext."""
        for plaintext in (MARKER, CACHED, *self.secrets()):
            assert not found(self.database, plaintext, device=self.device)
        return set().union(*(found(self.database, needle, device=self.device) for needle in needles))

    def secrets(self):
        """Return the keys that a session holds, which are in no file either."""
        yield self.vaults.key_pairs.packed[:64]
        yield self.vaults.key_pairs.signing
        for vault in self.vaults:
            yield vault.keys.grant().secret

    def cells(self, record_id):
        """Return what must go with a record: ciphertext, wrapped key, grant, list of members."""
        turns = self.vaults[Kind.TURN]
        ((key_id, sealed),) = self.database.rows("SELECT key_id, sealed FROM record WHERE record_id = ?", (record_id,))
        ((wrapped,),) = self.database.rows("SELECT wrapped FROM data_key WHERE key_id = ?", (key_id,))
        ((grant,),) = self.database.rows("SELECT sealed FROM vault_grant WHERE vault_id = ?", (turns.vault_id,))
        ((members,),) = self.database.rows("SELECT members FROM vault WHERE vault_id = ?", (turns.vault_id,))
        # The middle of each: a page may have parted it elsewhere.
        return {"sealed": sealed[20:80], "wrapped": wrapped[13:], "grant": grant[20:80], "members": members[13:60]}


@pytest.fixture
def folder(vaults, database, owner):
    return Folder(vaults, database, owner.device)


@pytest.fixture
def record_id(vault):
    vault.append(b"stays")
    return vault.append(MARKER * 100)


@in_a_file
def test_an_erased_record_its_key_and_its_grant_are_in_no_file_once_the_log_is_emptied(folder, vaults, record_id):
    cells = folder.cells(record_id)
    assert folder.holding(*cells.values())
    vaults[Kind.TURN].erase_session(record_id)
    folder.holding()
    vaults.checkpoint()
    vaults[Kind.TURN].settle()
    assert folder.holding(*cells.values()) == set()


@in_a_file
def test_while_a_reader_keeps_an_old_snapshot_the_bytes_stay_and_they_go_as_soon_as_it_ends(folder, vaults, record_id):
    """Sealed all the time, and of no use: the key under which they are wrapped is granted to nobody any more."""
    turns = vaults[Kind.TURN]
    cells = folder.cells(record_id)
    reader = folder.database.stream("SELECT place, sealed FROM record ORDER BY place", size=1)
    next(reader)
    turns.erase_session(record_id)
    turns.settle()
    assert folder.holding(cells["sealed"])
    assert folder.holding(cells["wrapped"])
    turns.append(b"meanwhile")
    assert folder.holding(cells["sealed"])
    reader.close()
    assert folder.holding(*cells.values()) == set()


@in_a_file
def test_while_another_kernel_reads_they_go_with_the_first_write_after_it_ended(folder, vaults, owner, record_id):
    turns = vaults[Kind.TURN]
    cells = folder.cells(record_id)
    other = open_database(folder.database.path)
    reader = other.stream("SELECT place, sealed FROM record ORDER BY place", size=1)
    next(reader)
    turns.erase_session(record_id)
    turns.settle()
    assert folder.holding(cells["sealed"])
    reader.close()
    other.close()
    turns.append(b"the first write")
    assert folder.holding(*cells.values()) == set()


@in_a_file
def test_a_shredded_sessions_bytes_that_were_kept_elsewhere_open_with_no_key_that_is_left(
    folder, vaults, owner, record_id
):
    """What a reader's snapshot, a backup or an attacker may have kept of it, put back."""
    attacker = Attacker(open_database(folder.database.path))
    before = attacker.copy()
    vaults[Kind.TURN].erase_session(record_id)
    for row in before["data_key"]:
        attacker.replace("data_key", row)
    for row in before["record"]:
        if row[1] == record_id:
            attacker.replace("record", row)
    again = owner.open(folder.database)[Kind.TURN]
    assert any(isinstance(item, Damaged) and item.record_id == record_id for item in again.scan())
    attacker.database.close()


@in_a_file
def test_caches_that_were_made_of_an_erased_record_go_with_their_keys(folder, vaults, record_id):
    turns = vaults[Kind.TURN]
    caches = turns.caches(Kind.SEARCH_SHARD)
    first = turns.log.start + 1
    caches.store(first=first, last=first + 1, count=2, body=CACHED * 50)
    ((key_id, sealed),) = folder.database.rows("SELECT key_id, sealed FROM cache")
    ((wrapped,),) = folder.database.rows("SELECT wrapped FROM data_key WHERE key_id = ?", (key_id,))
    assert folder.holding(sealed[20:80])
    turns.erase([record_id])
    turns.settle()
    assert folder.holding(sealed[20:80], wrapped[13:]) == set()
    assert list(caches.load()) == []


@in_a_file
def test_a_cache_that_is_replaced_leaves_nothing_either(folder, vaults, record_id):
    turns = vaults[Kind.TURN]
    caches = turns.caches(Kind.SEARCH_SHARD)
    first = turns.log.start + 1
    caches.store(first=first, last=first + 1, count=2, body=CACHED * 50)
    ((sealed,),) = folder.database.rows("SELECT sealed FROM cache")
    caches.store(first=first, last=first + 1, count=2, body=CACHED * 51)
    turns.settle()
    assert folder.holding(sealed[20:80]) == set()


@in_a_file
def test_a_member_who_was_removed_leaves_no_grant(folder, vaults, database):
    turns, account_id, pairs = vaults[Kind.TURN], secrets.token_bytes(16), new_key_pairs()
    AccountRows(database).add(AccountRow(account_id, pairs.public.packed, b"-", ()), name_tag=account_id)
    turns.keys.admit(Member(account_id, pairs.public.fingerprint, Right.READ))
    ((grant,),) = database.rows("SELECT sealed FROM vault_grant WHERE account_id = ?", (account_id,))
    assert folder.holding(grant[20:80])
    turns.keys.rotate(without=account_id)
    turns.settle()
    assert folder.holding(grant[20:80]) == set()


def test_no_step_leaves_a_plaintext_in_what_the_store_holds(vaults, vault, database, device_folder):
    """In either engine, in every cell of every table."""

    def check():
        cells = [cell for table in TABLES for row in database.rows(f"SELECT * FROM {table}") for cell in row]
        stored = b"".join(cell for cell in cells if isinstance(cell, bytes))
        assert MARKER not in stored
        assert CACHED not in stored
        for path in Device(device_folder, use_keyring=False)._folder.iterdir():
            assert MARKER not in path.read_bytes()

    record_id = vault.append(MARKER * 10)
    check()
    vault.caches(Kind.SEARCH_SHARD).store(first=vault.newest(), last=vault.newest(), count=1, body=CACHED * 9)
    check()
    vaults.checkpoint()
    check()
    vault.keys.rotate()
    check()
    vault.erase([record_id])
    check()
