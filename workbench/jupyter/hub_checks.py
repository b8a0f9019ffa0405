"""Which preconditions of team mode a JupyterHub meets: seen from its configuration, or from one of its kernels.

Nothing is opened or asked: what is handed in decides. What can't be seen from there is unknown, never passed. Sources:
JupyterHub's page on web security (docs/source/explanation/websecurity.md), and its RBAC scopes.
"""

import os
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import SplitResult, urlsplit

from traitlets.config.loader import LazyConfigValue

from workbench.jupyter.hub import SCOPE_PREFIX, STORE_VARIABLE

Outcome = Literal["pass", "fail", "unknown"]

REMEDIES: Final = {
    "subdomains": 'Set c.JupyterHub.subdomain_host = "https://…", with a wildcard in DNS and in the certificate.',
    "internal_ssl": "Set c.JupyterHub.internal_ssl = True.",
    "user_config": "Set c.Spawner.disable_user_config = True.",
    "environment": "Run jupyterhub-singleuser by an absolute path, with no shell, from an environment that root owns.",
    "accounts": "Use a spawner that gives each person an account of the operating system, or a container.",
    "access": "Give nobody access:servers, or what leads to it, beyond !user and !server; have no Hub admins.",
    "token": "Set c.Spawner.server_token_scopes to users:activity!user and read:users:groups!user, never inherit.",
    "login": f"Let a function in c.Spawner.environment return {STORE_VARIABLE} with each person's own login role.",
    "mfa": "Let people log in at an identity provider that requires a second factor, and ask who runs it.",
}
"""Precondition → what to do when it isn't met, or isn't seen to be. The order is that of the reports."""

_NO_FACTOR: Final = frozenset({"dummy", "shared-password", "null", "DummyAuthenticator", "SharedPasswordAuthenticator"})
_ONE_ACCOUNT: Final = frozenset({"simple", "SimpleLocalProcessSpawner"})
_OWN_ACCOUNTS: Final = frozenset({"", "default", "localprocess", "LocalProcessSpawner", "SystemdSpawner", "systemd"})

_OPENING: Final = frozenset({"access:servers", "shares", "tokens", "admin:users", "admin:groups", "groups", "inherit"})
"""Scopes that open another's server, issue tokens for them, or put people into groups, and so into roles."""

_OWN_ONLY: Final = frozenset({"user", "server"})  # filters without a name: the holder's own

_OF_A_TOKEN: Final = frozenset({"users:activity!user", "read:users:groups!user", "read:users:name!user"})


@dataclass(frozen=True, slots=True)
class HubCheck:
    """What is known of one precondition.

    Parameters
    ----------
    name : str
        A key of `REMEDIES`.
    outcome : {"pass", "fail", "unknown"}
        Unknown means that it can't be seen from there.
    """

    name: str
    outcome: Outcome

    @property
    def remedy(self) -> str:
        """What to do next; empty for what passed."""
        return "" if self.outcome == "pass" else REMEDIES[self.name]


def check_config(config: Mapping[str, Mapping[str, Any]]) -> tuple[HubCheck, ...]:
    """Report each precondition, from the Hub's configuration as its operator loads it.

    Parameters
    ----------
    config : mapping
        Section → trait → value, as in ``traitlets.config.Config``.
    """
    hub = config.get("JupyterHub", {})
    return _report(
        {
            "subdomains": _passes(_is_https(_split(hub.get("subdomain_host")))),
            "internal_ssl": _passes(hub.get("internal_ssl") is True),
            "user_config": _of_all(_values(config, "Spawner", "disable_user_config"), lambda v: _passes(v is True)),
            "environment": "fail" if any(_values(config, "Spawner", "shell_cmd", [])) else "unknown",
            "accounts": _accounts(_class_name(hub.get("spawner_class"))),
            "access": _access(config, hub),
            "token": _of_all(_values(config, "Spawner", "server_token_scopes", []), _token),
            "login": _of_all(_values(config, "Spawner", "environment", {}), _login),
            "mfa": "fail" if _class_name(hub.get("authenticator_class")) in _NO_FACTOR else "unknown",
        }
    )


def check_kernel(environment: Mapping[str, str], *, writable: Collection[Path] | None = None) -> tuple[HubCheck, ...]:
    """Report each precondition, from what the Hub handed to a server and the server to its kernel.

    The user of the kernel can alter that: it is *advisory*, for a person who wants to know, not against one.

    Parameters
    ----------
    environment : mapping
        Such as ``os.environ``.
    writable : collection of Path, optional
        The folders of the server's programs that this user may write to: `writable_folders`. When it is left out, or
        None because these aren't the server's, it isn't known.
    """
    public, hub = _split(environment.get("JUPYTERHUB_PUBLIC_URL")), _split(environment.get("JUPYTERHUB_PUBLIC_HUB_URL"))
    is_apart = public.hostname != (hub.hostname or _split(environment.get("JUPYTERHUB_HOST")).hostname)
    is_verified = all(environment.get(f"JUPYTERHUB_SSL_{name}") for name in ("CERTFILE", "KEYFILE", "CLIENT_CA"))
    return _report(
        {
            "subdomains": _passes(_is_https(public) and is_apart),
            "internal_ssl": _passes(is_verified and _is_https(_split(environment.get("JUPYTERHUB_API_URL")))),
            "user_config": _passes(environment.get("JUPYTERHUB_DISABLE_USER_CONFIG") == "1"),
            "environment": "unknown" if writable is None else _passes(not writable),
            "login": _login_of(environment),
        }
    )


