"""Rows of letters: to whom each is sealed; from whom, and about what, only the recipient can read."""

from workbench.storage.engines.database import Database


class LetterRows:
    """The letters of one store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, letter_id: bytes, account_id: bytes, sealed: bytes) -> None:
        """Put a letter into its recipient's box."""
        self._database.write(
            "INSERT INTO letter (letter_id, account_id, sealed) VALUES (?, ?, ?)", (letter_id, account_id, sealed)
        )

    def of(self, account_id: bytes) -> list[tuple[bytes, bytes]]:
        """Return (letter id, sealed) of every letter in an account's box."""
        rows = self._database.rows(
            "SELECT letter_id, sealed FROM letter WHERE account_id = ? ORDER BY letter_id", (account_id,)
        )
        return [(row[0], row[1]) for row in rows]

    def remove(self, letter_id: bytes, account_id: bytes) -> bool:
        """Take a letter out of its recipient's box; return whether it was there."""
        return bool(
            self._database.write("DELETE FROM letter WHERE letter_id = ? AND account_id = ?", (letter_id, account_id))
        )
