"""Rows of counted guesses: how many failed one after the other, and when the next one is taken."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from workbench.errors import IntegrityError
from workbench.storage.engines.database import Database

_MOST = 2**31  # failures: a guess an hour, and the sun is gone before
_LATEST = 2**53  # POSIX seconds
_unkept = threading.Lock()


@dataclass(frozen=True, slots=True)
class Tally:
    """Guesses at one authenticator.

    Parameters
    ----------
    failures : int
        How many failed, one after the other.
    free_at : int
        POSIX seconds; no guess is taken before.
    """

    failures: int = 0
    free_at: int = 0


class ThrottleRows:
    """The counted guesses of one store.

    Where the store can't be written they are counted in memory, and forgotten with the open database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, tag: bytes) -> Tally:
        """Return what is counted under a tag; nothing, where there is no row.

        Raises
        ------
        IntegrityError
            When it is no count.
        """
        if self._database.is_read_only and tag in self._database.unkept:
            return Tally(*self._database.unkept[tag])
        stored = self._database.scope + tag
        rows = self._database.rows("SELECT failures, free_at FROM throttle WHERE tag = ?", (stored,))
        if not rows:
            return Tally()
        failures, free_at = rows[0]
        if not (_is_count(failures, below=_MOST) and _is_count(free_at, below=_LATEST)):
            raise IntegrityError("A count of guesses is no number: it was altered.")
        return Tally(failures, free_at)

    def change(self, tag: bytes, rule: Callable[[Tally], Tally]) -> tuple[Tally, Tally]:
        """Put what `rule` makes of a count in its place, so that nothing can take it back; return both.

        Raises
        ------
        InputError
            When this thread has a transaction open, which could be rolled back, and the count with it.
        StoreError
            When it can't be written.
        IntegrityError
            As `read`.
        """
        if self._database.is_read_only:
            with _unkept:
                before = self.read(tag)
                after = rule(before)
                self._database.unkept[tag] = (after.failures, after.free_at)
            return before, after
        stored = self._database.scope + tag
        with self._database.lasting_transaction():
            while not (self._lock(stored) or self._insert(stored)):  # another kernel removed the row between the two
                pass
            before = self.read(tag)
            after = rule(before)
            if after == Tally():
                self._database.write("DELETE FROM throttle WHERE tag = ?", (stored,))
            else:
                self._database.write(
                    "UPDATE throttle SET failures = ?, free_at = ? WHERE tag = ?",
                    (after.failures, after.free_at, stored),
                )
        return before, after

    def _lock(self, stored: bytes) -> bool:
        """Keep other kernels from the row until the transaction ends, as any UPDATE does; False when there is none."""
        return bool(self._database.write("UPDATE throttle SET failures = failures WHERE tag = ?", (stored,)))

    def _insert(self, stored: bytes) -> bool:
        """Make the row, which nobody else sees before the transaction ends; False when another kernel was faster."""
        statement = "INSERT INTO throttle (tag, failures, free_at) VALUES (?, 0, 0) ON CONFLICT DO NOTHING"
        return bool(self._database.write(statement, (stored,)))

    def use_in_memory(self, tag: bytes, number: int) -> bool:
        """Remember, where the store can't be written, the greatest number of a tag; return whether this is greater."""
        with _unkept:
            greatest, _ = self._database.unkept.get(tag, (0, 0))
            if number > greatest:
                self._database.unkept[tag] = (number, 0)
            return number > greatest


def _is_count(value: object, *, below: int) -> bool:
    return isinstance(value, int) and 0 <= value < below
