"""Lay a line over a metre and count the strain: how much its words must bend to fit.

The positions of a metre are written ``x`` (weak) and ``/`` (strong). Costs are whole numbers, so that the same line has
the same strain on every machine. They follow the generative tradition (Halle and Keyser 1966; Kiparsky 1977): the one
thing that ruins a line is the main stress of a longer word in a weak position; a word of one syllable may stand almost
anywhere.
"""

import functools
from dataclasses import dataclass

from workbench.prosody.words import ARTICLES, UNSTRESSED, stresses, words_of

_WEAK = {"0": 0, "f": 0, "a": 0, "c": 3, "2": 3, "1": 40}
_STRONG = {"1": 0, "c": 0, "2": 0, "f": 2, "0": 3, "a": 9}
_INVERSION = 6  # a line may begin "/x" for "x/": "HARbour and ship"
CLEAN = 14
"""The most strain with which a line keeps its metre: a few small licences, or one inversion and one licence more."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How a line lies over a metre.

    Parameters
    ----------
    template : str
        The metre's positions, ``x`` weak and ``/`` strong.
    pattern : str
        The line's own stresses in the reading that fits best, ``/`` for stressed and ``x`` for not.
    strain : int
        Sum of the costs of all positions; 0 where every stress falls as the metre asks.
    """

    template: str
    pattern: str
    strain: int

    @property
    def is_clean(self) -> bool:
        """Whether the line keeps the metre."""
        return self.strain <= CLEAN


@functools.lru_cache(maxsize=20_000)
def readings(word: str) -> tuple[str, ...]:
    """Return the word's stress patterns as metre sees them.

    Digits as in `stresses` for a word of more syllables; for one syllable ``"c"`` (a noun, verb or adjective), ``"f"``
    (a function word) or ``"a"`` (an article).
    """
    plain = word.lower()
    single = "a" if plain in ARTICLES else "f" if plain in UNSTRESSED else "c"
    found: list[str] = []
    for pattern in stresses(word):
        found += [single] if len(pattern) == 1 else _with_one_main_stress(pattern)
    return tuple(dict.fromkeys(found))


def _with_one_main_stress(pattern: str) -> list[str]:
    """Return the readings of a word with two main stresses ("outside", "uphill"): in a line one of them gives way."""
    mains = [place for place, mark in enumerate(pattern) if mark == "1"]
    level = pattern.replace("1", "2")
    return [level[:place] + "1" + level[place + 1 :] for place in mains] or [pattern]


def natural(line: str) -> str:
    """Return the stresses of a line outside any metre: ``/`` stressed, ``x`` not."""
    return "".join(_marks(readings(word)[0]) for word in words_of(line))


def lengths(line: str) -> frozenset[int]:
    """Return every number of syllables that the line can be said with: "fire" has one or two."""
    totals = {0}
    for word in words_of(line):
        totals = {total + len(reading) for total in totals for reading in readings(word)}
    return frozenset(totals)


def fit(line: str, template: str) -> Fit | None:
    """Lay `line` over the positions of `template`; ``None`` when it can't be said in so many syllables."""
    return _laid(tuple(readings(word) for word in words_of(line)), template)


@functools.lru_cache(maxsize=50_000)
def _laid(words: tuple[tuple[str, ...], ...], template: str) -> Fit | None:
    """Lay words, given by their readings only, so that lines of one rhythm share one answer."""
    # Position reached → least strain of the words so far, and their readings: dynamic programming over the words.
    reached: dict[int, tuple[int, str]] = {0: (0, "")}
    for word in words:
        further: dict[int, tuple[int, str]] = {}
        for start, (strain, said) in reached.items():
            for reading in word:
                end = start + len(reading)
                if end > len(template):
                    continue
                total = strain + _cost(reading, template, start)
                if end not in further or total < further[end][0]:
                    further[end] = (total, said + reading)
        reached = further
    best = reached.get(len(template))
    return Fit(template, _marks(best[1]), best[0]) if best else None


def best_fit(line: str, templates: tuple[str, ...]) -> Fit | None:
    """Return the fit of least strain among several metres; the earlier one when two are equal."""
    fits = [found for template in templates if (found := fit(line, template))]
    return min(fits, key=lambda found: found.strain, default=None)


@functools.cache
def templates(metre: str, syllables: int) -> tuple[str, ...]:
    """Return the shapes that a line of `syllables` may take in ``"iambic"`` or ``"anapestic"`` metre.

    The regular one first. A feminine ending (one more weak syllable) is allowed, and an anapestic line may begin with
    an iamb or with a whole anapest.
    """
    if metre == "iambic":
        line = "x/" * (syllables // 2)
        return (line, line + "x")
    if metre == "anapestic":
        feet = "xx/" * ((syllables + 1) // 3)
        return (feet[1:], feet, feet[1:] + "x", feet + "x")
    return ()


def _cost(reading: str, template: str, start: int) -> int:
    inverted = start == 0 and reading.startswith("10") and template.startswith("x/")
    cost = _INVERSION if inverted else 0
    for place, syllable in enumerate(reading[2:] if inverted else reading, start + (2 if inverted else 0)):
        cost += (_STRONG if template[place] == "/" else _WEAK)[syllable]
    return cost


def _marks(reading: str) -> str:
    return "".join("x" if syllable in "0fa" else "/" for syllable in reading)
