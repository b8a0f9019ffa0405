"""How much a run measures: the whole, or what fits before a coffee."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sizes:
    """The size of each part of a run of ``workbench benchmark storage``.

    Parameters
    ----------
    turns : int
        How many each store holds when it is loaded and searched.
    normal_blocks, full_blocks : int
        Blocks of appends at synchronous=NORMAL and at FULL.
    block : int
        Appends in a block.
    every : int
        llm's log takes one append in so many: each costs it as much as a hundred do a plain table.
    loads, searches, unlocks : int
        How often each of these is repeated, beside one warm-up.
    keys : int
        How many session keys the vault holds when one session is erased.
    seconds : float
        No more blocks are begun after so long in one part, nor are stores filled further: a slow disk ends the part
        early, and the report gives the counts that were reached.
    """

    turns: int
    normal_blocks: int
    full_blocks: int
    block: int
    every: int
    loads: int
    searches: int
    unlocks: int
    keys: int
    seconds: float


FULL = Sizes(
    turns=100_000,
    normal_blocks=100,
    full_blocks=40,
    block=200,
    every=50,
    loads=5,
    searches=20,
    unlocks=5,
    keys=10_000,
    seconds=120.0,
)
"""A few minutes, about 2 GB of disk and 2 GB of memory while it runs."""

QUICK = Sizes(
    turns=10_000,
    normal_blocks=48,
    full_blocks=8,
    block=100,
    every=50,
    loads=3,
    searches=10,
    unlocks=3,
    keys=2_000,
    seconds=3.0,
)
"""Ends within 45 s on two slow cores; 39 s were measured with twice as many programs at work as cores."""
