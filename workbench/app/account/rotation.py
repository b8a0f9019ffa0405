"""An open session's keys and ways in exchanged for fresh ones, each with its entry in the audit log."""

from collections.abc import Callable
from typing import Literal, get_args

from workbench.app.account.noting import note_proof, noting
from workbench.app.opened import Opened
from workbench.app.sharing.overseers import settle
from workbench.app.sharing.readers import invite_again
from workbench.errors import InputError, StepUpRequiredError
from workbench.identity import (
    Accounts,
    Code,
    Enrolment,
    Profile,
    change_passphrase,
    renew_key_pairs,
    renew_root_key,
    replace_recovery_codes,
    table,
)

Level = Literal["vault", "data", "identity", "root"]
Progress = Callable[[int, int], object]
"""Told how many rows lie behind, and how many there are."""


def rotate(
    opened: Opened, accounts: Accounts, *, level: Level, passphrase: str | None, progress: Progress | None
) -> Enrolment | None:
    """Renew the keys of one level; return new recovery codes where they are renewed too. As `Session.rotate`."""
    if level not in get_args(Level):
        raise InputError("There is no level of that name.", remedy=f"Choose from: {', '.join(get_args(Level))}.")
    if level == "root" and passphrase is None:
        raise StepUpRequiredError("A fresh root key needs the passphrase, to make new ways in with.")
    enrolment = None

    def note() -> None:
        opened.audit.record("crypto_key_rotated", level=level)

    with noting(opened, "crypto_key_rotated", level=level):
        settle(opened)  # a reader whose keys are others by now would keep a vault's key from being renewed
        if level == "vault":
            opened.vaults.rotate()
            note()
        elif level == "data":
            opened.vaults.reseal(progress=progress or (lambda _done, _total: None))
            note()
        elif level == "identity":
            opened.account = renew_key_pairs(accounts, opened.account, note=note)
            invite_again(opened)
        else:
            opened.account, enrolment = renew_root_key(accounts, opened.account, passphrase=passphrase or "", note=note)
    return enrolment


def step_up(
    opened: Opened,
    accounts: Accounts,
    permission: str,
    *,
    passphrase: str,
    code: Code,
    facts: dict[str, str | int | bytes],
) -> None:
    """As `Session.step_up`."""
    if permission not in table() or not table()[permission].needs_step_up:  # nor does its name go into the log
        takes = ", ".join(name for name, rule in table().items() if rule.needs_step_up)
        raise InputError("There is no such action, or it takes no fresh proof.", remedy=f"Those that do: {takes}.")
    with noting(opened, "authn_step_up", permission=permission):
        opened.account = accounts.prove(opened.account, passphrase=passphrase, code=code)
        note_proof(opened.audit, opened.account.proof, device=opened.access.device_id, is_sign_in=False)
        opened.access.step_ups.add(permission, facts)
        opened.audit.record("authn_step_up", permission=permission)


def prove_code(opened: Opened, accounts: Accounts, *, passphrase: str, code: Code) -> None:
    """Ask for the second factor too, where the account has one; the passphrase is looked at again by what follows."""
    if Profile.read(opened.vaults).totp is not None:  # another session may have enrolled an app
        opened.account = accounts.prove(opened.account, passphrase=passphrase, code=code)
        note_proof(opened.audit, opened.account.proof, device=opened.access.device_id, is_sign_in=False)


def new_passphrase(opened: Opened, accounts: Accounts, *, current: str, new: str, code: Code) -> None:
    """As `Session.change_passphrase`."""
    event = "authn_password_change"
    with noting(opened, event):
        prove_code(opened, accounts, passphrase=current, code=code)
        opened.account = change_passphrase(
            accounts, opened.account, current=current, new=new, note=lambda: opened.audit.record(event)
        )


def new_recovery_codes(opened: Opened, accounts: Accounts, *, passphrase: str, code: Code) -> Enrolment:
    """As `Session.new_recovery_codes`."""
    event = "authn_recovery_codes_replaced"
    with noting(opened, event):
        prove_code(opened, accounts, passphrase=passphrase, code=code)
        opened.account, enrolment = replace_recovery_codes(
            accounts, opened.account, passphrase=passphrase, note=lambda: opened.audit.record(event)
        )
    return enrolment


def verify(opened: Opened) -> dict[str, int]:
    """As `Session.verify`."""
    with noting(opened, "integrity_verified"):
        found = opened.vaults.verify(deep=True).values()
        counts = {
            "rows": sum(one.rows for one in found),
            "erased": sum(len(one.erased) for one in found),
            "entries": sum(len(one.entries) for one in found),
        }
        opened.audit.record("integrity_verified", rows=counts["rows"], erased=counts["erased"])
    return counts
