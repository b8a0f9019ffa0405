"""Times of several subjects taken in turn, block by block, so that the machine's moods fall on all of them alike."""

import gc
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

FEWEST_BLOCKS = 3  # below it a spread says nothing
_WARM_UP = 1  # blocks: statements are prepared, pages allocated, files opened

Load = TypeVar("Load")


@dataclass(frozen=True, slots=True)
class Taken:
    """What one side took.

    Parameters
    ----------
    blocks : tuple of tuple of float
        Seconds of each action, block by block.
    cpu : tuple of float
        Seconds of processor, of all threads, in each block.
    """

    blocks: tuple[tuple[float, ...], ...]
    cpu: tuple[float, ...]

    @property
    def times(self) -> list[float]:
        """The seconds of every action."""
        return [second for block in self.blocks for second in block]


@dataclass(frozen=True, slots=True)
class Timing:
    """What one subject took, beside the plain peer in the same blocks.

    Parameters
    ----------
    subject : str
        Its name.
    count : int
        Actions timed.
    p50, mean : float
        Seconds an action.
    p50_ratio, ratio : float
        Its p50 and its total time over the plain peer's, for as many actions. The second holds what comes now and then
        too, such as the moving of a write-ahead log into its file.
    cpu_ratio : float
        Its processor time over the plain peer's: what neither a slow disk nor a busy neighbour sways.
    lowest, highest : float
        The smallest and the largest ratio of total times of a single block.
    """

    subject: str
    count: int
    p50: float
    mean: float
    p50_ratio: float
    ratio: float
    cpu_ratio: float
    lowest: float
    highest: float


def timed(action: Callable[[], object]) -> float:
    """Return the seconds that an action takes."""
    start = time.perf_counter_ns()
    action()
    return (time.perf_counter_ns() - start) / 1e9


def interleave(
    sides: Mapping[str, Callable[[Load], Iterable[float]]], loads: Iterable[Load], *, seconds: float
) -> dict[str, Taken]:
    """Let each side do each load, one after the other, and return the times that they report.

    The order rotates, so that no side always follows the same other: whoever follows a slow disk write waits for its
    end. The first block is a warm-up and isn't returned. Garbage is collected before each block; within it, Python
    collects when it likes to, as it does for users.

    Parameters
    ----------
    sides : Mapping of str to callable
        Name → does a load, and returns the seconds of each action.
    loads : iterable
        One for each block; made outside the timed part.
    seconds : float
        No block is begun later, once there are `FEWEST_BLOCKS`; each load that is taken is done by all.
    """
    blocks: dict[str, list[tuple[float, ...]]] = {name: [] for name in sides}
    cpu: dict[str, list[float]] = {name: [] for name in sides}
    order = list(sides)
    end = time.monotonic() + seconds
    for number, load in enumerate(loads):
        gc.collect()
        for name in order:
            start = time.process_time()
            times = tuple(sides[name](load))
            if number >= _WARM_UP:
                cpu[name].append(time.process_time() - start)
                blocks[name].append(times)
        order = [*order[1:], order[0]]
        if number + 1 >= FEWEST_BLOCKS + _WARM_UP and time.monotonic() > end:
            break
    return {name: Taken(tuple(blocks[name]), tuple(cpu[name])) for name in sides}


def compare(taken: Mapping[str, Taken], *, plain: str = "plain") -> tuple[Timing, ...]:
    """Return what each side took, the plain peer first.

    Parameters
    ----------
    taken : Mapping of str to Taken
        As `interleave` returns it.
    plain : str
        The side that the others are measured by.
    """
    measure = taken[plain]
    return tuple(_timing(name, taken[name], measure) for name in sorted(taken, key=lambda name: name != plain))


def summed(parts: Sequence[Mapping[str, Taken]]) -> dict[str, Taken]:
    """Return the times of actions done one after the other: the first of each part, the second of each, and so on."""
    return {name: _together([part[name] for part in parts]) for name in parts[0]}


def _together(parts: Sequence[Taken]) -> Taken:
    # `zip` stops with the part that ended first.
    return Taken(
        tuple(
            tuple(map(sum, zip(*blocks, strict=True))) for blocks in zip(*(part.blocks for part in parts), strict=False)
        ),
        tuple(map(sum, zip(*(part.cpu for part in parts), strict=False))),
    )


def _timing(name: str, taken: Taken, measure: Taken) -> Timing:
    times, beside = taken.times, measure.times
    p50, mean = statistics.median(times), statistics.fmean(times)
    ratios = [
        statistics.fmean(ours) / statistics.fmean(theirs)
        for ours, theirs in zip(taken.blocks, measure.blocks, strict=True)
    ]
    return Timing(
        subject=name,
        count=len(times),
        p50=p50,
        mean=mean,
        p50_ratio=p50 / statistics.median(beside),
        ratio=mean / statistics.fmean(beside),
        cpu_ratio=(sum(taken.cpu) / len(times)) / (sum(measure.cpu) / len(beside)),
        lowest=min(ratios),
        highest=max(ratios),
    )
