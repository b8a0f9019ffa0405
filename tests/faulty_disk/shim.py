"""A VFS over the default one that asks a Python function what shall become of each call.

SQLite's own pattern (https://www.sqlite.org/vfs.html, "shims"): the VFS below opens the file, then the pointer to its
methods is turned to a copy of the table in which a few functions are ours. Locks and shared memory stay untouched.

- Nothing raises into C: what a handler raises is kept, SQLite gets an I/O error, and leaving the context raises it.
- What SQLite may hold a pointer to is never freed, since a connection may outlive the context.
- A handler holds the interpreter's lock, and SQLite the connection's: two threads that use one connection at the same
  moment could wait for each other. The program must take turns, as `workbench.storage.Database` does.
"""

import ctypes
import itertools
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self

from faulty_disk import abi
from faulty_disk.abi import File, Methods, Vfs
from faulty_disk.library import Library, library

Operation = Literal["open", "read", "write", "truncate", "sync", "delete"]
_numbers = itertools.count(1)


@dataclass(slots=True)
class Call:
    """One call that SQLite makes to its disk.

    Parameters
    ----------
    operation : str
        Which.
    path : str
        Of the file; empty for a nameless temporary one.
    flags : int
        With which the file was opened (`SQLITE_OPEN_…`); for a deletion, whether the folder is synced after it.
    offset : int
        Of a read or write, in bytes; for a truncation, the new size.
    amount : int
        How many bytes to read or write; a handler may lower it before it goes on with a write.
    address : int
        Where the bytes are.
    """

    operation: Operation
    path: str
    flags: int = 0
    offset: int = 0
    amount: int = 0
    address: int = 0

    def data(self) -> bytes:
        """Return the bytes that are being written."""
        return ctypes.string_at(self.address, self.amount)


Handler = Callable[[Call, Callable[[], int]], int]
"""Takes a call and what carries it out; returns SQLite's result code."""


@dataclass(frozen=True, slots=True)
class _OpenFile:
    path: str
    flags: int
    below: Methods


