"""Ranked full-text search over the whole history: sealed shards, opened in the background, and what is newer in memory.

The rows are the truth. The index is in pieces of 10,000 places (`Shard`), each of which is kept sealed in a cache and
built anew when it is missing, damaged or stale.
"""

import contextlib
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Literal

from workbench.errors import InputError, LockedError, StoreError, WorkbenchError
from workbench.storage.documents import CachedBody, CacheStore, Document, Source
from workbench.storage.query import Filters, phrases
from workbench.storage.ranking import Hit, best, newest
from workbench.storage.shard import SPAN, Shard

# So many turns are read and indexed anew at each unlock rather than sealed again and again: 0.2 s in the background.
SEAL_EVERY = 1_000
# So many new turns of other kernels are taken in while a search waits, 0.2 s; more are left to the background.
CATCH_UP = 2_000
PATIENCE = 0.1  # seconds: storage.md, section 5, "first results"
_BATCH = 256  # turns read at a time, so that the store is never busy for long
_ORDERS = {"rank": best, "newest": newest}
_CLOSING = 5.0  # seconds to wait for a source that doesn't answer


class _StoppedError(Exception):
    """The index is being closed."""


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

    Attributes
    ----------
    ready : threading.Event
        Set when all that was there at `open` can be found. Until then `search` finds a part of it. It is also set when
        the work can't go on; the next `search` then says why.
    """

    def __init__(self, cache: CacheStore, source: Source, *, span: int = SPAN) -> None:
        self.ready = threading.Event()
        self._cache = cache
        self._source = source
        self._span = span
        self._process = os.getpid()
        self._lock = threading.Lock()  # never held while the cache or the source is asked
        self._wake = threading.Condition(self._lock)
        self._worker: threading.Thread | None = None
        self._is_closed = False
        self._is_loaded = False
        self._fault: WorkbenchError | None = None
        # What can be searched, by window: the places from window * span on. Every living turn up to `_until` is in a
        # built shard, in a fresh one, or in a window that still has to be built.
        self._built: dict[int, Shard] = {}
        self._fresh: dict[int, Shard] = {}
        self._ends: dict[int, int] = {}
        self._to_build: set[int] = set()
        self._until = self._opened_at = 0
        self._removed: list[bytes | int] = []
        self._windows = 1

    def __repr__(self) -> str:
        """Tell that it is an index; nothing of what is in it."""
        return "SearchIndex(<in memory>)"

    @property
    def progress(self) -> float:
        """How much of what was there at `open` can be found, from 0 to 1."""
        return 1.0 if self.ready.is_set() else min(1.0, len(self._built) / self._windows)

    def open(self) -> None:
        """Begin to load and build shards in the background, and return at once.

        Raises
        ------
        LockedError
            When the index is closed.
        """
        self._check_process()
        until = self._source.newest()
        with self._lock:
            self._check_open()
            if self._worker is None:
                self._until = self._opened_at = until
                self._start()

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
            self._take_in([document])
            self._build_what_grew()

    def catch_up(self) -> None:
        """Take in what this and other kernels wrote since the last time; every search does so first.

        Raises
        ------
        LockedError
            When the index is closed.
        """
        if self._worker is None:
            self.open()
        self._check_process()
        with self._lock:
            self._check_open()
            until = self._until
        newest_place = self._source.newest()
        if newest_place <= until:
            return
        if newest_place - until > CATCH_UP:
            with self._lock:
                self._check_open()
                if self._until < newest_place:
                    self._to_build.update(range(self._window(self._until + 1), self._window(newest_place) + 1))
                    self._until = newest_place
                    self.ready.clear()
                    self._wake.notify_all()
            return
        for batch in self._batches(until, newest_place):
            with self._lock:
                self._check_open()
                self._take_in(batch)
        with self._lock:
            self._until = max(self._until, newest_place)
            self._build_what_grew()

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
        patience: float = PATIENCE,
    ) -> list[Hit]:
        """Return turns that hold every word of a query, a page of them.

        Pages follow each other without a gap or a repeat while nothing is written or erased in between.

        Parameters
        ----------
        query : str
            What a person typed; see `phrases`.
        limit, offset : int
            So many at most, all when negative; and skip so many.
        since, until : float, optional
            POSIX seconds: turns from `since` on, and before `until`.
        model, form : str, optional
            Turns of this one only.
        order : str
            ``"rank"`` is BM25 over the whole history, best first; ``"newest"`` is by place, and so by time.
        patience : float
            Seconds to wait for what is still being opened; after them, what is there is searched (see `ready`).

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
        self._raise_fault()
        wanted = phrases(query)
        if order not in _ORDERS:
            raise InputError("Turns are ordered by 'rank' or 'newest'.")
        self.catch_up()
        if not wanted:
            return []
        self.ready.wait(patience)
        filters = Filters(since, until, model, form)
        start = max(0, offset)
        with self._lock:
            self._check_open()
            with contextlib.closing(_ORDERS[order](self._newest_first(), wanted, filters)) as hits:
                return list(islice(hits, start, None if limit < 0 else start + limit))

    def remove(self, which: bytes | int) -> None:
        """Forget an erased turn, by its record id or its place.

        It is never found again; its shard is dropped from the cache, and built anew in the background.

        Raises
        ------
        LockedError
            When the index is closed.
        WorkbenchError
            When the sealed shard could not be dropped.
        """
        self._check_process()
        with self._lock:
            self._check_open()
            self._removed.append(which)
            shards = [*self._built.values(), *self._fresh.values()]
            places = [place for shard in shards if (place := shard.remove(which)) is not None]
            if isinstance(which, int) and which <= self._until:
                places.append(which)
            windows = {self._window(place) for place in places}
            self._to_build |= windows
            self._wake.notify_all()
        for window in windows:
            self._cache.drop(first=window * self._span)

    def close(self) -> None:
        """Stop the work and drop everything; in a forked child, which has none of it running, do nothing."""
        if os.getpid() != self._process:
            return
        with self._lock:
            self._is_closed = True
            self._wake.notify_all()
            worker = self._worker
        if worker is not None and worker is not threading.current_thread():
            worker.join(_CLOSING)
        with self._lock:
            for shard in (*self._built.values(), *self._fresh.values()):
                shard.close()
            self._built.clear()
            self._fresh.clear()
            self.ready.set()

    def _check_process(self) -> None:
        """Refuse to go on in a forked child, where the thread is gone and the lock may be held for ever."""
        if os.getpid() != self._process:
            raise StoreError("The session was opened before a fork.", remedy="Sign in again in this process.")

    def _check_open(self) -> None:
        if self._is_closed:
            raise LockedError("The session was locked.")

    def _raise_fault(self) -> None:
        """Tell what stopped the work, once, and begin it again."""
        with self._lock:
            fault, self._fault = self._fault, None
            if fault is None or self._is_closed:
                return
            self._start()
        raise fault

    def _start(self) -> None:
        self.ready.clear()
        self._worker = threading.Thread(target=self._work, name="workbench-search", daemon=True)
        self._worker.start()

    def _window(self, place: int) -> int:
        return place // self._span

    def _end(self, window: int) -> int:
        return window * self._span + self._span - 1

    def _newest_first(self) -> list[Shard]:
        """Return the shards; of one window, the fresh one is the newer."""
        windows = sorted(self._built.keys() | self._fresh.keys(), reverse=True)
        return [layer[window] for window in windows for layer in (self._fresh, self._built) if window in layer]

    def _take_in(self, documents: Iterable[Document]) -> None:
        """Put turns into fresh shards, where they aren't in a built one and weren't removed."""
        gone = set(self._removed)
        for document in documents:
            window = self._window(document.place)
            is_built = document.place <= self._ends.get(window, 0)
            if is_built or document.place in gone or document.record_id in gone:
                continue
            if window not in self._fresh:
                self._fresh[window] = Shard(first=window * self._span)
            self._fresh[window].add([document])

    def _build_what_grew(self) -> None:
        """Have windows built anew that are complete, or have grown much since they were built."""
        grown = {
            window
            for window, shard in self._fresh.items()
            if shard.rows() >= SEAL_EVERY or self._end(window) <= self._until
        }
        if not grown <= self._to_build:
            self._to_build |= grown
            self._wake.notify_all()

    def _batches(self, after: int, last: int) -> Iterator[list[Document]]:
        """Yield the readable turns of the places after one and up to another, some at a time."""
        while after < last:
            batch = list(self._source.documents(after=after, limit=_BATCH))
            yield [document for document in batch if document.place <= last]
            if not batch:
                return
            after = batch[-1].place

    def _work(self) -> None:
        """Do what the background thread does; whatever stops it is kept for the next search."""
        fault: WorkbenchError | None = None
        try:
            self._load()
            while True:
                self._build(self._next_window())
        except _StoppedError:
            pass
        except WorkbenchError as error:
            fault = error.with_traceback(None)  # whose frames would keep what was being read
        except Exception:  # noqa: BLE001 - whatever it is, it may hold content, and must not end unseen
            fault = StoreError("The search index could not be built.", remedy="Search again; it is built anew.")
        with self._lock:
            self._fault = fault
            self.ready.set()

    def _next_window(self) -> int:
        """Wait for a window that has to be built; the newest comes first."""
        with self._lock:
            while not self._is_closed:
                if self._to_build:
                    return max(self._to_build)
                self.ready.set()
                self._wake.wait()
        raise _StoppedError

    def _check_running(self) -> None:
        if self._is_closed:
            raise _StoppedError

    def _load(self) -> None:
        """Open what the cache holds, and find what has to be built."""
        if self._is_loaded:
            return
        until = self._opened_at
        oldest = next(iter(self._source.documents(after=0, limit=1)), None)
        windows = range(self._window(oldest.place), self._window(until) + 1) if oldest else range(0)
        self._windows = max(1, len(windows))
        for cached in self._cache.load():
            self._check_running()
            self._open_cached(cached, windows)
        for window in reversed(windows):
            self._check_running()
            start = max(window * self._span, self._ends.get(window, -1) + 1)
            living = self._source.living(first=start, last=min(self._end(window), until))
            if window in self._built and living < SEAL_EVERY and self._end(window) > until:
                for batch in self._batches(start - 1, until):
                    self._check_running()
                    with self._lock:
                        self._take_in(batch)
            elif living:
                with self._lock:
                    self._to_build.add(window)
        self._is_loaded = True

    def _open_cached(self, cached: CachedBody, windows: Sequence[int]) -> None:
        """Take in a shard of the cache; drop one that doesn't fit the rows."""
        window = self._window(cached.first)
        fits = cached.first == window * self._span and cached.last <= self._end(window) and window in windows
        if window in self._built:
            return
        if fits and cached.last > self._opened_at:  # another kernel sealed it since this one was opened
            return
        if fits and self._source.living(first=cached.first, last=cached.last) == cached.count:
            with contextlib.suppress(StoreError):
                shard = Shard.from_body(cached.body, first=cached.first)
                with self._lock:
                    self._publish(window, shard, end=cached.last, removed=0)
                return
        with contextlib.suppress(WorkbenchError):  # a store that can't be written keeps it; it is passed over again
            self._cache.drop(first=cached.first)

    def _build(self, window: int) -> None:
        """Build one window from the rows, put it in place of what was there, and have it sealed."""
        first = window * self._span
        with self._lock:
            removed = len(self._removed)
        shard = Shard(first=first)
        try:
            end, count, was_removed = first - 1, 0, None
            while was_removed is None:  # again when a search took in more of the window meanwhile
                last = max(end, min(self._end(window), self._source.newest()))
                # Counted before they are read: what is erased meanwhile makes the shard stale, never fresh.
                count += self._source.living(first=end + 1, last=last)
                shard.add(self._documents(end, last))
                end = last
                is_worth_sealing = end == self._end(window) or shard.rows() >= SEAL_EVERY
                body = shard.body() if is_worth_sealing else None
                with self._lock:
                    self._check_running()
                    if end >= min(self._end(window), self._until):
                        # Its fresh turns are in it, or are read again by the next search, being newer than `_until`.
                        _drop(self._fresh, window)
                        was_removed = self._publish(window, shard, end=end, removed=removed)
        except BaseException:
            shard.close()
            raise
        if body is not None and not was_removed:
            self._seal(window, end=end, count=count, body=body)

    def _documents(self, after: int, last: int) -> Iterator[Document]:
        for batch in self._batches(after, last):
            for document in batch:
                self._check_running()
                yield document

    def _publish(self, window: int, shard: Shard, *, end: int, removed: int) -> bool:
        """Make a shard findable; return whether a turn was removed since it was begun, so that it must be built anew.

        """
        self._check_running()
        was_removed = any([shard.remove(which) is not None for which in self._removed[removed:]])
        _drop(self._built, window)
        self._built[window] = shard
        self._ends[window] = end
        if window * self._span <= self._until + 1:
            self._until = max(self._until, end)
        if was_removed:
            self._to_build.add(window)
        else:
            self._to_build.discard(window)
        return was_removed

    def _seal(self, window: int, *, end: int, count: int, body: bytes) -> None:
        """Have a shard kept; the index works without, and a turn that was erased meanwhile isn't kept."""
        first = window * self._span
        with contextlib.suppress(WorkbenchError):  # a store that can't be written; the rows are still the truth
            self._cache.store(first=first, last=end, count=count, body=body)
        with self._lock:
            is_stale = window in self._to_build
        if is_stale:
            self._cache.drop(first=first)


def _drop(shards: dict[int, Shard], window: int) -> None:
    if window in shards:
        shards.pop(window).close()
