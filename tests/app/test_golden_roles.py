"""The golden table of roles, cell by cell, through real sessions on SQLite and PostgreSQL (R01)."""

import csv
from pathlib import Path

import pytest
from storage.attacker import quick_derivation

from workbench.app import Workbench
from workbench.errors import PermissionDeniedError, StepUpRequiredError
from workbench.identity import ROLES, table
from workbench.identity.roles import SCOPES

GOLDEN = Path(__file__).parents[1] / "identity" / "golden_roles.csv"
CELLS = [(permission, scope) for permission in table() for scope in SCOPES]


@pytest.fixture(params=["sqlite", "postgresql"])
def bench(request, tmp_path, passphrase):
    """Return a store with one account of each role, named after it."""
    location = tmp_path / "roles.db"
    if request.param == "postgresql":
        location = request.getfixturevalue("postgres_server").url(request.getfixturevalue("postgres_name"))
    with quick_derivation():
        bench = Workbench.open(location)
        for role in ROLES:
            bench.create_account(role, passphrase=passphrase, roles=(role,))
        yield bench
    bench.close()


def test_each_session_does_what_the_golden_table_says_and_nothing_else(bench, passphrase):
    """R01: every permission and every scope of it, those that are denied too, and each denial in the audit log."""
    for role in ROLES:
        with GOLDEN.open(encoding="utf-8") as lines:
            golden = {(row["permission"], row["scope"]) for row in csv.DictReader(lines) if row["role"] == role}
        session = bench.sign_in(role, passphrase=passphrase)
        assert {cell for cell in CELLS if _is_allowed(session, *cell)} == golden
        denials = [entry for entry in session.audit.recent(days=1) if entry.event == "authz_fail"]
        assert len(denials) == len(CELLS) - len(golden)
        session.lock()


def _is_allowed(session, permission, scope):
    try:
        opened = session.opened(permission)
    except StepUpRequiredError:  # allowed, once whoever asks has proved who they are
        opened = session.opened("account:self")
    except PermissionDeniedError:
        return False
    try:
        opened.access.require_scope(permission, scope)
    except PermissionDeniedError:
        return False
    return True
