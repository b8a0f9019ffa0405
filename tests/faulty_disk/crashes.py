"""The states that a power cut can leave on a disk, computed from what was recorded.

The model, after https://www.sqlite.org/atomiccommit.html (section 2, "Hardware Assumptions") and the crash VFS of
SQLite's own tests (src/test6.c):

- A change lasts once its file was synced. Names (creations, deletions) last once their folder was synced: SQLite does
  that at the first sync of a journal or log, and after a deletion only where it asks for it.
- Of what came since, the disk holds any part, in any order: every prefix, nothing, one file's and not another's.
  Of each write, any of its sectors; the others hold what they held before or, where shuffled, garbage.
- Sectors are 512 bytes, the least that disks write. Bytes beside a write are never harmed: SQLite takes this for
  granted (https://www.sqlite.org/psow.html), and so do we.
- The cut comes as late as it can, just before the next sync: whatever was acknowledged by then must be there, however
  little of the unsynced changes is. An earlier cut leaves no other states and has less to answer for.
- Shared memory (-shm) isn't kept: the first connection builds it anew from the log.

What SQLite promises on such a disk, and what therefore may be tested:

- Write-ahead log, synchronous=FULL: each commit syncs the log, so that a commit which returned is there. NORMAL syncs
  only around checkpoints: commits may be lost, the newest first, and nothing is damaged. OFF promises nothing.
- Rollback journal, FULL: nothing is damaged; but the journal's deletion is the commit, and its folder isn't synced, so
  that the last commit may be undone. EXTRA syncs it (https://www.sqlite.org/pragma.html#pragma_synchronous).
"""

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from faulty_disk.log import (
    Acknowledged,
    Change,
    Created,
    Deleted,
    Event,
    FolderSynced,
    Found,
    Synced,
    Truncated,
    Written,
)

SECTOR = 512  # bytes


@dataclass(frozen=True, slots=True)
class CrashState:
    """A disk after a power cut.

    Parameters
    ----------
    files : dict of str to bytes
        What each name holds.
    acknowledged : tuple
        What the program had acknowledged by then, in order.
    story : str
        Where the cut came and what was kept, for the message of a test that fails.
    """

    files: dict[str, bytes] = field(repr=False)
    acknowledged: tuple[object, ...]
    story: str


