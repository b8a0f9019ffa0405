"""Roles that the server knows: asked for by one, approved by another where they oversee others (R05)."""

from dataclasses import dataclass
from typing import Literal

from workbench.errors import InputError
from workbench.storage.engines.database import Database

ROLES = ("researcher", "analyst", "educator", "student", "auditor", "privacy officer", "admin")
"""What a team's member may be; one owner of everything there is on a laptop alone."""

Change = Literal["grant", "revoke", "rebind"]


@dataclass(frozen=True, slots=True)
class TeamRequest:
    """A change that waits for a second person.

    Parameters
    ----------
    number : int
        To approve it by.
    what : str
        ``grant``, ``revoke`` or ``rebind``.
    login : str
        Whom it is about.
    role : str or None
        Which; none for ``rebind``.
    requester : str
        The login that asked.
    seconds_left : int
        Until it has run out.
    """

    number: int
    what: str
    login: str
    role: str | None
    requester: str
    seconds_left: int


def granted_roles(database: Database) -> tuple[str, ...]:
    """Return the roles that the server knows this login to have."""
    ((roles,),) = database.rows("SELECT workbench_team.own_roles()")
    return tuple(roles)


def ask(database: Database, change: Change, login: str, role: str | None) -> int | None:
    """Ask for a change; return the number of the request, or nothing when it is done."""
    if role is not None and role not in ROLES:
        raise InputError("There is no role of that name in a team.", remedy=f"Choose from: {', '.join(ROLES)}.")
    ((number,),) = database.rows("SELECT workbench_team.ask_change(?::text, ?::name, ?::text)", (change, login, role))
    return None if number is None else int(number)


def approve(database: Database, number: int) -> None:
    """Approve what another asked for, within 30 minutes."""
    database.rows("SELECT workbench_team.approve_change(?::bigint)::text", (number,))


def open_requests(database: Database) -> list[TeamRequest]:
    """Return what waits for approval."""
    rows = database.rows(
        "SELECT number, what, login::text, role, requester::text, seconds_left FROM workbench_team.open_requests()"
    )
    return [TeamRequest(*row) for row in rows]
