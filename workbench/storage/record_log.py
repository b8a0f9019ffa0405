"""One vault's log: rows that are only ever appended, each with its leaf and the head of the chain up to it.

The primary key is the compare-and-swap between kernels: a row goes to the place after the last one known, and only if
that one's head is still what the new head was made from. Whoever was slower reads the tip again. The same statement
asks whether the data key is still there, as the writer knows it, so that no row is ever sealed under a destroyed key.
"""

from collections.abc import Iterator
from typing import NamedTuple

from workbench.crypto import GENESIS, Sealed, next_head
from workbench.errors import StoreError
from workbench.storage.engines.database import Database
from workbench.storage.engines.schema import POSITION_BITS, first_place

ATTEMPTS = 1000  # lost races before giving up; eight busy kernels lose a handful in a row

_FEW = 1000  # rows

_COLUMNS = "INSERT INTO record (place, record_id, key_id, version, sealed, leaf, head) "
# PostgreSQL: whoever destroys the key waits for this row, or this row for the destruction (docs, 13.3.2).
_UNDER_A_KEY_IN_FORCE = "WHERE EXISTS (SELECT 1 FROM data_key WHERE key_id = ? AND epoch = ? /* FOR KEY SHARE */)"
_FIRST = _COLUMNS + f"SELECT ?, ?, ?, ?, ?, ?, ? {_UNDER_A_KEY_IN_FORCE} ON CONFLICT DO NOTHING"
_NEXT = (
    _COLUMNS + f"SELECT ?, ?, ?, ?, ?, ?, ? {_UNDER_A_KEY_IN_FORCE}"  # noqa: S608 - constants
    " AND EXISTS (SELECT 1 FROM record WHERE place = ? AND head = ?) ON CONFLICT DO NOTHING"
)


class Row(NamedTuple):
    """One row as it stands in the store; any cell may have been altered.

    A tuple, because a history of 100,000 makes as many of them: a frozen dataclass takes 1 µs more for each.

    Parameters
    ----------
    place : int
        Where it stands.
    record_id, key_id, version, sealed
        Null once the record is erased.
    leaf : bytes
        What the log committed to there.
    """

    place: int
    record_id: bytes | None
    key_id: bytes | None
    version: int | None
    sealed: bytes | None
    leaf: bytes

    def __repr__(self) -> str:
        """Tell the place only."""
        return f"Row({self.place})"


