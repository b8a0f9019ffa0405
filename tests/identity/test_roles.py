import csv
from itertools import combinations
from pathlib import Path
from typing import get_args

import pytest

from workbench.errors import PermissionDeniedError
from workbench.identity import PRIVILEGED, ROLES, check_roles, kinds_of, require, scopes, table
from workbench.identity.roles import SCOPES, Layer

GOLDEN = Path(__file__).with_name("golden_roles.csv")
"""One line for each cell that allows something, written by hand from assurance.md, section 2."""


def golden():
    with GOLDEN.open(encoding="utf-8") as lines:
        return {(row["role"], row["permission"], row["scope"]) for row in csv.DictReader(lines)}


CELLS = [(role, permission, scope) for role in ROLES for permission in table() for scope in SCOPES]


def test_every_cell_is_the_golden_tables():
    """R01: role × permission × scope, all of them, those that deny too."""
    allowed = golden()
    assert len(CELLS) == len(ROLES) * len(table()) * len(SCOPES)
    assert allowed <= set(CELLS)
    wrong = []
    for role, permission, scope in CELLS:
        try:
            require(permission, roles=(role,), scope=scope)
            is_allowed = True
        except PermissionDeniedError:
            is_allowed = False
        if is_allowed != ((role, permission, scope) in allowed):
            wrong.append((role, permission, scope))
    assert wrong == []


@pytest.mark.parametrize("roles", [(), ("emperor",), ("",)])
def test_an_unknown_role_may_do_nothing(roles):
    """R01: default deny."""
    for permission in table():
        with pytest.raises(PermissionDeniedError):
            require(permission, roles=roles)


def test_an_unknown_permission_is_nobodys():
    """R01: default deny."""
    for role in ROLES:
        with pytest.raises(PermissionDeniedError):
            require("world:rule", roles=(role,))


def test_every_row_names_its_layers_and_has_no_scope_that_there_is_not():
    path = Path(__file__).parents[2] / "workbench" / "identity" / "roles.csv"
    with path.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == len(table()) > 35
    for row in rows:
        assert {row["laptop"], row["team"]} <= set(get_args(Layer))
        assert row["step_up"] in {"-", "yes"}
        for role in ROLES:
            assert row[role] == "-" or set(row[role].split("+")) <= set(SCOPES)


def test_content_and_keys_are_held_by_crypto_and_nothing_on_a_laptop_by_a_server():
    for rule in table().values():
        assert rule.laptop != "server"
        if rule.permission in {"content:read", "reid-map:read", "audit:read", "break-glass:request"}:
            assert rule.laptop == rule.team == "crypto"


@pytest.mark.parametrize("role", ["analyst", "auditor", "admin", "privacy officer"])
def test_roles_that_only_look_at_records_can_neither_compose_nor_read(role):
    for permission in ("prompt:create", "content:read", "content:delete", "content:share", "usage:read"):
        assert not scopes(permission, roles=(role,))
    assert {kind.name for kind in kinds_of((role,))} == {"PROFILE", "AUDIT_ENTRY"}


def test_duties_are_kept_apart():
    """R04: an auditor is no admin and no privacy officer; an admin has no role that writes content."""
    refused = set()
    for pair in combinations([role for role in ROLES if role != "owner"], 2):
        try:
            check_roles(pair)
        except PermissionDeniedError:
            refused.add(frozenset(pair))
    assert refused == {
        frozenset(("auditor", "admin")),
        frozenset(("auditor", "privacy officer")),
        *(frozenset(("admin", role)) for role in ("researcher", "educator", "student")),
    }


@pytest.mark.parametrize("roles", [(), ("emperor",), ("researcher", "emperor")])
def test_roles_that_there_are_not_are_refused(roles):
    with pytest.raises(PermissionDeniedError):
        check_roles(roles)


def test_actions_that_cannot_be_taken_back_need_a_step_up():
    """A20."""
    needing = {rule.permission for rule in table().values() if rule.needs_step_up}
    assert needing >= {
        "account:export",
        "account:erase",
        "account:factors",
        "reid-map:read",
        "role:grant",
        "break-glass:request",
        "break-glass:approve",
        "hold:place",
        "retention:edit",
        "keys:rotate",
        "config:edit",
    }


def test_who_oversees_others_is_privileged():
    assert {"auditor", "privacy officer", "admin"} == PRIVILEGED
