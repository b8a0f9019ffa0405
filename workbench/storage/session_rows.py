"""Rows of open sessions: each stands for as long as its session may act; whoever removes it, revokes the session.

No row tells whose device it is or when it was last used: that is sealed. The id is the digest of a token that only the
session's own process holds (ASVS 7.2.3, 7.2.4).
"""

from workbench.storage.engines.database import Database


class SessionRows:
    """The open sessions of one store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, session_id: bytes, account_id: bytes, sealed: bytes) -> None:
        """Note that a session was opened."""
        self._database.write(
            "INSERT INTO session (session_id, account_id, sealed) VALUES (?, ?, ?)", (session_id, account_id, sealed)
        )

    def look(self, session_id: bytes, account_id: bytes) -> tuple[bool, int, tuple[int, int]]:
        """Return whether the session still stands, the serial of its account's standing, and what shows news.

        That is the sum of all serials, which changes with every change of anybody's roles, and how many letters lie in
        the account's box. One statement, since every action of a session asks. Of each serial the low 20 bits count: no
        number that somebody writes as theirs makes the sum too great.
        """
        rows = self._database.rows(
            "SELECT (SELECT count(*) FROM session WHERE session_id = ? AND account_id = ?),"
            " (SELECT serial FROM standing WHERE account_id = ?),"
            " (SELECT CAST(coalesce(sum(serial & 1048575), 0) AS BIGINT) FROM standing),"
            " (SELECT count(*) FROM letter WHERE account_id = ?)",
            (session_id, account_id, account_id, account_id),
        )
        stands, serial, people, letters = rows[0]
        return bool(stands), serial if isinstance(serial, int) else 0, (people, letters)

    def of(self, account_id: bytes) -> list[tuple[bytes, bytes]]:
        """Return (session id, sealed) of every session of an account; a row whose id isn't bytes is none of ours."""
        rows = self._database.rows(
            "SELECT session_id, sealed FROM session WHERE account_id = ? ORDER BY session_id", (account_id,)
        )
        return [(row[0], row[1]) for row in rows if isinstance(row[0], bytes)]

    def update(self, session_id: bytes, account_id: bytes, sealed: bytes) -> None:
        """Note when a session was last used; one that was revoked meanwhile doesn't come back."""
        self._database.write(
            "UPDATE session SET sealed = ? WHERE session_id = ? AND account_id = ?", (sealed, session_id, account_id)
        )

    def remove(self, session_id: bytes, account_id: bytes) -> bool:
        """Revoke one session; return whether it stood."""
        return bool(
            self._database.write(
                "DELETE FROM session WHERE session_id = ? AND account_id = ?", (session_id, account_id)
            )
        )

    def remove_all(self, account_id: bytes, *, but: bytes = b"") -> int:
        """Revoke every session of an account but one; return how many."""
        return self._database.write("DELETE FROM session WHERE account_id = ? AND session_id <> ?", (account_id, but))
