import itertools

import pytest

from workbench.crypto import KeyRing, Kind
from workbench.errors import IntegrityError, LockedError, NotFoundError, StoreError
from workbench.storage import Damaged, Device
from workbench.storage.tombstones import kept_tombstones

in_a_file = pytest.mark.parametrize("location", ["sqlite"], indirect=True)


def test_what_is_appended_can_be_read(vault):
    record_id = vault.append(b"a haiku")
    assert vault.read(record_id) == b"a haiku"


def test_a_later_session_of_the_owner_reads_it_too(vault, owner, open_again):
    record_id = vault.append(b"a haiku")
    assert owner.open(open_again())[Kind.TURN].read(record_id) == b"a haiku"


def test_a_record_of_another_owner_is_not_found_just_as_a_missing_one(vault, make_owner, database):
    record_id = vault.append(b"a haiku")
    other = make_owner().open(database)[Kind.TURN]
    with pytest.raises(NotFoundError) as of_another:
        other.read(record_id)
    with pytest.raises(NotFoundError) as missing:
        vault.read(b"x" * 16)
    assert str(of_another.value) == str(missing.value)


def test_a_record_is_not_found_in_the_vault_of_another_kind(vaults):
    record_id = vaults[Kind.TURN].append(b"a haiku")
    with pytest.raises(NotFoundError):
        vaults[Kind.AUDIT_ENTRY].read(record_id)


