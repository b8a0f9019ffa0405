"""The one table of roles: role × permission × scope × layer, read from ``roles.csv``. What it doesn't list is denied.

Each permission names the layer that holds on a laptop and in team mode. *crypto*: a session without it holds no key for
it. *server*: PostgreSQL decides. *advisory*: this code decides, in the user's own kernel. R01; ASVS 8.1.1, 8.2.1.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal, get_args

from workbench.errors import PermissionDeniedError

Role = Literal["owner", "researcher", "analyst", "educator", "student", "auditor", "privacy officer", "admin"]
Scope = Literal["own", "project", "class", "sample", "request", "aggregate", "all"]
Layer = Literal["crypto", "server", "advisory"]
Permission = str
"""A name of the table's first column; `require` refuses any other."""

SCOPES: tuple[Scope, ...] = get_args(Scope)
_EXCLUDED = {"auditor": {"admin", "privacy officer"}, "admin": {"researcher", "educator", "student"}}
PRIVILEGED = frozenset(("auditor", "privacy officer", "admin"))
"""Roles that need a second factor always, and a second person to be granted."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table.

    Parameters
    ----------
    permission : str
        What it allows.
    laptop, team : Layer
        What enforces it, in a file of one's own and in a PostgreSQL set up by ``workbench team init``.
    needs_step_up : bool
        Whether it takes a fresh proof of who one is, for each single action (A20).
    approval : str
        Whose approval it takes besides; empty for nobody's.
    scopes : Mapping of str to frozenset of Scope
        Role → whose records; a role that isn't there has none.
    """

    permission: Permission
    laptop: Layer
    team: Layer
    needs_step_up: bool
    approval: str
    scopes: Mapping[str, frozenset[Scope]]


@cache
def table() -> Mapping[Permission, Rule]:
    """Return the table, by permission."""
    text = files("workbench.identity").joinpath("roles.csv").read_text(encoding="utf-8")
    return MappingProxyType({row["permission"]: _rule(row) for row in csv.DictReader(text.splitlines())})


def _rule(row: dict[str, str]) -> Rule:
    laptop: Any = row["laptop"]  # a test reads every cell of the file
    team: Any = row["team"]
    return Rule(
        permission=row["permission"],
        laptop=laptop,
        team=team,
        needs_step_up=row["step_up"] == "yes",
        approval="" if row["approval"] == "-" else row["approval"],
        scopes=MappingProxyType({role: _scopes(row[role]) for role in get_args(Role) if row[role] != "-"}),
    )


def _scopes(cell: str) -> frozenset[Scope]:
    return frozenset(scope for scope in SCOPES if scope in cell.split("+"))


ROLES: tuple[str, ...] = get_args(Role)
"""Every role. A laptop's first account is its owner, who is all of them in one."""


def scopes(permission: Permission, *, roles: Iterable[str]) -> frozenset[Scope]:
    """Return whose records these roles may act on; empty for nobody's, and for what isn't in the table."""
    rule = table().get(permission)
    if rule is None:
        return frozenset()
    return frozenset(scope for role in roles for scope in rule.scopes.get(role, frozenset()))


def require(permission: Permission, *, roles: Iterable[str], scope: Scope | None = None) -> None:
    """Return when one of the roles allows it.

    Parameters
    ----------
    permission : str
        Which.
    roles : iterable of str
        Whose.
    scope : Scope, optional
        On whose records; any, when it isn't said.

    Raises
    ------
    PermissionDeniedError
        When none does; an unknown role allows nothing, and nobody has an unknown permission.
    """
    allowed = scopes(permission, roles=roles)
    if not allowed or (scope is not None and scope not in allowed):
        whose = f" on records of scope '{scope}'" if allowed else ""
        raise PermissionDeniedError(f"None of this account's roles allows {permission}{whose}.")


def check_roles(roles: Iterable[str]) -> tuple[str, ...]:
    """Return roles that one account may hold together, each once.

    Static separation of duties (R04): an auditor audits neither their own administration nor their own releases, and an
    admin writes nothing that would need a content key. A laptop's owner is all in one, whatever stands beside it.

    Raises
    ------
    PermissionDeniedError
        When there is none, one isn't in the table, or two exclude each other.
    """
    chosen = tuple(dict.fromkeys((roles,) if isinstance(roles, str) else roles))
    if not chosen or any(role not in ROLES for role in chosen):
        raise PermissionDeniedError("A role isn't in the table.", remedy=f"Choose from: {', '.join(ROLES)}.")
    for role in () if "owner" in chosen else chosen:
        for other in sorted(_EXCLUDED.get(role, set()) & set(chosen)):
            raise PermissionDeniedError(
                f"One account can't be {role} and {other}: the duties are kept apart.",
                remedy="Make a second account for the other role.",
            )
    return chosen
