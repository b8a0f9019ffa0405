"""Which store a command is for, and how one signs in to it."""

import argparse
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from workbench.app import Session, Workbench
from workbench.app.asking import ask_code, ask_name, ask_new_passphrase, ask_passphrase, read_secret
from workbench.cli.output import tell
from workbench.errors import StoreError, WeakPassphraseError, WorkbenchError

STORE = "data/workbench.db"

Made = TypeVar("Made")


def add_store(command: argparse.ArgumentParser) -> None:
    """Let a command take a store and a name."""
    command.add_argument(
        "store", nargs="?", default=STORE, help=f"the store: a file, or a postgresql:// address (default: {STORE})"
    )
    command.add_argument("--name", help="the account's name; asked for when not given")


def add_passphrase(command: argparse.ArgumentParser) -> None:
    """Let a command read the passphrase that signs in, and the code where the account has a second factor."""
    command.add_argument("--passphrase-fd", type=int, metavar="N", help="read the passphrase from this file descriptor")
    command.add_argument(
        "--code-fd",
        type=int,
        metavar="N",
        help="read the codes of a second factor from this file descriptor, a line each",
    )


def named(store: str) -> str:
    """Return how a store is called in a sentence: an address may hold a password, and isn't shown."""
    return "in PostgreSQL" if "://" in store else store


def require_store(store: str) -> None:
    """Return when a file is there, since opening would make an empty one; an address is looked up by opening.

    Raises
    ------
    StoreError
        When there is none.
    """
    if "://" in store:
        return
    with suppress(OSError, RuntimeError, ValueError):  # RuntimeError: the home of someone unknown; ValueError: a NUL
        if Path(store).expanduser().exists():
            return
    raise StoreError(
        f"There is no store {store!r}.", remedy="Name the file that holds the account, or make one: workbench init."
    )


@contextmanager
def signed_in(chosen: argparse.Namespace) -> Iterator[tuple[Session, str]]:
    """Lend a session of the account that was chosen, and the passphrase that opened it."""
    require_store(chosen.store)
    with closing(Workbench.open(chosen.store)) as bench:
        name, passphrase = who(chosen)
        with unlocked(bench.sign_in(name, passphrase=passphrase, code=code_of(chosen))) as session:
            yield session, passphrase


@contextmanager
def unlocked(session: Session) -> Iterator[Session]:
    """Lend a session and lock it; an error on the way is the one to tell."""
    try:
        yield session
    except BaseException:
        with suppress(WorkbenchError):
            session.lock()
        raise
    session.lock()


def who(chosen: argparse.Namespace) -> tuple[str, str]:
    """Return the name and the passphrase, asked for where they weren't given."""
    name = chosen.name or ask_name()
    return name, ask_passphrase() if chosen.passphrase_fd is None else read_secret(chosen.passphrase_fd)


def code_of(chosen: argparse.Namespace, *, is_further: bool = False) -> Callable[[], str]:
    """Return what asks for the code of a second factor, for accounts that have one; each is good once."""

    def ask() -> str:
        if chosen.code_fd is not None:
            return read_secret(chosen.code_fd)
        if is_further:
            tell("This takes a fresh code: wait for the next one, each is good once.")
        return ask_code()

    return ask


def with_new_passphrase(use: Callable[[str], Made], *, descriptor: int | None, option: str = "--passphrase-fd") -> Made:
    """Return what is made with a new passphrase; whoever types a weak one is asked again."""
    if descriptor is not None:
        return use(read_secret(descriptor))
    while True:
        try:
            return use(ask_new_passphrase(option=option))
        except WeakPassphraseError as error:
            tell(str(error))
