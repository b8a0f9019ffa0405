"""R10: each precondition of team mode, seen from a Hub's configuration or from a kernel: pass, fail or unknown."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from workbench.jupyter.hub_checks import REMEDIES, check_config, check_kernel, writable_folders

DOCUMENTED = Path(__file__).parents[2] / "docs/hub/jupyterhub_config.py"
KERNEL = {
    "JUPYTERHUB_USER": "ada",
    "JUPYTERHUB_API_URL": "https://127.0.0.1:8081/hub/api",
    "JUPYTERHUB_PUBLIC_URL": "https://ada.hub.example/user/ada/",
    "JUPYTERHUB_PUBLIC_HUB_URL": "https://hub.example/hub/",
    "JUPYTERHUB_SSL_CERTFILE": "/c",
    "JUPYTERHUB_SSL_KEYFILE": "/k",
    "JUPYTERHUB_SSL_CLIENT_CA": "/a",
    "JUPYTERHUB_DISABLE_USER_CONFIG": "1",
    "WORKBENCH_STORE": "postgresql://ada@/workbench?host=/run/postgresql",
}


@pytest.fixture
def c():
    """Return the documented configuration, to be spoilt."""
    return PyFileConfigLoader(str(DOCUMENTED)).load_config()


def outcomes(checks):
    assert [check.name for check in checks] == list(REMEDIES)
    for check in checks:
        assert bool(check.remedy) == (check.outcome != "pass")
    return {check.name: check.outcome for check in checks}


def test_the_documented_configuration_fails_nothing_and_says_what_it_cannot_know(c):
    """R10: what a file can't tell, who owns a folder and what the identity provider asks for, is unknown."""
    unknown = {"environment", "mfa"}
    assert outcomes(check_config(c)) == {name: "unknown" if name in unknown else "pass" for name in REMEDIES}


def test_a_configuration_that_says_nothing_passes_nothing_that_has_to_be_said():
    """R10: JupyterHub's own defaults meet hardly any of them."""
    found = outcomes(check_config(Config()))
    assert {name for name, outcome in found.items() if outcome == "pass"} == {"accounts", "access"}
    assert {name for name, outcome in found.items() if outcome == "fail"} == {
        *("subdomains", "internal_ssl", "user_config", "token", "login")
    }


def _set(section, **traits):
    return lambda c: c[section].update(traits)


def _role(*scopes):
    return lambda c: c.JupyterHub.load_roles.append({"name": "helper", "scopes": [*scopes], "groups": ["class-A"]})


SPOILT = {
    "no subdomains": ("subdomains", _set("JupyterHub", subdomain_host="")),
    "subdomains in clear": ("subdomains", _set("JupyterHub", subdomain_host="http://hub.example")),
    "internal traffic in clear": ("internal_ssl", _set("JupyterHub", internal_ssl=False)),
    "people's own configuration": ("user_config", _set("Spawner", disable_user_config=False)),
    "... of a spawner in particular": ("user_config", _set("LocalProcessSpawner", disable_user_config=False)),
    "a login shell first": ("environment", _set("LocalProcessSpawner", shell_cmd=["bash", "-l", "-c"])),
    "one account for all": ("accounts", _set("JupyterHub", spawner_class="simple")),
    "... by its class": (
        "accounts",
        _set("JupyterHub", spawner_class="jupyterhub.spawner.SimpleLocalProcessSpawner"),
    ),
    "a Hub admin": ("access", _set("Authenticator", admin_users={"olga"})),
    "... of an authenticator in particular": ("access", _set("GenericOAuthenticator", admin_groups={"staff"})),
    "a service that is the Hub's admin": ("access", _set("JupyterHub", services=[{"name": "cull", "admin": True}])),
    "the Hub's own role for a group": (
        "access",
        lambda c: c.JupyterHub.load_roles.append({"name": "admin", "groups": ["staff"]}),
    ),
    "everybody's servers": ("access", _role("access:servers")),
    "a class's servers": ("access", _role("access:servers!group=class-A")),
    "one person's server": ("access", _role("list:users", "access:servers!user=ada")),
    "everybody's tokens": ("access", _role("tokens")),
    "sharing servers": ("access", _role("shares!group=class-A")),
    "users' administration": ("access", _role("admin:users")),
    "who is in which group": ("access", _role("groups")),
    "... for every user": ("access", _set("JupyterHub", extra_user_scopes=["access:servers"])),
    "a token for everything": ("token", _set("Spawner", server_token_scopes=["inherit"])),
    "a token that lists users": (
        "token",
        _set("Spawner", server_token_scopes=["users:activity!user", "list:users"]),
    ),
    "a token by default": ("token", _set("Spawner", server_token_scopes=[])),
    "one login role": (
        "login",
        _set("Spawner", environment={"WORKBENCH_STORE": "postgresql://team@/workbench"}),
    ),
    "no store": ("login", _set("Spawner", environment={})),
    "any password": ("mfa", _set("JupyterHub", authenticator_class="dummy")),
    "one password": ("mfa", _set("JupyterHub", authenticator_class="shared-password")),
}


