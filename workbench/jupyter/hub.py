"""Who a JupyterHub says is signed in, and which roles of the workbench that makes them.

A group ``wb-<role>`` gives a role; a scope ``custom:workbench:<permission>`` gives nothing by itself: it is what the
Hub allows of that role's row. Being the Hub's admin gives neither. What a kernel learns here is *advisory*, as all code
in it is; the *server* layer is the database, which knows its user by a login role and asks no kernel.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from workbench.errors import HubError
from workbench.identity import ROLES, Permission, check_roles, scopes, table

GROUP_PREFIX: Final = "wb-"
SCOPE_PREFIX: Final = "custom:workbench:"
"""Since JupyterHub 3 a scope of one's own begins with ``custom:`` and has lower-case letters only."""
CLASS_PREFIX: Final = "class-"
STORE_VARIABLE: Final = "WORKBENCH_STORE"
"""Where the Hub says which store this user's is."""


def group_of(role: str) -> str:
    """Return the Hub's group for a role: ``wb-privacy-officer`` for ``privacy officer``."""
    return GROUP_PREFIX + role.replace(" ", "-")


# A laptop's one account is its owner; on a Hub no one may hold every role (separation of duties).
_ROLE_OF_GROUP: Final = {group_of(role): role for role in ROLES if role != "owner"}


@dataclass(frozen=True, slots=True)
class HubIdentity:
    """Who is signed in, as the Hub says it.

    Parameters
    ----------
    name : str
        The Hub's name for the person.
    roles : frozenset of str
        Of `workbench.identity.ROLES`, from the groups.
    scopes : frozenset of str
        Permissions of that table that the Hub lets this server use.
    groups : frozenset of str
        Every group of the Hub that the person is in.
    """

    name: str = field(repr=False)
    roles: frozenset[str]
    scopes: frozenset[Permission]
    groups: frozenset[str] = field(repr=False)

    @property
    def permissions(self) -> frozenset[Permission]:
        """What both the table and the Hub's scopes allow, each on some records: either of them alone denies."""
        return frozenset(permission for permission in self.scopes if scopes(permission, roles=self.roles))

    @property
    def classes(self) -> frozenset[str]:
        """The classes whose group the person is in: ``A`` for ``class-A``."""
        return frozenset(
            name for group in self.groups if group.startswith(CLASS_PREFIX) and (name := group[len(CLASS_PREFIX) :])
        )


def hub_identity(environment: Mapping[str, str] | None = None) -> HubIdentity:
    """Ask the Hub that started this server who is signed in.

    Parameters
    ----------
    environment : mapping, optional
        What the Hub handed over: JUPYTERHUB_API_URL, JUPYTERHUB_API_TOKEN, JUPYTERHUB_USER, and with internal_ssl the
        three JUPYTERHUB_SSL_ files; by default this process's.

    Raises
    ------
    HubError
        When no Hub started this server, it can't be reached, doesn't take the token, or answers something else.
    InsecureTransportError
        When the connection can't be trusted; the token wasn't sent.
    PermissionDeniedError
        When it gives roles that one person may not hold together.
    """
    from workbench.generation.hub_client import ClientCertificate, ask_hub  # noqa: PLC0415 - loads an HTTP client

    # The environment holds the token: a traceback that shows this frame's values shows names of files and no more.
    api_url = _said(environment, "JUPYTERHUB_API_URL")
    if not api_url:
        raise HubError(
            "No Hub started this server, so none can say who is signed in.",
            remedy="Open the workbench from the Hub's home page; on a laptop, use Workbench.open().",
        )
    certificate, key = _said(environment, "JUPYTERHUB_SSL_CERTFILE"), _said(environment, "JUPYTERHUB_SSL_KEYFILE")
    authority = _said(environment, "JUPYTERHUB_SSL_CLIENT_CA")
    model = ask_hub(
        api_url,
        token=lambda: _said(environment, "JUPYTERHUB_API_TOKEN"),
        ca_bundle=Path(authority) if authority else None,
        client_certificate=ClientCertificate(Path(certificate), Path(key)) if certificate and key else None,
    )
    identity = identity_of(model)
    if identity.name != (_said(environment, "JUPYTERHUB_USER") or identity.name):
        raise HubError("The Hub's answer is about somebody else than this server's user.")
    return identity


def identity_of(model: object) -> HubIdentity:
    """Read a user's model, as ``GET /hub/api/user`` of JupyterHub 3 and later has it; what isn't known gives nothing.

    Raises
    ------
    HubError
        When it isn't one, or is a service's.
    PermissionDeniedError
        When the groups give roles that one person may not hold together (R04).
    """
    if not isinstance(model, dict) or model.get("kind") != "user":
        raise _unreadable()
    name, groups, granted = model.get("name"), _texts(model.get("groups")), _texts(model.get("scopes"))
    if not isinstance(name, str) or not name:
        raise _unreadable()
    roles = frozenset(role for group, role in _ROLE_OF_GROUP.items() if group in groups)
    return HubIdentity(
        name=name,
        roles=frozenset(check_roles(roles)) if roles else roles,
        scopes=frozenset(permission for permission in table() if SCOPE_PREFIX + permission in granted),
        groups=groups,
    )


def store_address(environment: Mapping[str, str] | None = None) -> str:
    """Return the address of this user's store, as the Hub handed it over, for `Workbench.open`.

    Raises
    ------
    HubError
        When it handed over none: a kernel never falls back on another.
    """
    address = _said(environment, STORE_VARIABLE)
    if not address:
        raise HubError(
            "The Hub handed no store to this server.",
            remedy=f"Ask who runs the Hub to set {STORE_VARIABLE} in c.Spawner.environment; docs/hub/README.md has it.",
        )
    return address


def _said(environment: Mapping[str, str] | None, name: str) -> str:
    return (os.environ if environment is None else environment).get(name, "")


def _texts(values: object) -> frozenset[str]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise _unreadable()
    return frozenset(values)


def _unreadable() -> HubError:
    return HubError(
        "What the Hub answered is no user's model.", remedy="It takes JupyterHub 3 or newer; ask who runs it."
    )
