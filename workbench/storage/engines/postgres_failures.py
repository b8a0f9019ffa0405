"""What the failures of PostgreSQL, of libpq and of psycopg mean to whoever uses the store."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

import psycopg

from workbench.errors import (
    InsecureTransportError,
    NotFoundError,
    PermissionDeniedError,
    StoreError,
    WorkbenchError,
)
from workbench.storage.engines.database import read_only_error

Made = TypeVar("Made")


class LostError(StoreError):
    """The connection is gone, and with it the transaction that was open."""

    default_remedy = "Try again: the store connects anew by itself."

    def __init__(self) -> None:
        super().__init__("The connection to the database was lost; what wasn't confirmed wasn't written.")


def explaining(connection: psycopg.Connection[Any] | None, action: Callable[[], Made]) -> Made:
    """Do it; turn psycopg's errors into ours. Their texts may hold addresses and bytes, and are dropped.

    A connection that was lost is closed, so that the next use sees it. None: it is only being made.
    """
    fault: WorkbenchError
    try:
        return action()
    except psycopg.Error as error:
        if connection is None:
            fault = _refused(error)
        elif connection.closed or (error.sqlstate or "").startswith(_LOST):
            connection.close()
            fault = LostError()
        else:
            fault = _explained(error)
    # Outside of the handler, and in no context manager, so that it doesn't drag the library's error along.
    raise fault


def _refused(error: psycopg.Error) -> WorkbenchError:
    said = re.sub(r'"[^"]*"', "", str(error)).lower()  # without the names of hosts and files; libpq gives no code
    if "certificate" in said or "ssl" in said:
        return InsecureTransportError(
            "The database's server can't be trusted; no password and no record was sent.",
            remedy="Check the host's name and the server's certificate; sslrootcert=FILE names its authority.",
        )
    return StoreError(
        "The database can't be reached, or doesn't let you in.",
        remedy="Check the address, the user and the password, and whether the server runs.",
    )


def _explained(error: psycopg.Error) -> WorkbenchError:
    state = error.sqlstate or ""
    if state in _TEAM:
        kind, reason, remedy = _TEAM[state]
        return kind(reason, remedy=remedy)
    if state == "25006":  # read_only_sql_transaction
        return read_only_error()
    for states, reason, remedy in _REASONS:
        if state.startswith(states):
            return StoreError(reason, remedy=remedy)
    return StoreError("The store could not be read or written.", remedy="Look into the server's log.")


# SQLSTATEs and their classes: postgresql.org/docs/current/errcodes-appendix.html

_LOST = ("08", "57P", "25P03")  # connection exceptions, shutdowns, idle in a transaction for too long

_REASONS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (
        ("55P03", "57014", "40"),  # lock not available, cancelled by a timeout, deadlock or serialisation
        "Another kernel keeps the store busy.",
        "Wait for it, or close that notebook.",
    ),
    (("53100",), "The server's disk is full; nothing was written.", "Free some space there, then try again."),
    (("53", "54"), "The server has no more room for this; nothing was written.", "Ask whoever runs it."),
    (("42501",), "The database's user isn't allowed to do this.", "Ask whoever runs the server for the right."),
    (("XX",), "The server says that the database is damaged.", "Restore it from a backup."),
)

# Raised by the functions of workbench/storage/team/sql.
_TEAM: dict[str, tuple[type[WorkbenchError], str, str]] = {
    "WB001": (
        PermissionDeniedError,
        "The server lets no role of this login do that.",
        "Ask whoever set the team up for a role that allows it.",
    ),
    "WB002": (
        PermissionDeniedError,
        "The server refuses this for oneself, for another, or with a role that wasn't granted.",
        "Ask an admin; a privileged role takes two people, neither of whom receives it.",
    ),
    "WB003": (
        NotFoundError,
        "There is no such member, or no such request that is open.",
        "Look at 'workbench team status'; a request is open for 30 minutes.",
    ),
    "WB004": (
        PermissionDeniedError,
        "Whoever audits is neither admin nor privacy officer, and no admin composes.",
        "Revoke the other role first.",
    ),
}
