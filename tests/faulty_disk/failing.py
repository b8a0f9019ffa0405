"""A disk whose n-th call fails, as SQLite's own tests for I/O errors and full disks have it.

Source: https://www.sqlite.org/testing.html, 3.2 ("I/O error testing") and 3.4: run with the fault at the first call,
then at the second, and so on, once and from then on, until a run goes through without meeting it.
"""

import sqlite3
from collections.abc import Callable
from types import TracebackType
from typing import Literal, Self

from faulty_disk.shim import Call, Operation, Shim

SECTOR = 512  # bytes; what a filling disk still takes of a write ends at a sector

_ERRORS: dict[Operation, int] = {
    "open": sqlite3.SQLITE_CANTOPEN,
    "read": sqlite3.SQLITE_IOERR_READ,
    "write": sqlite3.SQLITE_IOERR_WRITE,
    "truncate": sqlite3.SQLITE_IOERR_TRUNCATE,
    "sync": sqlite3.SQLITE_IOERR_FSYNC,
    "delete": sqlite3.SQLITE_IOERR_DELETE,
}


class FailingAt:
    """Makes the n-th call of a kind fail, for the connections opened while the context is open.

    Parameters
    ----------
    number : int
        Which call fails, counted from 1 over all files.
    operation : str
        Of which kind; ``"any"`` counts them all.
    is_full : bool
        Whether a write fails for want of room (`SQLITE_FULL`, after half of its bytes) rather than with an I/O error.
    is_persistent : bool
        Whether each later call of the kind fails as well, until `mend` is called or the context is left.
    is_default : bool
        Whether each new connection is concerned; otherwise only those opened by ``file:…?vfs=`` and `vfs`.
    """

    def __init__(
        self,
        number: int,
        operation: Operation | Literal["any"] = "any",
        *,
        is_full: bool = False,
        is_persistent: bool = False,
        is_default: bool = True,
    ) -> None:
        self._number = number
        self._operation = operation
        self._is_full = is_full
        self._is_persistent = is_persistent
        self._is_mended = False
        self.calls = 0
        """How many calls of the kind there were."""
        self.faults = 0
        """How many of them failed."""
        self._shim = Shim(self._handle, reads=operation in ("read", "any"), is_default=is_default)

    @property
    def was_reached(self) -> bool:
        """Whether the fault came about; a test ends its loop when it didn't."""
        return self.faults > 0

    @property
    def vfs(self) -> str:
        """The name of the VFS, for a URI."""
        return self._shim.name

    def mend(self) -> None:
        """Let every later call succeed."""
        self._is_mended = True

    def __enter__(self) -> Self:
        """Begin to count, with the connections that are opened from now on."""
        self._shim.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Let every later call succeed, and give SQLite its own disk back."""
        self._shim.__exit__(kind, error, traceback)

    def _handle(self, call: Call, proceed: Callable[[], int]) -> int:
        if call.operation not in _ERRORS or self._operation not in (call.operation, "any"):
            return proceed()
        self.calls += 1
        is_due = self.calls == self._number or (self._is_persistent and self.calls > self._number)
        if self._is_mended or not is_due:
            return proceed()
        self.faults += 1
        if not (self._is_full and call.operation == "write"):
            return _ERRORS[call.operation]
        call.amount = call.amount // 2 // SECTOR * SECTOR
        if call.amount:
            proceed()
        return sqlite3.SQLITE_FULL
