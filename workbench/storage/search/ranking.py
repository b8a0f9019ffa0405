"""One order over many shards.

FTS5's ``bm25()`` weighs a word by how rare it is in its own shard, and a shard is a stretch of time: whoever wrote of
one thing for a month would find that month last. So each word is weighed here by how rare it is in the whole history,
which takes one count for each shard and word, and the scores of single words where their weights have to change by
different factors.
"""

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from workbench.storage.search.query import Filters
from workbench.storage.search.shard import Shard

# A shard's own order decides which of its turns are weighed anew together: its first 200, then the next ones. The
# steps don't depend on the page that is asked for, so that pages neither overlap nor leave a gap.
STEPS = (0, 200, 1_000, 5_000, 2**31)
# A correction that can't move a score by a fiftieth of what a match of every word is worth isn't made.
NEGLIGIBLE = 0.02
_FLOOR = 1e-6  # what bm25() gives a word that more than half of the turns hold (sqlite.org/fts5.html, section 5.1.1)


@dataclass(frozen=True, slots=True)
class Hit:
    """A turn that matches.

    Parameters
    ----------
    place : int
        In the vault.
    record_id : bytes
        16 bytes.
    score : float
        BM25 over the whole history, higher is better; 0 where the order is by time.
    """

    place: int
    record_id: bytes
    score: float


def newest(shards: Sequence[Shard], phrases: Sequence[str], filters: Filters) -> Generator[Hit]:
    """Yield matching turns, newest first; shards are given newest first, and opened only as far as is asked."""
    for shard in shards:
        if shard.may_hold(filters):
            for place in shard.newest(" ".join(phrases), filters):
                yield Hit(place, shard.record_id(place), 0.0)


def best(shards: Sequence[Shard], phrases: Sequence[str], filters: Filters) -> Generator[Hit]:
    """Yield matching turns, best first; of equals the newer is first."""
    expression = " ".join(phrases)
    open_shards = [shard for shard in shards if shard.may_hold(filters)]
    matches = {shard: shard.best(expression, filters, limit=STEPS[1], offset=0) for shard in open_shards}
    # Counted only now: for one word, its matches are its count.
    counts = {shard: [shard.count(phrase) for phrase in phrases] for shard in shards}
    rows = sum(shard.rows() for shard in shards)
    rarities = [_rarity(rows, sum(column)) for column in zip(*counts.values(), strict=True)]
    unfinished: list[Shard] = []
    for start, end in pairwise(STEPS):
        if start:
            matches = {shard: shard.best(expression, filters, limit=end - start, offset=start) for shard in unfinished}
        found = [
            (score, place, shard)
            for shard, unweighed in matches.items()
            for place, score in _reweighed(shard, dict(unweighed), phrases, rarities, counts[shard]).items()
        ]
        for score, place, shard in sorted(found, reverse=True):
            yield Hit(place, shard.record_id(place), score)
        unfinished = [shard for shard, unweighed in matches.items() if len(unweighed) == end - start]


def _reweighed(
    shard: Shard, scores: dict[int, float], phrases: Sequence[str], rarities: Sequence[float], counts: Sequence[int]
) -> dict[int, float]:
    """Return the scores of matches as they would be if the shard were the whole history.

    BM25 is a sum over phrases of rarity times frequency. The whole sum is taken times the factor that the commonest
    phrase needs; the others, which are quicker to look up, are put right one by one.
    """
    if not scores:
        return {}
    own = [_rarity(shard.rows(), count) for count in counts]
    factors = [rarity / mine for rarity, mine in zip(rarities, own, strict=True)]
    commonest = max(range(len(phrases)), key=counts.__getitem__)
    weighed = {place: score * factors[commonest] for place, score in scores.items()}
    for phrase, factor, mine in zip(phrases, factors, own, strict=True):
        change = factor - factors[commonest]
        if abs(change) * mine > NEGLIGIBLE * sum(rarities):
            for place, score in shard.scores(phrase, weighed).items():
                weighed[place] += change * score
    return weighed


def _rarity(rows: int, count: int) -> float:
    """Return the inverse document frequency as FTS5 has it."""
    return max(_FLOOR, math.log((rows - count + 0.5) / (count + 0.5)))
