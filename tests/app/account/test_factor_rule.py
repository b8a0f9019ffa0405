"""Which roles need a second factor (item 2 of issue 4; A15)."""

import time

import pytest

from workbench.app import Workbench
from workbench.app.account.factor_rule import VARIABLE, require_factor, roles_with_app
from workbench.crypto import STEP_SECONDS, one_time_code
from workbench.errors import InputError, PermissionDeniedError
from workbench.identity import PRIVILEGED, ROLES


def allows(permission="audit:read", *, roles, app_for=(), has_app=False, is_bound=True):
    try:
        require_factor(permission, roles=roles, app_for=frozenset(app_for), has_app=has_app, is_bound=is_bound)
    except PermissionDeniedError:
        return False
    return True


@pytest.mark.parametrize("role", ROLES)
def test_a_privileged_role_always_needs_a_second_factor_and_either_will_do(role):
    assert allows(roles=(role,), is_bound=True)
    assert allows(roles=(role,), is_bound=False, has_app=True)
    assert allows(roles=(role,), is_bound=False) == (role not in PRIVILEGED)


def test_an_app_can_be_asked_of_any_role_and_the_devices_secret_is_none():
    assert not allows(roles=("researcher",), app_for=("researcher",))
    assert not allows(roles=("student", "researcher"), app_for=("researcher",))
    assert allows(roles=("researcher",), app_for=("researcher",), has_app=True)
    assert allows(roles=("student",), app_for=("researcher",))


def test_who_has_none_yet_can_set_one_up():
    for permission in ("account:self", "account:factors"):
        assert allows(permission, roles=("admin",), app_for=("admin",), is_bound=False)


def test_the_environment_asks_for_more_and_never_for_less(monkeypatch):
    monkeypatch.setenv(VARIABLE, "analyst, privacy officer")
    assert roles_with_app(("researcher",)) == {"researcher", "analyst", "privacy officer"}
    assert roles_with_app("researcher") == {"researcher", "analyst", "privacy officer"}
    monkeypatch.setenv(VARIABLE, "reseacher")
    with pytest.raises(InputError):
        roles_with_app(())


def test_a_session_without_the_app_that_its_role_needs_sees_to_itself_alone(tmp_path, passphrase):
    bench = Workbench.open(tmp_path / "bench.db", app_for=("researcher",))
    bench.create_account("ada", passphrase=passphrase, roles=("researcher",))
    session = bench.sign_in("ada", passphrase=passphrase)
    with pytest.raises(PermissionDeniedError, match="second factor"):
        session.ask("rain")
    enrolment = session.factors.enrol()
    code = one_time_code(enrolment.key, step=int(time.time() // STEP_SECONDS)).decode()
    session.factors.activate(code, passphrase=passphrase)
    assert session.ask("rain").text
    assert "authz_fail" in session.audit.frame().event.tolist()
    session.lock()
    bench.close()


def test_without_a_devices_secret_an_auditor_needs_an_app(tmp_path, passphrase, store_of_ada):
    """A recovery from a copied store binds to the new device; a store opened without any device binds to none."""
    bench = Workbench.open(tmp_path / "bench.db")
    loose = Workbench(bench._database, device=None)
    loose.create_account("otto", passphrase=passphrase, roles=("auditor",))
    session = loose.sign_in("otto", passphrase=passphrase)
    with pytest.raises(PermissionDeniedError, match="second factor"):
        session.audit.frame()
    assert session.factors.status().has_device_secret is False
    session.lock()
    bench.close()
