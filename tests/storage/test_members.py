"""Members of another's vault: readers, sealers, and those who were one."""

import secrets
from dataclasses import dataclass

import pytest
from storage.attacker import Attacker, few_engines, on_both_engines

from workbench.crypto import (
    Grant,
    KeyPairs,
    KeyRing,
    Kind,
    PublicKeys,
    Right,
    key_pairs_of,
    new_key_pairs,
    next_head,
    seal_grant,
)
from workbench.errors import IntegrityError, PermissionDeniedError
from workbench.storage import AccountRow, AccountRows, Anchors, Damaged, Device, Member, open_shared_vault
from workbench.storage.granting import write_grants
from workbench.storage.members import write_members

pytest_generate_tests = few_engines


@dataclass
class Person:
    """Another account of the store, and the owner's public keys as that person pinned them."""

    account_id: bytes
    key_pairs: KeyPairs
    owner: PublicKeys
    vault_id: bytes

    def member(self, right, *, expiry=0):
        return Member(self.account_id, self.key_pairs.public.fingerprint, right, expiry)

    def open(self, database, *, key_ring=None, anchors=None):
        """Open the owner's vault, as a new session of this person does."""
        return open_shared_vault(
            database,
            vault_id=self.vault_id,
            account_id=self.account_id,
            key_pairs=self.key_pairs,
            granter=self.owner,
            key_ring=key_ring or KeyRing(),
            anchors=anchors,
        )


@pytest.fixture
def make_person(database, owner, vault):
    """Return a maker of accounts that are nobody's members yet."""

    def make():
        person = Person(secrets.token_bytes(16), new_key_pairs(), owner.key_pairs.public, vault.vault_id)
        row = AccountRow(person.account_id, person.key_pairs.public.packed, b"-", ())
        AccountRows(database).add(row, name_tag=secrets.token_bytes(32))
        return person

    return make


@pytest.fixture
def reader(make_person, vault):
    person = make_person()
    vault.keys.admit(person.member(Right.READ))
    return person


@pytest.fixture
def sealer(make_person, vault):
    person = make_person()
    vault.keys.admit(person.member(Right.SEAL))
    return person


@pytest.fixture
def attacker(open_again):
    return Attacker(open_again())


def test_a_reader_reads_what_was_there_and_what_comes_and_appends_what_the_owner_reads(vault, reader, open_again):
    before = vault.append(b"before")
    shared = reader.open(open_again())
    after = vault.append(b"after")
    own = shared.append(b"from the reader")
    assert [shared.read(record_id) for record_id in (before, after, own)] == [b"before", b"after", b"from the reader"]
    assert vault.read(own) == b"from the reader"
    assert shared.kind is Kind.TURN


def test_who_is_no_member_opens_nothing(vault, make_person, database):
    vault.append(b"private")
    with pytest.raises(PermissionDeniedError):
        make_person().open(database)


def test_a_reader_opens_no_other_vault_of_the_owner(vaults, reader, database):
    for other in vaults:
        if other.kind is not Kind.TURN:
            reader.vault_id = other.vault_id
            with pytest.raises(PermissionDeniedError):
                reader.open(database)


def test_a_vault_that_is_not_there_is_refused_as_one_that_is_not_granted(vault, reader, make_person, database):
    with pytest.raises(PermissionDeniedError) as not_granted:
        make_person().open(database)
    reader.vault_id = b"x" * 16
    with pytest.raises(PermissionDeniedError) as missing:
        reader.open(database)
    assert str(missing.value) == str(not_granted.value)


def test_a_member_who_was_removed_opens_no_later_record_with_all_that_it_ever_held(
    vault, reader, owner, attacker, open_again
):
    """Its old grant and the old rows are put back for it by whoever owns the store; its ring is as it was."""
    vault.append(b"before")
    ring = KeyRing()
    shared = reader.open(open_again(), key_ring=ring)
    assert [body for _, body in shared.scan()] == [b"before"]
    old = attacker.copy()
    vault.keys.rotate(without=reader.account_id)
    later = owner.open(open_again())[Kind.TURN].append(b"after the member has gone")  # in a new session of the owner
    with pytest.raises(PermissionDeniedError):
        reader.open(open_again())
    for tables in (("vault_grant",), ("vault", "vault_grant"), ("vault", "vault_grant", "data_key")):
        present = attacker.copy()
        attacker.put_back(old, *tables)
        if "data_key" in tables:
            attacker.insert(
                "data_key", [row for row in present["data_key"] if row[0] not in {r[0] for r in old["data_key"]}]
            )
        try:
            shared = reader.open(open_again(), key_ring=ring)
            (found,) = [
                item for item in shared.scan() if (item.record_id if isinstance(item, Damaged) else item[0]) == later
            ]
            assert isinstance(found, Damaged)
        except PermissionDeniedError:
            pass
        attacker.put_back(present)


