"""Accounts made: their ways in, keys, vaults and what they say of themselves, all or none."""

import secrets
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.crypto import KEY_BYTES, KeyPairs, KeyRing, new_key_pairs
from workbench.errors import AccountExistsError, IntegrityError
from workbench.identity.account import Account, PrivateKeys, Profile
from workbench.identity.enrolment import Enrolment
from workbench.identity.names import cleaned
from workbench.identity.passphrase import check
from workbench.identity.recovery_codes import new_recovery_codes
from workbench.identity.roles import check_roles
from workbench.identity.standing import first_standing
from workbench.identity.vault_kinds import kinds_of
from workbench.storage import AccountRow, Database, OldAccount, StandingRows, Vaults, new_vaults
from workbench.storage.anchors import ACCEPT

if TYPE_CHECKING:
    from workbench.identity.accounts import Accounts


def create(accounts: "Accounts", name: str, *, passphrase: str, roles: Iterable[str]) -> Enrolment:
    """As `Accounts.create`."""
    name = cleaned(name)
    roles = check_roles(roles)
    check(passphrase, name=name)
    name_tag, account_id, root_key = accounts.name_tag(name), secrets.token_bytes(16), secrets.token_bytes(KEY_BYTES)
    codes = new_recovery_codes()
    slots = (
        accounts.passphrase_slot(account_id, root_key, passphrase),
        *accounts.recovery_slots(account_id, root_key, codes),
    )
    private_keys = PrivateKeys(new_key_pairs(), secrets.token_bytes(KEY_BYTES))
    with accounts.database.transaction():
        if not accounts.rows.add(accounts.row_of(account_id, root_key, private_keys, slots), name_tag=name_tag):
            raise AccountExistsError("There is an account of that name already.")
        key_pairs, kinds = private_keys.key_pairs, kinds_of(roles)
        new_vaults(accounts.database, account_id=account_id, key_pairs=key_pairs, kinds=kinds)
        vaults = accounts.vaults(account_id, private_keys, KeyRing())
        Profile(name, roles, frozenset(slot.slot_id for slot in slots), serial=1).write(vaults)
        vaults.checkpoint()
        _stand(accounts.database, account_id, roles, key_pairs)
    return Enrolment(codes)


def equip(
    accounts: "Accounts", row: AccountRow, root_key: bytes, old: OldAccount, *, accept_rollback: bool
) -> AccountRow:
    """Give an account of format 1 its key pairs, vaults and profile, all or none, and return its row.

    Raises
    ------
    IntegrityError
        When this device knows that it has them: the store was put back.
    """
    database, private_keys = accounts.database, PrivateKeys(new_key_pairs(), secrets.token_bytes(KEY_BYTES))
    anchors = accounts.anchors(row.account_id, private_keys)
    with database.transaction():
        database.lock_vault(0)
        row = accounts.rows.of(row.account_id)
        if row.wrapped_keys:  # another kernel was faster
            return row
        if anchors and anchors.are_there() and not accept_rollback:
            raise IntegrityError("The store is older than this device has seen it: it was put back.", remedy=ACCEPT)
        name, roles = old.profile()
        row = accounts.row_of(row.account_id, root_key, private_keys, row.slots)
        accounts.rows.replace_keys(row)
        key_pairs = private_keys.key_pairs
        new_vaults(database, account_id=row.account_id, key_pairs=key_pairs)
        # Without anchors: they would be kept before this is written, and fit nothing if it then wasn't.
        vaults = Vaults(database, account_id=row.account_id, key_pairs=key_pairs, key_ring=KeyRing())
        Profile(name, roles, frozenset(slot.slot_id for slot in row.slots)).write(vaults)
        vaults.checkpoint()
    return row


def with_standing(accounts: "Accounts", account: Account) -> Account:
    """Return an account of a store that knew of no standings with its first one."""
    if account.profile.serial or accounts.is_read_only:
        return account
    with accounts.database.transaction():
        accounts.database.lock_vault(0)
        if StandingRows(accounts.database).find(account.account_id) is None:
            _stand(accounts.database, account.account_id, account.roles, account.private_keys.key_pairs)
            account = replace(account, profile=replace(account.profile, serial=1))
            account.profile.write(account.vaults)
            account.vaults.checkpoint()
    return account


def _stand(database: Database, account_id: bytes, roles: tuple[str, ...], key_pairs: KeyPairs) -> None:
    """Write what a new account says of itself."""
    standing = first_standing(account_id, roles, since=int(time.time()))
    packed = standing.signed(key_pairs, store=database.store_id).packed
    StandingRows(database).write(account_id, standing.serial, packed)
