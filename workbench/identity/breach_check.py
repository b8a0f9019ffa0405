"""Whether a passphrase is known from breaches: asked of Have I Been Pwned, only when someone asks for it (A05).

The range interface (haveibeenpwned.com/API/v3#PwnedPasswords) is told the first 5 hexadecimal digits of a passphrase's
SHA-1 and answers with every known digest that begins so; the comparison happens here. The service learns the machine's
address and 20 bits of a digest, which a million passphrases in a million million share; with padding, a listener can't
tell those bits from the length of the answer. No setting and no variable of the environment starts a look-up, and one
that fails says nothing, least of all that a passphrase is safe.
"""

import hashlib
import re
from dataclasses import replace
from pathlib import Path

from workbench.errors import WorkbenchError
from workbench.identity.passphrase import Breaches, Strength, normalise

ADDRESS = "https://api.pwnedpasswords.com"
PREFIX = 5  # hexadecimal digits
LEAST_LINES = (
    800  # padded answers have 800 to 1,000 (blog.cloudflare.com/pwned-passwords-padding-ft-lava-lamps-and-workers)
)
_HEADERS = {"Accept": "text/plain", "Accept-Encoding": "identity", "Add-Padding": "true", "User-Agent": "workbench"}
_LINE = re.compile(r"([0-9A-F]{35}):([0-9]{1,12})")

FOUND = "It is known from breaches, so it is tried first. Choose another one, and change it where else you use it."
NOT_CHECKED = "Known breaches could not be looked through, so nothing is known of it from them."


def with_breaches(
    strength: Strength, passphrase: str, *, address: str = ADDRESS, ca_bundle: Path | None = None
) -> Strength:
    """Return a strength with what known breaches say; a passphrase that isn't accepted anyway isn't looked up.

    Parameters
    ----------
    strength : Strength
        As `judge` returned it.
    passphrase : str
        The one that was judged.
    address, ca_bundle
        As for `look_up`.
    """
    if not strength.is_accepted:
        return strength
    breaches = look_up(passphrase, address=address, ca_bundle=ca_bundle)
    if breaches == "found":
        return replace(strength, score=0, is_accepted=False, reasons=(FOUND,), breaches=breaches)
    reasons = strength.reasons if breaches == "none found" else (*strength.reasons, NOT_CHECKED)
    return replace(strength, reasons=reasons, breaches=breaches)


def look_up(passphrase: str, *, address: str = ADDRESS, ca_bundle: Path | None = None) -> Breaches:
    """Ask whether a passphrase is known from breaches; anything but a whole, padded answer is "not checked".

    Parameters
    ----------
    passphrase : str
        Of which 5 hexadecimal digits of the SHA-1 leave the machine.
    address : str, optional
        Of a service with the same interface.
    ca_bundle : Path, optional
        A PEM file of authorities to trust instead of the system's.
    """
    from workbench.generation.lookup import fetch  # noqa: PLC0415 - loads an HTTP client, which few need here

    # The service's digests are SHA-1; nothing is protected by it here.
    digest = hashlib.sha1(normalise(passphrase), usedforsecurity=False).hexdigest().upper()
    try:
        answer = fetch(f"{address}/range/{digest[:PREFIX]}", headers=_HEADERS, ca_bundle=ca_bundle)
    except WorkbenchError:
        return "not checked"
    counts = _counts(answer)
    if counts is None:
        return "not checked"
    return "found" if counts.get(digest[PREFIX:], 0) else "none found"  # padding has the count 0


def _counts(answer: bytes) -> dict[str, int] | None:
    """Return the rest of each digest and how often it was seen, or ``None`` when it isn't such an answer."""
    lines = answer.decode("ascii", "replace").split()
    matches = [_LINE.fullmatch(line) for line in lines]
    if len(lines) < LEAST_LINES or not all(matches):
        return None
    return {match[1]: int(match[2]) for match in matches if match is not None}