class Shim:
    """Sends each of SQLite's calls through a handler while the context is open.

    Parameters
    ----------
    handler : callable
        Decides; see `Handler`.
    reads : bool
        Whether it sees reads too, which are many.
    is_default : bool
        Whether each new connection gets it. Otherwise only one opened by ``file:…?vfs=`` and `name` does.
    """

    def __init__(self, handler: Handler, *, reads: bool = False, is_default: bool = True) -> None:
        self.name = f"faulty-disk-{next(_numbers)}"
        self._handler = handler
        self._reads = reads
        self._is_default = is_default
        self._library: Library | None = None
        self._error: BaseException | None = None
        self._files: dict[int, _OpenFile] = {}
        self._tables: dict[int, tuple[Methods, Methods]] = {}

    def __enter__(self) -> Self:
        """Register the VFS.

        Raises
        ------
        RuntimeError
            When Python's SQLite can't be reached, or the shim was used before.
        """
        if self._library is not None:
            raise RuntimeError("A shim, a recording or a fault serves for one context; make a new one.")
        self._library = library()
        self._below_address = self._library.default()
        self._below = Vfs.from_address(self._below_address)
        self._vfs = Vfs.from_buffer_copy(self._below)
        self._vfs.pNext = None
        self._vfs.zName = self.name.encode()
        self._vfs.xOpen = abi.OpenFunction(self._open)
        self._vfs.xDelete = abi.DeleteFunction(self._delete)
        _never_free(self)
        self._library.register(ctypes.addressof(self._vfs), is_default=self._is_default)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Unregister it and give the default back; connections still open go straight to the disk from now on."""
        if self._library is None:
            return
        self._handler = _carry_out  # a recording is large, and this object stays
        address = ctypes.addressof(self._vfs)
        was_default = self._library.default() == address
        self._library.unregister(address)
        if was_default:
            self._library.register(self._below_address, is_default=True)
        if self._error is not None and error is None:
            raise self._error

    def _decide(self, call: Call, carry_out: Callable[[], int]) -> int:
        """Return what the handler says; whatever happens, return."""
        carried_out: list[int] = []

        def proceed() -> int:
            carried_out.append(carry_out())
            return carried_out[-1]

        try:
            return self._handler(call, proceed)
        except BaseException as error:  # noqa: BLE001 - an interrupt must not go up through C either
            self._error = self._error or error
            return carried_out[-1] if carried_out else sqlite3.SQLITE_IOERR

    def _open(self, vfs: int, name: int | None, address: int, flags: int, flags_out: int | None) -> int:
        path = abi.text_at(name)

        def carry_out() -> int:
            code = int(self._below.xOpen(self._below_address, name, address, flags, flags_out))
            if code == sqlite3.SQLITE_OK:
                self._adopt(address, path, flags)
            return code

        code = self._decide(Call("open", path, flags), carry_out)
        if address not in self._files:
            File.from_address(address).methods = None  # or SQLite would call its xClose
        return code

    def _adopt(self, address: int, path: str, flags: int) -> None:
        """Turn an open file's methods to ours."""
        file = File.from_address(address)
        if file.methods not in self._tables:
            self._tables[file.methods] = self._table_over(file.methods)
        below, ours = self._tables[file.methods]
        self._files[address] = _OpenFile(path, flags, below)
        file.methods = ctypes.addressof(ours)

    def _table_over(self, address: int) -> tuple[Methods, Methods]:
        below = Methods.from_address(address)
        ours = Methods()
        size = Methods.xFetch.offset  # all that version 2 has; a table of an older version may be shorter still
        if below.iVersion < abi.WITH_SHARED_MEMORY:
            size = Methods.xShmMap.offset
        ctypes.memmove(ctypes.addressof(ours), address, size)
        ours.iVersion = min(below.iVersion, abi.WITH_SHARED_MEMORY)
        ours.xClose = abi.CloseFunction(self._close)
        if self._reads:
            ours.xRead = abi.TransferFunction(self._read)
        ours.xWrite = abi.TransferFunction(self._write)
        ours.xTruncate = abi.TruncateFunction(self._truncate)
        ours.xSync = abi.SyncFunction(self._sync)
        ours.xDeviceCharacteristics = abi.CharacteristicsFunction(self._characteristics)
        return below, ours

    def _close(self, address: int) -> int:
        return int(self._files.pop(address).below.xClose(address))

    def _read(self, address: int, data: int, amount: int, offset: int) -> int:
        file = self._files[address]
        call = Call("read", file.path, file.flags, offset, amount, data)
        return self._decide(call, lambda: int(file.below.xRead(address, data, amount, offset)))

    def _write(self, address: int, data: int, amount: int, offset: int) -> int:
        file = self._files[address]
        call = Call("write", file.path, file.flags, offset, amount, data)
        return self._decide(call, lambda: int(file.below.xWrite(address, data, call.amount, offset)))

    def _truncate(self, address: int, size: int) -> int:
        file = self._files[address]
        call = Call("truncate", file.path, file.flags, size)
        return self._decide(call, lambda: int(file.below.xTruncate(address, size)))

    def _sync(self, address: int, flags: int) -> int:
        file = self._files[address]
        return self._decide(Call("sync", file.path, file.flags), lambda: int(file.below.xSync(address, flags)))

    def _characteristics(self, address: int) -> int:
        """Promise no more than that a torn write leaves the bytes beside it alone: no atomic or ordered writes."""
        try:
            known = int(self._files[address].below.xDeviceCharacteristics(address))
        except BaseException as error:  # noqa: BLE001 - as in _decide
            self._error = self._error or error
            return 0
        return known & abi.IOCAP_POWERSAFE_OVERWRITE

    def _delete(self, vfs: int, name: bytes, syncs_folder: int) -> int:
        call = Call("delete", name.decode("utf-8", "surrogateescape"), syncs_folder)
        return self._decide(call, lambda: int(self._below.xDelete(self._below_address, name, syncs_folder)))


def _carry_out(call: Call, proceed: Callable[[], int]) -> int:
    return proceed()


def _never_free(thing: Any) -> None:
    """Keep a thing to the end of the process: SQLite may call through it after Python has forgotten its modules."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))
