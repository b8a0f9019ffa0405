"""What a module's source names of other modules, read from its syntax tree: nothing is imported or run."""

import ast
import builtins


def dotted_names(source: str) -> set[str]:
    """Return every name that is imported or read, as it is called where it comes from.

    ``from hashlib import sha256 as h`` gives ``hashlib.sha256``; after ``import os``, ``os.urandom(8)`` gives
    ``os.urandom``; a built-in gives ``builtins.eval``. What is read from a value (``frame.eval``) begins with a dot.
    """
    tree = ast.parse(source)
    bound, names = {}, set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                bound[alias.asname or top] = alias.name if alias.asname else top
                names.add(alias.name)
        elif isinstance(node, ast.ImportFrom):
            bound |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    names |= set(bound.values())
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute):
            names.add(_name_of(node, bound))
    return names - {""}


def _name_of(node: ast.expr, bound: dict[str, str]) -> str:
    """Return a dotted name; of a variable nothing, and of a variable's attribute the attribute after a dot."""
    if isinstance(node, ast.Attribute):
        return f"{_name_of(node.value, bound)}.{node.attr}"
    if not isinstance(node, ast.Name):
        return ""
    return bound.get(node.id, f"builtins.{node.id}" if hasattr(builtins, node.id) else "")
