"""Whether a passphrase holds, and why: length and guessability, never composition rules.

NIST SP 800-63B-4, section 3.1.1.2: 15 characters or more for a single factor, no composition rules, no forced change,
a list of common ones, and guidance that says why. A passphrase here feeds a key that can be attacked offline, so the
floor holds everywhere.
"""

import math
import unicodedata
from dataclasses import dataclass
from typing import Literal

from workbench.errors import WeakPassphraseError
from workbench.identity import blocklist
from workbench.identity.explanation import advice, taken_apart
from workbench.identity.phrases import APP_WORDS
from workbench.identity.words import most_guesses_log10

SHORTEST = 15  # code points; NIST SP 800-63B-4, section 3.1.1.2
LONGEST = 256  # code points; longer ones are refused with a message, never cut
SCORE_NEEDED = 3  # zxcvbn: at least 10^8 guesses (Wheeler, USENIX Security 2016)
SCORES_FROM = (3, 6, 8, 10)  # powers of ten of the guesses from which zxcvbn's scores 1 to 4 begin
ZXCVBN_LIMIT = 72  # zxcvbn 4.5.0 raises ValueError beyond

Breaches = Literal["not checked", "found", "none found"]
"""What known breaches say of a passphrase; nothing until they were asked, and nothing when they could not be."""


@dataclass(frozen=True, slots=True)
class Strength:
    """What is to be said about a passphrase.

    Parameters
    ----------
    score : int
        From 0 (guessed at once) to 4 (very hard to guess); zxcvbn's, but 0 for what is on the list of common ones.
    is_accepted : bool
        Whether an account can be made with it.
    reasons : tuple of str
        Sentences: why it isn't stronger and what would help; never a part of the passphrase.
    guesses_log10 : float
        The power of ten of the guesses that someone who knows how people choose, and the list of generated passphrases,
        would need for its first 72 characters. To one decimal: a finer figure would tell passphrases apart.
    breaches : {"not checked", "found", "none found"}
        Whether it is known from breaches; looked up only when that is asked for.
    """

    score: int
    is_accepted: bool
    reasons: tuple[str, ...]
    guesses_log10: float = 0.0
    breaches: Breaches = "not checked"


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

    The length and the list of common passphrases look at all of it; zxcvbn takes no more than 72 characters, so what
    comes after them is neither weighed nor cut off.

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

    found = zxcvbn(text[:ZXCVBN_LIMIT], user_inputs=[name, name.partition("@")[0], *APP_WORDS])
    guesses = min(float(found["guesses_log10"]), most_guesses_log10(text))
    score = min(int(found["score"]), sum(guesses >= start for start in SCORES_FROM))
    reasons = [taken_apart(found["sequence"]), *advice(found["feedback"], is_strong=score >= SCORE_NEEDED)]
    if len(text) > ZXCVBN_LIMIT:
        reasons.append(f"Only its first {ZXCVBN_LIMIT} characters were weighed; what follows can only add to them.")
    listed = blocklist.why_listed(text, name=name)
    if listed is not None:
        # Whoever goes through the list comes to it within as many guesses as the list is long.
        score, guesses = 0, min(guesses, math.log10(blocklist.count()))
        reasons = [listed, "Lists like that are tried first. Words that come together by chance are on none."]
    if len(text) < SHORTEST:
        reasons.insert(0, f"It needs {SHORTEST} characters or more; it has {len(text)}.")
    is_accepted = len(text) >= SHORTEST and score >= SCORE_NEEDED
    return Strength(score, is_accepted, tuple(reasons), round(guesses, 1))


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
