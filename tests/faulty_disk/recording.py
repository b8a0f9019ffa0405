"""Records what SQLite does to its disk, so that a power cut can be replayed at each moment."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from faulty_disk import crashes, log
from faulty_disk.abi import is_durable_kind, syncs_its_folder
from faulty_disk.crashes import CrashState
from faulty_disk.shim import Call, Shim


class Recording:
    """The writes, syncs, creations and deletions of every connection opened while the context is open.

    Databases, rollback journals and write-ahead logs are recorded; temporary files and shared memory need not survive.
    What the program writes by other means than SQLite isn't seen, and a file that it created so is taken as durable.

    Parameters
    ----------
    is_default : bool
        Whether each new connection is recorded; otherwise only those opened by ``file:…?vfs=`` and `vfs`.

    Examples
    --------
    >>> with Recording() as recording:  # doctest: +SKIP
    ...     store.append(body)
    ...     recording.acknowledge(body)
    >>> for state in recording.crashes():  # doctest: +SKIP
    ...     materialise(state, folder)
    """

    def __init__(self, *, is_default: bool = True) -> None:
        self.events: list[log.Event] = []
        self._shim = Shim(self._handle, is_default=is_default)
        self._lock = threading.Lock()  # a sync covers what was written before it began, so calls take turns
        self._names: dict[str, int] = {}
        self._count = 0
        self._folder_synced: set[int] = set()

    @property
    def vfs(self) -> str:
        """The name of the VFS, for a URI."""
        return self._shim.name

    def __enter__(self) -> Self:
        """Begin to record the connections that are opened from now on."""
        self._shim.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop recording."""
        self._shim.__exit__(kind, error, traceback)

    def acknowledge(self, what: object) -> None:
        """Note that the program has told its user that something is done; from here on no power cut may undo it."""
        with self._lock:
            self.events.append(log.Acknowledged(what))

    def crashes(
        self, *, is_each_write_torn: bool = True, shuffles: int = 0, seed: int = 0, honours_syncs: bool = True
    ) -> Iterator[CrashState]:
        """Yield the states that a power cut could leave; see `faulty_disk.crashes.states`."""
        return crashes.states(
            self.events,
            is_each_write_torn=is_each_write_torn,
            shuffles=shuffles,
            seed=seed,
            honours_syncs=honours_syncs,
        )

    def everything(self) -> CrashState:
        """Return the state without a power cut: every write is there."""
        return crashes.everything(self.events)

    def _handle(self, call: Call, proceed: Callable[[], int]) -> int:
        if call.operation not in _RECORDED or not (call.operation == "delete" or is_durable_kind(call.flags)):
            return proceed()
        with self._lock:
            existed = call.operation == "open" and Path(call.path).exists()
            code = proceed()
            if code == sqlite3.SQLITE_OK:
                self._record(call, existed=existed)
            return code

    def _record(self, call: Call, *, existed: bool) -> None:
        if call.operation == "open":
            self._opened(call.path, existed=existed)
            return
        if call.operation == "delete" and call.path not in self._names:
            return
        file = self._names[call.path]
        match call.operation:
            case "write":
                self.events.append(log.Written(file, call.offset, call.data()))
            case "truncate":
                self.events.append(log.Truncated(file, call.offset))
            case "sync":
                self.events.append(log.Synced(file))
                if syncs_its_folder(call.flags) and file not in self._folder_synced:
                    self._folder_synced.add(file)
                    self.events.append(log.FolderSynced(str(Path(call.path).parent)))
            case "delete":
                self.events.append(log.Deleted(self._names.pop(call.path), call.path))
                if call.flags:
                    self.events.append(log.FolderSynced(str(Path(call.path).parent)))

    def _opened(self, path: str, *, existed: bool) -> None:
        if existed and path in self._names:
            return
        self._count += 1
        self._names[path] = self._count
        content = Path(path).read_bytes() if existed else b""
        self.events.append(log.Found(self._count, path, content) if existed else log.Created(self._count, path))


_RECORDED = ("open", "write", "truncate", "sync", "delete")
