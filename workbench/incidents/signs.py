"""What in an audit entry counts: its event, and where it matters its outcome and facts."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from workbench.records import AuditEntry


@dataclass(frozen=True, slots=True)
class Sign:
    """One kind of entry of the audit log.

    Parameters
    ----------
    event : str
        Its name, of the OWASP Logging Vocabulary where it has one.
    outcome : str, optional
        ``"success"`` or ``"failure"``; left out, either.
    facts : frozenset of (str, str)
        Names and values that the entry must hold.
    """

    event: str
    outcome: Literal["success", "failure", ""] = ""
    facts: frozenset[tuple[str, str]] = field(default_factory=frozenset)

    def matches(self, entry: AuditEntry) -> bool:
        """Tell whether an entry is of this kind."""
        return (
            entry.event == self.event
            and self.outcome in ("", entry.outcome)
            and all(entry.facts.get(name) == value for name, value in self.facts)
        )


def matches_any(signs: Iterable[Sign], entry: AuditEntry) -> bool:
    """Tell whether an entry is of one of these kinds."""
    return any(sign.matches(entry) for sign in signs)
