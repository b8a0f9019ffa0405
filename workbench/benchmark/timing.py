"""Times of several subjects taken in turn, block by block, so that the machine's moods fall on all of them alike."""

import gc
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

FEWEST_BLOCKS = 3  # below it a spread says nothing
_WARM_UP = 1  # blocks: statements are prepared, pages allocated, files opened

Load = TypeVar("Load")
Blocks = tuple[tuple[float, ...], ...]
"""Seconds of each action, block by block."""


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
    lowest, highest : float
        The smallest and the largest such ratio of a single block.
    """

    subject: str
    count: int
    p50: float
    mean: float
    p50_ratio: float
    ratio: float
    lowest: float
    highest: float


def timed(action: Callable[[], object]) -> float:
    """Return the seconds that an action takes."""
    start = time.perf_counter_ns()
    action()
    return (time.perf_counter_ns() - start) / 1e9


def interleave(
    sides: Mapping[str, Callable[[Load], Iterable[float]]], loads: Iterable[Load], *, seconds: float
) -> dict[str, Blocks]:
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
    taken: dict[str, list[tuple[float, ...]]] = {name: [] for name in sides}
    order = list(sides)
    end = time.monotonic() + seconds
    for number, load in enumerate(loads):
        gc.collect()
        for name in order:
            times = tuple(sides[name](load))
            if number >= _WARM_UP:
                taken[name].append(times)
        order = [*order[1:], order[0]]
        if number + 1 >= FEWEST_BLOCKS + _WARM_UP and time.monotonic() > end:
            break
    return {name: tuple(blocks) for name, blocks in taken.items()}


def compare(taken: Mapping[str, Blocks], *, plain: str = "plain") -> tuple[Timing, ...]:
    """Return what each side took, the plain peer first.

    Parameters
    ----------
    taken : Mapping of str to blocks
        As `interleave` returns them.
    plain : str
        The side that the others are measured by.
    """
    measure = taken[plain]
    return tuple(_timing(name, taken[name], measure) for name in sorted(taken, key=lambda name: name != plain))


def summed(parts: Iterable[Mapping[str, Blocks]]) -> dict[str, Blocks]:
    """Return the times of actions done one after the other: the first of each part, the second of each, and so on."""
    parts = list(parts)
    return {
        name: tuple(
            tuple(map(sum, zip(*blocks, strict=True)))
            for blocks in zip(*(part[name] for part in parts), strict=False)  # a part may have ended early
        )
        for name in parts[0]
    }


def _timing(name: str, blocks: Blocks, measure: Blocks) -> Timing:
    times = [second for block in blocks for second in block]
    beside = [second for block in measure for second in block]
    p50, mean = statistics.median(times), statistics.fmean(times)
    ratios = [statistics.fmean(ours) / statistics.fmean(theirs) for ours, theirs in zip(blocks, measure, strict=True)]
    return Timing(
        subject=name,
        count=len(times),
        p50=p50,
        mean=mean,
        p50_ratio=p50 / statistics.median(beside),
        ratio=mean / statistics.fmean(beside),
        lowest=min(ratios),
        highest=max(ratios),
    )
