"""Which vaults an account keeps, by its roles: a session holds no key for a kind of record that they don't need."""

from collections.abc import Iterable

from workbench.crypto import Kind
from workbench.identity.roles import scopes

_ALWAYS = (Kind.PROFILE, Kind.AUDIT_ENTRY)
_BY_PERMISSION = {Kind.TURN: "prompt:create", Kind.USAGE_EVENT: "usage:read"}


def kinds_of(roles: Iterable[str]) -> frozenset[Kind]:
    """Return the kinds of records that an account of these roles writes and reads of its own."""
    held = tuple(roles)
    return frozenset(_ALWAYS) | {
        kind for kind, permission in _BY_PERMISSION.items() if "own" in scopes(permission, roles=held)
    }
