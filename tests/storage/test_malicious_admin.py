"""An administrator of the store who tries everything that rows allow, and holds no key.

After the attacks on password managers by ETH Zürich, 2026: keys swapped, members added, costs lowered, formats taken
back.
"""

import secrets
import struct

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from storage.attacker import Attacker, Outcome, content, examine, few_engines, on_both_engines, quick_derivation

from workbench.crypto import (
    EMPTY,
    Checkpoint,
    Grant,
    KeyRing,
    Kind,
    Right,
    SlotKind,
    expand,
    extend,
    new_key_pairs,
    root,
    seal_grant,
    sign_checkpoint,
    wrap,
    wrapped_place,
)
from workbench.crypto import derivation as derivation_module
from workbench.crypto import slot as slot_module
from workbench.crypto.merkle import pack as pack_frontier
from workbench.crypto.slot import Slot, open_slot, seal_slot
from workbench.crypto.wraps import unwrap
from workbench.errors import AuthenticationError, IntegrityError, PermissionDeniedError, WorkbenchError
from workbench.identity import Accounts
from workbench.storage import AccountRow, AccountRows, Device, Member, open_shared_vault

ANOTHER = "seven rivers under slow copper bells"
pytest_generate_tests = few_engines

STORE, ACCOUNT, ROOT_KEY = b"s" * 16, b"a" * 16, b"r" * 32


@pytest.fixture
def admin(open_again):
    return Attacker(open_again())


@pytest.fixture
def accounts(database, device_folder):
    """Return the accounts of a store in which ada has one."""
    with quick_derivation():
        yield Accounts(database, device=Device(device_folder, use_keyring=False))


@pytest.fixture
def ada(accounts, passphrase):
    return accounts.create("ada", passphrase=passphrase, roles=("owner",))


def member_of(vault, database, right=Right.READ, *, expiry=0):
    """Admit somebody new to a vault, and return the row, the key pairs and what opens the vault for them."""
    account_id, key_pairs = secrets.token_bytes(16), new_key_pairs()
    row = AccountRow(account_id, key_pairs.public.packed, b"-", ())
    AccountRows(database).add(row, name_tag=secrets.token_bytes(32))
    vault.keys.admit(Member(account_id, key_pairs.public.fingerprint, right, expiry))

    def open_it(location):
        return open_shared_vault(
            location,
            vault_id=vault.vault_id,
            account_id=account_id,
            key_pairs=key_pairs,
            granter=vault.keys._granter,
            key_ring=KeyRing(),
        )

    return account_id, key_pairs, open_it


def test_an_accounts_own_public_keys_that_were_swapped_are_refused(accounts, ada, admin, passphrase):
    admin.database.write("UPDATE account SET public_keys = ?", (new_key_pairs().public.packed,))
    with pytest.raises(IntegrityError, match="swapped"):
        accounts.unlock("ada", passphrase=passphrase)


def test_an_accounts_key_pairs_that_were_emptied_are_not_made_anew(accounts, ada, admin, passphrase):
    """As they are in a store of format 1: that would be a way to have them exchanged for others."""
    admin.database.write("UPDATE account SET public_keys = ?, wrapped_keys = ?", (b"", b""))
    with pytest.raises(IntegrityError):
        accounts.unlock("ada", passphrase=passphrase)


def test_key_pairs_of_the_administrators_making_are_refused(accounts, ada, admin, passphrase):
    pairs = new_key_pairs()
    for key in (bytes(32), secrets.token_bytes(32)):
        ((account_id,),) = admin.database.rows("SELECT account_id FROM account")
        place = wrapped_place(b"private keys", store=admin.database.store_id, owner=account_id)
        wrapped = wrap(pairs.packed + bytes(32), under=expand(key, label=b"private keys"), place=place)
        admin.database.write("UPDATE account SET public_keys = ?, wrapped_keys = ?", (pairs.public.packed, wrapped))
        with pytest.raises(IntegrityError):
            accounts.unlock("ada", passphrase=passphrase)


