"""Rows of standings: which roles an account has, and whether it is in use, signed by whoever granted that."""

from workbench.storage.engines.database import Database


class StandingRows:
    """The standings of one store: at most one row for an account."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, account_id: bytes) -> tuple[int, bytes] | None:
        """Return the serial and the packed standing, if the account has one."""
        rows = self._database.rows("SELECT serial, packed FROM standing WHERE account_id = ?", (account_id,))
        return (rows[0][0], rows[0][1]) if rows else None

    def all(self) -> list[tuple[bytes, int, bytes]]:
        """Return (account id, serial, packed) of every standing."""
        return [(row[0], row[1], row[2]) for row in self._database.rows("SELECT * FROM standing ORDER BY account_id")]

    def write(self, account_id: bytes, serial: int, packed: bytes) -> bool:
        """Put a standing in the place of the one with the serial before; return False when that isn't there."""
        if serial == 1:
            statement = "INSERT INTO standing (account_id, serial, packed) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
            return bool(self._database.write(statement, (account_id, serial, packed)))
        statement = "UPDATE standing SET serial = ?, packed = ? WHERE account_id = ? AND serial = ?"
        return bool(self._database.write(statement, (serial, packed, account_id, serial - 1)))
