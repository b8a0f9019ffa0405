"""A folder in memory, gone with the process: for demonstrations and tests."""

from collections.abc import Generator
from typing import Any

from workbench.storage.places.faults import missing, written


class MemoryFolder:
    """The objects below one path of fsspec's memory, which the whole process shares."""

    def __init__(self, root: str) -> None:
        from fsspec.implementations.memory import MemoryFileSystem  # noqa: PLC0415 - takes 50 ms, and is seldom used

        self._files: Any = MemoryFileSystem(skip_instance_cache=True, use_listings_cache=False)
        self._root = f"/{root}".rstrip("/")

    def writer(self, name: str) -> "MemoryWriter":
        """Begin an object."""
        return MemoryWriter(self._files, f"{self._root}/{name}")

    def read(self, name: str, size: int) -> Generator[bytes]:
        """Yield an object's content, as it was when the reading began."""
        path = f"{self._root}/{name}"
        # Not open(): all readers of a memory file share one position.
        if not self.exists(name):
            raise missing()
        content = self._files.store[path].getvalue()
        for start in range(0, len(content), size):
            yield content[start : start + size]

    def names(self, _prefix: str) -> list[str]:
        """Return each object's path below the folder."""
        return [path.removeprefix(f"{self._root}/") for path in self._files.find(self._root)]

    def delete(self, name: str) -> None:
        """Forget an object."""
        if not self.exists(name):
            raise missing()
        self._files.rm_file(f"{self._root}/{name}")

    def exists(self, name: str) -> bool:
        """Tell whether there is such an object."""
        return f"{self._root}/{name}" in self._files.store


class MemoryWriter:
    """An object on its way, held in pieces."""

    def __init__(self, files: Any, path: str) -> None:
        self._files, self._path = files, path
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> None:
        """Hold a piece."""
        self._pieces.append(piece)

    def commit(self) -> None:
        """Put the pieces in place."""
        written(self._files.pipe_file, self._path, b"".join(self._pieces))

    def discard(self) -> None:
        """Forget the pieces."""
        self._pieces.clear()