def writable_folders(prefix: Path | None = None) -> tuple[Path, ...] | None:
    """Return which folders of the server's programs and packages this process may write to.

    Parameters
    ----------
    prefix : Path, optional
        The environment to look at; by default this process's.

    Returns
    -------
    tuple of Path, or None
        None when ``jupyterhub-singleuser`` isn't in it: then the server runs from another.
    """
    root = Path(sys.prefix) if prefix is None else prefix
    if not (root / "bin" / "jupyterhub-singleuser").exists():
        return None
    folders = (root, root / "bin", *root.glob("lib/python*/site-packages"), *root.glob("etc/jupyter"))
    return tuple(folder for folder in folders if os.access(folder, os.W_OK))


def _report(outcomes: Mapping[str, Outcome]) -> tuple[HubCheck, ...]:
    return tuple(HubCheck(name, outcomes.get(name, "unknown")) for name in REMEDIES)


def _passes(holds: bool) -> Outcome:  # noqa: FBT001 - the one thing that it is about
    return "pass" if holds else "fail"


def _read(section: Mapping[str, Any], trait: str, default: Any) -> Any:
    """Return a trait's value; of one that was only added to, as ``c.X.y.append(…)`` does, default and addition."""
    value = section.get(trait, default)
    return value.get_value(default) if isinstance(value, LazyConfigValue) else value


def _values(config: Mapping[str, Mapping[str, Any]], kind: str, trait: str, default: Any = None) -> list[Any]:
    """Return a trait's value in each section of a class and its subclasses, of which each could be the one in use."""
    return [
        _read(section, trait, default) for name, section in config.items() if name.endswith(kind) and trait in section
    ]


def _of_all(values: list[Any], judge: Callable[[Any], Outcome]) -> Outcome:
    """Return the worst outcome; what is nowhere said fails, as JupyterHub's default would."""
    outcomes = {judge(value) for value in values} or {"fail"}
    return next(outcome for outcome in ("fail", "unknown", "pass") if outcome in outcomes)


def _accounts(spawner: str) -> Outcome:
    if spawner in _ONE_ACCOUNT:
        return "fail"
    return "pass" if spawner in _OWN_ACCOUNTS else "unknown"


def _access(config: Mapping[str, Mapping[str, Any]], hub: Mapping[str, Any]) -> Outcome:
    """Judge whom the configuration makes a Hub admin, and what its own roles grant."""
    roles, services = _read(hub, "load_roles", []), _read(hub, "services", [])
    admins = [
        *_values(config, "Authenticator", "admin_users", set()),
        *_values(config, "Authenticator", "admin_groups", set()),
        hub.get("admin_users"),
        *(service.get("admin") for service in services),
        *(role.get(kind) for role in roles if role.get("name") == "admin" for kind in ("users", "groups", "services")),
    ]
    granted = [*_read(hub, "extra_user_scopes", []), *(scope for role in roles for scope in role.get("scopes", ()))]
    if any(admins) or any(_opens(scope) for scope in granted):
        return "fail"
    return "unknown" if any(_values(config, "Authenticator", "manage_roles")) else "pass"


def _opens(scope: str) -> bool:
    name, _, chosen = scope.partition("!")
    return name in _OPENING and chosen not in _OWN_ONLY


def _token(scopes: Any) -> Outcome:
    if callable(scopes):
        return "unknown"
    if not isinstance(scopes, list | tuple) or not scopes:  # empty: JupyterHub's role "server" decides
        return "fail"
    return _passes(all(scope in _OF_A_TOKEN or scope.startswith(SCOPE_PREFIX) for scope in scopes))


def _login(environment: Any) -> Outcome:
    """Judge the variables of all servers: an address that is a text is the same for everybody."""
    return _passes(isinstance(environment, Mapping) and callable(environment.get(STORE_VARIABLE)))


def _login_of(environment: Mapping[str, str]) -> Outcome:
    address = _split(environment.get(STORE_VARIABLE))
    if address.scheme not in {"postgresql", "postgres"} or address.password is not None:
        return "fail"  # an environment is no place for a password: every program that is started inherits it
    return "pass" if address.username and address.username == environment.get("JUPYTERHUB_USER") else "unknown"


def _class_name(chosen: Any) -> str:
    """Return the last part of a class's name, however it was chosen."""
    text = chosen.__name__ if isinstance(chosen, type) else str(chosen or "")
    return text.rpartition(".")[2]


def _is_https(address: SplitResult) -> bool:
    return address.scheme == "https" and bool(address.hostname)


def _split(address: object) -> SplitResult:
    try:
        return urlsplit(address if isinstance(address, str) else "")
    except ValueError:  # half an IPv6 address
        return urlsplit("")
