"""An unlocked account's ways in and keys exchanged for fresh ones; each in one transaction, whatever is killed when.

None of it touches a record: it takes as long with a hundred thousand of them as with ten.
"""

import secrets
from collections.abc import Callable
from dataclasses import replace

from workbench.crypto import KEY_BYTES, SlotKind, new_key_pairs
from workbench.identity.account import Account, PrivateKeys
from workbench.identity.accounts import Accounts
from workbench.identity.enrolment import Enrolment
from workbench.identity.passphrase import check
from workbench.identity.recovery_codes import new_recovery_codes
from workbench.identity.sign_in import prove_passphrase
from workbench.identity.ways_in import is_of_kind

Note = Callable[[], object]
"""Writes the audit entry; it is called inside the transaction."""


def change_passphrase(accounts: Accounts, account: Account, *, current: str, new: str, note: Note) -> Account:
    """Put a new passphrase, which opens on this device, in the place of every one of before.

    Raises
    ------
    AuthenticationError
        When the current one is wrong, or another kernel exchanges it just now.
    ThrottledError
        When too many were wrong.
    WeakPassphraseError
        When the new one doesn't hold.
    LockedError
        When another session exchanged the account's keys.
    """
    row = prove_passphrase(accounts, account, current)
    check(new, name=account.name)
    old = tuple(slot for slot in row.slots if is_of_kind(slot, SlotKind.PASSPHRASE))
    fresh = accounts.passphrase_slot(account.account_id, account.root_key, new)
    with accounts.exchanging(account):
        account = accounts.replace_slots(account, remove=old, add=(fresh,))
        note()
    return account


def replace_recovery_codes(
    accounts: Accounts, account: Account, *, passphrase: str, note: Note
) -> tuple[Account, Enrolment]:
    """Put ten fresh recovery codes in the place of those that are left.

    Raises
    ------
    AuthenticationError, LockedError
        As `change_passphrase`.
    """
    row = prove_passphrase(accounts, account, passphrase)
    codes = new_recovery_codes()
    old = tuple(slot for slot in row.slots if not is_of_kind(slot, SlotKind.PASSPHRASE))
    fresh = accounts.recovery_slots(account.account_id, account.root_key, codes)
    with accounts.exchanging(account):
        account = accounts.replace_slots(account, remove=old, add=fresh)
        note()
    return account, Enrolment(codes)


def renew_root_key(accounts: Accounts, account: Account, *, passphrase: str, note: Note) -> tuple[Account, Enrolment]:
    """Wrap the account's private keys under a fresh root key, with new ways in: the same passphrase, ten new codes.

    A slot or a wrap of before, put back into the store, opens nothing that is there by now.

    Raises
    ------
    AuthenticationError, LockedError
        As `change_passphrase`.
    """
    row = prove_passphrase(accounts, account, passphrase)
    root_key, codes, account_id = secrets.token_bytes(KEY_BYTES), new_recovery_codes(), account.account_id
    slots = (
        accounts.passphrase_slot(account_id, root_key, passphrase),
        *accounts.recovery_slots(account_id, root_key, codes),
    )
    fresh = replace(account, root_key=root_key)
    with accounts.exchanging(account):
        accounts.rows.replace_keys(accounts.row_of(account_id, root_key, account.private_keys))
        fresh = accounts.replace_slots(fresh, remove=row.slots, add=slots)
        note()
    return fresh, Enrolment(codes)


def renew_key_pairs(accounts: Accounts, account: Account, *, note: Note) -> Account:
    """Give the account fresh key pairs, grant its vaults to them and sign every checkpoint again.

    Other members of its vaults have to learn the new fingerprint before they can open their grants; whoever granted
    this account a vault of theirs has to grant it again. Other open sessions of the account are told to sign in again.

    Raises
    ------
    LockedError
        When another session exchanged the account's keys.
    """
    private_keys = PrivateKeys(new_key_pairs(), account.private_keys.anchor_key)
    with accounts.exchanging(account):
        accounts.rows.replace_keys(accounts.row_of(account.account_id, account.root_key, private_keys))
        account.vaults.exchange(private_keys.key_pairs)
        note()
    return replace(account, private_keys=private_keys)
