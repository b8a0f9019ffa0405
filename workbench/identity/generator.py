"""Six random words: a passphrase whose strength is known, because nobody chose it."""

import secrets

from workbench.identity.passphrase import judge
from workbench.identity.words import word_list

WORDS = 6
"""Each one of 7,776, so there are 7776^6 passphrases: 77.5 bits, whatever a guesser knows of the list (A07)."""


def suggest_passphrase() -> str:
    """Return six words, drawn by the operating system's generator, with spaces between; `check` accepts them.

    Examples
    --------
    >>> len(suggest_passphrase().split(" "))
    6
    """
    while True:
        passphrase = " ".join(secrets.choice(word_list()) for _ in range(WORDS))
        if judge(passphrase).is_accepted:  # nearly all are: not one word six times, and its like
            return passphrase
