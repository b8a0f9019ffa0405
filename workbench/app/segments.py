"""The history as columns: sealed segments where there are any, records where there aren't, and new segments from those.

A segment that is missing, corrupt or stale is made again from the records, which are the truth; a store that can't be
written only goes without.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from workbench.crypto import Kind
from workbench.errors import IntegrityError, StoreError
from workbench.storage import Vault, turn_row

Row = tuple[Any, ...]


class Segments:
    """The columns of one open history.

    Parameters
    ----------
    turns : Vault
        The records.
    """

    def __init__(self, turns: Vault) -> None:
        self._turns = turns
        self._caches = turns.caches(Kind.SEGMENT)
        self._places: list[int] = []
        self._fresh: list[tuple[int, int, int, bytes]] = []

    def bodies_and_tail(self) -> tuple[list[bytes | memoryview], list[Row]]:
        """Return the segments, oldest first, and the rows of the newest turns that fill none yet.

        Segments that were missing are made, and kept for the next time.
        """
        self._places = self._turns.log.living_places()
        self._fresh.clear()
        bodies: list[bytes | memoryview] = []
        covered = self._turns.log.start
        for cached in self._caches.load():
            is_sound = cached.first > covered and cached.count == self._living(cached.first, cached.last)
            if not is_sound:
                with suppress(StoreError):
                    self._caches.drop(first=cached.first)
                continue
            bodies += [body for body, _ in self._packed(covered, cached.first - 1, is_tail=False)]
            bodies.append(cached.body)
            covered = cached.last
        tail: list[Row] = []
        for body, rows in self._packed(covered, self._turns.log.end - 1, is_tail=True):
            if rows:
                tail = rows
            else:
                bodies.append(body)
        self._keep()
        return bodies, tail

    def clear(self) -> None:
        """Drop every segment: one of them was malformed, though it was sealed by this program."""
        self._caches.clear()

    def _packed(self, after: int, until: int, *, is_tail: bool) -> Iterator[tuple[bytes, list[Row]]]:
        """Yield segments of the records after a place and up to another; rows instead for an unfilled tail."""
        from workbench.analytics import SEGMENT_TURNS, pack_segment  # noqa: PLC0415 - loads pandas and pyarrow

        places = self._places[bisect_right(self._places, after) : bisect_right(self._places, until)]
        first = after + 1
        for start in range(0, len(places), SEGMENT_TURNS):
            chosen = places[start : start + SEGMENT_TURNS]
            rows = list(self._rows(chosen[0] - 1, chosen[-1]))
            if is_tail and len(chosen) < SEGMENT_TURNS:
                yield b"", rows
                return
            is_last = start + SEGMENT_TURNS >= len(places)
            last = until if is_last and not is_tail else chosen[-1]
            body = pack_segment(rows)
            self._fresh.append((first, last, len(chosen), body))
            yield body, []
            first = last + 1

    def _rows(self, after: int, until: int) -> Iterator[Row]:
        """Yield what a frame shows of each readable turn, oldest first."""
        for _, body in self._turns.open_all(self._turns.log.oldest_first(after=after, until=until)):
            if isinstance(body, bytes):  # `history.damaged` lists the others
                with suppress(IntegrityError):
                    yield turn_row(body)

    def _living(self, first: int, last: int) -> int:
        return bisect_right(self._places, last) - bisect_left(self._places, first)

    def _keep(self) -> None:
        """Seal the new segments, unless the store can't be written."""
        with suppress(StoreError):
            self._caches.store_all(self._fresh)
        self._fresh.clear()
