"""Data keys are renewed under running kernels: no record is lost, none unreadable, and no old key is left."""

import itertools

import pytest
from storage.two_kernels import Writer

from workbench.crypto import Kind
from workbench.errors import IntegrityError, NotFoundError
from workbench.storage import Damaged
from workbench.storage import reseal as reseal_module
from workbench.storage.reseal import Reseal

in_a_file = pytest.mark.parametrize("location", ["sqlite"], indirect=True)


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(reseal_module, "BATCH_BYTES", 1)


def bodies(vault):
    return [body for _, body in vault.scan()]


def keys_of(vault):
    return {row[0] for row in vault._database.rows("SELECT key_id FROM data_key WHERE vault_id = ?", (vault.vault_id,))}


def rows_of(vault):
    return vault._database.rows(
        "SELECT place, key_id, sealed, leaf, head FROM record WHERE place > ? AND place < ? ORDER BY place",
        (vault.log.start, vault.log.end),
    )


class StoppedError(Exception):
    """Stands for a kill between two transactions."""


def reseal_and_stop(vaults, *, after):
    batches = itertools.count(1)

    def stop(_done, _total):
        if next(batches) == after:
            raise StoppedError

    with pytest.raises(StoppedError):
        vaults.reseal(progress=stop)


def test_every_record_is_sealed_anew_and_the_log_stays_what_it_is(vaults, vault, owner, open_again):
    written = [b"turn %d " % number * 50 for number in range(20)]
    for body in written:
        vault.append(body)
    before, old = rows_of(vault), keys_of(vault)
    vaults.reseal()
    after = rows_of(vault)
    assert [(row[0], row[3], row[4]) for row in after] == [(row[0], row[3], row[4]) for row in before]
    assert not {row[2] for row in after} & {row[2] for row in before}
    assert not keys_of(vault) & old
    again = owner.open(open_again())
    assert bodies(again[Kind.TURN]) == written[::-1]
    again.verify(deep=True)


def test_what_the_log_says_of_erasures_is_sealed_anew_too(vaults, vault, owner, open_again):
    kept, gone = vault.append(b"kept"), vault.append(b"gone")
    vault.erase([gone])
    old = keys_of(vault)
    vaults.reseal()
    assert not keys_of(vault) & old
    again = owner.open(open_again())
    assert len(again.verify()[Kind.TURN].erased) == 1
    assert again[Kind.TURN].read(kept) == b"kept"


def test_sessions_stay_apart_and_each_can_be_erased(vaults, vault, owner, open_again):
    other = owner.open(open_again())[Kind.TURN]
    mine = [vault.append(b"mine") for _ in range(3)]
    theirs = [other.append(b"theirs") for _ in range(3)]
    vaults.reseal()
    assert vault.erase_session(mine[0]) == 3
    assert [record_id for record_id, _ in vault.scan()] == theirs[::-1]
    vaults.verify()


def test_ranges_of_fresh_keys_cover_what_they_seal_before_and_after_a_checkpoint(vaults, vault, owner, open_again):
    other = owner.open(open_again())[Kind.TURN]
    for _ in range(3):
        vault.append(b"mine")
        other.append(b"theirs")
    vaults.checkpoint()
    vaults.reseal()
    vaults.checkpoint()
    ranges = {
        key_id: range(first, last + 1)
        for key_id, first, last in vault._database.rows("SELECT key_id, first_place, last_place FROM data_key")
    }
    assert all(place in ranges[key_id] for place, key_id, *_ in rows_of(vault))


def test_one_that_was_stopped_goes_on_where_it_was(vaults, vault, owner, open_again, small_batches):
    for number in range(6):
        vault.append(b"%d" % number)
    old = keys_of(vault)
    reseal_and_stop(vaults, after=4)
    half = {row[0]: row[2] for row in rows_of(vault) if row[1] not in old}
    assert 0 < len(half) < 6
    again = owner.open(open_again())
    assert bodies(again[Kind.TURN]) == [b"%d" % number for number in range(6)][::-1]
    younger = again[Kind.TURN].append(b"younger than the beginning")
    sealed_then = rows_of(vault)[-1][2]
    again.reseal()
    rows = {row[0]: row[2] for row in rows_of(vault)}
    assert {place: rows[place] for place in half} == half, "what was done is not done again"
    assert rows_of(vault)[-1][2] == sealed_then
    assert not keys_of(vault) & old
    assert again[Kind.TURN].read(younger) == b"younger than the beginning"
    assert again[Kind.TURN].keys.renewing() == 0
    assert len({row[1] for row in rows_of(vault)[:6]}) == 1, "a session stays under one key, whoever finishes"
    vaults.verify()


