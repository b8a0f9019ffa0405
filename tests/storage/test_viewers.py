"""Members who only look, members who hold half a key, and vaults of which an account has many."""

import contextlib
import secrets
from dataclasses import dataclass

import pytest
from storage.attacker import Attacker, few_engines, on_both_engines

from workbench.crypto import KeyPairs, KeyRing, Kind, PublicKeys, Right, joined, new_key_pairs, unpack_halves, unwrap
from workbench.errors import IntegrityError, PermissionDeniedError
from workbench.storage import AccountRow, AccountRows, Damaged, Member, OthersVaults, Vaults
from workbench.storage.vault_keys import VaultKeys

pytest_generate_tests = few_engines


@dataclass
class Person:
    """Another account of the store, which reads what the owner grants."""

    account_id: bytes
    key_pairs: KeyPairs
    owner: PublicKeys

    def member(self, right, *, expiry=0):
        return Member(self.account_id, self.key_pairs.public.fingerprint, right, expiry)

    def others(self, database, *, anchors=None, key_ring=None):
        ring = key_ring or KeyRing()
        return OthersVaults(
            database, account_id=self.account_id, key_pairs=self.key_pairs, key_ring=ring, anchors=anchors
        )

    def open(self, database, vault, **options):
        return self.others(database, **options).open(vault.vault_id, owner=self.owner)

    def grant(self, database, vault):
        """Return this person's grant, whatever it allows."""
        keys = VaultKeys(
            database,
            vault_id=vault.vault_id,
            account_id=self.account_id,
            key_pairs=self.key_pairs,
            granter=self.owner,
            key_ring=KeyRing(),
        )
        return keys.grant()


@pytest.fixture
def make_person(database, owner):
    def make():
        person = Person(secrets.token_bytes(16), new_key_pairs(), owner.key_pairs.public)
        row = AccountRow(person.account_id, person.key_pairs.public.packed, b"-", ())
        AccountRows(database).add(row, name_tag=secrets.token_bytes(32))
        return person

    return make


@pytest.fixture
def viewer(make_person, vault):
    person = make_person()
    vault.keys.set_members([person.member(Right.VIEW)])
    return person


def make_share(vaults, *bodies):
    with vaults.transaction():
        share = vaults.add(Kind.SHARED_TURN)
        for body in bodies:
            share.append(body)
    return share


@on_both_engines
def test_a_viewer_reads_what_was_there_and_what_comes_and_adds_nothing(vault, viewer, open_again):
    before = vault.append(b"before")
    shared = viewer.open(open_again(), vault)
    after = vault.append(b"after")
    assert [shared.read(record_id) for record_id in (before, after)] == [b"before", b"after"]
    for attempt in (
        lambda: shared.append(b"from the viewer"),
        lambda: shared.erase([before]),
        lambda: shared.erase_session(before),
        lambda: shared.keys.rotate(),
        lambda: shared.keys.set_members([]),
        lambda: shared.data_keys.new_key(),
        lambda: shared.caches(Kind.SEGMENT).store(first=1, last=2, count=1, body=b"a cache"),
    ):
        with pytest.raises(PermissionDeniedError):
            attempt()
    assert [body for _, body in vault.scan()] == [b"after", b"before"]


def test_what_is_granted_is_listed_and_what_is_not_is_not(vaults, vault, viewer, make_person, open_again):
    database = open_again()
    assert [(one.vault_id, one.owner_id) for one in viewer.others(database).granted()] == [
        (vault.vault_id, vault.keys._account_id)
    ]
    assert make_person().others(database).granted() == []
    vault.keys.set_members([])
    assert viewer.others(database).granted() == []


@on_both_engines
def test_members_are_set_all_at_once_and_only_a_loss_renews_the_key(vault, make_person):
    one, two, three = make_person(), make_person(), make_person()
    epoch = vault.keys.grant().epoch
    assert vault.keys.set_members([one.member(Right.VIEW), two.member(Right.READ)])
    assert not vault.keys.set_members([two.member(Right.READ), one.member(Right.VIEW)])
    assert vault.keys.set_members([one.member(Right.VIEW), two.member(Right.READ), three.member(Right.SEAL)])
    assert vault.keys.set_members([one.member(Right.READ), two.member(Right.VIEW), three.member(Right.SEAL)])
    assert vault.keys.grant().epoch == epoch
    assert vault.keys.set_members([two.member(Right.VIEW), three.member(Right.SEAL)])
    assert vault.keys.grant().epoch == epoch + 1
    assert vault.keys.set_members([two.member(Right.VIEW)])
    assert vault.keys.grant().epoch == epoch + 2
    with pytest.raises(PermissionDeniedError):
        one.grant(vault._database, vault)
    assert two.grant(vault._database, vault).right is Right.VIEW


