"""Which roles a new account gets: on a laptop those that are asked for, in a team those that its server granted."""

from collections.abc import Iterable

from workbench.errors import PermissionDeniedError
from workbench.storage import Database
from workbench.storage.team import granted_roles


def first_roles(database: Database, wanted: Iterable[str] | None, *, is_empty: bool) -> tuple[str, ...]:
    """Return the roles of a new account.

    Parameters
    ----------
    database : Database
        The store.
    wanted : iterable of str, optional
        Those that are asked for; when none are, an owner's, or in a team all that were granted.
    is_empty : bool
        Whether there is no account yet, in a team of this login.

    Raises
    ------
    PermissionDeniedError
        In a team, when the login has its account, or the server didn't grant it such a role.
    """
    asked = None if wanted is None else (wanted,) if isinstance(wanted, str) else tuple(wanted)
    if not database.is_team:
        return ("owner",) if asked is None else asked
    if not is_empty:
        raise PermissionDeniedError("This login has its account.", remedy="Sign in to it; each login has one.")
    granted = granted_roles(database)
    chosen = granted if asked is None else asked
    if not chosen or not set(chosen) <= set(granted):
        raise PermissionDeniedError(
            "The team's server didn't grant this login such a role.", remedy="Ask an admin: workbench team grant."
        )
    return chosen
