"""Which roles need a second factor, and what an account without one may still do: set one up.

A role that oversees others always needs one: an authenticator app, or the secret of the device (in team mode: the
server's share) mixed into the key. An authenticator app can be asked of any role besides, by whoever sets the workbench
up: ``Workbench.open(…, app_for=("researcher",))``, or the variable ``WORKBENCH_APP_FOR``, which a Hub hands to every
kernel and which can only ask for more. *Advisory* on a laptop; in team mode the *server* gives its half of the key for
a code, once a member has enrolled one (``workbench team enrol``).
"""

import os
from collections.abc import Iterable

from workbench.errors import InputError, PermissionDeniedError
from workbench.identity import PRIVILEGED, ROLES

VARIABLE = "WORKBENCH_APP_FOR"
WITHOUT = frozenset(("account:self", "account:factors"))
"""What an account may do that has yet to set up its second factor."""


def roles_with_app(named: Iterable[str]) -> frozenset[str]:
    """Return the roles that need an authenticator app: those named, and those of the environment.

    Raises
    ------
    InputError
        When one isn't in the table: a requirement that is misspelt must not be dropped in silence.
    """
    asked = (named,) if isinstance(named, str) else tuple(named)
    extra = (part.strip() for part in os.environ.get(VARIABLE, "").split(","))
    roles = frozenset((*asked, *(part for part in extra if part)))
    if not roles <= set(ROLES):
        raise InputError(
            "An authenticator app is asked of a role that there is not.", remedy=f"Choose from: {', '.join(ROLES)}."
        )
    return roles


def require_factor(
    permission: str, *, roles: Iterable[str], app_for: frozenset[str], has_app: bool, is_bound: bool
) -> None:
    """Return when the account has the factors that its roles need, or only sees to itself.

    Parameters
    ----------
    permission : str
        What it would do.
    roles : iterable of str
        Its roles.
    app_for : frozenset of str
        Of `roles_with_app`.
    has_app : bool
        Whether an authenticator app is enrolled.
    is_bound : bool
        Whether its passphrase opens it on a device that has the secret alone.

    Raises
    ------
    PermissionDeniedError
        When a factor is missing.
    """
    held = set(roles)
    needs_app, needs_any = bool(held & app_for), bool(held & PRIVILEGED)
    if permission in WITHOUT or has_app or not (needs_app or (needs_any and not is_bound)):
        return
    raise PermissionDeniedError(
        "A role of this account takes a second factor, and there is none.",
        remedy="Set up an authenticator app: in the account panel, or with session.factors.enrol().",
    )
