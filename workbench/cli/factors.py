"""``workbench totp``: an authenticator app enrolled as the second factor, or taken away."""

import argparse
from typing import Any

from workbench.app.asking import ask_app_code, read_secret
from workbench.cli.output import require_output, write
from workbench.cli.store import add_passphrase, add_store, code_of, signed_in
from workbench.errors import WorkbenchError
from workbench.identity import guess_budget


def add(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the command of this file."""
    totp = commands.add_parser("totp", help="enrol an authenticator app as the second factor, or remove it")
    totp.add_argument("change", metavar="WHAT", choices=["enrol", "remove"], help="what to do: enrol or remove")
    add_store(totp)
    add_passphrase(totp)
    totp.set_defaults(run=_totp)


def _totp(chosen: argparse.Namespace) -> int:
    return _enrol(chosen) if chosen.change == "enrol" else _remove(chosen)


def _enrol(chosen: argparse.Namespace) -> int:
    require_output("nothing was enrolled")
    with signed_in(chosen) as (session, passphrase):
        enrolment = session.factors.enrol()
        if not write(
            f"Scan this with an authenticator app, or type the secret into it: {enrolment.secret}\n\n"
            f"{enrolment.terminal_qr_code()}\n{enrolment.uri}\n\n"
        ):
            raise WorkbenchError("The secret could not be shown whole; nothing was enrolled.", remedy="Try again.")
        code = ask_app_code() if chosen.code_fd is None else read_secret(chosen.code_fd)
        session.factors.activate(code, passphrase=passphrase, current_code=code_of(chosen, is_further=True))
    budget = guess_budget()
    return _said(
        "The authenticator app is enrolled: from now on signing in takes its code, or a recovery code in its place.\n"
        f"After {budget.codes} wrong codes in a row no further one is taken: whoever knows the passphrase and guesses "
        f"has had a chance of {budget.probability:.2%} by then.\n"
    )


def _remove(chosen: argparse.Namespace) -> int:
    with signed_in(chosen) as (session, passphrase):
        session.factors.remove(passphrase=passphrase, code=code_of(chosen, is_further=True))
    return _said("The authenticator app is removed: from now on the passphrase alone signs in.\n")


def _said(text: str) -> int:
    if not write(text):
        raise WorkbenchError("It is done, but that could not be printed.", remedy="Sign in to see what it takes.")
    return 0
