"""The code of one time step, as an authenticator app shows it."""

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

STEP_SECONDS = 30  # RFC 6238, section 5.2
DIGITS = 6


def one_time_code(secret: bytes, *, step: int) -> bytes:
    """Return the six digits of a time step (RFC 6238: steps of 30 seconds since 1970, HMAC-SHA-1).

    SHA-1 is what every authenticator app knows; HMAC doesn't need its resistance to collisions (RFC 6194, section 3.3).
    """
    return TOTP(secret, DIGITS, SHA1(), STEP_SECONDS).generate(step * STEP_SECONDS)  # noqa: S303 - as said above
