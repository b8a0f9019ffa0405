"""What a view may ask of its panel: actions by name, from a short table, with checked arguments."""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.errors import WorkbenchError

Check = Callable[[Any], bool]
"""Tells whether one argument may be passed on."""

LONGEST_PROMPT = 200_000  # characters; some 50,000 tokens, far beyond any poem
LONGEST_LINE = 1_000  # characters of a name, a query or a passphrase


class UnknownActionError(WorkbenchError):
    """A view asked for something that its panel doesn't do, or with arguments that don't fit; nothing was done."""

    default_remedy = "Reload the page and run the cell again."


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a view may ask for.

    Parameters
    ----------
    run : callable
        A method of the panel; it is given the arguments by name.
    takes : Mapping of str to Check
        Every argument, none optional, and what it must be.
    """

    run: Callable[..., None]
    takes: Mapping[str, Check]


def is_text(longest: int) -> Check:
    """Return a check for text that can be encoded and has at most `longest` characters."""

    def check(value: Any) -> bool:
        return isinstance(value, str) and len(value) <= longest and _is_encodable(value)

    return check


def is_number(value: Any) -> bool:
    """Tell whether a value is a whole number from 0."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_nothing_or_one_of(names: Container[str]) -> Check:
    """Return a check for one of `names`, or ``None``."""

    def check(value: Any) -> bool:
        return value is None or (isinstance(value, str) and value in names)

    return check


def understood(message: Any, actions: Mapping[str, Action]) -> tuple[str, Action, dict[str, Any]]:
    """Return the name, the action and the arguments that a view's message asks for.

    Raises
    ------
    UnknownActionError
        When there is no such action, or an argument is missing, unknown or of the wrong kind; it is not quoted.
    """
    if not isinstance(message, dict) or not isinstance(message.get("action"), str):
        raise UnknownActionError("The panel got a message that it doesn't understand.")
    name = message["action"]
    arguments = {key: value for key, value in message.items() if key != "action"}
    action = actions.get(name)
    if action is None:
        raise UnknownActionError("The panel was asked for something that it doesn't do.")
    if arguments.keys() != action.takes.keys() or not all(check(arguments[key]) for key, check in action.takes.items()):
        raise UnknownActionError("The panel was asked with arguments that don't fit.")
    return name, action, arguments


def _is_encodable(text: str) -> bool:
    """Tell whether a text holds no half of a surrogate pair, which no file and no model takes."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
