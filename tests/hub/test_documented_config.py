"""R09: the configuration that an operator copies, held against JupyterHub's own words and our table."""

from pathlib import Path

import pytest
from jupyterhub.scopes import _check_scopes_exist, define_custom_scopes
from traitlets.config.loader import PyFileConfigLoader

from workbench.identity import ROLES
from workbench.jupyter.hub import identity_of

CONFIG = Path(__file__).parents[2] / "docs/hub/jupyterhub_config.py"


@pytest.fixture(scope="module")
def c():
    return PyFileConfigLoader(str(CONFIG)).load_config()


def test_its_roles_are_the_rows_of_our_table(c):
    """R09: a Hub role ``wb-<role>``, held by the group of that name, with one scope for each permission of the row."""
    for role, row in ROLES.items():
        name = f"wb-{role.replace(' ', '-')}"
        held = [spec for spec in c.JupyterHub.load_roles if spec["name"] == name]
        if role == "owner":
            assert held == []
            continue
        (spec,) = held
        assert spec["groups"] == [name]
        assert name in c.JupyterHub.load_groups
        said = {"kind": "user", "name": "ada", "groups": [name], "scopes": spec["scopes"]}
        identity = identity_of(said)
        assert (identity.roles, identity.permissions) == ({role}, row)
        assert len(spec["scopes"]) == len(row)


def test_its_scopes_are_such_as_jupyterhub_takes(c):
    """R09: they begin with ``custom:`` and are in lower case; JupyterHub itself judges them."""
    define_custom_scopes(c.JupyterHub.custom_scopes)
    scopes = [scope for role in c.JupyterHub.load_roles for scope in role["scopes"]]
    _check_scopes_exist([*scopes, *c.Spawner.server_token_scopes], who_for="the tests")
    assert not [scope for scope in scopes if "*" in scope]


def test_a_class_is_seen_by_those_who_teach_it(c):
    """R09: class scoping, ``read:users!group=class-A``."""
    (spec,) = (spec for spec in c.JupyterHub.load_roles if spec["name"] == "teaches-a")
    assert spec["scopes"] == ["list:users!group=class-A", "read:users!group=class-A"]
    assert c.JupyterHub.load_groups["teaches-A"] == {"users": ["edith"]}
    assert set(c.JupyterHub.load_groups["class-A"]["users"]) == {"bob", "edith"}


def test_a_servers_token_can_tell_that_it_lives_and_who_its_user_is(c):
    """R09: activity, ``read:users:groups!user``, and our own scopes, which open nothing of the Hub; never inherit."""
    others = [scope for scope in c.Spawner.server_token_scopes if not scope.startswith("custom:workbench:")]
    assert others == ["users:activity!user", "read:users:groups!user"]