class RecordLog:
    """The log of one vault.

    Parameters
    ----------
    database : Database
        The store.
    number : int
        The vault's.
    """

    def __init__(self, database: Database, *, number: int) -> None:
        self._database = database
        self.start = first_place(number)
        self.end = first_place(number + 1)
        self._tip: tuple[int, bytes] | None = None

    def append(self, sealed: Sealed, *, record_id: bytes | None, key_id: bytes, version: int, epoch: int) -> int | None:
        """Add a row and return its place; the log's own entries have no id.

        Parameters
        ----------
        sealed : Sealed
            The record.
        record_id : bytes or None
            Its id.
        key_id : bytes
            The data key that seals it.
        version : int
            As in its context.
        epoch : int
            Of the vault key that wraps the data key, as far as the writer knows.

        Returns
        -------
        int or None
            None, and nothing is written, when the key was destroyed or the vault key rotated: ask again which key to
            use.

        Raises
        ------
        StoreError
            When it can't be written, or a record of that id is there already.
        """
        for _ in range(ATTEMPTS):
            place, head = self._tip or self.tip()
            following = next_head(head, leaf=sealed.leaf)
            row = (
                place + 1,
                record_id,
                key_id,
                version,
                sealed.envelope.sealed,
                sealed.leaf,
                following,
                key_id,
                epoch,
            )
            is_first = place == self.start
            if self._database.write(*((_FIRST, row) if is_first else (_NEXT, (*row, place, head)))):
                self._tip = (place + 1, following)
                self._database.on_rollback(self.forget_tip)
                return place + 1
            self._tip = None
            if record_id and self._database.rows("SELECT 1 FROM record WHERE record_id = ?", (record_id,)):
                raise StoreError("There is a record of that id already.")
            if not self._database.rows("SELECT 1 FROM data_key WHERE key_id = ? AND epoch = ?", (key_id, epoch)):
                return None
        raise StoreError("Other kernels were faster each time; nothing was written.", remedy="Try again.")

    def tip(self) -> tuple[int, bytes]:
        """Return the last place and the head there; the start and the genesis head when the log is empty."""
        rows = self._database.rows(
            "SELECT place, head FROM record WHERE place > ? AND place < ? ORDER BY place DESC LIMIT 1",
            (self.start, self.end),
        )
        if not rows:
            return self.start, GENESIS
        place, head = rows[0]
        # A head that isn't one was altered; the chain then begins anew, and verifying shows the break.
        return place, head if isinstance(head, bytes) else GENESIS

    def forget_tip(self) -> None:
        """Read the tip again next time."""
        self._tip = None

    def size(self) -> int:
        """Return how many rows there are, erased ones and the log's own included."""
        return self.tip()[0] - self.start

    def count(self) -> int:
        """Return how many living records there are."""
        # The plus keeps SQLite off the rows and on the index of ids, which is a hundredth of their size.
        ((count,),) = self._database.rows(
            "SELECT count(*) FROM record WHERE record_id IS NOT NULL AND +place > ? AND +place < ?",
            (self.start, self.end),
        )
        return int(count)

    def living_places(self) -> list[int]:
        """Return the places of the living records, in order; 100,000 take 20 ms, for no row is read."""
        rows = self._database.rows(
            "SELECT place FROM record WHERE record_id IS NOT NULL AND +place > ? AND +place < ?", (self.start, self.end)
        )
        return sorted(place for (place,) in rows)

    def living(self, *, first: int, last: int) -> int:
        """Return how many living records stand at these places, both included."""
        low, high = max(first, self.start + 1), min(last, self.end - 1)
        # A few rows are counted where they stand; many by the index of ids, as in `count`.
        place = "place" if high - low < _FEW else "+place"
        ((count,),) = self._database.rows(
            f"SELECT count(*) FROM record WHERE record_id IS NOT NULL AND {place} >= ? AND {place} <= ?",  # noqa: S608 - one of two words
            (low, high),
        )
        return int(count)

    def row(self, record_id: bytes) -> Row | None:
        """Return the living row of an id, if it is in this log."""
        rows = self._database.rows(
            "SELECT place, record_id, key_id, version, sealed, leaf FROM record"
            " WHERE record_id = ? AND place > ? AND place < ?",
            (record_id, self.start, self.end),
        )
        return Row(*rows[0]) if rows else None

    def at(self, place: int) -> Row | None:
        """Return the row at a place, an erased one or the log's own too."""
        rows = self._database.rows(
            "SELECT place, record_id, key_id, version, sealed, leaf FROM record"
            " WHERE place = ? AND place > ? AND place < ?",
            (place, self.start, self.end),
        )
        return Row(*rows[0]) if rows else None

    def newest_first(self, *, limit: int = -1, offset: int = 0, after: int = 0) -> Iterator[Row]:
        """Yield living rows after a place, newest first."""
        ceiling = limit if limit >= 0 else 1 << 62
        rows = self._database.rows(
            "SELECT place, record_id, key_id, version, sealed, leaf FROM record"
            " WHERE record_id IS NOT NULL AND place > ? AND place < ? ORDER BY place DESC LIMIT ? OFFSET ?",
            (max(after, self.start), self.end, ceiling, offset),
        )
        return map(Row._make, rows)

    def oldest_first(self, *, after: int = 0, until: int | None = None, limit: int = 1 << 62) -> Iterator[Row]:
        """Yield rows after a place and up to another, oldest first, erased ones too; memory stays flat."""
        rows = self._database.stream(
            "SELECT place, record_id, key_id, version, sealed, leaf FROM record"
            " WHERE place > ? AND place <= ? ORDER BY place LIMIT ?",
            (max(after, self.start), self.end - 1 if until is None else until, limit),
        )
        return map(Row._make, rows)

    def position(self, place: int) -> int:
        """Return a place's position in this log, from 1."""
        return place & ((1 << POSITION_BITS) - 1)