def test_accounts_whose_names_changed_places_do_not_open_for_each_other(accounts, ada, admin, passphrase):
    """Not even with one passphrase for both, as somebody with two accounts may have."""
    accounts.create("bob", passphrase=passphrase, roles=("student",))
    (one, tag), (other, other_tag) = admin.database.rows("SELECT account_id, name_tag FROM account")
    for account_id, value in ((one, b"-"), (other, tag), (one, other_tag)):
        admin.database.write("UPDATE account SET name_tag = ? WHERE account_id = ?", (value, account_id))
    for name in ("ada", "bob"):
        with pytest.raises(IntegrityError, match="name"):
            accounts.unlock(name, passphrase=passphrase)


def test_a_members_public_keys_that_were_swapped_are_granted_nothing(vault, database, admin):
    account_id, _, _ = member_of(vault, database)
    old = vault.keys.grant().epoch
    thief = new_key_pairs()
    admin.database.write("UPDATE account SET public_keys = ? WHERE account_id = ?", (thief.public.packed, account_id))
    for attempt in (
        vault.keys.rotate,
        lambda: vault.keys.admit(vault.keys.members()[-1]),
        lambda: vault.erase([vault.append(b"to be erased")]),
    ):
        with pytest.raises(IntegrityError, match="swapped"):
            attempt()
    assert admin.database.rows("SELECT epoch FROM vault WHERE vault_id = ?", (vault.vault_id,)) == [(old,)]


def forged_grants(vault, admin, member):
    """Yield grants for a member that anybody can make."""
    store, epoch = admin.database.store_id, vault.keys.grant().epoch
    grant = Grant(vault.vault_id, Kind.TURN, epoch, Right.READ, secrets.token_bytes(32))
    yield seal_grant(grant, store=store, granter=new_key_pairs(), member=member)  # by a stranger
    whole = seal_grant(grant, store=store, granter=new_key_pairs(), member=new_key_pairs().public)
    yield whole  # to a stranger
    yield member.seal(secrets.token_bytes(32), info=b"JWB1 grant " + store + vault.vault_id + struct.pack(">Q", epoch))
    yield b""


def test_grants_that_the_owner_did_not_sign_open_for_no_member(vault, database, admin):
    """Neither for one, nor for the owner, whose records would be sealed under the administrator's key from then on."""
    account_id, key_pairs, open_it = member_of(vault, database)
    for sealed in forged_grants(vault, admin, key_pairs.public):
        admin.replace("vault_grant", (vault.vault_id, vault.keys.grant().epoch, account_id, sealed))
        with pytest.raises(IntegrityError):
            open_it(database)


def test_grants_that_the_owner_did_not_sign_do_not_open_for_the_owner(vault, owner, database, admin):
    for sealed in forged_grants(vault, admin, owner.key_pairs.public):
        admin.replace("vault_grant", (vault.vault_id, vault.keys.grant().epoch, owner.account_id, sealed))
        with pytest.raises(IntegrityError):
            owner.open(database)


def test_a_grant_of_another_member_vault_or_epoch_opens_nothing(vaults, vault, owner, database, admin):
    account_id, _, open_it = member_of(vault, database)
    vaults[Kind.USAGE_EVENT].keys.admit(vault.keys.members()[-1])
    rows = admin.copy()["vault_grant"]
    present = next(row for row in rows if row[0] == vault.vault_id and row[2] == account_id)
    for row in rows:
        if row != present:
            admin.replace("vault_grant", (*present[:3], row[3]))
            with pytest.raises(IntegrityError):
                open_it(database)
    admin.replace("vault_grant", present)
    open_it(database)


@pytest.mark.parametrize("epoch", [-1, 0, 2, 2**62])
def test_a_grant_under_another_number_opens_nothing(vault, owner, database, admin, epoch):
    admin.database.write("UPDATE vault SET epoch = ? WHERE vault_id = ?", (epoch, vault.vault_id))
    admin.database.write("UPDATE vault_grant SET epoch = ? WHERE vault_id = ?", (epoch, vault.vault_id))
    with pytest.raises(IntegrityError):
        owner.open(database)