@in_a_file
def test_every_flipped_bit_is_refused_and_the_rest_still_opens(vault, database):
    kept, hurt = vault.append(b"kept"), vault.append(b"hurt")
    ((sealed,),) = database.rows("SELECT sealed FROM record WHERE record_id = ?", (hurt,))
    for position in range(len(sealed) * 8):
        flipped = bytearray(sealed)
        flipped[position // 8] ^= 1 << position % 8
        database.write("UPDATE record SET sealed = ? WHERE record_id = ?", (bytes(flipped), hurt))
        with pytest.raises(IntegrityError):
            vault.read(hurt)
    found = list(vault.scan())
    assert isinstance(found[0], Damaged)
    assert found[1] == (kept, b"kept")


def test_a_row_copied_into_another_vault_of_any_owner_opens_nowhere(vaults, make_owner, database):
    record_id = vaults[Kind.TURN].append(b"a haiku")
    others = [vaults[Kind.AUDIT_ENTRY], make_owner().open(database)[Kind.TURN]]
    for other in others:
        place = other.log.end - 1
        database.write("UPDATE record SET place = ? WHERE record_id = ?", (place, record_id))
        with pytest.raises(IntegrityError):
            other.read(record_id)


@pytest.mark.parametrize(
    "change", ["record_id = place_holder", "version = 2", "key_id = place_holder", "sealed = leaf"]
)
def test_a_record_changed_in_any_cell_is_refused(vault, database, change):
    vault.append(b"a haiku")
    column, value = change.split(" = ")
    database.write(
        f"UPDATE record SET {column} = {'?' if value == 'place_holder' else value}",
        (b"x" * 16,) if value == "place_holder" else (),
    )
    assert all(isinstance(item, Damaged) for item in vault.scan())


def test_every_pair_of_swapped_ciphertexts_is_refused(vault, database):
    """Also between vaults of other kinds, and with the keys' names swapped along."""
    ids = [vault.append(b"%d" % number) for number in range(4)]
    cells = {row[0]: row[1:] for row in database.rows("SELECT record_id, sealed, key_id FROM record")}
    for one, other in itertools.permutations(ids, 2):
        database.write("UPDATE record SET sealed = ?, key_id = ? WHERE record_id = ?", (*cells[one], other))
        with pytest.raises(IntegrityError):
            vault.read(other)
        database.write("UPDATE record SET sealed = ?, key_id = ? WHERE record_id = ?", (*cells[other], other))
        assert vault.read(other)


def test_a_failed_transaction_leaves_no_record_sealed_under_a_key_that_was_rolled_back(vault, owner, open_again):
    with pytest.raises(RuntimeError), vault._database.transaction():
        vault.append(b"never kept")
        raise RuntimeError
    record_id = vault.append(b"kept")
    again = owner.open(open_again())[Kind.TURN]
    assert again.read(record_id) == b"kept"
    assert again.count() == 1


def test_places_have_no_gap_after_a_transaction_that_failed(vault):
    vault.append(b"first")
    with pytest.raises(RuntimeError), vault._database.transaction():
        vault.append(b"never kept")
        raise RuntimeError
    vault.append(b"second")
    assert vault.log.tip()[0] == vault.log.start + 2


def test_an_id_can_be_used_once(vault):
    record_id = vault.append(b"one")
    with pytest.raises(StoreError, match="already"):
        vault.append(b"two", record_id=record_id)
    assert vault.read(record_id) == b"one"


def test_two_kernels_append_to_one_log_without_gap_or_loss(vault, owner, open_again):
    other = owner.open(open_again())[Kind.TURN]
    ids = [kernel.append(b"%d" % number) for number in range(20) for kernel in (vault, other)]
    assert [record_id for record_id, _ in vault.scan()] == ids[::-1]
    assert vault.checkpoints.verify()[0].rows == 40


def test_an_erased_record_is_gone_and_the_log_still_holds(vaults, vault):
    kept, gone = vault.append(b"kept"), vault.append(b"gone")
    assert vault.erase([gone]) == 1
    with pytest.raises(NotFoundError):
        vault.read(gone)
    assert vault.read(kept) == b"kept"
    assert vault.count() == 1
    assert len(vaults.verify()[Kind.TURN].erased) == 1


@in_a_file
def test_an_erased_record_is_in_no_file_of_the_store(vault, database):
    record_id = vault.append(b"a haiku")
    ((sealed,),) = database.rows("SELECT sealed FROM record WHERE record_id = ?", (record_id,))
    vault.erase([record_id])
    vault.settle()
    files = list(database.path.parent.iterdir())
    assert files
    assert all(sealed[30:] not in file.read_bytes() for file in files)


def test_erasing_what_is_not_there_erases_nothing(vault):
    record_id = vault.append(b"kept")
    with pytest.raises(NotFoundError):
        vault.erase([record_id, b"x" * 16])
    assert vault.read(record_id) == b"kept"


def test_erasing_a_session_destroys_its_key_and_takes_no_other_sessions_records(vaults, vault, owner, open_again):
    mine = [vault.append(b"%d" % number) for number in range(5)]
    other = owner.open(open_again())[Kind.TURN]
    theirs = [other.append(b"theirs") for _ in range(5)]
    vaults.checkpoint()
    more = vault.append(b"after the checkpoint")
    ((key_id, wrapped),) = vault._database.rows(
        "SELECT data_key.key_id, wrapped FROM data_key JOIN record ON record.key_id = data_key.key_id"
        " WHERE record_id = ?",
        (more,),
    )
    assert vault.erase_session(mine[0]) == 6
    assert [record_id for record_id, _ in vault.scan()] == theirs[::-1]
    assert not vault._database.rows("SELECT 1 FROM data_key WHERE key_id = ? OR wrapped = ?", (key_id, wrapped))
    vaults.verify()
    assert vault.read(vault.append(b"life goes on")) == b"life goes on"


def test_an_erasure_rotates_the_vault_key_so_that_an_old_wrap_that_was_put_back_opens_nothing(vault, owner, open_again):
    gone = vault.append(b"gone")
    database = vault._database
    rows = database.rows("SELECT * FROM data_key WHERE vault_id = ?", (vault.vault_id,))
    record = database.rows("SELECT * FROM record WHERE record_id = ?", (gone,))[0]
    vault.erase([gone])
    for row in rows:
        database.write("INSERT INTO data_key VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    database.write(
        "UPDATE record SET record_id = ?, key_id = ?, version = ?, sealed = ? WHERE place = ?",
        (*record[1:5], record[0]),
    )
    with pytest.raises(IntegrityError):
        owner.open(open_again())[Kind.TURN].read(gone)


def test_a_record_emptied_behind_the_programs_back_is_told_from_an_erased_one(vaults, vault, database):
    vault.erase([vault.append(b"gone")])
    vaults.verify()
    vault.append(b"emptied")
    database.write(
        "UPDATE record SET record_id = NULL, key_id = NULL, version = NULL, sealed = NULL WHERE place = ?",
        (vault.log.tip()[0],),
    )
    with pytest.raises(IntegrityError, match="emptied"):
        vaults.verify()


def test_a_locked_vault_reads_and_writes_nothing(vault, vaults):
    record_id = vault.append(b"a haiku")
    vaults._key_ring.forget()
    with pytest.raises(LockedError):
        vault.read(record_id)
    with pytest.raises(LockedError):
        vault.append(b"another")


def test_a_scan_pages_newest_first(vault):
    for number in range(5):
        vault.append(b"%d" % number)
    assert [body for _, body in vault.scan(limit=2, offset=1)] == [b"3", b"2"]
    assert [body for _, body in vault.scan(after=vault.newest() - 1)] == [b"4"]


def test_a_new_ring_holds_no_key_of_another(vault):
    vault.append(b"a haiku")
    assert "0 keys" in repr(KeyRing())


def test_an_erasure_that_the_device_cannot_keep_is_told_and_kept_later(vaults, vault, owner, monkeypatch):
    """The record is gone at once; an older copy must not bring it back either."""
    gone = vault.append(b"gone")
    leaf = vault.log.row(gone).leaf
    monkeypatch.setattr(Device, "write", _full)
    with pytest.raises(StoreError):
        vault.erase([gone])
    monkeypatch.undo()
    assert vault.log.row(gone) is None
    assert kept_tombstones(owner.device, vault._database.store_id) == frozenset()
    vaults.close()
    assert kept_tombstones(owner.device, vault._database.store_id) == {leaf}


def _full(*_arguments):
    raise StoreError("The disk is full; nothing was written.")
