"""What an account is asked to approve, and what it has asked (R05)."""

from typing import TYPE_CHECKING

from workbench.app.break_glass.lending import PERMISSION, release
from workbench.identity import Code, Request

if TYPE_CHECKING:
    from workbench.app.session import Session


class ApprovalsView:
    """The requests in the letter box of the account that a session has open.

    Parameters
    ----------
    session : Session
        Whose; it also checks the permissions.
    """

    def __init__(self, session: "Session") -> None:
        self._session = session

    def open(self) -> list[Request]:
        """Return what this account is asked to approve; `Request.facts` says what would be done."""
        return self._session.opened("account:self").access.approvals().open()

    def pending(self) -> list[Request]:
        """Return what this account has asked, and not yet done."""
        return self._session.opened("account:self").access.approvals().pending()

    def approve(
        self, request: Request, *, passphrase: str | None = None, code: Code = None, hold: str | None = None
    ) -> None:
        """Approve exactly this, for the 30 minutes in which it was asked.

        Approving break-glass releases half of a key, which opens nothing without the other approver's.

        Parameters
        ----------
        request : Request
            Of `open`.
        passphrase, code : str, optional
            The proof that it takes, unless `Session.step_up` was given it with ``digest=request.digest``.
        hold : str, optional
            For break-glass, one of `workbench.app.break_glass.lending.HOLDS`: why its subject is shown the notice after
            24 hours.

        Raises
        ------
        StepUpRequiredError
            When the proof is missing.
        PermissionDeniedError
            When it is your own request, or about you alone, or your role doesn't approve it.
        NotFoundError
            When it has expired, or isn't exactly what is in the box.
        """
        if passphrase is not None:
            self._session.step_up(request.approval, passphrase=passphrase, code=code, digest=request.digest)
        opened = self._session.opened(request.approval, digest=request.digest)
        with opened.vaults.transaction():
            opened.access.approvals().approve(request)
            if request.permission == PERMISSION:
                release(opened, request, hold=hold)
            opened.audit.record("approval_given", subject=request.digest[:32], permission=request.permission)

    def decline(self, request: Request) -> None:
        """Throw a request away; who asked can ask somebody else.

        Parameters
        ----------
        request : Request
            Of `open`.

        Raises
        ------
        NotFoundError
            When it isn't in the box any more.
        """
        opened = self._session.opened("account:self")
        with opened.vaults.transaction():
            opened.access.approvals().decline(request)
            opened.audit.record("approval_declined", subject=request.digest[:32], permission=request.permission)
