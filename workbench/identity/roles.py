"""The one table of roles: what each may do. What it doesn't list is denied.

On a laptop this table is *advisory*: the code runs in the user's own kernel. What holds there against others is
*crypto*: no account holds another's keys.
"""

from collections.abc import Iterable
from typing import Literal

from workbench.errors import PermissionDeniedError

Permission = Literal[
    "compose",
    "history:read",
    "history:delete",
    "usage:own",
    "audit:own",
    "credentials:own",
    "keys:rotate",
    "backup:create",
]

_EVERYONE: frozenset[Permission] = frozenset(("audit:own", "credentials:own"))
_EVERYTHING: frozenset[Permission] = _EVERYONE | {
    "compose",
    "history:read",
    "history:delete",
    "usage:own",
    "keys:rotate",
}

ROLES: dict[str, frozenset[Permission]] = {
    "owner": _EVERYTHING | {"backup:create"},
    "researcher": _EVERYTHING,
    "educator": _EVERYTHING,
    "student": _EVERYTHING,
    "analyst": _EVERYONE,
    "auditor": _EVERYONE,
    "privacy officer": _EVERYONE,
    "admin": _EVERYONE | {"backup:create"},
}
"""Role → permissions. A laptop's first account is its owner."""


def require(permission: Permission, *, roles: Iterable[str]) -> None:
    """Return when one of the roles allows it.

    Raises
    ------
    PermissionDeniedError
        When none does; an unknown role allows nothing.
    """
    if not any(permission in ROLES.get(role, frozenset()) for role in roles):
        raise PermissionDeniedError(f"None of this account's roles allows {permission}.")
