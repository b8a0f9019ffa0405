"""A reply on its way to the views: joined into few messages, numbered, and kept for views that missed some."""

from collections.abc import Callable

INTERVAL = 0.03  # seconds; 33 messages a second, where JupyterLab drops what exceeds 1,000 (iopub_msg_rate_limit)


class Chunks:
    """The pieces of one reply, joined to chunks of at most `INTERVAL` seconds; their numbers count from 0.

    Parameters
    ----------
    now : callable
        Seconds on a clock that only goes forward.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._sent: list[str] = []
        self._pending: list[str] = []
        self._last = float("-inf")

    def __len__(self) -> int:
        """Return how many chunks there are; the next one gets this number."""
        return len(self._sent)

    def feed(self, piece: str) -> str | None:
        """Take a piece; return a chunk when it is time for one."""
        self._pending.append(piece)
        return self.flush() if self._now() - self._last >= INTERVAL else None

    def flush(self) -> str | None:
        """Return what waits as a chunk, if anything does."""
        if not self._pending:
            return None
        chunk = "".join(self._pending)
        self._pending.clear()
        self._sent.append(chunk)
        self._last = self._now()
        return chunk

    def since(self, number: int) -> str:
        """Return chunk `number` and those after it, joined."""
        return "".join(self._sent[number:])
