"""An open session's keys and ways in exchanged for fresh ones, each with its entry in the audit log."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Literal, get_args

from workbench.app.opened import Opened
from workbench.errors import InputError, StepUpRequiredError, WorkbenchError
from workbench.identity import (
    Accounts,
    Enrolment,
    change_passphrase,
    prove,
    renew_key_pairs,
    renew_root_key,
    replace_recovery_codes,
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

    with _noting(opened, "crypto_key_rotated", level=level):
        if level == "vault":
            opened.vaults.rotate()
            note()
        elif level == "data":
            opened.vaults.reseal(progress=progress or (lambda _done, _total: None))
            note()
        elif level == "identity":
            opened.account = renew_key_pairs(accounts, opened.account, note=note)
        else:
            opened.account, enrolment = renew_root_key(accounts, opened.account, passphrase=passphrase or "", note=note)
    return enrolment


def step_up(
    opened: Opened, accounts: Accounts, permission: str, *, passphrase: str, facts: dict[str, str | int | bytes]
) -> None:
    """As `Session.step_up`."""
    with _noting(opened, "authn_step_up", permission=permission):
        prove(accounts, opened.account, passphrase=passphrase)
        opened.access.step_ups.add(permission, facts)
        opened.audit.record("authn_step_up", permission=permission)


def new_passphrase(opened: Opened, accounts: Accounts, *, current: str, new: str) -> None:
    """As `Session.change_passphrase`."""
    event = "authn_password_change"
    with _noting(opened, event):
        opened.account = change_passphrase(
            accounts, opened.account, current=current, new=new, note=lambda: opened.audit.record(event)
        )


def new_recovery_codes(opened: Opened, accounts: Accounts, *, passphrase: str) -> Enrolment:
    """As `Session.new_recovery_codes`."""
    event = "authn_recovery_codes_replaced"
    with _noting(opened, event):
        opened.account, enrolment = replace_recovery_codes(
            accounts, opened.account, passphrase=passphrase, note=lambda: opened.audit.record(event)
        )
    return enrolment


def verify(opened: Opened) -> dict[str, int]:
    """As `Session.verify`."""
    with _noting(opened, "integrity_verified"):
        found = opened.vaults.verify(deep=True).values()
        counts = {
            "rows": sum(one.rows for one in found),
            "erased": sum(len(one.erased) for one in found),
            "entries": sum(len(one.entries) for one in found),
        }
        opened.audit.record("integrity_verified", rows=counts["rows"], erased=counts["erased"])
    return counts


@contextmanager
def _noting(opened: Opened, event: str, **facts: str) -> Iterator[None]:
    """Note a failure in the audit log; what can't be noted hides no failure."""
    try:
        yield
    except WorkbenchError as error:
        with suppress(WorkbenchError):
            opened.audit.record(event, outcome="failure", reason=type(error).__name__, **facts)
        raise