@on_both_engines
def test_a_session_that_saw_an_epoch_takes_no_older_one(vault, owner, database, admin):
    """Else its next records could be read by a member who was removed."""
    account_id, _, _ = member_of(vault, database)
    vault.append(b"before")
    old = admin.copy()
    vault.keys.rotate(without=account_id)
    session = owner.open(database, with_anchors=False)[Kind.TURN]
    session.append(b"after")
    admin.put_back_vault(old, vault, "vault", "vault_grant", "data_key")
    session.keys.forget()
    with pytest.raises(IntegrityError, match="older than this session"):
        session.keys.grant()
    session.data_keys._own.clear()
    with pytest.raises(IntegrityError):
        session.append(b"for the member who has gone")


def test_an_older_epoch_is_refused_at_sign_in_where_there_is_an_anchor(vaults, vault, owner, database, admin):
    """And passes where there is none: nothing else than the number says that there was a later one."""
    account_id, _, _ = member_of(vault, database)
    vaults.checkpoint()
    old = admin.copy()
    vault.keys.rotate(without=account_id)
    vaults.checkpoint()
    admin.put_back_vault(old, vault, "vault", "vault_grant", "data_key")
    with pytest.raises(IntegrityError, match="older than this device"):
        owner.open(database)
    owner.open(database, with_anchors=False)


def test_access_that_has_expired_cannot_be_prolonged(vault, database, admin):
    """The expiry is signed; in a session that is open already it is advisory."""
    _, _, open_it = member_of(vault, database, expiry=1)
    with pytest.raises(PermissionDeniedError, match="expired"):
        open_it(database)


def planted(admin, packed):
    """Put bytes in the place of every slot for a passphrase."""
    for slot_id, old in admin.database.rows("SELECT slot_id, packed FROM slot"):
        if old[1] == SlotKind.PASSPHRASE:
            admin.database.write("UPDATE slot SET packed = ? WHERE slot_id = ?", (packed(old), slot_id))


COSTS = [
    (8, 1, 1),
    (19_455, 2, 1),
    (65_536, 1, 4),
    (65_536, 3, 0),
    (2**32 - 1, 3, 4),
    (65_536, 2**32 - 1, 4),
    (65_536, 3, 2**32 - 1),
]


@pytest.mark.parametrize("cost", COSTS)
def test_a_cost_outside_of_the_limits_is_refused_before_it_costs_anything(
    database, device_folder, admin, passphrase, monkeypatch, cost
):
    accounts = Accounts(database, device=Device(device_folder, use_keyring=False))
    accounts.create("ada", passphrase=passphrase, roles=("owner",))
    planted(admin, lambda packed: packed[:2] + struct.pack(">III", *cost) + packed[14:])
    real, used = derivation_module.Argon2id, []

    def counted(**parameters):
        used.append(parameters["memory_cost"])
        return real(**parameters)

    monkeypatch.setattr(derivation_module, "Argon2id", counted)
    with pytest.raises(IntegrityError, match="cost"):
        accounts.unlock("ada", passphrase=passphrase)
    assert used == [derivation_module.FLOOR.memory]  # that of the name's tag alone


def test_another_cost_within_the_limits_opens_nothing(accounts, ada, admin, passphrase):
    """So that guessing can't be made cheaper than it was when the slot was sealed."""
    planted(admin, lambda packed: packed[:2] + struct.pack(">III", 19_456, 2, 1) + packed[14:])
    with pytest.raises(AuthenticationError):
        accounts.unlock("ada", passphrase=passphrase)


@pytest.mark.parametrize("version", [0, 1, 3, 255])
def test_a_slot_called_of_another_version_opens_nothing(accounts, ada, admin, passphrase, version):
    planted(admin, lambda packed: bytes((version,)) + packed[1:])
    with pytest.raises((AuthenticationError, IntegrityError)):
        accounts.unlock("ada", passphrase=passphrase)


def slot_of_version_1(root_key, *, secret, store, account, slot_id):
    """Return a slot as the first workbench sealed it, which needed no device."""
    salt = secrets.token_bytes(16)
    stretched = slot_module.derive(secret, salt=salt, parameters=derivation_module.RFC_9106_LOW_MEMORY)
    commitment = expand(stretched, label=b"commitment")
    head = struct.pack(">BBIII16s32s", 1, 1, 65_536, 3, 4, salt, commitment)
    header, nonce = b"\x01\x01" + secrets.token_bytes(16), secrets.token_bytes(12)
    place = struct.pack(">4s16sH16s16sQ", b"JWB1", store, 2, account, slot_id, 1)
    plaintext = head + secrets.token_bytes(16) + root_key
    sealed = AESGCM(expand(stretched, label=b"wrap")).encrypt(nonce, plaintext, header + place)
    return Slot(slot_id, head + header + nonce + sealed)


