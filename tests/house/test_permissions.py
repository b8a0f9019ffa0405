"""R01: everything public that a session offers passes the one check, with a permission of the table; by its source."""

import ast
import inspect
import textwrap
import types

import pytest

from workbench.app import Session
from workbench.errors import PermissionDeniedError
from workbench.identity import table

OPEN_TO_ALL = {
    "Session": {
        # Ways in and out, and what the person at this kernel chooses; none of it touches what is sealed.
        *("unlock", "recover", "lock", "opened", "subscribe", "announce", "use", "use_model", "strength", "now"),
        # What is shown of the session itself.
        *("name", "is_locked", "model", "roles"),
    }
}
"""What needs no permission, each by its name; `__init__` and `__repr__` of every view besides."""

ITS_REQUESTS = {("ApprovalsView", "approve")}
"""What asks for the permission that a request of somebody else names; `Request.approval` gives one of the table."""


def views(session):
    """Return the session's own class and those of everything that hangs on it and asks it."""
    found = {type(session)}
    for thing in vars(session).values():
        if type(thing).__module__.startswith("workbench.app") and getattr(thing, "_session", None) is session:
            found.add(type(thing))
    return found


def methods(kind):
    """Yield (name, function) of all that a class offers, and has not from Python: methods, properties, operators."""
    offered = {name: thing for base in reversed(kind.__mro__[:-1]) for name, thing in vars(base).items()}
    for name, thing in offered.items():
        function = thing.fget if isinstance(thing, property) else getattr(thing, "__func__", thing)
        if isinstance(function, types.FunctionType):
            yield name, function


def untagged(kind):
    """Return the public methods of a class that reach no check with a permission of the table."""
    bodies = {name: ast.parse(textwrap.dedent(inspect.getsource(function))) for name, function in methods(kind)}
    allowed = OPEN_TO_ALL.get(kind.__name__, set()) | {"__init__", "__repr__"}
    checked = {name for name, body in bodies.items() if any(_is_check(call) for call in _calls(body))}
    checked |= {name for name in bodies if (kind.__name__, name) in ITS_REQUESTS}
    while more := {
        name
        for name, body in bodies.items()
        if name not in checked and any(_own_method(call) in checked - {"opened"} for call in _calls(body))
    }:
        checked |= more
    is_public = {name for name in bodies if not name.startswith("_") or name.endswith("__")}
    return is_public - checked - allowed


def _calls(body):
    return [node for node in ast.walk(body) if isinstance(node, ast.Call)]


def _is_check(call):
    """Whether a call is ``….opened("a permission of the table", …)``."""
    return (
        isinstance(call.func, ast.Attribute)
        and call.func.attr == "opened"
        and bool(call.args)
        and isinstance(call.args[0], ast.Constant)
        and call.args[0].value in table()
    )


def _own_method(call):
    """Return the name in ``self.name(…)``."""
    func = call.func
    is_own = isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) and func.value.id == "self"
    return func.attr if is_own else None


def test_every_public_function_of_a_session_carries_a_permission(bench):
    """R01: introspection."""
    session = Session(bench._database)
    kinds = views(session)
    names = {kind.__name__ for kind in kinds}
    assert names >= {"Session", "History", "UsageView", "AuditView", "Sessions", "People", "ApprovalsView", "Notices"}
    assert {kind.__name__: untagged(kind) for kind in kinds if untagged(kind)} == {}


def test_what_needs_no_permission_is_there(bench):
    """R01: the list of exceptions has no name too many."""
    found = {kind.__name__: dict(methods(kind)) for kind in views(Session(bench._database))}
    for kind, names in OPEN_TO_ALL.items():
        assert names <= set(found[kind])
    for kind, name in ITS_REQUESTS:
        assert name in found[kind]


class Sample:
    """What a new view might look like."""

    def tagged(self):
        return self._session.opened("content:read")

    def through_another(self):
        return self.tagged()

    def untagged(self):
        return self._session._opened

    def unknown(self):
        return self._session.opened("world:rule")

    def said_later(self, permission):
        return self._session.opened(permission)

    @property
    def shown(self):
        return self._session._opened

    def __len__(self):
        return 0

    def _private(self):
        return 0


def test_a_method_without_a_permission_would_be_found():
    """R01: this test can fail."""
    assert untagged(Sample) == {"untagged", "unknown", "said_later", "shown", "__len__"}


@pytest.mark.parametrize("name", ["recent", "get", "search", "frame", "delete", "damaged", "__len__", "__iter__"])
def test_an_account_without_the_role_is_refused_by_each(people, name):
    """R01: the same, at run time."""
    ann = people("ann")
    arguments = {"get": ("0" * 32,), "delete": ("0" * 32,), "search": ("rain",)}.get(name, ())
    with pytest.raises(PermissionDeniedError, match="None of this account's roles"):
        getattr(ann.history, name)(*arguments)