@pytest.mark.parametrize(("name", "spoil"), SPOILT.values(), ids=SPOILT)
def test_what_is_not_met_fails_and_nothing_else_changes(c, name, spoil):
    """R10: each precondition by itself."""
    before = outcomes(check_config(c))
    spoil(c)
    assert outcomes(check_config(c)) == before | {name: "fail"}


@pytest.mark.parametrize(
    "scope", ["access:servers!user", "access:servers!server", "shares!user", "read:users!group=class-A"]
)
def test_ones_own_server_is_ones_own(c, scope):
    """R10: what is filtered to the holder opens nobody else's."""
    _role(scope)(c)
    assert outcomes(check_config(c))["access"] == "pass"


def test_what_only_a_running_hub_knows_is_unknown(c):
    """R10: a function that decides at each start, a spawner that isn't known here, roles from elsewhere."""
    c.Spawner.server_token_scopes = lambda spawner: ["inherit"]
    c.JupyterHub.spawner_class = "example.MoonSpawner"
    c.GenericOAuthenticator.manage_roles = True
    found = outcomes(check_config(c))
    assert (found["token"], found["accounts"], found["access"]) == ("unknown", "unknown", "unknown")


def test_what_is_only_added_to_a_default_counts_too():
    c = Config()
    c.Spawner.environment.update({"WORKBENCH_STORE": lambda spawner: spawner.user.name})
    c.Spawner.server_token_scopes.extend(["users:activity!user"])
    c.JupyterHub.load_roles.append({"name": "helper", "scopes": ["access:servers"]})
    found = outcomes(check_config(c))
    assert (found["login"], found["token"], found["access"]) == ("pass", "pass", "fail")


def test_a_kernel_of_a_sound_hub_sees_what_it_can_see():
    """R10: whether others' servers can be opened, and what the identity provider asks for, it can't."""
    unknown = {"accounts", "access", "token", "mfa"}
    found = outcomes(check_kernel(KERNEL, writable=()))
    assert found == {name: "unknown" if name in unknown else "pass" for name in REMEDIES}


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("subdomains", {"JUPYTERHUB_PUBLIC_URL": "https://hub.example/user/ada/"}),
        ("subdomains", {"JUPYTERHUB_PUBLIC_URL": "http://ada.hub.example/user/ada/"}),
        ("subdomains", {"JUPYTERHUB_PUBLIC_URL": ""}),
        ("subdomains", {"JUPYTERHUB_PUBLIC_URL": "https://[::1"}),
        ("internal_ssl", {"JUPYTERHUB_API_URL": "http://127.0.0.1:8081/hub/api"}),
        ("internal_ssl", {"JUPYTERHUB_SSL_KEYFILE": ""}),
        ("user_config", {"JUPYTERHUB_DISABLE_USER_CONFIG": ""}),
        ("login", {"WORKBENCH_STORE": ""}),
        ("login", {"WORKBENCH_STORE": "postgresql://ada:secret@/workbench"}),
        ("login", {"WORKBENCH_STORE": "data/workbench.db"}),
    ],
)
def test_a_kernel_tells_what_its_hub_lacks(name, changes):
    """R10: the same preconditions, from what the Hub handed over."""
    assert outcomes(check_kernel(KERNEL | changes, writable=()))[name] == "fail"


def test_a_kernel_cannot_tell_whether_another_login_role_is_shared():
    assert outcomes(check_kernel(KERNEL | {"WORKBENCH_STORE": "postgresql://team@/workbench"}))["login"] == "unknown"


def test_a_server_that_its_user_can_write_to_fails():
    """R10: no user write to the server's environment."""
    assert outcomes(check_kernel(KERNEL, writable=[Path("/opt/workbench/bin")]))["environment"] == "fail"
    assert outcomes(check_kernel(KERNEL, writable=None))["environment"] == "unknown"


def test_the_folders_that_can_be_written_to_are_found(tmp_path, monkeypatch):
    assert writable_folders(tmp_path) is None, "no server runs from it"
    packages = tmp_path / "lib/python3.11/site-packages"
    for folder in (tmp_path / "bin", packages):
        folder.mkdir(parents=True)
    (tmp_path / "bin/jupyterhub-singleuser").touch()
    assert set(writable_folders(tmp_path)) == {tmp_path, tmp_path / "bin", packages}
    monkeypatch.setattr(os, "access", lambda path, mode: path == packages)  # the tests may run as root
    assert writable_folders(tmp_path) == (packages,)


def test_the_documented_address_names_each_persons_login_role_and_no_secret(c):
    """R10, R07: never a shared one."""
    store = c.Spawner.environment["WORKBENCH_STORE"]
    for name, login in {"ada": "ada", "o'hara@example": "o%27hara%40example"}.items():
        assert store(SimpleNamespace(user=SimpleNamespace(name=name))).startswith(f"postgresql://{login}@/workbench")
