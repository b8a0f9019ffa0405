"""Chance that repeats itself: an integer-only generator, the same on every Python and platform."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import TypeVar

_Item = TypeVar("_Item")

_WORD = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15


class Chance:
    """SplitMix64 (Steele, Lea and Flood, OOPSLA 2014). For verse only: it is no source of secrets.

    Parameters
    ----------
    parts : iterable of str
        What the seed is made from; SHA-256 mixes them, so that near-equal parts give unlike poems.
    """

    def __init__(self, parts: Iterable[str]) -> None:
        digest = hashlib.sha256()
        for part in parts:
            data = part.encode("utf-8", "surrogatepass")
            digest.update(len(data).to_bytes(8, "big") + data)
        self._state = int.from_bytes(digest.digest()[:8], "big")

    def _next(self) -> int:
        self._state = (self._state + _GOLDEN) & _WORD
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _WORD
        return mixed ^ (mixed >> 31)

    def below(self, bound: int) -> int:
        """Return an integer from 0 to ``bound - 1``, each as likely as the other (rejection keeps it unbiased)."""
        limit = (_WORD + 1) - (_WORD + 1) % bound
        while (drawn := self._next()) >= limit:
            pass
        return drawn % bound

    def shuffled(self, items: Sequence[_Item]) -> list[_Item]:
        """Return the items in a chance order (Fisher and Yates)."""
        mixed = list(items)
        for last in range(len(mixed) - 1, 0, -1):
            other = self.below(last + 1)
            mixed[last], mixed[other] = mixed[other], mixed[last]
        return mixed