@on_both_engines
@pytest.mark.parametrize("removal", ["removed", "sealer from now on"])
def test_no_session_goes_on_under_a_key_that_a_reader_who_is_one_no_more_has_held(
    vault, reader, sealer, owner, open_again, removal
):
    """Neither the one that removes it, nor another of the owner, nor a sealer's."""
    sessions = [vault, owner.open(open_again())[Kind.TURN], sealer.open(open_again())]
    for session in sessions:
        session.append(b"before")
    ring = KeyRing()
    assert [body for _, body in reader.open(open_again(), key_ring=ring).scan()] == [b"before"] * 3
    if removal == "removed":
        vault.keys.rotate(without=reader.account_id)
    else:
        vault.keys.admit(reader.member(Right.SEAL))
    for session in sessions:
        record_id = session.append(b"after")
        ((key_id,),) = vault._database.rows("SELECT key_id FROM record WHERE record_id = ?", (record_id,))
        assert ring.find(key_id) is None
        assert vault.read(record_id) == b"after"


@on_both_engines
def test_an_open_session_signs_nothing_under_a_key_of_before_a_removal_by_another_session(
    vaults, vault, reader, owner, attacker, open_again
):
    vault.append(b"before")
    vaults.checkpoint()
    old = attacker.copy()
    other = owner.open(open_again())
    other[Kind.TURN].keys.rotate(without=reader.account_id)
    other.checkpoint()
    attacker.put_back(old, "vault", "vault_grant", "data_key")
    vault.append(b"for the one who was removed, too")
    with pytest.raises(IntegrityError, match="put back"):
        vaults.checkpoint()


@on_both_engines
def test_an_open_session_goes_on_signing_after_a_rotation_by_another_session(vaults, vault, owner, open_again):
    vault.append(b"before")
    vaults.checkpoint()
    other = owner.open(open_again())
    other.rotate()
    vaults.checkpoint()
    vault.append(b"after")
    vaults.checkpoint()


def test_a_session_keeps_its_key_through_rotations_that_keep_all_readers(vault, reader):
    vault.append(b"before")
    vault.keys.rotate()
    vault.append(b"after")
    assert len(set(vault._database.rows("SELECT key_id FROM record"))) == 1


def test_a_member_who_was_removed_stays_so_through_later_rotations(vault, reader, sealer, open_again):
    vault.keys.rotate(without=reader.account_id)
    vault.keys.rotate()
    vault.erase([vault.append(b"gone")])
    assert {member.account_id for member in vault.keys.members()} == {vault.keys._account_id, sealer.account_id}
    sealer.open(open_again()).append(b"still a sealer")
    with pytest.raises(PermissionDeniedError):
        reader.open(open_again())


@on_both_engines
def test_a_sealer_appends_and_reads_nothing_and_the_owner_reads_it(vaults, vault, sealer, open_again):
    private = vault.append(b"the owner's")
    shared = sealer.open(open_again())
    sealed = [shared.append(b"sealed %d" % number) for number in range(3)]
    assert [vault.read(record_id) for record_id in sealed] == [b"sealed 0", b"sealed 1", b"sealed 2"]
    with pytest.raises(PermissionDeniedError):
        shared.read(private)
    vaults.checkpoint()
    vaults.verify()


def test_a_later_session_of_a_sealer_reads_not_even_what_it_sealed_itself(vault, sealer, open_again):
    """With all that its ring and its grant hold."""
    record_id = sealer.open(open_again()).append(b"sealed")
    ring = KeyRing()
    shared = sealer.open(open_again(), key_ring=ring)
    for wanted in (record_id, vault.append(b"the owner's")):
        with pytest.raises(PermissionDeniedError):
            shared.read(wanted)
    assert "0 keys" in repr(ring)
    with pytest.raises(PermissionDeniedError):
        shared.keys.members()
    with pytest.raises(PermissionDeniedError):
        list(shared.scan())
    assert len(shared.keys.grant().secret) != 32
    assert vault.read(record_id) == b"sealed"


def test_what_a_sealer_sealed_opens_after_rotations_too(vault, sealer, open_again, owner):
    record_id = sealer.open(open_again()).append(b"sealed")
    vault.keys.rotate()
    vault.keys.rotate(without=sealer.account_id)
    assert owner.open(open_again())[Kind.TURN].read(record_id) == b"sealed"
    with pytest.raises(PermissionDeniedError):
        sealer.open(open_again())


def test_a_sealer_in_whose_session_the_key_is_rotated_goes_on_sealing(vault, sealer, open_again, owner):
    shared = sealer.open(open_again())
    ids = [shared.append(b"before")]
    vault.keys.rotate()
    ids.append(shared.append(b"after"))
    assert {owner.open(open_again())[Kind.TURN].read(record_id) for record_id in ids} == {b"before", b"after"}


