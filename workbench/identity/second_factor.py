"""The second factor of an account: proved beside the passphrase, enrolled, taken away.

All of it is decided in the account's own kernel, after the passphrase has unlocked the keys, and so *advisory* against
whoever runs other code than this with the store's file and the passphrase; see `workbench.identity.totp`.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from workbench.crypto import Slot, SlotKind
from workbench.errors import AuthenticationError
from workbench.identity.account import Account, Profile
from workbench.identity.enrolment import TotpEnrolment
from workbench.identity.opening import root_key_of
from workbench.identity.proof import Proof
from workbench.identity.recovery_codes import LENGTH, canonical
from workbench.identity.throttle import MOST_CODES, Authenticator, GuessBudget, disabled, guess_budget
from workbench.identity.totp import Totp, new_secret, step_of
from workbench.identity.ways_in import is_of_kind, refused, require_in_force
from workbench.storage import exchanged

if TYPE_CHECKING:
    from workbench.identity.accounts import Accounts

Code = str | Callable[[], str] | None
"""A code, something that asks for it when it is needed, or none."""
Note = Callable[[], object]
"""Writes the audit entry; it is called inside the transaction."""


def prove(accounts: "Accounts", account: Account, code: Code) -> Account:
    """Return the account once a code has proved the second factor, if it has one; it was opened by its passphrase.

    The code is the authenticator app's, or a recovery code, which is used up.

    Raises
    ------
    AuthenticationError
        When the code is wrong, was used before, is missing (`needs_code`), or the app's are refused; also when one is
        given and the account has no second factor, since no code is right then.
    ThrottledError
        When too many were wrong.
    """
    totp = Profile.read(account.vaults).totp
    if totp is None:
        if code and not callable(code):
            raise refused()
        return account
    said = code() if callable(code) else code
    if not said:
        raise refused(needs_code=True)
    if len(canonical(said)) == LENGTH:
        return _with_recovery_code(accounts, account, said)
    return _with_totp(accounts, account, totp, str(said))


def new_totp(account: Account) -> TotpEnrolment:
    """Return a fresh secret for an authenticator app, which changes nothing until `activate_totp`."""
    return TotpEnrolment(new_secret(), account.name)


def activate_totp(
    accounts: "Accounts", account: Account, enrolment: TotpEnrolment, *, code: str, note: Note
) -> Account:
    """Enrol an authenticator app, in the place of one of before, once it has shown that it holds the secret.

    Raises
    ------
    AuthenticationError
        When the code isn't the app's; nothing changed.
    LockedError
        When another session exchanged the account's keys.
    """
    now = accounts.now().timestamp()
    step = step_of(str(code), secret=enrolment.key, now=now, after=0)
    if step is None:
        raise AuthenticationError(
            "That isn't the code that the app should show now.",
            remedy="Check that the phone's clock and this machine's are right, then give the next code.",
        )
    account = _replaced(accounts, account, Totp(enrolment.key, step, int(now)), note=note)
    accounts.throttle.reset(account.account_id, Authenticator.TOTP)
    return account


def remove_totp(accounts: "Accounts", account: Account, *, note: Note) -> Account:
    """Take the authenticator app away: from then on the passphrase alone signs in.

    Raises
    ------
    LockedError
        When another session exchanged the account's keys.
    """
    account = _replaced(accounts, account, None, note=note)
    accounts.throttle.reset(account.account_id, Authenticator.TOTP)
    return account


@dataclass(frozen=True, slots=True)
class FactorStatus:
    """What an account has to prove its owner by.

    Parameters
    ----------
    totp : {"off", "on", "disabled"}
        The authenticator app; *advisory* on a laptop against who holds the store's file. Disabled after a hundred wrong
        codes: sign in with a recovery code in the place of the code, and enrol the app anew.
    activated : datetime or None
        When the app was enrolled; UTC.
    codes_left : int
        How many wrong codes of the app are looked at before it is disabled.
    recovery_codes_left : int
        Make new ones when few are left.
    has_device_secret : bool
        Whether the passphrase opens the account on this device alone: *crypto*, it holds against a copied store.
    budget : GuessBudget
        What guessing can reach at most.
    """

    totp: Literal["off", "on", "disabled"]
    activated: datetime | None
    codes_left: int
    recovery_codes_left: int
    has_device_secret: bool
    budget: GuessBudget


def is_bound_to_device(accounts: "Accounts", account: Account) -> bool:
    """Whether each passphrase opens the account on a device that has the secret alone; in team mode, with the share."""
    slots = accounts.rows.of(account.account_id).slots
    return _are_bound([slot for slot in slots if slot.slot_id in account.profile.slots])


def _are_bound(slots: list[Slot]) -> bool:
    passphrases = [slot for slot in slots if is_of_kind(slot, SlotKind.PASSPHRASE)]
    return bool(passphrases) and all(any(slot.device) for slot in passphrases)


def factor_status(accounts: "Accounts", account: Account) -> FactorStatus:
    """Return what the account has to prove its owner by."""
    profile = Profile.read(account.vaults)
    slots = [slot for slot in accounts.rows.of(account.account_id).slots if slot.slot_id in profile.slots]
    failures, totp = accounts.throttle.failures(account.account_id, Authenticator.TOTP), profile.totp
    is_disabled = totp is not None and (totp.is_disabled or failures >= MOST_CODES)
    return FactorStatus(
        totp="off" if totp is None else "disabled" if is_disabled else "on",
        activated=datetime.fromtimestamp(totp.activated, UTC) if totp else None,
        codes_left=0 if totp is None or is_disabled else MOST_CODES - failures,
        recovery_codes_left=sum(is_of_kind(slot, SlotKind.RECOVERY_CODE) for slot in slots),
        has_device_secret=_are_bound(slots),
        budget=guess_budget(),
    )


def _with_totp(accounts: "Accounts", account: Account, totp: Totp, code: str) -> Account:
    if totp.is_disabled:
        raise disabled()
    with accounts.throttle.guess(account.account_id, Authenticator.TOTP) as guess:
        step = step_of(code, secret=totp.secret, now=accounts.now().timestamp(), after=totp.last_step)
        if step is None:
            if guess.before.failures + 1 >= MOST_CODES:
                _disable(accounts, account)
            raise refused()
        account = _used(accounts, account, totp, step)
        guess.is_right = True
    proof = Proof("totp").and_failed(Authenticator.TOTP, guess.before.failures)
    return replace(account, proof=proof)


def _used(accounts: "Accounts", account: Account, totp: Totp, step: int) -> Account:
    """Seal that a code was used, under the lock that keeps other kernels from using it too."""
    if accounts.is_read_only:
        if not accounts.throttle.use_in_memory(account.account_id, step):
            raise refused()
        return account
    with accounts.exchanging(account):
        profile = Profile.read(account.vaults)
        if profile.totp is None or profile.totp.secret != totp.secret or profile.totp.last_step >= step:
            raise refused()  # another kernel was faster
        profile = replace(profile, totp=replace(profile.totp, last_step=step))
        _seal(account, profile)
    return replace(account, profile=profile)


def _disable(accounts: "Accounts", account: Account) -> None:
    """Seal that no further code of the app is looked at: whoever edits the count in the store changes nothing of it."""
    if accounts.is_read_only:
        return
    with accounts.exchanging(account):
        profile = Profile.read(account.vaults)
        if profile.totp is not None:
            _seal(account, replace(profile, totp=replace(profile.totp, is_disabled=True)))


def _with_recovery_code(accounts: "Accounts", account: Account, code: str) -> Account:
    with accounts.throttle.guess(account.account_id, Authenticator.RECOVERY_CODE) as guess:
        row = accounts.rows.of(account.account_id)
        root_key, used = root_key_of(accounts, row, canonical(code), SlotKind.RECOVERY_CODE)
        guess.is_right = True
        require_in_force(used, Profile.read(account.vaults), accounts.rows)
        if not hmac.compare_digest(root_key, account.root_key):
            raise exchanged()
        account = accounts.replace_slots(account, remove=(used,), add=())
    proof = Proof("recovery_code").and_failed(Authenticator.RECOVERY_CODE, guess.before.failures)
    failures = accounts.throttle.failures(account.account_id, Authenticator.TOTP)
    if failures >= MOST_CODES:  # told once: the profile says so from now on
        _disable(accounts, account)
        accounts.throttle.reset(account.account_id, Authenticator.TOTP)
        proof = replace(proof.and_failed(Authenticator.TOTP, failures), has_disabled=True)
    return replace(account, profile=Profile.read(account.vaults), proof=proof)


def _replaced(accounts: "Accounts", account: Account, totp: Totp | None, *, note: Note) -> Account:
    with accounts.exchanging(account):
        profile = replace(Profile.read(account.vaults), totp=totp)
        _seal(account, profile)
        note()
    return replace(account, profile=profile)


def _seal(account: Account, profile: Profile) -> None:
    profile.write(account.vaults)
    account.vaults.checkpoint()