def test_a_slot_of_version_1_put_into_a_store_of_format_2_opens_nothing(accounts, ada, admin, passphrase):
    """Not even with the right root key in it, as one from before the migration has, which needs no device's secret."""
    account = accounts.unlock("ada", passphrase=passphrase)
    in_force = next(iter(account.profile.slots))
    for root_key, slot_id in (
        (account.root_key, secrets.token_bytes(16)),  # from before a migration, put back
        (secrets.token_bytes(32), in_force),  # of somebody who knows the passphrase and not the account's root key
        (secrets.token_bytes(32), secrets.token_bytes(16)),
    ):
        copy = admin.copy()
        old = slot_of_version_1(
            root_key,
            secret=passphrase.encode(),
            store=admin.database.store_id,
            account=account.account_id,
            slot_id=slot_id,
        )
        assert open_slot(old, secret=passphrase.encode(), store=admin.database.store_id, account=account.account_id)
        for packed_id, packed in admin.database.rows("SELECT slot_id, packed FROM slot"):
            if packed[1] == SlotKind.PASSPHRASE:
                admin.database.write("DELETE FROM slot WHERE slot_id = ?", (packed_id,))
        admin.replace("slot", (slot_id, account.account_id, old.packed))
        with pytest.raises(IntegrityError):
            accounts.unlock("ada", passphrase=passphrase)
        admin.put_back(copy)


def test_an_envelope_of_version_1_put_into_a_store_of_format_2_is_refused(vault, admin):
    """Its suite is lower than any that is read there."""
    record_id = vault.append(b"a haiku")
    ((sealed, key_id),) = admin.database.rows("SELECT sealed, key_id FROM record WHERE record_id = ?", (record_id,))
    key = vault.data_keys.key(key_id).secret
    header, nonce = b"\x01\x01" + key_id, secrets.token_bytes(12)
    place = struct.pack(">4s16sH16s16sQ", b"JWB1", admin.database.store_id, Kind.TURN, vault.vault_id, record_id, 1)
    old = header + nonce + AESGCM(key).encrypt(nonce, b"legacy", header + place)
    for planted_envelope in (old, b"\x01" + sealed[1:], b"\x00" + sealed[1:], b"\x03" + sealed[1:], b""):
        admin.database.write("UPDATE record SET sealed = ? WHERE record_id = ?", (planted_envelope, record_id))
        with pytest.raises(IntegrityError):
            vault.read(record_id)


def _multiply(one, other):
    """Return the product in GCM's field (NIST SP 800-38D, 6.3)."""
    product = 0
    for bit in range(127, -1, -1):
        if one >> bit & 1:
            product ^= other
        other = other >> 1 ^ (0xE1 << 120 if other & 1 else 0)
    return product


def _power(value, exponent):
    result = 1 << 127
    while exponent:
        if exponent & 1:
            result = _multiply(result, value)
        value, exponent = _multiply(value, value), exponent >> 1
    return result


def _block(key, block):
    cipher = Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305 - one block, of which GCM's hash is made
    return int.from_bytes(cipher.encryptor().update(block))


def colliding_wrap(keys, place):
    """Return a wrap of 32 bytes that opens under both keys: AES-GCM doesn't commit to one (USENIX 2021)."""
    nonce = secrets.token_bytes(12)
    data = place + bytes(-len(place) % 16)
    first = secrets.token_bytes(16)
    blocks = [int.from_bytes(data[at : at + 16]) for at in range(0, len(data), 16)] + [int.from_bytes(first)]
    length = len(place) * 8 << 64 | 32 * 8
    hashes, masks, constants = [], [], []
    for key in keys:
        h = _block(key, bytes(16))
        total = 0
        for position, block in enumerate(blocks):
            total ^= _multiply(block, _power(h, len(blocks) + 2 - position))
        constants.append(total ^ _multiply(length, h))
        masks.append(_block(key, nonce + b"\x00\x00\x00\x01"))
        hashes.append(h)
    # constant ⊕ c·h² ⊕ mask is to be the same under both
    difference = constants[0] ^ constants[1] ^ masks[0] ^ masks[1]
    both = _multiply(hashes[0], hashes[0]) ^ _multiply(hashes[1], hashes[1])
    second = _multiply(difference, _power(both, 2**128 - 2))
    tag = constants[0] ^ masks[0] ^ _multiply(second, _multiply(hashes[0], hashes[0]))
    return b"\x01" + nonce + first + second.to_bytes(16) + tag.to_bytes(16)


