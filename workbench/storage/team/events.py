"""What the server's own log says: added to by members, changed by nobody, read by auditors and privacy officers."""

from dataclasses import dataclass
from datetime import datetime

from workbench.storage.engines.database import Database


@dataclass(frozen=True, slots=True)
class EventRow:
    """One line.

    Parameters
    ----------
    number : int
        Counts up; one that is missing was rolled back.
    at : datetime
        The server's clock.
    who : str
        The login that the server saw.
    event, outcome : str
        Words of a closed list.
    subject : bytes or None
        An opaque id.
    """

    number: int
    at: datetime
    who: str
    event: str
    outcome: str
    subject: bytes | None


class TeamEvents:
    """The log of a team.

    Parameters
    ----------
    database : Database
        The store, in team mode.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, event: str, *, outcome: str = "success", subject: bytes | None = None) -> None:
        """Add a line; who and when say the server.

        Raises
        ------
        StoreError
            When a word isn't of the list, or the login is no member.
        """
        self._database.write(
            "INSERT INTO workbench_team.audit_event (event, outcome, subject) VALUES (?, ?, ?)",
            (event, outcome, subject),
        )

    def rows(self, *, after: int = 0, limit: int = 1000) -> list[EventRow]:
        """Return lines, oldest first; that they were read stands in the log too.

        Raises
        ------
        PermissionDeniedError
            When the server knows the login neither as auditor nor as privacy officer.
        """
        rows = self._database.rows(
            "SELECT id, at, who::text, event, outcome, subject FROM workbench_team.audit_events(?::bigint, ?::bigint)",
            (after, limit),
        )
        return [EventRow(*row) for row in rows]