@pytest.mark.parametrize("right", [Right.READ, Right.SEAL])
def test_a_member_admits_removes_erases_and_signs_nothing(vault, make_person, open_again, right):
    """Its own program refuses; what it writes past that is refused by the others (below)."""
    member, friend = make_person(), make_person()
    vault.keys.admit(member.member(right))
    record_id = vault.append(b"the owner's")
    shared = member.open(open_again())
    for attempt in (
        lambda: shared.keys.admit(friend.member(Right.READ)),
        lambda: shared.keys.rotate(),
        lambda: shared.keys.rotate(without=vault.keys._account_id),
        lambda: shared.erase([record_id]),
        lambda: shared.erase_session(record_id),
    ):
        with pytest.raises(PermissionDeniedError):
            attempt()
    assert vault.read(record_id) == b"the owner's"
    assert shared.append(b"and goes on")


def test_a_grant_that_a_member_signed_opens_for_nobody(vault, reader, make_person, attacker, open_again):
    friend, forger = make_person(), reader.open(open_again()).keys
    write_grants(
        attacker.database,
        [friend.member(Right.READ)],
        forger.grant(),
        account_id=reader.account_id,
        granter=reader.key_pairs,
    )
    with pytest.raises(IntegrityError, match="signature"):
        friend.open(open_again())


def test_a_members_list_that_a_member_wrote_makes_the_owner_grant_nothing(
    vault, reader, make_person, attacker, open_again
):
    """All members know the key under which the list is sealed; the owner's next rotation would grant what it says."""
    friend, forger = make_person(), reader.open(open_again()).keys
    members = (*forger.members(), friend.member(Right.READ))
    write_members(attacker.database, members, forger.grant(), since=1, granter=reader.key_pairs)
    for attempt in (vault.keys.members, vault.keys.rotate, lambda: vault.keys.admit(friend.member(Right.SEAL))):
        with pytest.raises(IntegrityError, match="signature"):
            attempt()
    assert not attacker.database.rows("SELECT 1 FROM vault_grant WHERE account_id = ?", (friend.account_id,))


def test_who_could_read_and_may_only_seal_from_now_on_has_no_key_that_is_in_force(vault, reader, open_again, attacker):
    old = attacker.copy()
    vault.keys.admit(reader.member(Right.SEAL))
    record_id = vault.append(b"after the change")
    attacker.replace("vault_grant", next(row for row in old["vault_grant"] if row[2] == reader.account_id))
    shared = reader.open(open_again())
    with pytest.raises(PermissionDeniedError):
        shared.read(record_id)


def test_an_owner_cannot_lose_the_own_key(vault):
    own = vault.keys.members()[0]
    with pytest.raises(PermissionDeniedError):
        vault.keys.rotate(without=own.account_id)
    with pytest.raises(PermissionDeniedError):
        vault.keys.admit(Member(own.account_id, own.fingerprint, Right.SEAL))
    assert vault.read(vault.append(b"still mine")) == b"still mine"


def test_a_vaults_public_key_swapped_in_a_sealers_grant_is_refused(vault, sealer, attacker, open_again):
    """Else what is sealed from then on could be read by whoever swapped it."""
    thief = new_key_pairs()
    secret = key_pairs_of(secrets.token_bytes(32)).public.packed
    epoch = vault.keys.grant().epoch
    grant = Grant(vault.vault_id, Kind.TURN, epoch, Right.SEAL, secret)
    sealed = seal_grant(
        grant, store=attacker.database.store_id, granter=thief, member=PublicKeys(sealer.key_pairs.public.packed)
    )
    attacker.replace("vault_grant", (vault.vault_id, epoch, sealer.account_id, sealed))
    with pytest.raises(IntegrityError):
        sealer.open(open_again())


def test_a_member_whose_anchor_knows_a_newer_log_refuses_the_older(
    vaults, vault, reader, open_again, attacker, device_folder
):
    anchors = Anchors(
        Device(device_folder / "reader", use_keyring=False),
        store_id=attacker.database.store_id,
        account_id=reader.account_id,
        key=b"k" * 32,
    )
    vault.append(b"one")
    vaults.checkpoint()
    old = attacker.copy()
    vault.append(b"two")
    vaults.checkpoint()
    reader.open(open_again(), anchors=anchors)
    attacker.put_back(old)
    with pytest.raises(IntegrityError):
        reader.open(open_again(), anchors=anchors)
    reader.open(open_again())


def test_a_member_whose_access_has_expired_opens_nothing_in_a_new_session(vault, make_person, open_again):
    person = make_person()
    vault.keys.admit(person.member(Right.READ, expiry=1))
    with pytest.raises(PermissionDeniedError, match="expired"):
        person.open(open_again())


def test_a_row_of_nobodys_that_stands_in_the_log_is_shown_as_damaged_to_all(vault, reader, attacker, open_again):
    place, head = vault.log.tip()
    leaf = secrets.token_bytes(32)
    row = (place + 1, b"r" * 16, b"k" * 16, 1, b"\x02" + bytes(200), leaf, next_head(head, leaf=leaf))
    attacker.insert("record", [row])
    assert [type(item) for item in reader.open(open_again()).scan()] == [Damaged]
    assert [type(item) for item in vault.scan()] == [Damaged]
    with pytest.raises(IntegrityError):
        vault.verify(deep=True)
