"""The thread that opens sealed shards after an unlock, and builds and seals those that are missing or stale."""

import contextlib
import threading
from collections.abc import Iterator

from workbench.errors import StoreError, WorkbenchError
from workbench.storage.caches import CachedBody
from workbench.storage.search.coverage import Coverage
from workbench.storage.search.documents import CacheStore, Document, Source
from workbench.storage.search.shard import LARGEST_BODY, Shard

# So many new turns are indexed anew at each unlock, 0.2 s in the background, rather than sealed again and again: a
# shard is built and sealed when it is complete, and each time it has grown by as many.
SEAL_EVERY = 1_000
BATCH = 256  # turns read at a time, so that the store is never busy for long


class _StoppedError(Exception):
    """The index is being closed."""


class ShardBuilder:
    """Fills a `Coverage` from the cache and the rows, newest window first.

    Its thread ends when there is nothing left to do, so that none keeps a forgotten session alive.

    Parameters
    ----------
    cache : CacheStore
        Where shards are kept, sealed.
    source : Source
        The rows.
    coverage : Coverage
        What it fills; only under `lock`.
    lock : threading.Lock
        It isn't held while the cache or the source is asked.

    Attributes
    ----------
    ready : threading.Event
        Set while nothing has to be opened or built; also when the work stopped, see `take_fault`.
    """

    def __init__(self, cache: CacheStore, source: Source, *, coverage: Coverage, lock: threading.Lock) -> None:
        self.ready = threading.Event()
        self._cache = cache
        self._source = source
        self._coverage = coverage
        self._lock = lock
        self._thread: threading.Thread | None = None
        self.is_opened = False
        self._is_stopping = False
        self._is_loaded = False
        self._fault: WorkbenchError | None = None
        self._windows = 1
        self._opened_at = 0

    @property
    def progress(self) -> float:
        """How much of the history can be found, from 0 to 1."""
        return 1.0 if self.ready.is_set() else min(1.0, len(self._coverage.built()) / self._windows)

    def open(self, until: int) -> None:
        """Begin with what the store holds up to a place; under the lock."""
        if not self.is_opened:
            self.is_opened = True
            self._opened_at = self._coverage.until = until
            self.start()

    def start(self) -> None:
        """Do what there is to do, if that isn't under way; under the lock."""
        if self._thread is None and self._fault is None and self.is_opened and not self._is_stopping:
            self._thread = threading.Thread(target=self._work, name="workbench-search", daemon=True)
            self._thread.start()

    def take_fault(self) -> WorkbenchError | None:
        """Return what stopped the work, once, and begin it again; under the lock."""
        fault, self._fault = self._fault, None
        if fault is not None:
            self.ready.clear()
            self.start()
        return fault

    def stop(self, *, timeout: float) -> None:
        """End the work at the next turn, and wait for that; seconds."""
        with self._lock:
            self._is_stopping = True
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout)
        self.ready.set()

    def batches(self, after: int, last: int) -> Iterator[list[Document]]:
        """Yield the readable turns of the places after one and up to another, some at a time."""
        while after < last:
            batch = list(self._source.documents(after=after, limit=BATCH))
            yield [document for document in batch if document.place <= last]
            if not batch:
                return
            after = batch[-1].place

    def _work(self) -> None:
        """Do what the thread does; whatever stops it is kept."""
        fault: WorkbenchError | None = None
        try:
            self._load()
            while (window := self._next_window()) is not None:
                self._build(window)
        except _StoppedError:
            pass
        except WorkbenchError as error:
            fault = error.with_traceback(None)  # whose frames would keep what was being read
        except Exception:  # noqa: BLE001 - whatever it is, it may hold content, and must not end unseen
            fault = StoreError("The search index could not be built.", remedy="Search again; it is built anew.")
        else:
            return
        with self._lock:
            self._fault = fault
            self._thread = None
            self.ready.set()

    def _next_window(self) -> int | None:
        """Return the newest window that has to be built; without one the thread ends, and the next one begins anew."""
        with self._lock:
            self._check_running()
            if self._coverage.to_build:
                return max(self._coverage.to_build)
            self._thread = None
            self.ready.set()
            return None

    def _check_running(self) -> None:
        if self._is_stopping:
            raise _StoppedError

    def _load(self) -> None:
        """Open what the cache holds, and find what has to be built."""
        if self._is_loaded:
            return
        coverage, until = self._coverage, self._opened_at
        oldest = next(iter(self._source.documents(after=0, limit=1)), None)
        windows = range(coverage.window(oldest.place), coverage.window(until) + 1) if oldest else range(0)
        self._windows = max(1, len(windows))
        for cached in self._cache.load():
            self._check_running()
            self._open_cached(cached, windows)
        for window in reversed(windows):
            self._check_running()
            end, last = coverage.end(window), coverage.last(window)
            living = self._source.living(first=end + 1, last=min(last, until))
            if window in coverage.built() and living < SEAL_EVERY and last > until:
                for batch in self.batches(end, until):
                    with self._lock:
                        self._check_running()
                        coverage.take_in(batch)
            elif living:
                with self._lock:
                    coverage.to_build.add(window)
        self._is_loaded = True

    def _open_cached(self, cached: CachedBody, windows: range) -> None:
        """Take in a shard of the cache; drop one that doesn't fit the rows."""
        coverage, window = self._coverage, self._coverage.window(cached.first)
        fits = cached.first == coverage.first(window) and cached.last <= coverage.last(window) and window in windows
        if window in coverage.built() or (fits and cached.last > self._opened_at):
            return  # the latter was sealed by another kernel since this one was opened
        if fits and self._source.living(first=cached.first, last=cached.last) == cached.count:
            with contextlib.suppress(StoreError):
                self._publish(window, Shard.from_body(cached.body, first=cached.first), end=cached.last, removed=0)
                return
        with contextlib.suppress(WorkbenchError):  # a store that can't be written keeps it; it is passed over again
            self._cache.drop(first=cached.first)

    def _publish(self, window: int, shard: Shard, *, end: int, removed: int) -> bool:
        try:
            with self._lock:
                self._check_running()
                return self._coverage.publish(window, shard, end=end, removed=removed)
        except BaseException:
            shard.close()
            raise

    def _build(self, window: int) -> None:
        """Build one window from the rows, put it in place of what was there, and have it sealed."""
        coverage = self._coverage
        end, count, is_stale = coverage.first(window) - 1, 0, None
        with self._lock:
            removed = len(coverage.removed)
        shard = Shard(first=end + 1)
        try:
            while is_stale is None:  # again when a search took in more of the window meanwhile
                last = max(end, min(coverage.last(window), self._source.newest()))
                # Counted before they are read: what is erased meanwhile makes the shard stale, never fresh.
                count += self._source.living(first=end + 1, last=last)
                shard.add(self._documents(end, last))
                end = last
                is_kept = end == coverage.last(window) or shard.rows() >= SEAL_EVERY
                body = shard.body() if is_kept else None
                with self._lock:
                    self._check_running()
                    if end >= min(coverage.last(window), coverage.until):
                        coverage.drop_fresh(window)
                        is_stale = coverage.publish(window, shard, end=end, removed=removed)
        except BaseException:
            shard.close()
            raise
        if body is not None and len(body) <= LARGEST_BODY and not is_stale:
            self._seal(window, end=end, count=count, body=body)

    def _documents(self, after: int, last: int) -> Iterator[Document]:
        for batch in self.batches(after, last):
            for document in batch:
                self._check_running()
                yield document

    def _seal(self, window: int, *, end: int, count: int, body: bytes) -> None:
        """Have a shard kept; the index works without, and a turn that was erased meanwhile isn't kept."""
        first = self._coverage.first(window)
        with contextlib.suppress(WorkbenchError):  # a store that can't be written; the rows are still the truth
            self._cache.store(first=first, last=end, count=count, body=body)
        with self._lock:
            is_stale = window in self._coverage.to_build
        if is_stale:
            self._cache.drop(first=first)
