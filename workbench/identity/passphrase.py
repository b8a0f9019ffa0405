"""Whether a passphrase holds, and why: length and guessability, never composition rules.

NIST SP 800-63B-4, section 3.1.1.2: 15 characters or more for a single factor, no composition rules, no forced change,
and guidance that says why. A passphrase here feeds a key that can be attacked offline, so the floor holds everywhere.
"""

import unicodedata
from dataclasses import dataclass

from workbench.errors import WeakPassphraseError

SHORTEST = 15  # code points; NIST SP 800-63B-4, section 3.1.1.2
LONGEST = 256  # code points; longer ones are refused with a message, never cut
SCORE_NEEDED = 3  # zxcvbn: at least 10^8 guesses (Wheeler, USENIX Security 2016)
ZXCVBN_LIMIT = 72  # zxcvbn 4.5.0 raises ValueError beyond


@dataclass(frozen=True, slots=True)
class Strength:
    """What is to be said about a passphrase.

    Parameters
    ----------
    score : int
        From 0 (guessed at once) to 4 (very hard to guess); zxcvbn's.
    is_accepted : bool
        Whether an account can be made with it.
    reasons : tuple of str
        Sentences: why it isn't stronger and what would help; never a part of the passphrase.
    """

    score: int
    is_accepted: bool
    reasons: tuple[str, ...]


def normalise(passphrase: str) -> bytes:
    """Return the bytes that are stretched: NFC, then UTF-8, and no other change (NIST SP 800-63B-4, 3.1.1.2).

    Raises
    ------
    WeakPassphraseError
        When it holds half a surrogate pair, which no keyboard types twice alike.
    """
    if not isinstance(passphrase, str) or any("\ud800" <= character <= "\udfff" for character in passphrase):
        # Looked for beforehand: a UnicodeEncodeError would carry the passphrase along.
        raise WeakPassphraseError("The passphrase isn't text, or holds half a character.")
    return unicodedata.normalize("NFC", passphrase).encode("utf-8")


def judge(passphrase: str, *, name: str = "") -> Strength:
    """Return how strong a passphrase is, and why it isn't stronger.

    Parameters
    ----------
    passphrase : str
        As typed.
    name : str
        The account's name, which is the first thing to be guessed.
    """
    text = unicodedata.normalize("NFC", passphrase) if isinstance(passphrase, str) else ""
    if len(text) > LONGEST:
        return Strength(0, is_accepted=False, reasons=(f"It has more than {LONGEST} characters.",))
    if not text:
        return Strength(0, is_accepted=False, reasons=(f"It needs {SHORTEST} characters or more.",))
    from zxcvbn import zxcvbn  # noqa: PLC0415 - its word lists take 50 ms to load

    found = zxcvbn(text[:ZXCVBN_LIMIT], user_inputs=[name, "workbench", "claude", "jupyter"])
    reasons = [sentence for sentence in (found["feedback"]["warning"], *found["feedback"]["suggestions"]) if sentence]
    if len(text) < SHORTEST:
        reasons.insert(0, f"It needs {SHORTEST} characters or more; it has {len(text)}.")
    score = int(found["score"])
    is_accepted = len(text) >= SHORTEST and score >= SCORE_NEEDED
    return Strength(score, is_accepted, tuple(reasons))


def check(passphrase: str, *, name: str = "") -> None:
    """Return when an account may be made with it.

    Raises
    ------
    WeakPassphraseError
        When not; the message gives the reasons.
    """
    strength = judge(passphrase, name=name)
    if not strength.is_accepted:
        reasons = " ".join(strength.reasons) or "It is too easily guessed."
        raise WeakPassphraseError(f"The passphrase isn't strong enough. {reasons}")