def test_a_slot_that_is_valid_for_two_passphrases_tells_nothing_of_either():
    """Such a slot would halve the guesses with each try; the commitment ties it to one key."""
    with quick_derivation():
        passphrases = (b"one guess", b"another guess")
        slot = seal_slot(ROOT_KEY, secret=passphrases[0], kind=SlotKind.PASSPHRASE, store=STORE, account=ACCOUNT)
        head = slot.packed[: slot_module._HEAD.size]
        stretched = [
            slot_module.derive(each, salt=head[14:30], parameters=derivation_module.RFC_9106_LOW_MEMORY)
            for each in passphrases
        ]
        keys = [expand(each, label=b"slot wrap") for each in stretched]
        place = wrapped_place(b"root key", store=STORE, owner=ACCOUNT, name=slot.slot_id) + head
        collision = colliding_wrap(keys, place)
        for key in keys:
            assert len(unwrap(collision, under=key, place=place)) == 32
        planted_slot = Slot(slot.slot_id, head + collision)
        open_slot(planted_slot, secret=passphrases[0], store=STORE, account=ACCOUNT)
        with pytest.raises(AuthenticationError):
            open_slot(planted_slot, secret=passphrases[1], store=STORE, account=ACCOUNT)


@pytest.fixture
def world(vaults, owner, open_again, admin):
    """Return what examines a store with some records, an erasure and a checkpoint."""
    turns = vaults[Kind.TURN]
    ids = [turns.append(b"turn %d" % number) for number in range(4)]
    turns.erase([ids[0]])
    vaults.checkpoint()
    expected = content(vaults, admin.database)

    def outcome(*, with_anchors=True):
        def open_session(_stack):
            database = open_again()
            return database, owner.open(database, with_anchors=with_anchors)

        return examine(open_session, expected)

    return outcome


@pytest.mark.parametrize("with_anchors", [True, False])
def test_a_checkpoint_without_its_signature_or_under_another_is_refused(vaults, vault, world, admin, with_anchors):
    ((size, frontier, note),) = admin.database.rows(
        "SELECT size, frontier, note FROM checkpoint WHERE vault_id = ?", (vault.vault_id,)
    )
    text, _, _ = note.rpartition(b"\n\n")
    other = admin.database.rows("SELECT note FROM checkpoint WHERE vault_id <> ?", (vault.vault_id,))[0][0]
    stranger = new_key_pairs()
    shorter = extend(
        EMPTY,
        [
            leaf
            for (leaf,) in admin.database.rows(
                "SELECT leaf FROM record WHERE place > ? AND place <= ? ORDER BY place",
                (vault.log.start, vault.log.start + 2),
            )
        ],
    )
    signed = sign_checkpoint(
        Checkpoint(vault.checkpoints.origin, shorter.size, root(shorter)),
        name=vault.checkpoints.origin,
        private_key=stranger.signing,
    )
    for values in (
        (size, frontier, text + b"\n\n"),
        (size, frontier, text + b"\n"),
        (size, frontier, b""),
        (size, frontier, other),
        (shorter.size, pack_frontier(shorter), note),
        (shorter.size, pack_frontier(shorter), signed),
        (shorter.size, pack_frontier(shorter), text + b"\n\n" + signed.rpartition(b"\n\n")[2]),
        (0, pack_frontier(EMPTY), note),
    ):
        admin.database.write(
            "UPDATE checkpoint SET size = ?, frontier = ?, note = ? WHERE vault_id = ?", (*values, vault.vault_id)
        )
        assert world(with_anchors=with_anchors) is Outcome.REFUSED
    admin.database.write("DELETE FROM checkpoint WHERE vault_id = ?", (vault.vault_id,))
    assert world(with_anchors=with_anchors) is Outcome.REFUSED


