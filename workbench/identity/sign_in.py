"""Signing in: what is counted, derived, opened and proved, in which order; and the same once more in an open session.

A passphrase is counted as a guess, then tried. A name that no account has takes the same way: in the place of its
account a decoy is tried, whose slots nothing opens. The code is looked at last, since only the account's own records
say whether it has a second factor, and its guesses are counted apart.
"""

import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.crypto import Slot, SlotKind
from workbench.errors import AuthenticationError, WeakPassphraseError
from workbench.identity import second_factor
from workbench.identity.account import Account, Profile
from workbench.identity.opening import account_of, root_key_of
from workbench.identity.passphrase import check, normalise
from workbench.identity.proof import UNPROVED
from workbench.identity.recovery_codes import canonical
from workbench.identity.second_factor import Code
from workbench.identity.throttle import Authenticator, Guess
from workbench.identity.ways_in import is_of_kind, refused, require_in_force
from workbench.storage import AccountRow, exchanged

if TYPE_CHECKING:
    from workbench.identity.accounts import Accounts

__all__ = ["Code", "prove", "prove_passphrase", "recover", "unlock"]


def unlock(
    accounts: "Accounts", name: str, *, passphrase: str, code: Code, accept_rollback: bool, proved: bytes
) -> Account:
    """As `Accounts.unlock`."""
    name_tag = accounts.name_tag(name)
    row, secret = accounts.rows.find(name_tag), _normalised(passphrase)
    account_id = row.account_id if row else None
    with accounts.throttle.guess(account_id, Authenticator.PASSPHRASE, name_tag=name_tag) as guess:
        tried = row or accounts.decoy()
        # No account has a passphrase that can't be normalised, nor an empty one: the work is done all the same.
        root_key, slot = root_key_of(accounts, tried, secret or b"", SlotKind.PASSPHRASE)
        guess.is_right = True
        account = _unlocked(accounts, name, tried, root_key, slot, passphrase, accept_rollback=accept_rollback)
        try:
            if account.account_id != proved:
                account = second_factor.prove(accounts, account, code)
        except BaseException:
            account.key_ring.forget()
            raise
    return replace(account, proof=account.proof.and_failed(Authenticator.PASSPHRASE, guess.before.failures))


def _unlocked(
    accounts: "Accounts",
    name: str,
    row: AccountRow,
    root_key: bytes,
    slot: Slot,
    passphrase: str,
    *,
    accept_rollback: bool,
) -> Account:
    """Return the account of a root key, with its passphrase's slot as one would be made today (A08)."""
    try:
        account = account_of(accounts, name, row, root_key, slot, accept_rollback=accept_rollback)
        if slot.is_outdated and not accounts.is_read_only:
            fresh = accounts.passphrase_slot(row.account_id, root_key, passphrase)
            account = accounts.replace_slots(account, remove=(slot,), add=(fresh,))
    except AuthenticationError:
        if not slot.is_outdated:
            raise
        # Another kernel has just put one of today's in its place.
        row = accounts.rows.of(row.account_id)
        root_key, slot = root_key_of(accounts, row, normalise(passphrase), SlotKind.PASSPHRASE)
        return account_of(accounts, name, row, root_key, slot, accept_rollback=accept_rollback)
    return account


def recover(
    accounts: "Accounts", name: str, *, code: str, new_passphrase: str, second: Code, accept_rollback: bool
) -> Account:
    """As `Accounts.recover`."""
    name_tag = accounts.name_tag(name)
    row = accounts.rows.find(name_tag)
    account_id = row.account_id if row else None
    with accounts.throttle.guess(account_id, Authenticator.RECOVERY_CODE, name_tag=name_tag) as guess:
        row = row or accounts.decoy()
        root_key, used = root_key_of(accounts, row, canonical(code), SlotKind.RECOVERY_CODE)
        guess.is_right = True
        account = account_of(accounts, name, row, root_key, used, accept_rollback=accept_rollback)
    try:
        check(new_passphrase, name=account.name)
        account = _recovered(accounts, account, code, second)
        old = tuple(slot for slot in row.slots if is_of_kind(slot, SlotKind.PASSPHRASE))
        fresh = accounts.passphrase_slot(row.account_id, root_key, new_passphrase)
        account = accounts.replace_slots(account, remove=(used, *old), add=(fresh,))
    except BaseException:
        account.key_ring.forget()
        raise
    failures = accounts.throttle.reset(row.account_id, Authenticator.PASSPHRASE)  # of a passphrase that is gone
    proof = account.proof.and_failed(Authenticator.RECOVERY_CODE, guess.before.failures)
    return replace(account, proof=proof.and_failed(Authenticator.PASSPHRASE, failures))


def _recovered(accounts: "Accounts", account: Account, code: str, second: Code) -> Account:
    """Return an account that a recovery code opened, once its second factor is proved too, if it has one (A14)."""
    if Profile.read(account.vaults).totp is None:
        return account
    said = second() if callable(second) else second
    if not said:
        raise AuthenticationError(
            "The account has an authenticator app: a recovery code alone doesn't open it.",
            remedy="Give the app's code too, or a second one of the recovery codes.",
            needs_code=True,
        )
    if canonical(said) == canonical(code):
        raise refused()
    return second_factor.prove(accounts, account, said)


def prove(accounts: "Accounts", account: Account, *, passphrase: str, code: Code) -> Account:
    """As `Accounts.prove`."""
    with _proving(accounts, account, passphrase, resets=True) as guess:
        account = second_factor.prove(accounts, replace(account, proof=UNPROVED), code)
    return replace(account, proof=account.proof.and_failed(Authenticator.PASSPHRASE, guess.before.failures))


def prove_passphrase(accounts: "Accounts", account: Account, passphrase: str) -> AccountRow:
    """Return an open account's row once the passphrase has opened a way in that is in force.

    What had failed before stays counted, for the next sign-in to tell.

    Raises
    ------
    AuthenticationError, ThrottledError, LockedError
        As `Accounts.prove`.
    """
    with _proving(accounts, account, passphrase, resets=False):
        return accounts.rows.of(account.account_id)


@contextmanager
def _proving(accounts: "Accounts", account: Account, passphrase: str, *, resets: bool) -> Iterator[Guess]:
    secret = _normalised(passphrase)
    if secret is None:  # no account has one like it
        raise refused()
    row = accounts.rows.of(account.account_id)
    with accounts.throttle.guess(account.account_id, Authenticator.PASSPHRASE, resets=resets) as guess:
        root_key, slot = root_key_of(accounts, row, secret, SlotKind.PASSPHRASE)
        guess.is_right = True
        require_in_force(slot, Profile.read(account.vaults), accounts.rows)
        if not hmac.compare_digest(root_key, account.root_key):
            raise exchanged()
        yield guess


def _normalised(passphrase: str) -> bytes | None:
    """Return what a passphrase is stretched from, or nothing when no account has one like it."""
    try:
        return normalise(passphrase)
    except WeakPassphraseError:
        return None
