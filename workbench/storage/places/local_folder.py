"""A folder on a disk: each object is a file of its own, put in place by a rename, and for its owner's eyes only.

fsspec's own local files are written in place, with the umask's rights, and never synchronised (fsspec 2026.9,
``implementations/local.py``), so this uses the system's calls.
"""

import contextlib
import os
import stat
import tempfile
from collections.abc import Generator
from pathlib import Path

from workbench.errors import StoreError
from workbench.storage.places.faults import missing, written

TEMPORARY = ".~"  # no name of an object can contain the tilde


class LocalFolder:
    """The objects below one folder, which is created (0700) by the first of them."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def writer(self, name: str) -> "FileWriter":
        """Begin an object in a temporary file beside its place."""
        return written(FileWriter, self._root, name)

    def read(self, name: str, size: int) -> Generator[bytes]:
        """Yield a file's content; one that is replaced meanwhile is read to its end as it was."""
        path = _below(self._root, name)
        _check_plain(path)
        # Neither a link nor a pipe, which would block: what stands in a folder may be another's doing.
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(path, flags), "rb", buffering=0) as file:
            while piece := file.read(size):
                yield piece

    def names(self, _prefix: str) -> list[str]:
        """Return the path of each file below the folder; of none where there is no folder yet."""
        found: list[str] = []
        for folder, _, files in os.walk(self._root, onerror=_raise_unless_missing):
            inner = Path(folder).relative_to(self._root)
            found += [(inner / file).as_posix() for file in files if _is_plain(Path(folder, file))]
        return found

    def delete(self, name: str) -> None:
        """Remove a file, and the folders that are empty without it."""
        path = _below(self._root, name)
        _check_plain(path)
        path.unlink()
        synchronise(path.parent)
        for folder in path.parents[: name.count("/")]:
            try:
                folder.rmdir()
            except OSError:  # not empty
                break

    def exists(self, name: str) -> bool:
        """Tell whether there is such a file."""
        return _is_plain(_below(self._root, name))


class FileWriter:
    """A file on its way: a temporary one (0600) in the folder where it is to stand, so that the rename is atomic."""

    def __init__(self, root: Path, name: str) -> None:
        self._path = _below(root, name)
        _make_private(self._path.parent)
        try:
            descriptor, path = tempfile.mkstemp(prefix=TEMPORARY, dir=self._path.parent)
        except FileNotFoundError:  # another kernel deleted the folder's last object just now, and the folder with it
            _make_private(self._path.parent)
            descriptor, path = tempfile.mkstemp(prefix=TEMPORARY, dir=self._path.parent)
        self._temporary = Path(path)
        self._file = os.fdopen(descriptor, "wb")

    def write(self, piece: bytes) -> None:
        """Add to the temporary file."""
        written(self._file.write, piece)

    def commit(self) -> None:
        """Synchronise the file, rename it, synchronise the folder: after a power cut it is old or new, never half."""
        written(self._commit)

    def discard(self) -> None:
        """Remove the temporary file."""
        with contextlib.suppress(OSError):  # closing writes what is buffered, which a full disk refuses again
            self._file.close()
        with contextlib.suppress(OSError):
            self._temporary.unlink()

    def _commit(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        if self._path.is_symlink():
            raise StoreError("A link stands where the object is to go.", remedy="Remove it, or name another.")
        self._temporary.replace(self._path)
        synchronise(self._path.parent)


def _below(root: Path, name: str) -> Path:
    """Return where an object stands. A folder on the way that is a link is refused: it may lead anywhere."""
    path = root
    *folders, last = name.split("/")
    for folder in folders:
        path /= folder
        if path.is_symlink():
            raise StoreError("A link stands among the place's folders.", remedy="Remove it, or name another place.")
    return path / last


def _is_plain(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def _check_plain(path: Path) -> None:
    if not _is_plain(path):
        raise missing()


def _make_private(folder: Path) -> None:
    """Create the folder and those above it, each 0700; `Path.mkdir` would give its mode to the last one only."""
    if folder.is_dir():
        return
    _make_private(folder.parent)
    with contextlib.suppress(FileExistsError):  # another kernel was faster
        folder.mkdir(mode=0o700)
        synchronise(folder.parent)


def synchronise(folder: Path) -> None:
    """Make a rename last (POSIX fsync on the folder); Windows knows no such thing and its NTFS journals renames."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _raise_unless_missing(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error
