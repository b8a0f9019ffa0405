"""Codes of an authenticator app (RFC 6238): the secret that it shares, and which codes are good when.

On a laptop the code is *advisory* against whoever holds the store's file: what unlocks the keys is the passphrase with
the device's secret, and that secret is the second factor that holds there. The code stops who knows the passphrase and
sits at this workbench. The clock is this machine's.
"""

import base64
import hmac
import secrets
from dataclasses import dataclass, field
from urllib.parse import quote

from workbench.crypto import STEP_SECONDS, one_time_code
from workbench.errors import IntegrityError
from workbench.records import Confidential

SECRET_BYTES = 20  # 160 bits, recommended by RFC 4226, section 4, R6; 128 are required
DRIFT = 1  # steps before and after the present one: RFC 6238, section 5.2. ASVS 6.5.5 would have none
ISSUER = "workbench"


@dataclass(frozen=True, slots=True)
class Totp(Confidential):
    """An authenticator app that was enrolled; it stands in the account's sealed profile.

    Parameters
    ----------
    secret : bytes
        20 random bytes, which the app holds too.
    last_step : int
        Of the last code that was accepted; none of that step or an earlier one is good any more (RFC 6238, 5.2).
    activated : int
        POSIX seconds.
    is_disabled : bool
        Whether its codes are refused, after too many wrong ones.
    """

    secret: bytes = field(repr=False)
    last_step: int
    activated: int
    is_disabled: bool = False

    @property
    def packed(self) -> list[bytes | int | bool]:
        """What stands in the profile."""
        return [self.secret, self.last_step, self.activated, self.is_disabled]

    @classmethod
    def unpacked(cls, members: object) -> "Totp":
        """Return the inverse of `packed`.

        Raises
        ------
        IntegrityError
            When it isn't one.
        """
        if not (isinstance(members, list) and [type(member) for member in members] == [bytes, int, int, bool]):
            raise IntegrityError("An account's second factor can't be read: it was altered.")
        return cls(*members)


def new_secret() -> bytes:
    """Return 160 random bits."""
    return secrets.token_bytes(SECRET_BYTES)


def shown_secret(secret: bytes) -> str:
    """Return a secret as it is typed into an app: base 32 (RFC 4648), in groups of four."""
    text = base64.b32encode(secret).decode()
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def otpauth_uri(secret: bytes, *, name: str) -> str:
    """Return the address that an app reads from a QR code, labelled with the account's name."""
    label = quote(f"{ISSUER}:{name}", safe="")
    parameters = f"secret={base64.b32encode(secret).decode()}&issuer={ISSUER}"
    return f"otpauth://totp/{label}?{parameters}&algorithm=SHA1&digits=6&period={STEP_SECONDS}"


def step_of(code: str, *, secret: bytes, now: float, after: int) -> int | None:
    """Return the time step that a code is good for, or nothing.

    Every step that may count is computed and compared, each in constant time, whichever it is.

    Parameters
    ----------
    code : str
        As typed; spaces don't count.
    secret : bytes
        The app's.
    now : float
        POSIX seconds.
    after : int
        The last step that was accepted: only later ones are good.
    """
    typed = "".join(code.split()).encode("utf-8", "replace")
    present, found = int(now) // STEP_SECONDS, None
    for step in range(max(present - DRIFT, 0), present + DRIFT + 1):
        is_same = hmac.compare_digest(one_time_code(secret, step=step), typed)
        if is_same and step > after:
            found = step
    return found
