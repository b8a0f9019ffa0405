"""Between whom content may be shared: researchers of a project, and a student with an educator; one way."""

from collections.abc import Iterable

from workbench.identity.roles import Scope, scopes

IN_A_CLASS = "student"
"""Whose work an educator may be shown; an educator's or a researcher's own isn't a class's."""


def share_scope(owner_roles: Iterable[str], reader_roles: Iterable[str]) -> Scope | None:
    """Return in which scope the one may let the other read their content; nothing where they may not.

    Parameters
    ----------
    owner_roles, reader_roles : iterable of str
        Of an account that shares, and of one that reads.
    """
    owner, reader = tuple(owner_roles), tuple(reader_roles)
    if "own" not in scopes("content:share", roles=owner):
        return None
    readable = scopes("content:read", roles=reader)
    if "project" in readable & scopes("content:read", roles=owner):
        return "project"
    return "class" if "class" in readable and IN_A_CLASS in owner else None
