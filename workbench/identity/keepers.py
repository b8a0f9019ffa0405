"""Who may keep halves of others' keys for break-glass, and on which side: a privacy officer and an admin, together."""

from collections.abc import Iterable

from workbench.crypto import Right
from workbench.identity.roles import scopes

_SIDES = {"privacy officer": Right.FIRST_HALF, "admin": Right.SECOND_HALF}


def side_of(roles: Iterable[str]) -> Right | None:
    """Return which half an account of these roles may keep; nothing for who may keep none.

    One that is both is on the first side alone: a pair is always two accounts, of two roles (R06).
    """
    held = tuple(roles)
    if "all" not in scopes("break-glass:approve", roles=held):
        return None
    return next((side for role, side in _SIDES.items() if role in held), None)
