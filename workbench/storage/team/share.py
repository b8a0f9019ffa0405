"""The server's share: half of what opens a passphrase's slot, given out by the server for a code (*server*, R08).

It stands where a device's own secret stands otherwise (`workbench.crypto.slot`): the slot's key follows from the
passphrase and the share, so that a passphrase alone, stolen or guessed, opens nothing, nor does a copy of the rows that
a member can reach. Whoever has the server's disk has the share, and then the passphrase is what holds.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from workbench.crypto import DeviceSecret
from workbench.errors import AuthenticationError, StoreError, ThrottledError
from workbench.storage.device import Device
from workbench.storage.engines.database import Database

MOST_FAILURES = 100
"""In a row, and the factor is switched off (NIST SP 800-63B-4, 3.2.2)."""

_NO_NAME = bytes(16)


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
        self._offer = threading.local()

    @contextmanager
    def offering(self, code: str | None, *, is_optional: bool = False) -> Iterator[None]:
        """Have a code at hand for what this thread does meanwhile; the server is asked once, if at all.

        Parameters
        ----------
        code : str or None
            As the authenticator shows it; without one, the one that is at hand already.
        is_optional : bool
            Whether a way in may be made without the share: when a recovery code stands for a factor that was lost.
        """
        before = self._offer.__dict__.copy()
        if code is not None:
            self._offer.__dict__.update(code=code, share=None)
        self._offer.__dict__["is_optional"] = is_optional
        try:
            yield
        finally:
            self._offer.__dict__.clear()
            self._offer.__dict__.update(before)

    def secret(self, *, create: bool = False, named: bytes | None = None) -> DeviceSecret | None:
        """Return the share for the code that is offered; the device's own secret where a slot needs that or none.

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
            When the factor is switched off after a hundred wrong codes, or a new slot needs a code and none is right.
        """
        if not create:
            own = super().secret(named=named)
            if named is None or named == _NO_NAME or (own is not None and own.name == named):
                return own
            return self._share() or own
        state = share_state(self._database)
        if state is None or not state[0]:
            return super().secret(create=True)
        share = self._share()
        if share is None and not (self._code is None and self._offer.__dict__.get("is_optional")):
            raise AuthenticationError(
                "The name, the passphrase or the code is wrong.", remedy="Give the next code of your authenticator."
            )
        return share or super().secret(create=True)

    @property
    def _code(self) -> str | None:
        code: str | None = self._offer.__dict__.get("code")
        return code

    def _share(self) -> DeviceSecret | None:
        kept: DeviceSecret | None = self._offer.__dict__.get("share")
        if kept is not None or self._code is None:
            return kept
        code, self._offer.__dict__["code"] = self._code, ""  # good once: not asked with again
        if not code:
            return None
        _require_free(self._database)
        ((released,),) = self._database.rows("SELECT workbench_team.release_share(?::text)", (code,))
        share = None if released is None else secret_of(released)
        self._offer.__dict__["share"] = share
        return share


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
