"""The open sessions of an account: seen, and ended from any of them (A19; ASVS 7.4.1-7.4.5, 7.5.2)."""

from typing import TYPE_CHECKING

from workbench.app.account.noting import noting
from workbench.app.opened import Opened
from workbench.errors import NotFoundError, StepUpRequiredError
from workbench.identity import FRESH, SessionInfo, prove_passphrase

if TYPE_CHECKING:
    from workbench.app.session import Session


class Sessions:
    """Every open session of the account, on any device.

    Parameters
    ----------
    session : Session
        The one that asks.
    """

    def __init__(self, session: "Session") -> None:
        self._session = session

    def list(self) -> list[SessionInfo]:
        """Return them, the last used first; one whose process died is listed until it would have run out."""
        return self._session.opened("account:self").access.list()

    def revoke(self, which: SessionInfo | str, *, passphrase: str | None = None) -> None:
        """End one: it locks with its next action, or when it would be idle.

        Parameters
        ----------
        which : SessionInfo or str
            Of the list, or its id.
        passphrase : str, optional
            Needed unless the session was unlocked in the last five minutes: who finds it open ends no other
            (ASVS 7.5.2).

        Raises
        ------
        NotFoundError
            When there is none of that id.
        AuthenticationError, StepUpRequiredError
            When the passphrase is wrong, or needed and missing.
        """
        opened = self._proved(passphrase)
        session_id = which.session_id if isinstance(which, SessionInfo) else which
        with opened.vaults.transaction():
            if not opened.access.revoke(session_id):
                raise NotFoundError("There is no such session.", remedy="Look at sessions.list().")
            opened.audit.record("session_revoked", subject=session_id)

    def revoke_others(self, *, passphrase: str | None = None) -> int:
        """End every session but this one; return how many. Parameters and errors as `revoke`."""
        opened = self._proved(passphrase)
        with opened.vaults.transaction():
            count = opened.access.revoke_others()
            opened.audit.record("session_revoked", scope="all", count=count)
        return count

    def _proved(self, passphrase: str | None) -> Opened:
        """Return what the session holds, once its owner is known to be there."""
        opened = self._session.opened("account:self")
        if passphrase is not None:
            with noting(opened, "session_revoked"):
                prove_passphrase(opened.accounts, opened.account, passphrase)
        elif opened.access.age >= FRESH:
            raise StepUpRequiredError("Ending other sessions takes your passphrase once more.")
        return opened
