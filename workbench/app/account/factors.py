"""A session's second factor: enrolled, shown, taken away."""

from typing import TYPE_CHECKING

from workbench.app.account.noting import noting
from workbench.errors import InputError
from workbench.identity import (
    Accounts,
    Code,
    FactorStatus,
    TotpEnrolment,
    activate_totp,
    factor_status,
    new_totp,
    remove_totp,
)

if TYPE_CHECKING:
    from workbench.app.session import Session


class Factors:
    """What proves beside the passphrase who signs in: an authenticator app's codes (RFC 6238), or a recovery code.

    On a laptop the app's codes are *advisory* against whoever holds the store's file. The second factor that holds
    there is *crypto*: the device's secret, without which the right passphrase unlocks nothing.

    Parameters
    ----------
    session : Session
        Whose; it also checks the permissions.
    accounts : Accounts
        The store's.
    """

    def __init__(self, session: "Session", accounts: Accounts) -> None:
        self._session = session
        self._accounts = accounts
        self._pending: tuple[bytes, TotpEnrolment] | None = None  # of which account

    def __repr__(self) -> str:
        """Tell nothing of them."""
        return "Factors()"

    def enrol(self) -> TotpEnrolment:
        """Return a fresh secret for an authenticator app, as text, address and QR code; `activate` then enrols it.

        Until then nothing changes: an app that is enrolled stays so.

        Returns
        -------
        TotpEnrolment
            The secret as it is scanned or typed; neither it nor the drawing is in its ``repr``.
        """
        account = self._session.opened("account:self").account
        enrolment = new_totp(account)
        self._pending = account.account_id, enrolment
        return enrolment

    def activate(self, code: str, *, passphrase: str | None = None, current_code: Code = None) -> None:
        """Enrol the app of the last `enrol`, once its code shows that it holds the secret; one of before is replaced.

        From then on signing in takes a code too, or a recovery code in its place.

        Parameters
        ----------
        code : str
            The six digits that the app shows; they sign in no more.
        passphrase, current_code : str, optional
            The proof that a change of factors takes, unless `Session.step_up` was given it for ``"account:factors"``
            with ``change="activate"``; the code is one of the app that is replaced, or a recovery code.

        Raises
        ------
        AuthenticationError
            When it isn't the app's code, or the proof is wrong; nothing changed.
        StepUpRequiredError
            When there is no fresh proof.
        InputError
            When there was no `enrol` before.
        """
        opened = self._session.opened("account:self")
        pending, self._pending = self._pending, None
        if pending is None or pending[0] != opened.account.account_id:
            raise InputError("There is no secret that a code could show.", remedy="Call session.factors.enrol() first.")
        self._pending = pending
        self._step_up("activate", passphrase, current_code)
        event = "authn_factor_added"
        with noting(opened, event, authenticator="totp"):
            opened.account = activate_totp(
                self._accounts,
                opened.account,
                pending[1],
                code=code,
                note=lambda: opened.audit.record(event, authenticator="totp"),
            )
        self._pending = None

    def remove(self, *, passphrase: str | None = None, code: Code = None) -> None:
        """Take the authenticator app away: from then on the passphrase alone signs in.

        Parameters
        ----------
        passphrase, code : str, optional
            The proof that it takes, unless `Session.step_up` was given it for ``"account:factors"`` with
            ``change="remove"``.

        Raises
        ------
        AuthenticationError
            When the proof is wrong.
        StepUpRequiredError
            When there is none.
        """
        self._step_up("remove", passphrase, code)
        opened = self._session.opened("account:self")
        event = "authn_factor_removed"
        with noting(opened, event, authenticator="totp"):
            opened.account = remove_totp(
                self._accounts, opened.account, note=lambda: opened.audit.record(event, authenticator="totp")
            )

    def status(self) -> FactorStatus:
        """Return which factors there are, how many recovery codes and guesses are left, and what guessing reaches."""
        return factor_status(self._accounts, self._session.opened("account:self").account)

    def _step_up(self, change: str, passphrase: str | None, code: Code) -> None:
        if passphrase is not None:
            self._session.step_up("account:factors", passphrase=passphrase, code=code, change=change)
        self._session.opened("account:factors", change=change)
