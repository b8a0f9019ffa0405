"""``workbench benchmark storage``: our vault beside plaintext SQLite, SQLCipher and llm's log."""

import os
import platform
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sized
from contextlib import ExitStack, closing
from functools import partial
from itertools import islice
from pathlib import Path

from workbench.benchmark import workload
from workbench.benchmark.disk import Disk
from workbench.benchmark.ours import OurAccount, Ours
from workbench.benchmark.peers import installed_peers
from workbench.benchmark.plain import SQLITE_VERSION, Plain
from workbench.benchmark.report import Comparison, Figure, Report
from workbench.benchmark.sizes import Sizes
from workbench.benchmark.subjects import ErasesSessions, KeepsSegments, Searchable, Subject, Synchronous, UnlocksIndex
from workbench.benchmark.timing import Taken, compare, interleave, summed, timed
from workbench.errors import StoreError, WorkbenchError
from workbench.records import Turn

_ROOM = 30_000  # bytes of disk a turn takes in all stores: 18,000 measured, and a log as long as an index is built
_CHUNK = 250  # turns that one store is given before the next
_SEARCHES = 3  # of each word in a block
_WORDS = {"common": 0.3, "mid": 0.02}  # share of the turns that hold it
_RARE = 10  # turns that hold the rare word
_MILLISECOND_FSYNC = 1e-3

Tell = Callable[[str], None]


