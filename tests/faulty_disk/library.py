"""The SQLite library that Python's `sqlite3` itself uses, found among what the process has loaded."""

import _sqlite3
import ctypes
import sqlite3
from collections.abc import Iterator
from ctypes import c_char_p, c_int, c_void_p
from functools import cache

from faulty_disk.abi import Vfs

_PROBE = b"faulty-disk-probe"


class Library:
    """The three functions of SQLite's C interface that register a VFS.

    Parameters
    ----------
    handle : ctypes.CDLL
        What `dlopen` gave; `dlsym` on it also looks into the libraries that it depends on.

    Raises
    ------
    AttributeError
        When it doesn't export them.
    """

    def __init__(self, handle: ctypes.CDLL) -> None:
        self._find = handle.sqlite3_vfs_find
        self._find.argtypes, self._find.restype = [c_char_p], c_void_p
        self._register = handle.sqlite3_vfs_register
        self._register.argtypes, self._register.restype = [c_void_p, c_int], c_int
        self._unregister = handle.sqlite3_vfs_unregister
        self._unregister.argtypes, self._unregister.restype = [c_void_p], c_int

    def default(self) -> int:
        """Return the address of the VFS that a connection gets when it names none."""
        return int(self._find(None) or 0)

    def register(self, vfs: int, *, is_default: bool) -> None:
        """Add a VFS, or make one that is there already the default."""
        if self._register(vfs, int(is_default)) != sqlite3.SQLITE_OK:
            raise RuntimeError("SQLite refused to register a VFS.")

    def unregister(self, vfs: int) -> None:
        """Take a VFS off the list; connections that use it keep doing so, and its memory must stay."""
        self._unregister(vfs)

    def is_the_one(self) -> bool:
        """Tell whether `sqlite3.connect` sees what is registered here: a process may hold two SQLites."""
        default = self.default()
        if not default:
            return False
        probe = Vfs.from_buffer_copy(Vfs.from_address(default))
        probe.zName, probe.pNext = _PROBE, None
        self.register(ctypes.addressof(probe), is_default=False)
        try:
            sqlite3.connect(f"file::memory:?vfs={_PROBE.decode()}", uri=True).close()
        except sqlite3.OperationalError:  # no such vfs
            return False
        else:
            return True
        finally:
            self.unregister(ctypes.addressof(probe))


@cache
def library() -> Library:
    """Return the library below `sqlite3`.

    Raises
    ------
    RuntimeError
        When it can't be reached: linked into Python statically, with hidden symbols.
    """
    sqlite3.connect(":memory:").close()  # sqlite3_initialize: the default VFS exists from then on
    for handle in _handles():
        try:
            found = Library(handle)
        except AttributeError:
            continue
        if found.is_the_one():
            return found
    raise RuntimeError(
        "This Python's _sqlite3 hides the SQLite that it was linked with, so no VFS can be put below it. Run these "
        "tests on a Python whose _sqlite3 uses a shared libsqlite3, as those of Debian, conda-forge and pyenv do."
    )


def _handles() -> Iterator[ctypes.CDLL]:
    path = getattr(_sqlite3, "__file__", None)  # None where the module is built into the interpreter
    if path is not None:
        yield ctypes.CDLL(path)
    yield ctypes.CDLL(None)
