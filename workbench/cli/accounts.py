"""``workbench init``, ``recover`` and ``passphrase``: an account made, opened again with a code; words to open it."""

import argparse
from contextlib import closing
from functools import partial
from typing import Any

from workbench.app import Workbench
from workbench.app.asking import ask_code, ask_name, ask_recovery_code, read_secret
from workbench.cli.output import require_output, show_codes, tell, write
from workbench.cli.store import add_store, code_of, named, require_store, with_new_passphrase
from workbench.errors import WorkbenchError


def add(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the commands of this file."""
    init = commands.add_parser("init", help="create a store and its owner's account")
    init.add_argument("--code-fd", type=int, metavar="N", help="in a team: read the second factor's code from this one")
    init.set_defaults(run=_init)
    recover = commands.add_parser("recover", help="give an account a new passphrase, with a recovery code")
    recover.add_argument("--code-fd", type=int, metavar="N", help="read the recovery code from this file descriptor")
    recover.add_argument(
        "--second-code-fd",
        type=int,
        metavar="N",
        help="with an authenticator app: read its code, or another recovery code, from this file descriptor",
    )
    recover.add_argument(
        "--accept-rollback", action="store_true", help="take a store that was restored from an older backup"
    )
    recover.set_defaults(run=_recover)
    for command in (init, recover):
        add_store(command)
        command.add_argument(
            "--passphrase-fd", type=int, metavar="N", help="read the new passphrase from this file descriptor"
        )
    passphrase = commands.add_parser("passphrase", help="print a passphrase of six random words, and keep it nowhere")
    passphrase.set_defaults(run=_passphrase)


def _init(chosen: argparse.Namespace) -> int:
    require_output("no account was made")
    with closing(Workbench.open(chosen.store)) as bench:
        name = chosen.name or ask_name()
        enrolment = with_new_passphrase(
            lambda passphrase: bench.create_account(name, passphrase=passphrase, code=code_of(chosen)),
            descriptor=chosen.passphrase_fd,
        )
    show_codes(
        f"The store {named(chosen.store)} is ready. Ten recovery codes, shown this once; each opens the account once.",
        enrolment,
        remedy="Make new ones: workbench rotate recovery-codes.",
    )
    return 0


def _recover(chosen: argparse.Namespace) -> int:
    require_store(chosen.store)
    with closing(Workbench.open(chosen.store)) as bench:
        name = chosen.name or ask_name()
        code = ask_recovery_code() if chosen.code_fd is None else read_secret(chosen.code_fd)
        second = ask_code if chosen.second_code_fd is None else partial(read_secret, chosen.second_code_fd)
        session = with_new_passphrase(
            lambda passphrase: bench.recover(
                name,
                code=code,
                new_passphrase=passphrase,
                second=second,
                accept_rollback=chosen.accept_rollback,
            ),
            descriptor=chosen.passphrase_fd,
        )
        session.lock()
    if not write("The account has its new passphrase; that recovery code is used up.\n"):
        raise WorkbenchError(
            "The account has its new passphrase, but that could not be printed.", remedy="Sign in with it."
        )
    return 0


def _passphrase(_chosen: argparse.Namespace) -> int:
    if not write(f"{Workbench.suggest_passphrase()}\n"):
        raise WorkbenchError("The passphrase could not be printed, so it is lost.", remedy="Run it in a terminal.")
    tell("Six words of 7,776, 77.5 bits. It is kept nowhere: write it down, or put it into a password manager.")
    return 0
