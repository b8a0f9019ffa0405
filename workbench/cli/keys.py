"""``workbench rotate``, ``verify`` and ``accept-rollback``: keys exchanged, and the whole store checked."""

import argparse
import sys
from collections.abc import Callable
from contextlib import closing
from typing import Any

from workbench.app import Session, Workbench
from workbench.cli.output import require_output, show_codes, write
from workbench.cli.store import (
    add_passphrase,
    add_store,
    code_of,
    require_store,
    signed_in,
    unlocked,
    who,
    with_new_passphrase,
)
from workbench.errors import IntegrityError, WorkbenchError
from workbench.identity import Enrolment

_LEVELS = {
    "passphrase": "The account has its new passphrase; the one of before opens nothing any more.",
    "recovery-codes": "Ten new recovery codes, shown this once; those of before open nothing any more.",
    "vault": "Each vault has a fresh key.",
    "data": "Every record is sealed under a fresh data key.",
    "identity": "The account has fresh key pairs; other open sessions of it have to sign in again.",
    "root": "The account has a fresh root key. Ten new recovery codes, shown this once; those of before are void.",
}
_WITH_CODES = {"recovery-codes", "root"}


def add(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the commands of this file."""
    rotate = commands.add_parser(
        "rotate", help="exchange a passphrase, recovery codes or keys for fresh ones; killed, it is run again"
    )
    rotate.add_argument("level", metavar="WHAT", choices=[*_LEVELS], help=f"what to exchange: {', '.join(_LEVELS)}")
    rotate.set_defaults(run=_rotate)
    verify = commands.add_parser("verify", help="check every row of an account's logs, and open every record")
    verify.set_defaults(run=_verify)
    accept = commands.add_parser(
        "accept-rollback", help="take a store that was put back from a backup; noted in the audit log"
    )
    accept.set_defaults(run=_accept_rollback)
    for command in (rotate, verify, accept):
        add_store(command)
        add_passphrase(command)
    rotate.add_argument(
        "--new-passphrase-fd", type=int, metavar="N", help="read the new passphrase from this file descriptor"
    )


def _rotate(chosen: argparse.Namespace) -> int:
    if chosen.level in _WITH_CODES:
        require_output("nothing was exchanged")
    with signed_in(chosen) as (session, passphrase):
        enrolment = _exchange(session, passphrase, chosen)
        if enrolment is not None:  # before the session is locked, which may fail
            show_codes(_LEVELS[chosen.level], enrolment, remedy="Run: workbench rotate recovery-codes.")
    if enrolment is None:
        _say(_LEVELS[chosen.level])
    return 0


def _exchange(session: Session, passphrase: str, chosen: argparse.Namespace) -> Enrolment | None:
    match chosen.level:
        case "passphrase":
            with_new_passphrase(
                lambda new: session.change_passphrase(current=passphrase, new=new),
                descriptor=chosen.new_passphrase_fd,
                option="--new-passphrase-fd",
            )
            return None
        case "recovery-codes":
            return session.new_recovery_codes(passphrase=passphrase)
        case "data":
            _reseal(session, passphrase, code_of(chosen, is_further=True))
            return None
        case _:
            return session.rotate(chosen.level, passphrase=passphrase, code=code_of(chosen, is_further=True))


def _reseal(session: Session, passphrase: str, code: Callable[[], str]) -> None:
    from tqdm import tqdm  # noqa: PLC0415 - only this command draws a bar

    with tqdm(unit="row", desc="Sealing anew", leave=False, file=sys.stderr, disable=None) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        session.rotate("data", passphrase=passphrase, code=code, progress=show)


def _verify(chosen: argparse.Namespace) -> int:
    with signed_in(chosen) as (session, _):
        counts = session.verify()
    _say(f"All is as it was sealed: {_counted(counts)}.")
    return 0


def _accept_rollback(chosen: argparse.Namespace) -> int:
    require_store(chosen.store)
    with closing(Workbench.open(chosen.store)) as bench:
        name, passphrase = who(chosen)
        reason = None
        try:
            session = bench.sign_in(name, passphrase=passphrase, code=code_of(chosen))
        except IntegrityError as error:
            reason = error.args[0]
            session = bench.sign_in(name, passphrase=passphrase, code=code_of(chosen), accept_rollback=True)
        with unlocked(session):
            counts = session.verify()
    if reason is None:
        _say("There is nothing to accept: the store is as this device knows it.")
    else:
        _say(
            f"Accepted, and noted in the audit log: {reason} From now on the store counts as it is: {_counted(counts)}."
        )
    return 0


def _counted(counts: dict[str, int]) -> str:
    return f"{counts['rows']} rows, {counts['erased']} of them erased"


def _say(sentence: str) -> None:
    if not write(f"{sentence}\n"):
        raise WorkbenchError(f"{sentence} But that could not be printed.", remedy="Check where the output goes.")