def measure_storage(sizes: Sizes, *, tell: Tell = lambda _: None) -> Report:
    """Measure every store on invented turns, in a folder of its own that is removed afterwards.

    The folder is where Python keeps temporary files; TMPDIR puts it on another disk.

    Parameters
    ----------
    sizes : Sizes
        How much.
    tell : callable
        Is told what is being measured, in a few words.

    Raises
    ------
    StoreError
        When the disk hasn't enough room.
    WorkbenchError
        When two stores disagree about what they hold: their times would compare different work.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="workbench-benchmark-")))
        needed = sizes.turns * _ROOM
        if shutil.disk_usage(folder).free < needed:
            raise StoreError(
                f"The benchmark needs {needed / 1e9:.1f} GB of disk where temporary files are kept.",
                remedy="Free some, set TMPDIR to a folder on another disk, or measure with --quick.",
            )
        run = _Run(sizes, folder, stack, tell)
        try:
            return run.report()
        except run.errors as error:
            fault = type(error).__name__
    raise StoreError(f"The benchmark's own stores could not be written or read ({fault}).")


class _Run:
    """One run, its parts in order; each leaves its findings in `comparisons` and `figures`."""

    def __init__(self, sizes: Sizes, folder: Path, stack: ExitStack, tell: Tell) -> None:
        self._sizes = sizes
        self._folder = folder
        self._stack = stack
        self._tell = tell
        self._turns = workload.turns(sizes.turns)
        self._ours, self._plain = Ours(), Plain()
        peers, self._versions, self._notes = installed_peers()
        self._subjects: list[Subject] = [self._plain, self._ours, *peers]
        self.errors = (OSError, *Plain.errors, *(error for peer in peers for error in getattr(peer, "errors", ())))
        self._stored = 0
        self._fsyncs: list[float] = []
        self._comparisons: list[Comparison] = []
        self._figures: list[Figure] = []

    def report(self) -> Report:
        """Measure everything."""
        self._append("FULL", workload.turns(self._sizes.turns), self._sizes.full_blocks)
        for subject in self._subjects:
            subject.close()
        shutil.rmtree(self._folder / "full")
        self._append("NORMAL", self._turns, self._sizes.normal_blocks)
        self._fill()
        self._weigh("as rows")
        self._load()
        self._search()
        self._weigh("with indexes")
        self._sign_in()
        self._erase()
        fsync = statistics.median(self._fsyncs)
        figures = [Figure("fsync_ms", "Making a page of 4 kB safe (fsync), p50 ms", fsync * 1000), *self._figures]
        facts: dict[str, str | int] = {
            "turns": self._stored,
            "python": platform.python_version(),
            "cpus": os.cpu_count() or 0,
            "plain": f"sqlite3 {SQLITE_VERSION}",
            **self._versions,
        }
        return Report("storage", facts, tuple(self._comparisons), tuple(figures), tuple(self._notes))

    def _append(self, synchronous: Synchronous, turns: Iterator[Turn], blocks: int) -> None:
        """Append in turn; the stores stay open."""
        self._tell(f"Appending at synchronous={synchronous}")
        for subject in self._subjects:
            self._open(subject, synchronous)
            self._stack.callback(subject.close)

        def append(subject: Subject, block: list[Turn]) -> list[float]:
            every = self._sizes.every if subject.name == "llm" else 1
            return [timed(partial(subject.append, turn)) for turn in block[::every]]

        sides: dict[str, Callable[[list[Turn]], list[float]]] = {
            subject.name: partial(append, subject) for subject in self._subjects
        }
        with closing(Disk(self._folder)) as disk:
            loads = (list(islice(turns, self._sizes.block)) for _ in range(blocks + 1))  # one to warm up
            taken = interleave({**sides, "fsync": disk.probe}, loads, seconds=self._sizes.seconds)
        self._fsyncs += taken.pop("fsync").times
        aim = 1.7 if synchronous == "NORMAL" else 1.15 if statistics.median(self._fsyncs) >= _MILLISECOND_FSYNC else 1.5
        title = f"Append one turn, synchronous={synchronous}"
        self._comparisons.append(Comparison(f"append_{synchronous.lower()}", title, compare(taken), aim))

    def _fill(self) -> None:
        """Bring the stores that can be searched to the same number of turns."""
        self._tell("Filling the stores")
        self._stored = len(self._plain.load())
        end = time.monotonic() + self._sizes.seconds
        while (chunk := list(islice(self._turns, _CHUNK))) and time.monotonic() < end:
            for subject in self._searchable():
                for turn in chunk:
                    subject.append(turn)
            self._stored += len(chunk)

    def _weigh(self, state: str) -> None:
        """Note the size of each store."""
        sizes = {}
        for subject in self._subjects if state == "as rows" else self._searchable():
            count = self._stored if isinstance(subject, Searchable) else len(subject.load())
            sizes[subject.name] = subject.bytes_stored() / count
        suffix = state.replace(" ", "_")
        for name, size in sizes.items():
            self._figures.append(Figure(f"bytes_per_turn_{suffix}_{name}", f"Bytes a turn, {state}: {name}", size))
        ratio = sizes[self._ours.name] / sizes[self._plain.name]
        aim = 0.5 if state == "as rows" else None
        self._figures.append(Figure(f"size_{suffix}_ratio", f"Size, {state}: ours over plaintext", ratio, aim))

    def _load(self) -> None:
        """Open each store and load all of it, in turn."""
        self._tell(f"Loading {self._stored:,} turns")
        sides: dict[str, Callable[[object], list[float]]] = {
            subject.name: partial(self._loaded, subject, subject.load) for subject in self._searchable()
        }
        if isinstance(self._ours, KeepsSegments):
            self._ours.build_segments()
            sides["segments"] = partial(self._loaded, self._ours, self._ours.load_segments)
        taken = interleave(sides, range(self._sizes.loads + 1), seconds=self._sizes.seconds)
        segments = taken.pop("segments", None)
        title = "Open and load all turns into pandas"
        self._comparisons.append(Comparison("load_rows", f"{title}, from rows", compare(taken), 1.5))
        if segments is not None:
            both = {self._plain.name: taken[self._plain.name], self._ours.name: segments}
            self._comparisons.append(Comparison("load_segments", f"{title}, from segments", compare(both), 0.6))

    def _loaded(self, subject: Subject, load: Callable[[], Sized], _load: object) -> list[float]:
        frames: list[Sized] = []

        def open_and_load() -> None:
            self._open(subject, "NORMAL")
            frames.append(load())

        subject.close()
        seconds = timed(open_and_load)
        _agree([len(frame) for frame in frames] + [self._stored])
        return [seconds]

    def _search(self) -> None:
        """Build each index, unlock ours, and search in turn."""
        self._tell("Building the indexes")
        for subject in self._searchable():
            title = f"Building the full-text index: {subject.name}, s"
            self._figures.append(Figure(f"index_build_seconds_{subject.name}", title, timed(subject.index)))
        if isinstance(self._ours, UnlocksIndex):
            self._figures.append(self._unlocked(self._ours.unlock_index))
        self._tell("Searching")
        shares = {**_WORDS, "rare": _RARE / self._stored}
        ranked = {name: self._found(share, newest=False) for name, share in shares.items()}
        newest = [self._found(share, newest=True) for share in shares.values()]
        title = "Search by rank, a common, a mid and a rare word"
        self._comparisons.append(Comparison("search", title, compare(summed(list(ranked.values()))), 2.0))
        for name, taken in ranked.items():
            self._comparisons.append(Comparison(f"search_{name}", f"Search by rank, a {name} word", compare(taken)))
        slowest = max(statistics.median(taken["ours"].times) for taken in newest)
        self._comparisons.append(
            Comparison("search_newest", "Search newest first, the same words", compare(summed(newest)))
        )
        self._figures.append(
            Figure("search_newest_ms", "Search newest first: ours, the slowest of the words, p50 ms", slowest * 1000, 1)
        )

    def _unlocked(self, unlock: Callable[[], None]) -> Figure:
        times = []
        for _ in range(self._sizes.unlocks):
            self._ours.close()
            self._open(self._ours, "NORMAL")
            times.append(timed(unlock))
            if sum(times) > self._sizes.seconds:
                break
        return Figure("index_unlock_seconds", "Unlocking our index, p50 s", statistics.median(times), 0.5)

    def _found(self, share: float, *, newest: bool) -> dict[str, Taken]:
        word = workload.word_in(share)
        hits: dict[str, int] = {}

        def search(subject: Searchable, _load: object) -> list[float]:
            def find() -> None:
                hits[subject.name] = subject.search(word, newest=newest)

            return [timed(find) for _ in range(_SEARCHES)]

        sides = {subject.name: partial(search, subject) for subject in self._searchable()}
        taken = interleave(sides, range(self._sizes.searches + 1), seconds=self._sizes.seconds)
        _agree(list(hits.values()))
        return taken

    def _sign_in(self) -> None:
        """Sign in to an account and change its passphrase."""
        self._tell("Signing in")
        with closing(OurAccount(self._folder / "account")) as account:
            times = [timed(account.sign_in) for _ in range(self._sizes.unlocks)]
            changes = [timed(account.change_passphrase) for _ in range(self._sizes.unlocks)]
        self._figures.append(Figure("sign_in_seconds", "Signing in, p50 s", statistics.median(times), 0.4))
        self._figures.append(
            Figure("passphrase_change_seconds", "Changing the passphrase, p50 s", statistics.median(changes), 1)
        )

    def _erase(self) -> None:
        """Erase sessions, where the vault can."""
        if isinstance(self._ours, ErasesSessions):
            self._tell("Erasing a session")
            self._ours.hold_keys(self._sizes.keys)
            times = []
            for _ in range(self._sizes.unlocks):
                self._ours.new_session()
                times.append(timed(self._ours.erase_session))
            title = f"Erasing one session of {self._sizes.keys:,}, p50 s"
            self._figures.append(Figure("erase_session_seconds", title, statistics.median(times), 0.1))

    def _searchable(self) -> list[Searchable]:
        return [subject for subject in self._subjects if isinstance(subject, Searchable)]

    def _open(self, subject: Subject, synchronous: Synchronous) -> None:
        subject.open(self._folder / synchronous.lower() / subject.name, synchronous=synchronous)


def _agree(counts: list[int]) -> None:
    if len(set(counts)) > 1:
        raise WorkbenchError("The stores disagree about what they hold, so that their times can't be compared.")
