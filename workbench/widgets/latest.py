"""Work that only matters for the newest request: previews, searches, the strength of a passphrase."""

import asyncio
import threading
from collections.abc import Callable

from workbench.app.background import run_soon


class Latest:
    """One job at a time in a worker thread; of those that came while it ran, only the newest follows.

    It keeps a slow first preview (the detectors take seconds to load) from holding up Stop and Lock, and a fast typist
    from queueing a preview for each key.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next: Callable[[], None] | None = None
        self._is_busy = False

    def give(self, job: Callable[[], None]) -> None:
        """Run `job` soon, unless a newer one comes first. It must not raise."""
        with self._lock:
            self._next = job
            if self._is_busy:
                return
            self._is_busy = True
        run_soon(asyncio.to_thread(self._work))

    def forget(self) -> None:
        """Drop what waits; what runs goes on to its end."""
        with self._lock:
            self._next = None

    def _work(self) -> None:
        while True:
            with self._lock:
                job, self._next = self._next, None
                if job is None:
                    self._is_busy = False
                    return
            job()
