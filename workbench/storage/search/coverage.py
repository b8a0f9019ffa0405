"""Which places can be searched, and by which shards; the caller holds the lock."""

from collections.abc import Iterable

from workbench.storage.search.documents import Document
from workbench.storage.search.shard import Shard


class Coverage:
    """The shards of an open index, by window: the places from ``window * span`` on.

    A window has at most two: one that was built or read whole, and a fresh one for what came after. Every living turn
    up to `until` is in one of them, or its window is in `to_build`.

    Parameters
    ----------
    span : int
        Places in a window.

    Attributes
    ----------
    until : int
        See above; it never goes back.
    to_build : set of int
        Windows that are missing, stale or have grown.
    removed : list of (bytes or int)
        Every turn that was erased while the index was open, so that none comes back from a read that was under way.
    """

    def __init__(self, span: int) -> None:
        self.until = 0
        self.to_build: set[int] = set()
        self.removed: list[bytes | int] = []
        self._span = span
        self._built: dict[int, Shard] = {}
        self._ends: dict[int, int] = {}
        self._fresh: dict[int, Shard] = {}

    def window(self, place: int) -> int:
        """Return the window of a place."""
        return place // self._span

    def first(self, window: int) -> int:
        """Return its lowest place."""
        return window * self._span

    def last(self, window: int) -> int:
        """Return its highest place."""
        return window * self._span + self._span - 1

    def built(self) -> set[int]:
        """Return the windows that were built or read."""
        return set(self._built)

    def end(self, window: int) -> int:
        """Return up to which place the window was built; one before its first when it wasn't."""
        return self._ends.get(window, self.first(window) - 1)

    def newest_first(self) -> list[Shard]:
        """Return the shards; of one window, the fresh one is the newer."""
        windows = sorted(self._built.keys() | self._fresh.keys(), reverse=True)
        return [layer[window] for window in windows for layer in (self._fresh, self._built) if window in layer]

    def take_in(self, documents: Iterable[Document]) -> None:
        """Put turns into fresh shards, where they aren't in a built one and weren't removed."""
        gone = set(self.removed)
        for document in documents:
            window = self.window(document.place)
            if document.place <= self.end(window) or document.place in gone or document.record_id in gone:
                continue
            if window not in self._fresh:
                self._fresh[window] = Shard(first=self.first(window))
            self._fresh[window].add([document])

    def grown(self, size: int) -> set[int]:
        """Return the windows that came to their end, or have so many fresh turns."""
        return {
            window
            for window, shard in self._fresh.items()
            if shard.rows() >= size or (self.last(window) <= self.until and self.end(window) < self.last(window))
        }

    def remove(self, which: bytes | int) -> set[int]:
        """Hide a turn for good, and return the windows that have to be built anew without it."""
        self.removed.append(which)
        places = {shard.remove(which) for shard in (*self._built.values(), *self._fresh.values())}
        if isinstance(which, int) and which <= self.until:
            places.add(which)
        windows = {self.window(place) for place in places if place is not None}
        self.to_build |= windows
        return windows

    def publish(self, window: int, shard: Shard, *, end: int, removed: int) -> bool:
        """Make a shard findable in place of the one before it.

        Parameters
        ----------
        window : int
            Its window.
        shard : Shard
            It holds every living turn of the window up to `end`.
        end : int
            A place.
        removed : int
            How long `removed` was before the first of its turns was read.

        Returns
        -------
        bool
            Whether one of its turns was removed since, so that it must be built anew and not be kept.
        """
        hidden = [shard.remove(which) for which in self.removed[removed:]]
        is_stale = any(place is not None for place in hidden)
        _drop(self._built, window)
        self._built[window] = shard
        self._ends[window] = end
        if self.first(window) <= self.until + 1:
            self.until = max(self.until, end)
        if is_stale:
            self.to_build.add(window)
        else:
            self.to_build.discard(window)
        return is_stale

    def drop_fresh(self, window: int) -> None:
        """Drop the fresh turns of a window: they are in what was built, or newer than `until` and so read again."""
        _drop(self._fresh, window)

    def close(self) -> None:
        """Drop every shard."""
        for layer in (self._built, self._fresh):
            for window in list(layer):
                _drop(layer, window)


def _drop(shards: dict[int, Shard], window: int) -> None:
    if window in shards:
        shards.pop(window).close()