def test_two_whose_keys_were_renewed_are_replaced_in_one_step(vault, make_person, database):
    """Else neither could be removed before the other."""
    people = [make_person(), make_person()]
    vault.keys.set_members([person.member(Right.VIEW) for person in people])
    before = [person.member(Right.VIEW) for person in people]
    for person in people:
        person.key_pairs = new_key_pairs()
        row = AccountRow(person.account_id, person.key_pairs.public.packed, b"-", ())
        AccountRows(database).replace_keys(row)
    with pytest.raises(IntegrityError):
        vault.keys.rotate(without=people[0].account_id)
    with pytest.raises(IntegrityError):
        vault.keys.set_members(before[:1])
    vault.keys.set_members([people[0].member(Right.VIEW)])
    assert people[0].grant(database, vault).right is Right.VIEW


@on_both_engines
def test_halves_open_together_and_never_alone_and_follow_each_rotation(vault, make_person, database):
    """R06: 2 of n, for each pair of a first and a second half."""
    firsts, seconds = [make_person(), make_person()], [make_person(), make_person()]
    members = [one.member(Right.FIRST_HALF) for one in firsts] + [one.member(Right.SECOND_HALF) for one in seconds]
    vault.keys.set_members(members)
    seen = set()
    for _ in range(2):
        record_id = vault.append(b"sealed")
        key = vault.keys.grant().secret
        halves = {one.account_id: unpack_halves(one.grant(database, vault).secret) for one in firsts + seconds}
        assert {half for each in halves.values() for half in each.values()}.isdisjoint(seen | {key})
        seen |= {half for each in halves.values() for half in each.values()}
        for first in firsts:
            assert set(halves[first.account_id]) == {second.account_id for second in seconds}
            for second in seconds:
                pair = halves[first.account_id][second.account_id], halves[second.account_id][first.account_id]
                assert joined(*pair) == key
        others = [
            halves[firsts[0].account_id][seconds[0].account_id],
            halves[seconds[1].account_id][firsts[0].account_id],
        ]
        assert joined(*others) != key  # of two pairs
        vault.erase([record_id])


def test_who_holds_half_a_key_reads_and_writes_nothing(vault, make_person, open_again):
    officer, admin = make_person(), make_person()
    vault.keys.set_members([officer.member(Right.FIRST_HALF), admin.member(Right.SECOND_HALF)])
    record_id = vault.append(b"sealed")
    for person in (officer, admin):
        opened = person.open(open_again(), vault)
        for attempt in (
            lambda opened=opened: opened.read(record_id),
            lambda opened=opened: opened.append(b"from half a member"),
            lambda opened=opened: opened.keys.members(),
        ):
            with pytest.raises(PermissionDeniedError):
                attempt()
        for half in unpack_halves(person.grant(open_again(), vault).secret).values():
            for key_id, epoch, wrapped in vault._database.rows("SELECT key_id, epoch, wrapped FROM data_key"):
                with pytest.raises(IntegrityError):
                    unwrap(wrapped, under=half, place=vault.keys._place_of(key_id, epoch))


def test_whoever_loses_half_a_key_renews_it_and_what_comes_is_under_fresh_keys(vault, make_person, database):
    officer, admin = make_person(), make_person()
    vault.keys.set_members([officer.member(Right.FIRST_HALF), admin.member(Right.SECOND_HALF)])
    first = vault.append(b"before")
    epoch = vault.keys.grant().epoch
    vault.keys.set_members([officer.member(Right.FIRST_HALF)])
    assert vault.keys.grant().epoch == epoch + 1
    second = vault.append(b"after")
    rows = dict(database.rows("SELECT record_id, key_id FROM record WHERE record_id IS NOT NULL"))
    assert rows[first] != rows[second]
    assert unpack_halves(officer.grant(database, vault).secret) == {}