@pytest.mark.parametrize("of_the_renewed_half", [True, False])
def test_a_session_is_erased_whole_while_its_key_is_renewed(vaults, vault, small_batches, of_the_renewed_half):
    ids = [vault.append(b"%d" % number) for number in range(6)]
    reseal_and_stop(vaults, after=4)
    assert vault.erase_session(ids[0 if of_the_renewed_half else -1]) == 6
    assert bodies(vault) == []
    vaults.reseal()
    vaults.verify()


def test_single_erasures_while_a_key_is_renewed_leave_the_rest_readable(
    vaults, vault, owner, open_again, small_batches
):
    ids = [vault.append(b"%d" % number) for number in range(6)]
    reader = owner.open(open_again())
    reseal_and_stop(vaults, after=3)
    renewed = [row[0] for row in rows_of(vault) if row[1] != rows_of(vault)[-1][1]]
    assert bodies(reader[Kind.TURN]), "the reader has both keys on its ring"
    for position in range(len(renewed)):
        vault.erase([ids[position]])
    vaults.reseal()
    left = [b"%d" % number for number in range(len(renewed), 6)][::-1]
    assert bodies(vault) == left
    assert bodies(reader[Kind.TURN]) == left
    reader.verify()


def test_erasing_all_of_a_session_one_by_one_while_it_is_renewed_leaves_no_key_of_it(vaults, vault, small_batches):
    ids = [vault.append(b"%d" % number) for number in range(4)]
    reseal_and_stop(vaults, after=2)
    records = {row[1] for row in rows_of(vault)}
    for record_id in ids:
        vault.erase([record_id])
    assert not records & keys_of(vault)


def test_a_kernel_that_holds_an_old_key_goes_on_under_a_new_one(vaults, vault, owner, open_again, small_batches):
    other = owner.open(open_again())[Kind.TURN]
    other.append(b"before")
    vault.append(b"mine")
    old = keys_of(vault)
    reseal_and_stop(vaults, after=1)
    other.append(b"meanwhile")
    assert rows_of(vault)[-1][1] not in old
    vaults.reseal()
    other.append(b"after")
    assert set(bodies(vault)) == {b"before", b"mine", b"meanwhile", b"after"}
    assert not {row[1] for row in rows_of(vault)} & old


@pytest.mark.parametrize("how", ["erase", "erase_session"])
def test_a_kernel_whose_key_was_destroyed_by_another_loses_no_record(vault, owner, open_again, how):
    other = owner.open(open_again())[Kind.TURN]
    gone = other.append(b"gone")
    vault.erase([gone]) if how == "erase" else vault.erase_session(gone)
    kept = other.append(b"kept")
    assert owner.open(open_again())[Kind.TURN].read(kept) == b"kept"


def test_a_row_that_was_read_before_it_was_sealed_anew_still_opens(vaults, vault, owner, open_again):
    record_id = vault.append(b"a haiku")
    reader = owner.open(open_again())[Kind.TURN]
    row = reader._row(record_id)
    vaults.reseal()
    assert reader.open(row) == b"a haiku"


def test_a_row_that_was_erased_after_it_was_read_is_not_there_rather_than_damaged(vault, owner, open_again):
    record_id = vault.append(b"a haiku")
    reader = owner.open(open_again())[Kind.TURN]
    row, scan = reader._row(record_id), reader.scan()
    rows = list(reader.log.newest_first())
    vault.erase([record_id])
    with pytest.raises(NotFoundError):
        reader.open(row)
    assert len(rows) == 1
    assert list(scan) == []


@in_a_file
def test_a_damaged_record_stops_no_other_and_keeps_its_key(vaults, vault, database):
    kept, hurt = vault.append(b"kept"), vault.append(b"hurt")
    ((sealed,),) = database.rows("SELECT sealed FROM record WHERE record_id = ?", (hurt,))
    database.write("UPDATE record SET sealed = ? WHERE record_id = ?", (sealed[:-1] + b"\0", hurt))
    with pytest.raises(IntegrityError, match="1 records"):
        vaults.reseal()
    database.write("UPDATE record SET sealed = ? WHERE record_id = ?", (sealed, hurt))
    assert vault.read(hurt) == b"hurt"
    assert vault.read(kept) == b"kept"
    vaults.reseal()
    vaults.verify()
    assert not any(isinstance(item, Damaged) for item in vault.scan())


