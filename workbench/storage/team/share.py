"""The server's share: half of what opens a passphrase's slot, given out by the server for a code (*server*, R08).

It stands where a device's own secret stands otherwise (`workbench.crypto.slot`): the slot's key follows from the
passphrase and the share, so that a passphrase alone, stolen or guessed, opens nothing, nor does a copy of the rows that
a member can reach. Whoever has the server's disk has the share, and then the passphrase is what holds.
"""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from workbench.crypto import DeviceSecret
from workbench.errors import AuthenticationError, StoreError, ThrottledError
from workbench.storage.device import Code, Device
from workbench.storage.engines.database import Database

MOST_FAILURES = 100
"""In a row, and the factor is switched off (NIST SP 800-63B-4, 3.2.2)."""

_NO_NAME = bytes(16)
_CODE = re.compile(r"[0-9]{6}")


class SharedDevice(Device):
    """A machine of a team's member: what it keeps, it keeps as any device; the secret comes from the server.

    Parameters
    ----------
    folder : Path
        As for `Device`.
    database : Database
        The store, in team mode.
    use_keyring : bool
        As for `Device`.
    """

    def __init__(self, folder: Path, *, database: Database, use_keyring: bool = True) -> None:
        super().__init__(folder, use_keyring=use_keyring)
        self._database = database
        self._here = threading.local()  # what this thread has at hand

    @contextmanager
    def offering(self, code: Code, *, is_optional: bool = False) -> Iterator[Code]:
        """Have a code at hand for what this thread does meanwhile; the server is asked once, if at all.

        Parameters
        ----------
        code : str, callable or None
            As the authenticator shows it; without one, the one that is at hand already. A callable is asked when the
            server is.
        is_optional : bool
            Whether a way in may be made without the share: when a recovery code stands for a factor that was lost.

        Yields
        ------
        callable or None
            The code, for a second factor that the account itself has.
        """
        before, was_optional = self._offered, self._is_optional
        if code is not None:
            self._here.offered = code if isinstance(code, _Offered) else _Offered(code)
        self._here.is_optional = is_optional
        try:
            yield None if code is None else self._offered
        finally:
            self._here.offered, self._here.is_optional = before, was_optional

    def secret(self, *, create: bool = False, named: bytes | None = None) -> DeviceSecret | None:
        """Return the share for the code that is at hand; the device's own secret where a slot needs that or none.

        Parameters
        ----------
        create : bool
            For a new slot: the share, once the factor is active, else the device's own secret.
        named : bytes, optional
            Which one a slot needs.

        Raises
        ------
        ThrottledError
            When the server takes no guess yet; none was made.
        AuthenticationError
            When a code is needed and there is none (`needs_code`), when a new slot needs one and it is wrong, or when
            the factor is switched off after a hundred wrong ones.
        """
        if not create:
            own = super().secret(named=named)
            if named is None or named == _NO_NAME or (own is not None and own.name == named) or not self._is_active:
                return own
            if self._offered is None:
                raise _refused(needs_code=True)
            return self._share(self._offered) or own
        if not self._is_active or (self._offered is None and self._is_optional):
            return super().secret(create=True)
        share = None if self._offered is None else self._share(self._offered)
        if share is None:
            raise _refused(needs_code=self._offered is None)
        return share

    @property
    def _offered(self) -> "_Offered | None":
        offered: _Offered | None = getattr(self._here, "offered", None)
        return offered

    @property
    def _is_optional(self) -> bool:
        return bool(getattr(self._here, "is_optional", False))

    @property
    def _is_active(self) -> bool:
        state = share_state(self._database)
        return state is not None and state[0]

    def _share(self, offered: "_Offered") -> DeviceSecret | None:
        """Return the share, asked for once: a code is good once, and a wrong one is charged once."""
        code = "".join(str(offered()).split())
        if not offered.is_spent and _CODE.fullmatch(code):  # else it is a recovery code, say, and no guess at this one
            _require_free(self._database)
            offered.is_spent = True
            ((released,),) = self._database.rows("SELECT workbench_team.release_share(?::text)", (code,))
            offered.share = None if released is None else secret_of(released)
        return offered.share


class _Offered:
    """A code that is asked for when it is first needed, and what the server gave for it; dropped with the action."""

    def __init__(self, code: str | Callable[[], str]) -> None:
        self._code = code
        self.is_spent = False
        self.share: DeviceSecret | None = None

    def __repr__(self) -> str:
        """Tell nothing of it."""
        return "Offered(<code>)"

    def __call__(self) -> str:
        """Return the code."""
        if callable(self._code):
            self._code = self._code()
        return self._code


def secret_of(share: bytes) -> DeviceSecret:
    """Return a share as slots take it, under a name that follows from it and tells nothing of it."""
    return DeviceSecret(sha256(b"JWB1 share" + share).digest()[:16], share)


def share_state(database: Database) -> tuple[bool, int, int] | None:
    """Return whether this login's factor is active, wrong codes in a row, and seconds to wait; None: never enrolled."""
    rows = database.rows("SELECT is_active, failures, wait FROM workbench_team.share_state()")
    return (bool(rows[0][0]), int(rows[0][1]), int(rows[0][2])) if rows else None


def enrol_share(database: Database) -> bytes:
    """Return 20 bytes for an authenticator, shown this once; `activate_share` ends the enrolment.

    Raises
    ------
    StoreError
        When the factor is active already.
    """
    ((secret,),) = database.rows("SELECT workbench_team.enrol_share()")
    if secret is None:
        raise StoreError(
            "This login has a second factor already.",
            remedy="For another phone, ask an admin: workbench team rebind.",
        )
    return bytes(secret)


def activate_share(database: Database, code: str) -> None:
    """End an enrolment with a first code; ways in that are made from then on need the share.

    Raises
    ------
    AuthenticationError
        When the code is wrong, or nothing was enrolled.
    ThrottledError
        When there were too many wrong ones.
    """
    _require_free(database)
    ((released,),) = database.rows("SELECT workbench_team.activate_share(?::text)", (code,))
    if released is None:
        raise AuthenticationError("The code is wrong.", remedy="Check the phone's clock, and give the next code.")


def _refused(*, needs_code: bool) -> AuthenticationError:
    return AuthenticationError(
        "The name, the passphrase or the code is wrong.",
        remedy="Give the next code of your authenticator app.",
        needs_code=needs_code,
    )


def _require_free(database: Database) -> None:
    """Return when the server would look at a guess."""
    state = share_state(database)
    if state is None:
        return
    _, failures, wait = state
    if failures >= MOST_FAILURES:
        raise AuthenticationError(
            "The second factor is switched off after a hundred wrong codes.",
            remedy="Open the account with a recovery code, and ask two admins for: workbench team rebind.",
        )
    if wait:
        raise ThrottledError("Too many wrong codes.", retry_after=float(wait))
