import sqlite3

import pytest

from workbench.crypto import Table
from workbench.errors import IntegrityError, LockedError, NotFoundError, StoreError
from workbench.storage import Damaged

in_a_file = pytest.mark.parametrize("location", ["sqlite"], indirect=True)


def edit(database, statement, *values):
    """Edit the store behind the program's back."""
    with sqlite3.connect(database.path) as connection:
        assert connection.execute(statement, values).rowcount == 1
    connection.close()


def test_what_is_appended_can_be_read(vault):
    record_id = vault.append(Table.TURN, b"a haiku")
    assert vault.read(Table.TURN, record_id) == b"a haiku"


def test_a_later_session_of_the_owner_reads_it_too(vault, make_vault):
    record_id = vault.append(Table.TURN, b"a haiku")
    again = make_vault(owner_id=vault.test_owner, account_key=vault.test_key)
    assert again.read(Table.TURN, record_id) == b"a haiku"


def test_a_record_of_another_owner_is_not_found_just_as_a_missing_one(vault, make_vault):
    record_id = vault.append(Table.TURN, b"a haiku")
    with pytest.raises(NotFoundError) as of_another:
        make_vault().read(Table.TURN, record_id)
    with pytest.raises(NotFoundError) as missing:
        vault.read(Table.TURN, b"x" * 16)
    assert str(of_another.value) == str(missing.value)


@in_a_file
def test_every_flipped_byte_is_refused_and_the_rest_still_opens(vault, database):
    kept, hurt = vault.append(Table.TURN, b"kept"), vault.append(Table.TURN, b"hurt")
    (sealed,) = database.rows("SELECT envelope FROM record WHERE record_id = ?", (hurt,))[0]
    for position in range(len(sealed)):
        flipped = bytearray(sealed)
        flipped[position] ^= 0x80
        edit(database, "UPDATE record SET envelope = ? WHERE record_id = ?", bytes(flipped), hurt)
        with pytest.raises(IntegrityError):
            vault.read(Table.TURN, hurt)
        found = list(vault.scan(Table.TURN))
        assert isinstance(found[0], Damaged)
        assert found[1] == (kept, b"kept")


@in_a_file
def test_a_record_moved_to_another_owner_is_refused(vault, make_vault, database):
    record_id, other = vault.append(Table.TURN, b"a haiku"), make_vault()
    edit(database, "UPDATE record SET owner_id = ? WHERE record_id = ?", other.test_owner, record_id)
    with pytest.raises(IntegrityError):
        other.read(Table.TURN, record_id)
    with pytest.raises(NotFoundError):
        vault.read(Table.TURN, record_id)


@in_a_file
def test_a_record_moved_together_with_its_wrapped_key_is_refused(vault, make_vault, database):
    record_id, other = vault.append(Table.TURN, b"a haiku"), make_vault()
    edit(database, "UPDATE record SET owner_id = ? WHERE record_id = ?", other.test_owner, record_id)
    edit(database, "UPDATE data_key SET account_id = ?", other.test_owner)
    with pytest.raises(IntegrityError):
        other.read(Table.TURN, record_id)


@in_a_file
@pytest.mark.parametrize(
    "change", ["record_id = randomblob(16)", "kind = 17", "version = 2", "version = 'one'", "envelope = 'text'"]
)
def test_a_record_moved_within_the_store_is_refused(vault, database, change):
    vault.append(Table.TURN, b"a haiku")
    edit(database, f"UPDATE record SET {change}")  # noqa: S608 - the test's own words
    for table in (Table.TURN, Table.USAGE_EVENT):
        assert all(isinstance(item, Damaged) for item in vault.scan(table))


@in_a_file
def test_two_records_with_swapped_envelopes_are_both_refused(vault, database):
    first, second = vault.append(Table.TURN, b"one"), vault.append(Table.TURN, b"two")
    sealed = dict(database.rows("SELECT record_id, envelope FROM record"))
    edit(database, "UPDATE record SET envelope = ? WHERE record_id = ?", sealed[second], first)
    edit(database, "UPDATE record SET envelope = ? WHERE record_id = ?", sealed[first], second)
    assert [type(item) for item in vault.scan(Table.TURN)] == [Damaged, Damaged]


def test_a_failed_transaction_leaves_no_record_sealed_under_a_key_that_was_rolled_back(vault, make_vault):
    with pytest.raises(RuntimeError), vault.transaction():
        vault.append(Table.TURN, b"never kept")
        raise RuntimeError
    record_id = vault.append(Table.TURN, b"kept")
    again = make_vault(owner_id=vault.test_owner, account_key=vault.test_key)
    assert again.read(Table.TURN, record_id) == b"kept"
    assert again.count(Table.TURN) == 1


@in_a_file
def test_a_deleted_record_is_gone_from_the_file_and_its_log(vault, database):
    record_id = vault.append(Table.TURN, b"a haiku")
    (sealed,) = database.rows("SELECT envelope FROM record WHERE record_id = ?", (record_id,))[0]
    vault.delete(Table.TURN, record_id)
    vault.settle()
    with pytest.raises(NotFoundError):
        vault.read(Table.TURN, record_id)
    files = list(database.path.parent.iterdir())
    assert files
    assert all(sealed[30:] not in file.read_bytes() for file in files)


@in_a_file
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM record WHERE sequence = 2",
        "UPDATE record SET envelope = (SELECT envelope FROM record WHERE sequence = 1) WHERE sequence = 2",
        "UPDATE record SET sequence = 9 WHERE sequence = 2",
    ],
    ids=["dropped", "edited", "moved"],
)
def test_the_audit_chain_tells_a_dropped_an_edited_and_a_moved_entry(vault, database, statement):
    for number in range(4):
        vault.append(Table.AUDIT_ENTRY, b"entry %d" % number)
    assert list(vault.chain()) == [b"entry 0", b"entry 1", b"entry 2", b"entry 3"]
    connection = sqlite3.connect(database.path, isolation_level=None)
    connection.execute("DROP TRIGGER audit_keeps_entries")
    connection.execute("DROP TRIGGER audit_alters_nothing")
    assert connection.execute(statement).rowcount == 1
    connection.close()
    with pytest.raises(IntegrityError):
        list(vault.chain())


@in_a_file
def test_the_store_itself_refuses_to_change_the_audit_log(vault):
    record_id = vault.append(Table.AUDIT_ENTRY, b"entry")
    with pytest.raises(StoreError):
        vault.delete(Table.AUDIT_ENTRY, record_id)


def test_a_locked_vault_reads_and_writes_nothing(vault):
    record_id = vault.append(Table.TURN, b"a haiku")
    vault._key_ring.forget()
    with pytest.raises(LockedError):
        vault.read(Table.TURN, record_id)
    with pytest.raises(LockedError):
        vault.append(Table.TURN, b"another")


def test_a_scan_pages_newest_first(vault):
    for number in range(5):
        vault.append(Table.TURN, b"%d" % number)
    assert [body for _, body in vault.scan(Table.TURN, limit=2, offset=1)] == [b"3", b"2"]
    assert [body for _, body in vault.scan(Table.TURN, after=vault.newest(Table.TURN) - 1)] == [b"4"]