@on_both_engines
def test_every_level_of_keys_and_every_check_covers_many_vaults_of_one_kind(vaults, owner, database, open_again):
    shares = [make_share(vaults, b"one of %d" % number, b"two of %d" % number) for number in range(3)]
    epochs = {share.vault_id: share.keys.grant().epoch for share in shares}
    vaults.rotate()
    assert {share.keys.grant().epoch - epochs[share.vault_id] for share in shares} == {1}
    keys = set(database.rows("SELECT key_id FROM data_key"))
    vaults.reseal()
    assert not keys & set(database.rows("SELECT key_id FROM data_key"))
    shares[0].erase([shares[0].log.newest_first(limit=1).__next__().record_id])
    found = vaults.verify()
    assert (found[Kind.SHARED_TURN].rows, len(found[Kind.SHARED_TURN].erased)) == (7, 1)
    fresh = new_key_pairs()
    with vaults.transaction():
        AccountRows(database).replace_keys(AccountRow(owner.account_id, fresh.public.packed, b"-", ()))
        vaults.exchange(fresh)
    vaults.close()
    owner.key_pairs = fresh
    again = owner.open(open_again())
    assert [sorted(body for _, body in share.scan()) for share in again.of_kind(Kind.SHARED_TURN)] == [
        [b"one of 0"],
        [b"one of 1", b"two of 1"],
        [b"one of 2", b"two of 2"],
    ]
    again.verify()


@on_both_engines
def test_a_vault_that_another_session_made_is_rotated_verified_and_exchanged_too(vaults, owner, database, open_again):
    other = owner.open(open_again())
    share = make_share(other, b"made elsewhere")
    other.close()
    epoch = share.keys.grant().epoch
    vaults.rotate()
    assert vaults.of_kind(Kind.SHARED_TURN)[0].keys.grant().epoch == epoch + 1
    another = make_share(other, b"made elsewhere, later")
    other.close()
    fresh = new_key_pairs()
    with vaults.transaction():
        AccountRows(database).replace_keys(AccountRow(owner.account_id, fresh.public.packed, b"-", ()))
        vaults.exchange(fresh)
    owner.key_pairs = fresh
    opened = {vault.vault_id for vault in owner.open(open_again())}
    assert {share.vault_id, another.vault_id} <= opened


def test_a_vault_that_was_made_in_a_transaction_that_failed_is_none(vaults, database):
    class Stop(Exception):  # noqa: N818 - only for this test
        pass

    def fail():
        with vaults.transaction():
            vaults.add(Kind.SHARED_TURN).append(b"never")
            raise Stop

    with pytest.raises(Stop):
        fail()
    assert vaults.of_kind(Kind.SHARED_TURN) == []
    assert len(list(vaults)) == 4
    make_share(vaults, b"kept")
    vaults.verify()


@pytest.mark.parametrize("which", ["row and all", "records", "checkpoint"])
def test_a_share_that_is_taken_out_of_the_store_is_missed(vaults, owner, open_again, which):
    """G8, G9: also wholly, with its vault's row; this device has seen it."""
    share = make_share(vaults, b"one", b"two")
    vaults.checkpoint()
    attacker = Attacker(open_again())
    tables = {"row and all": ("record", "data_key", "vault_grant", "checkpoint", "vault"), "records": ("record",)}
    for table in tables.get(which, ("checkpoint",)):
        attacker.clear(share, table)
    with pytest.raises(IntegrityError):
        owner.open(open_again())


def test_what_a_viewers_device_has_seen_is_kept_apart_from_its_own_vaults(make_owner, open_again, database):
    """Another's vault that goes with its account doesn't keep the reader from signing in."""
    reader, owner = make_owner(), make_owner()
    own, theirs = reader.open(database), owner.open(open_again())
    share = make_share(theirs, b"one")
    share.keys.set_members([Member(reader.account_id, reader.key_pairs.public.fingerprint, Right.VIEW)])
    theirs.checkpoint()
    attacker = Attacker(open_again())
    old = attacker.copy()
    share.append(b"two")
    theirs.checkpoint()
    assert own.others.open(share.vault_id, owner=owner.key_pairs.public).count() == 2
    attacker.put_back_vault(old, share)
    with pytest.raises(IntegrityError, match="older"):
        reader.open(open_again()).others.open(share.vault_id, owner=owner.key_pairs.public)
    for table in ("record", "data_key", "vault_grant", "checkpoint", "vault"):
        attacker.clear(share, table)
    assert isinstance(reader.open(open_again()), Vaults)


def test_a_row_that_a_viewer_forged_with_the_vaults_key_is_read_by_the_owner_who_signs_it(vault, viewer, open_again):
    """Not guaranteed (a member's pen): that one only reads is advisory against whoever holds the vault's key."""
    shared = viewer.open(open_again(), vault)
    grant = shared.keys.grant()
    with contextlib.suppress(PermissionDeniedError):
        shared.append(b"refused by the program")
    assert not [item for item in vault.scan() if isinstance(item, Damaged)]
    object.__setattr__(grant, "right", Right.READ)  # a program of the viewer's own
    shared.append(b"by a viewer's own program")
    assert [body for _, body in vault.scan()] == [b"by a viewer's own program"]
