"""R09: the configuration that an operator copies, held against JupyterHub's own words and our table."""

import re
import textwrap
from pathlib import Path

import pytest
from jupyterhub.scopes import _check_scopes_exist, define_custom_scopes
from traitlets.config.loader import PyFileConfigLoader

from workbench.identity import ROLES, table
from workbench.jupyter.hub import identity_of
from workbench.jupyter.hub_checks import REMEDIES

CONFIG = Path(__file__).parents[2] / "docs/hub/jupyterhub_config.py"


@pytest.fixture(scope="module")
def c():
    return PyFileConfigLoader(str(CONFIG)).load_config()


def test_its_roles_are_the_rows_of_our_table(c):
    """R09: a Hub role ``wb-<role>``, held by the group of that name, with a scope for each permission of the role."""
    specs = {spec["name"]: spec for spec in c.JupyterHub.load_roles}
    roles = {f"wb-{role.replace(' ', '-')}": role for role in ROLES if role != "owner"}
    assert {name for name in specs if name.startswith("wb-")} == set(roles)
    for name, role in roles.items():
        assert specs[name]["groups"] == [name]
        assert name in c.JupyterHub.load_groups
        identity = identity_of({"kind": "user", "name": "x", "groups": [name], "scopes": specs[name]["scopes"]})
        assert identity.roles == {role}
        assert identity.permissions == {permission for permission, rule in table().items() if role in rule.scopes}
        assert len(specs[name]["scopes"]) == len(identity.permissions)


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


def test_the_pages_lines_run_and_print_an_outcome_for_each_precondition(capsys):
    """R10: what an operator is told to run."""
    blocks = re.findall(r"```python\n(.*?)```", CONFIG.with_name("README.md").read_text(), re.DOTALL)
    for block in blocks:
        exec(textwrap.dedent(block).replace("/etc/jupyterhub/jupyterhub_config.py", str(CONFIG)), {})  # noqa: S102
        printed = [line.split()[:2] for line in capsys.readouterr().out.splitlines()]
        assert [name for _, name in printed] == list(REMEDIES)
        assert {outcome for outcome, _ in printed} <= {"pass", "fail", "unknown"}
    assert len(blocks) == 2


def test_the_page_names_every_precondition():
    table = re.findall(r"^\| `(\w+)`:", CONFIG.with_name("README.md").read_text(), re.MULTILINE)
    assert table == list(REMEDIES)