def materialise(state: CrashState, folder: Path) -> None:
    """Write the files of a state into a folder, under their own last names.

    Raises
    ------
    ValueError
        When two have the same.
    """
    if len({Path(path).name for path in state.files}) < len(state.files):
        raise ValueError("Two recorded files of different folders have the same name.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path, content in state.files.items():
        (folder / Path(path).name).write_bytes(content)


def everything(events: Sequence[Event]) -> CrashState:
    """Return the state in which every recorded change is there."""
    disk = _Disk()
    acknowledged: list[object] = []
    for event in events:
        disk.take(event, honours_syncs=False)
        if isinstance(event, Acknowledged):
            acknowledged.append(event.what)
    return CrashState(disk.after(disk.pending), tuple(acknowledged), "no power cut")


def states(
    events: Sequence[Event],
    *,
    is_each_write_torn: bool = True,
    shuffles: int = 0,
    seed: int = 0,
    honours_syncs: bool = True,
) -> Iterator[CrashState]:
    """Yield each state that a power cut could leave, before each sync and at the end; none twice.

    Parameters
    ----------
    events : sequence of Event
        What was recorded.
    is_each_write_torn : bool
        Whether each unsynced write is torn at each of its sectors, or only the last before the sync.
    shuffles : int
        How many random selections to add at each sync: writes dropped, torn anywhere, or turned to garbage.
    seed : int
        Makes the same selections again.
    honours_syncs : bool
        False for a disk that lies: it acknowledges syncs and keeps nothing. A test that can't fail on it proves
        nothing.
    """
    disk = _Disk()
    acknowledged: list[object] = []
    chance = random.Random(seed)  # noqa: S311 - to be repeatable, not secret
    seen: set[bytes] = set()
    for position, event in enumerate([*events, None]):
        if event is None or isinstance(event, Synced | FolderSynced):
            for story, kept in disk.selections(is_each_write_torn=is_each_write_torn, shuffles=shuffles, chance=chance):
                files = disk.after(kept)
                digest = _digest(files, len(acknowledged))
                if digest not in seen:
                    seen.add(digest)
                    yield CrashState(files, tuple(acknowledged), f"before event {position} ({event}): {story}")
        if isinstance(event, Acknowledged):
            acknowledged.append(event.what)
        elif event is not None:
            disk.take(event, honours_syncs=honours_syncs)


class _Disk:
    """What lasts, and what has yet to: both in the order in which it happened."""

    def __init__(self) -> None:
        self._contents: dict[int, bytes] = {}
        self._names: dict[str, int] = {}
        self.pending: list[Change] = []

    def take(self, event: Event, *, honours_syncs: bool) -> None:
        match event:
            case Found():
                self._contents[event.file] = event.content
                self._names[event.path] = event.file
            case Created() | Deleted() | Written() | Truncated():
                self.pending.append(event)
            case Synced() if honours_syncs:
                self._settle([c for c in self.pending if isinstance(c, Written | Truncated) and c.file == event.file])
            case FolderSynced() if honours_syncs:
                self._settle([c for c in self.pending if _is_name_in(c, event.folder)])

    def _settle(self, lasting: list[Change]) -> None:
        self._contents, self._names = self._applied(lasting)
        settled = set(map(id, lasting))
        self.pending = [change for change in self.pending if id(change) not in settled]

    def after(self, kept: Sequence[Change]) -> dict[str, bytes]:
        """Return what each name holds when only some of the pending changes were kept."""
        contents, names = self._applied(kept)
        return {path: contents.get(file, b"") for path, file in names.items()}

    def _applied(self, kept: Sequence[Change]) -> tuple[dict[int, bytes], dict[str, int]]:
        names = dict(self._names)
        touched: dict[int, bytearray] = {}
        for change in kept:
            match change:
                case Created():
                    names[change.path] = change.file
                case Deleted():
                    if names.get(change.path) == change.file:
                        del names[change.path]
                case Written() | Truncated():
                    if change.file not in touched:
                        touched[change.file] = bytearray(self._contents.get(change.file, b""))
                    _apply(change, touched[change.file])
        return {**self._contents, **{file: bytes(content) for file, content in touched.items()}}, names

    def selections(
        self, *, is_each_write_torn: bool, shuffles: int, chance: random.Random
    ) -> Iterator[tuple[str, list[Change]]]:
        """Yield what may have been kept of the pending changes, each with its story."""
        total = len(self.pending)
        for count in range(total + 1):
            prefix = self.pending[:count]
            yield f"{count} of {total} changes", prefix
            yield f"{count} of {total} changes, no names", [c for c in prefix if isinstance(c, Written | Truncated)]
            if prefix and isinstance(prefix[-1], Written) and (is_each_write_torn or count == total):
                for torn in _torn(prefix[-1]):
                    yield f"{count} of {total} changes, the last torn to {len(torn.data)}", [*prefix[:-1], torn]
        yield "the names alone", [change for change in self.pending if isinstance(change, Created | Deleted)]
        for file in {change.file for change in self.pending}:
            yield f"the changes of file {file} alone", [change for change in self.pending if change.file == file]
        for number in range(shuffles if total else 0):
            yield f"shuffle {number}", [part for change in self.pending for part in _shuffled(change, chance)]


def _is_name_in(change: Change, folder: str) -> bool:
    return isinstance(change, Created | Deleted) and str(Path(change.path).parent) == folder


def _apply(change: Written | Truncated, content: bytearray) -> None:
    """Do to the bytes of a file what the change does; a gap reads as zeros."""
    end = change.size if isinstance(change, Truncated) else change.offset + len(change.data)
    content.extend(bytes(max(0, end - len(content))))
    if isinstance(change, Truncated):
        del content[end:]
    else:
        content[change.offset : end] = change.data


def _sectors(write: Written) -> Iterator[Written]:
    """Yield the parts of a write, cut where the file's sectors end."""
    start, end = write.offset, write.offset + len(write.data)
    for edge in [*range(start // SECTOR * SECTOR + SECTOR, end, SECTOR), end]:
        yield Written(write.file, start, write.data[start - write.offset : edge - write.offset])
        start = edge


def _torn(write: Written) -> Iterator[Written]:
    """Yield the write cut short at each end of a sector."""
    for part in list(_sectors(write))[:-1]:
        yield Written(write.file, write.offset, write.data[: part.offset + len(part.data) - write.offset])


def _shuffled(change: Change, chance: random.Random) -> list[Change]:
    """Return the change whole, not at all, or (a write) in some of its sectors, the others as before or garbage."""
    if chance.random() < 1 / 2:
        return [change]
    if not isinstance(change, Written) or chance.random() < 1 / 2:
        return []
    parts: list[Change] = []
    for part in _sectors(change):
        kind = chance.choice(("new", "old", "garbage"))
        if kind != "old":
            data = part.data if kind == "new" else chance.randbytes(len(part.data))
            parts.append(Written(part.file, part.offset, data))
    return parts


def _digest(files: dict[str, bytes], acknowledged: int) -> bytes:
    """Return what two states share when one test of them would do."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(b"%d" % acknowledged)
    for path, content in sorted(files.items()):
        digest.update(b"|%d|%d|" % (len(path.encode()), len(content)) + path.encode() + content)
    return digest.digest()
