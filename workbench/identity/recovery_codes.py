"""Recovery codes: ten ways back in, each good once, for whoever loses the passphrase.

A code is 125 random bits in Crockford's base 32, in five groups of five: more than the 112 bits above which
NIST SP 800-63B-4, section 4.2, asks for no slow hash.
"""

import secrets

COUNT = 10
GROUPS = 5
GROUP_LENGTH = 5
LENGTH = GROUPS * GROUP_LENGTH
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U
_READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0"})


def new_recovery_codes() -> tuple[str, ...]:
    """Return ten fresh codes, as they are shown: ``XXXXX-XXXXX-XXXXX-XXXXX-XXXXX``."""
    return tuple(
        "-".join("".join(secrets.choice(_ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))
        for _ in range(COUNT)
    )


def canonical(code: str) -> bytes:
    """Return a typed code without its dashes and spaces, in capitals, with look-alikes read as Crockford says."""
    kept = "".join(character for character in str(code).upper() if character.isalnum())
    return kept.translate(_READ_AS).encode("utf-8", "replace")
