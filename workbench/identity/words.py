"""The 7,776 words of generated passphrases, as many as five throws of a die tell apart (Diceware).

They are common English words of 4 to 8 letters; ``data/build_words.py`` made ``data/words.txt`` and says from what.
"""

import functools
import math
from importlib.resources import files

from workbench.errors import WorkbenchError

LIST_SIZE = 7776  # 6^5
LOG10_OF_ONE = math.log10(LIST_SIZE)  # the power of ten of the guesses that one of them is worth: 3.9


@functools.cache
def word_list() -> tuple[str, ...]:
    """Return the words in the order of the alphabet.

    Raises
    ------
    WorkbenchError
        When the list isn't whole: a shorter one would make weaker passphrases without a sign of it.
    """
    try:
        words = files("workbench.identity").joinpath("data/words.txt").read_text(encoding="ascii").split()
    except (OSError, UnicodeDecodeError):
        words = []
    if len(words) != LIST_SIZE or len(set(words)) != LIST_SIZE:
        raise WorkbenchError(
            "The list of words for passphrases is missing or damaged.", remedy="Install the workbench again."
        )
    return tuple(words)


@functools.cache
def _words() -> frozenset[str]:
    return frozenset(word_list())


def most_guesses_log10(text: str) -> float:
    """Return the power of ten of the guesses that find a text by this list, infinity when a word isn't on it."""
    words = text.lower().split()
    return len(words) * LOG10_OF_ONE if words and _words().issuperset(words) else math.inf
