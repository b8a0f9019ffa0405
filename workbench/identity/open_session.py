"""An open session's token, its limits in time, and what is sealed about it for its owner's list.

Limits: idle for 30 minutes, or 15 for roles that oversee others, and 12 hours in all (A18; NIST SP 800-63B-4, 2.2.3 and
2.3.3: an hour and 24 hours, 15 minutes and 12 hours). *Advisory* in the user's own kernel, as every clock is there;
what was dropped is *crypto*: no key, no record.
"""

import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

from workbench.crypto import expand, unwrap, wrap, wrapped_place
from workbench.errors import IntegrityError
from workbench.identity.roles import PRIVILEGED
from workbench.records import Confidential
from workbench.storage import pack, unpack

IDLE = 30 * 60.0  # seconds
IDLE_OVERSEEING = 15 * 60.0
ABSOLUTE = 12 * 3600.0
SEEN_EVERY = 60.0  # between two notes of when a session was last used
TOKEN_BYTES = 32  # ASVS 7.2.3 asks for 16

Moment = tuple[float, float]
"""On the wall clock (POSIX seconds, UTC) and on the one that only goes on."""


@dataclass(frozen=True, slots=True)
class SessionInfo(Confidential):
    """One line of the list of open sessions.

    Parameters
    ----------
    session_id : str
        32 hexadecimal digits, to revoke it by.
    device : str
        How the device calls itself.
    device_id : str
        16 hexadecimal digits that stay the same on one device; of nothing but its own secret's name.
    first_seen, last_seen : datetime
        UTC.
    is_this : bool
        Whether it is the session that asks.
    """

    session_id: str
    device: str = field(repr=False)
    device_id: str
    first_seen: datetime
    last_seen: datetime
    is_this: bool = False

    def has_run_out(self, now: datetime) -> bool:
        """Whether it ended by itself: open for too long, or not seen for too long; its process may have died."""
        unseen, open_for = (now - self.last_seen).total_seconds(), (now - self.first_seen).total_seconds()
        return unseen > IDLE + SEEN_EVERY or open_for > ABSOLUTE

    def has_ended(self, now: datetime) -> bool:
        """Whether it can't go on any more, after a pause either."""
        return (now - self.first_seen).total_seconds() > ABSOLUTE

    def sealed(self, key: bytes, *, store: bytes, account: bytes) -> bytes:
        """Return this for the store, which learns nothing of it."""
        members = (self.device, self.device_id, _posix(self.first_seen), _posix(self.last_seen))
        return wrap(pack(*members), under=key, place=_place(self.session_id, store=store, account=account))

    @classmethod
    def opened(cls, sealed: bytes, key: bytes, *, session_id: bytes, store: bytes, account: bytes) -> "SessionInfo":
        """Return the inverse of `sealed`.

        Raises
        ------
        IntegrityError
            When it was altered or moved.
        """
        try:
            name = session_id[:16].hex()
            members = unpack(unwrap(sealed, under=key, place=_place(name, store=store, account=account)))
            device, device_id, first_seen, last_seen = members
            return cls(
                name, device, device_id, datetime.fromtimestamp(first_seen, UTC), datetime.fromtimestamp(last_seen, UTC)
            )
        except (TypeError, ValueError, OverflowError, OSError):
            raise IntegrityError("What is kept of an open session can't be read: it was altered.") from None


class SessionClock:
    """How long a session has been open and unused.

    The wall clock and the one that only goes on are both asked, and the longer time counts: one stands still while a
    laptop sleeps, the other may be set back.

    Parameters
    ----------
    now : callable
        The wall clock; UTC.
    roles : iterable of str
        The account's.
    """

    def __init__(self, now: Callable[[], datetime], *, roles: Iterable[str]) -> None:
        self._now = now
        self._began = self._used = self.moment()
        self.follow(roles)

    def follow(self, roles: Iterable[str]) -> None:
        """Go over to the account's roles as they are by now."""
        self.idle_limit = IDLE_OVERSEEING if PRIVILEGED & set(roles) else IDLE

    def touch(self) -> None:
        """Note that the session was used."""
        self._used = self.moment()

    @property
    def idle_left(self) -> float:
        """Seconds until it counts as unused."""
        return self.idle_limit - self.since(self._used)

    @property
    def left(self) -> float:
        """Seconds until it ends whatever happens."""
        return ABSOLUTE - self.since(self._began)

    def moment(self) -> Moment:
        """Return now, for `since`."""
        return self._now().timestamp(), time.monotonic()

    def since(self, moment: Moment) -> float:
        """Return how many seconds ago that was; never fewer than passed on either clock."""
        wall, steady = self.moment()
        return max(wall - moment[0], steady - moment[1])


def new_token() -> bytes:
    """Return 256 random bits, which stay in this process; only their digest stands in the store."""
    return secrets.token_bytes(TOKEN_BYTES)


def session_id_of(token: bytes) -> bytes:
    """Return what stands for a token in the store; the first 16 bytes are its name in the list."""
    return sha256(b"JWB1 session" + token).digest()


def list_key(anchor_key: bytes) -> bytes:
    """Return the key of an account's list of sessions; it stays through every rotation."""
    return expand(anchor_key, label=b"sessions")


def _place(session_id: str, *, store: bytes, account: bytes) -> bytes:
    return wrapped_place(b"session", store=store, owner=account, name=bytes.fromhex(session_id))


def _posix(moment: datetime) -> int:
    return int(moment.timestamp())