@pytest.mark.parametrize("with_anchors", [True, False])
def test_no_record_is_hidden_behind_an_entry_that_says_that_another_was_erased(vault, world, admin, with_anchors):
    """An entry taken away, emptied, or copied into the place of a record."""
    ((entry, key_id, sealed),) = admin.database.rows(
        "SELECT place, key_id, sealed FROM record WHERE version = 0 AND place > ?", (vault.log.start,)
    )
    copy = admin.copy()
    empty = "UPDATE record SET record_id = NULL, key_id = NULL, version = NULL, sealed = NULL WHERE place = ?"
    for statement, values in (
        ("DELETE FROM record WHERE place = ?", (entry,)),
        (empty, (entry,)),
        (empty, (entry - 1,)),
        ("UPDATE record SET record_id = NULL WHERE place = ?", (entry - 1,)),
        (
            "UPDATE record SET record_id = NULL, key_id = ?, version = 0, sealed = ? WHERE place = ?",
            (key_id, sealed, entry - 1),
        ),
        ("UPDATE record SET version = 1, record_id = ? WHERE place = ?", (b"x" * 16, entry)),
        ("UPDATE record SET record_id = ? WHERE place = ?", (b"x" * 16, entry)),
    ):
        assert admin.database.write(statement, values)
        assert world(with_anchors=with_anchors) in {Outcome.REFUSED, Outcome.REPORTED, Outcome.SHOWN}, statement
        admin.put_back(copy)
    assert world() is Outcome.HARMLESS


@on_both_engines
def test_no_ciphertext_opens_in_another_column_table_or_account(vaults, vault, owner, make_owner, database, admin):
    """Each of them put into the place of each other, wherever bytes fit."""
    vault.append(b"a haiku")
    member_of(vault, database)
    other = make_owner().open(database)[Kind.TURN]
    other.append(b"another's")
    vaults.checkpoint()
    expected = content(vaults, database)
    cells = [
        (table, column)
        for table, columns in {
            "record": ("sealed",),
            "data_key": ("wrapped",),
            "vault_grant": ("sealed",),
            "vault": ("members",),
            "checkpoint": ("note", "frontier"),
            "account": ("public_keys", "wrapped_keys"),
        }.items()
        for column in columns
    ]
    copy = admin.copy()
    values = {
        cell: [row[0] for row in admin.database.rows(f"SELECT DISTINCT {cell[1]} FROM {cell[0]}")] for cell in cells
    }

    def open_session(_stack):
        return database, owner.open(database)

    noticed = 0
    for target in ("record", "data_key", "vault_grant", "checkpoint"):
        column = next(column for table, column in cells if table == target)
        for source in cells:
            if source == (target, column):
                continue
            admin.database.write(f"UPDATE {target} SET {column} = ?", (values[source][0],))
            outcome = examine(open_session, expected)
            assert outcome in {Outcome.REFUSED, Outcome.REPORTED}, (target, source)
            noticed += 1
            admin.put_back(copy)
    assert noticed == 4 * (len(cells) - 1)
    admin.database.write("UPDATE vault SET members = ?", (values["data_key", "wrapped"][0],))
    with pytest.raises(WorkbenchError):
        vault.keys.rotate()


def test_vaults_whose_numbers_changed_places_read_nothing_of_each_other(vaults, vault, owner, database, admin):
    """The number says where a vault's records stand; nothing else in its row does, and each record knows its vault."""
    audit = vaults[Kind.AUDIT_ENTRY]
    for each in (vault, audit):
        each.append(b"of %d" % each.kind)
    vaults.checkpoint()
    expected = content(vaults, database)
    mine, theirs = (each.log.start >> 40 for each in (vault, audit))
    for vault_id, number in ((vault.vault_id, 999), (audit.vault_id, mine), (vault.vault_id, theirs)):
        admin.database.write("UPDATE vault SET number = ? WHERE vault_id = ?", (number, vault_id))
    assert examine(lambda _stack: (database, owner.open(database)), expected) in {Outcome.REFUSED, Outcome.REPORTED}
