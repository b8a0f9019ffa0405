"""Ranked full-text search over the whole history: sealed shards, opened in the background, and what is newer in memory.

The rows are the truth. The index is in pieces of 10,000 places, each of which is kept sealed in a cache, and built anew
when it is missing, damaged or stale.
"""

import contextlib
import os
import threading
from itertools import islice
from typing import Literal

from workbench.errors import InputError, LockedError, StoreError
from workbench.storage.search import shard_builder
from workbench.storage.search.coverage import Coverage
from workbench.storage.search.documents import CacheStore, Document, Source
from workbench.storage.search.query import Filters, phrases
from workbench.storage.search.ranking import Hit, best, newest
from workbench.storage.search.shard import SPAN
from workbench.storage.search.shard_builder import ShardBuilder

# So many new turns of other kernels are taken in while a search waits, 0.2 s; more are left to the background.
CATCH_UP = 2_000
PATIENCE = 0.1  # seconds: storage.md, section 5, "first results"
_CLOSING = 5.0  # seconds to wait for a source that doesn't answer
_ORDERS = {"rank": best, "newest": newest}


class SearchIndex:
    """An index that lives in memory while a session is open, and goes with its keys. Safe to share between threads.

    Parameters
    ----------
    cache : CacheStore
        Where shards are kept, sealed.
    source : Source
        The rows.
    span : int
        Places in a shard.
    patience : float
        Seconds that a search waits for what is still being opened; after them it finds what is there (see `ready`).

    Attributes
    ----------
    ready : threading.Event
        Set when the whole history can be found. Until then `search` finds a part of it. It is also set when the work
        can't go on; the next `search` then says why.
    """

    def __init__(self, cache: CacheStore, source: Source, *, span: int = SPAN, patience: float = PATIENCE) -> None:
        self._cache = cache
        self._source = source
        self._patience = patience
        self._process = os.getpid()
        self._lock = threading.Lock()  # never held while the cache or the source is asked
        self._coverage = Coverage(span)
        self._builder = ShardBuilder(cache, source, coverage=self._coverage, lock=self._lock)
        self._is_closed = False
        self.ready = self._builder.ready

    def __repr__(self) -> str:
        """Tell that it is an index; nothing of what is in it."""
        return "SearchIndex(<in memory>)"

    @property
    def progress(self) -> float:
        """How much of the history can be found, from 0 to 1."""
        return self._builder.progress

    def open(self) -> None:
        """Begin to load and build shards in the background, and return at once.

        Raises
        ------
        LockedError
            When the index is closed.
        """
        self._check_process()
        newest_place = self._source.newest()
        with self._lock:
            self._check_open()
            self._builder.open(newest_place)

    def add(self, document: Document) -> None:
        """Make a new turn findable at once; the search after it would find it too, by asking the source.

        Raises
        ------
        LockedError
            When the index is closed.
        """
        self._check_process()
        with self._lock:
            self._check_open()
            self._coverage.take_in([document])
            self._build(self._coverage.grown(shard_builder.SEAL_EVERY))

    def catch_up(self) -> None:
        """Take in what this and other kernels wrote since the last time; every search does so first.

        Raises
        ------
        LockedError
            When the index is closed.
        """
        self._check_process()
        if not self._builder.is_opened:
            self.open()
        with self._lock:
            self._check_open()
            until = self._coverage.until
        newest_place = self._source.newest()
        if newest_place <= until:
            return
        if self._source.living(first=until + 1, last=newest_place) > CATCH_UP:
            self._leave_to_the_background(until, newest_place)
            return
        for batch in self._builder.batches(until, newest_place):
            with self._lock:
                self._check_open()
                self._coverage.take_in(batch)
        with self._lock:
            self._check_open()
            self._coverage.until = max(self._coverage.until, newest_place)
            self._build(self._coverage.grown(shard_builder.SEAL_EVERY))

    def search(
        self,
        query: str,
        *,
        limit: int = 20,
        offset: int = 0,
        since: float | None = None,
        until: float | None = None,
        model: str | None = None,
        form: str | None = None,
        order: Literal["rank", "newest"] = "rank",
    ) -> list[Hit]:
        """Return turns that hold every word of a query, a page of them.

        Pages follow each other without a gap or a repeat while nothing is written or erased in between.

        Parameters
        ----------
        query : str
            What a person typed: words in any case, the last one may be unfinished; ``"a phrase"``; ``win*``.
        limit, offset : int
            So many at most, all when negative; and skip so many.
        since, until : float, optional
            POSIX seconds: turns from `since` on, and before `until`.
        model, form : str, optional
            Turns of this one only.
        order : str
            ``"rank"`` is BM25 over the whole history, best first; ``"newest"`` is by place, and so by time.

        Raises
        ------
        InputError
            When the query isn't text, or there is no such order.
        LockedError
            When the index is closed.
        WorkbenchError
            Whatever stopped the work in the background; it is then begun again.
        """
        self._check_process()
        with self._lock:
            self._check_open()
            fault = self._builder.take_fault()
        if fault is not None:
            raise fault
        wanted = phrases(query)
        if order not in _ORDERS:
            raise InputError("Turns are ordered by 'rank' or 'newest'.")
        self.catch_up()
        if not wanted:
            return []
        self.ready.wait(self._patience)
        filters = Filters(since, until, model, form)
        start = max(0, offset)
        with self._lock:
            self._check_open()
            with contextlib.closing(_ORDERS[order](self._coverage.newest_first(), wanted, filters)) as hits:
                return list(islice(hits, start, None if limit < 0 else start + limit))

    def remove(self, which: bytes | int) -> None:
        """Forget an erased turn, by its record id or its place.

        It is never found again; its shard is dropped from the cache, and built anew in the background.

        Raises
        ------
        LockedError
            When the index is closed.
        WorkbenchError
            When the sealed shard could not be dropped; the turn isn't found all the same.
        """
        self._check_process()
        with self._lock:
            self._check_open()
            windows = self._coverage.remove(which)
            self._builder.start()
        for window in windows:
            self._cache.drop(first=self._coverage.first(window))

    def close(self) -> None:
        """Stop the work and drop everything; in a forked child, where none of it runs, do nothing."""
        if os.getpid() != self._process:
            return
        with self._lock:
            self._is_closed = True
        self._builder.stop(timeout=_CLOSING)
        with self._lock:
            self._coverage.close()

    def _check_process(self) -> None:
        """Refuse to go on in a forked child, where the thread is gone and the lock may be held for ever."""
        if os.getpid() != self._process:
            raise StoreError("The session was opened before a fork.", remedy="Sign in again in this process.")

    def _check_open(self) -> None:
        if self._is_closed:
            raise LockedError("The session was locked.")

    def _build(self, windows: set[int]) -> None:
        """Have windows built, under the lock."""
        if windows:
            self._coverage.to_build |= windows
            self._builder.start()

    def _leave_to_the_background(self, until: int, newest_place: int) -> None:
        """Have all windows of what is new built; a search doesn't wait for them longer than its patience."""
        oldest = next(iter(self._source.documents(after=until, limit=1)), None)
        with self._lock:
            self._check_open()
            if oldest is not None and self._coverage.until < newest_place:
                window = self._coverage.window
                self.ready.clear()
                self._build(set(range(window(oldest.place), window(newest_place) + 1)))
                self._coverage.until = newest_place
