"""Ask a person for a name or a secret, or read a secret from a file descriptor; nothing that is typed is echoed.

No error here carries what was typed: what went wrong is decided in the handler and raised outside of it, so that a
library's error, which may hold the bytes, is neither its cause nor its context.
"""

import getpass
import os
import sys
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout

from workbench.errors import AuthenticationError

LONGEST_LINE = 4096  # bytes; 256 code points, the longest passphrase, take 1,024 in UTF-8


def ask_name() -> str:
    """Return the name that is typed, asked for until there is one.

    The question goes to standard error, so that output can go elsewhere.

    Raises
    ------
    AuthenticationError
        When there is no one to ask.
    """
    with redirect_stdout(sys.stderr):
        while not (name := _answer(input, "Name: ", instead="give the name as --name, or name= in a program")).strip():
            pass  # nobody types a passphrase, twice, to learn then that there was no name
    return name


def ask_passphrase() -> str:
    """Return the passphrase that is typed, unseen.

    Raises
    ------
    AuthenticationError
        When there is no terminal, or it can't be kept from showing what is typed.
    """
    return _ask_unseen("Passphrase: ")


def ask_new_passphrase(*, option: str = "--passphrase-fd") -> str:
    """Return a passphrase that was typed twice alike, unseen; whether it is strong enough is for `create_account`.

    Parameters
    ----------
    option : str
        What to use instead, where there is no terminal.

    Raises
    ------
    AuthenticationError
        When there is no terminal, or it can't be kept from showing what is typed.
    """
    while True:
        first = _ask_unseen("New passphrase (15 characters or more): ", option=option)
        if first == _ask_unseen("Once more: ", option=option):
            return first
        print("The two differ.", file=sys.stderr)  # noqa: T201 - a dialogue in a terminal


def ask_recovery_code() -> str:
    """Return the recovery code that is typed, unseen.

    Raises
    ------
    AuthenticationError
        When there is no terminal, or it can't be kept from showing what is typed.
    """
    return _answer(getpass.getpass, "Recovery code: ", instead="give the code by --code-fd, or code= in a program")


def ask_code() -> str:
    """Return the code of the second factor that is typed, unseen.

    Raises
    ------
    AuthenticationError
        When there is no terminal, or it can't be kept from showing what is typed.
    """
    question = "Code of the authenticator app, or a recovery code: "
    return _answer(getpass.getpass, question, instead="give the code by --code-fd, or code= in a program")


def ask_app_code() -> str:
    """Return the code that an app shows which is being enrolled, typed unseen; a recovery code doesn't take its place.

    Raises
    ------
    AuthenticationError
        When there is no terminal, or it can't be kept from showing what is typed.
    """
    return _answer(getpass.getpass, "The six digits that the app shows: ", instead="give them by --code-fd")


def read_secret(descriptor: int) -> str:
    """Return the next line of a file descriptor, without its end.

    Nothing beyond that line is taken, and the descriptor stays open: a second secret may stand on the next line.

    Parameters
    ----------
    descriptor : int
        Open for reading, as ``3`` is after ``3<file`` in a shell.

    Raises
    ------
    AuthenticationError
        When it isn't open for reading, is empty, gives more than 4,096 bytes without a line's end, or isn't UTF-8.
    """
    secret = _line_of(descriptor)
    if not secret:
        raise AuthenticationError(
            f"The file descriptor {descriptor} gave no secret: it isn't open for reading, is empty or isn't UTF-8.",
            remedy=f"Open it for reading, as {descriptor}<FILE does in a shell, and write one line of UTF-8 to it.",
        )
    return secret


def _line_of(descriptor: int) -> str | None:
    line = bytearray()
    try:
        while not line.endswith(b"\n"):
            byte = os.read(descriptor, 1)  # by single bytes: a buffer would swallow the next line
            if not byte:
                break
            line += byte
            if len(line) > LONGEST_LINE:
                return None
        return line.decode("utf-8").rstrip("\r\n")
    except (OSError, OverflowError, UnicodeDecodeError):  # OverflowError: no int of C is that large
        return None


def _ask_unseen(question: str, *, option: str = "--passphrase-fd") -> str:
    return _answer(getpass.getpass, question, instead=f"give it by {option}, or passphrase= in a program")


def _answer(ask: Callable[[str], str], question: str, *, instead: str) -> str:
    answer = _heard(ask, question)
    if answer is None:
        raise AuthenticationError("No answer could be read from a terminal.", remedy=f"Use a terminal, or {instead}.")
    return answer


def _heard(ask: Callable[[str], str], question: str) -> str | None:
    """Return the answer, or nothing when no one answers or the answer would be echoed."""
    try:
        with warnings.catch_warnings():
            # getpass only warns when it can't switch the echo off, and then reads all the same.
            warnings.simplefilter("error", getpass.GetPassWarning)
            return ask(question)
    except (EOFError, OSError, ValueError, RuntimeError, getpass.GetPassWarning):
        # ValueError: a closed stream, or bytes that aren't text. RuntimeError: no stream, or a kernel without one.
        return None