def test_caches_under_old_keys_go_and_those_made_meanwhile_stay(vaults, vault, small_batches):
    caches = vault.caches(Kind.SEGMENT)
    place = vault.log.start + 1
    vault.append(b"a haiku")
    caches.store(first=place, last=place, count=1, body=b"old")
    reseal_and_stop(vaults, after=1)
    caches.store(first=place + 1, last=place + 1, count=1, body=b"new")
    vaults.reseal()
    assert [cached.body for cached in caches.load()] == [b"new"]


def test_old_keys_that_were_put_back_open_nothing(vaults, vault, database, owner, open_again):
    vault.append(b"a haiku")
    rows = database.rows("SELECT * FROM data_key WHERE vault_id = ?", (vault.vault_id,))
    ((place, _, sealed, *_),) = rows_of(vault)
    vaults.reseal()
    for row in rows:
        database.write("INSERT INTO data_key VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    database.write("UPDATE record SET key_id = ?, sealed = ? WHERE place = ?", (rows[0][0], sealed, place))
    assert isinstance(next(owner.open(open_again())[Kind.TURN].scan()), Damaged)


def test_progress_runs_up_to_the_whole(vaults, vault, small_batches):
    for number in range(5):
        vault.append(b"%d" % number)
    seen = []
    vaults.reseal(progress=lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1] == (5, 5)


def test_two_kernels_that_renew_at_once_do_it_once(vaults, vault, owner, open_again, small_batches):
    written = [b"%d" % number for number in range(6)]
    for body in written:
        vault.append(body)
    other = owner.open(open_again())
    reseal_and_stop(vaults, after=2)
    late = Reseal(vault._database, vault=vault)
    other.reseal()
    epoch = other[Kind.TURN].keys.grant().epoch
    assert list(late.batches()) == []
    with vault._database.transaction():
        late.finish()
    vault.keys.forget()
    assert vault.keys.grant().epoch == epoch
    assert bodies(vault) == written[::-1]


@pytest.mark.parametrize("renewing", [2**40, -1, b"1"])
@in_a_file
def test_a_beginning_that_can_not_be_is_refused(vaults, vault, database, renewing):
    database.write("UPDATE vault SET renewing = ? WHERE vault_id = ?", (renewing, vault.vault_id))
    with pytest.raises(IntegrityError):
        vaults.reseal()


def test_fresh_vault_keys_move_the_anchor_so_that_old_ones_put_back_are_refused(vaults, vault, database, owner):
    vault.append(b"a haiku")
    before = {
        table: database.rows(f"SELECT * FROM {table} WHERE vault_id = ?", (vault.vault_id,))
        for table in ("vault_grant", "vault", "data_key")
    }
    vaults.rotate()
    vaults.verify()
    for table in ("vault_grant", "data_key"):
        database.write(f"DELETE FROM {table} WHERE vault_id = ?", (vault.vault_id,))
    vault_row = before["vault"][0]
    database.write(
        "UPDATE vault SET epoch = ?, members = ? WHERE vault_id = ?", (vault_row[3], vault_row[5], vault_row[0])
    )
    for table in ("vault_grant", "data_key"):
        for row in before[table]:
            database.write(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
    with pytest.raises(IntegrityError, match="older"):
        owner.open(database)


@pytest.mark.parametrize("work", ["reseal", "rotate", "erase", "erase_session"])
def test_a_process_that_writes_while_another_renews_or_erases_loses_nothing(vaults, vault, owner, location, work):
    """The writer's keys are retired or destroyed under it, again and again, between any two of its records."""
    mine = {vault.append(b"mine"): b"mine"}
    with Writer(location, owner) as writer:
        for _ in range(writer.rounds):
            writer.wait_for_more()
            if work in {"reseal", "rotate"}:
                getattr(vaults, work)()
            else:
                record_id = writer.latest()
                getattr(vault, work)([record_id] if work == "erase" else record_id)
        acknowledged, told = writer.stop()
    assert told == ""
    found = dict(vault.scan())
    erased = vaults.verify()[Kind.TURN].erased
    gone = set(acknowledged) - set(found)
    assert all(found[record_id] == body for record_id, body in acknowledged.items() if record_id in found)
    assert len(gone) <= len(erased)
    assert not any(isinstance(item, Damaged) for item in vault.scan())
    if work in {"reseal", "rotate"}:
        assert not gone
    assert mine.items() <= found.items()
