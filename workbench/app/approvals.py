"""What an account is asked to approve, and what it has asked (R05)."""

from typing import TYPE_CHECKING

from workbench.errors import NotFoundError
from workbench.identity import Request

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

    def approve(self, request: Request, *, passphrase: str | None = None) -> None:
        """Approve exactly this, for the 30 minutes in which it was asked.

        Parameters
        ----------
        request : Request
            Of `open`.
        passphrase : str, optional
            The proof that it takes, unless `Session.step_up` was given it with ``digest=request.digest``.

        Raises
        ------
        StepUpRequiredError
            When the proof is missing.
        PermissionDeniedError
            When it is your own request, or about you alone, or your role doesn't approve it.
        NotFoundError
            When it has expired.
        """
        if passphrase is not None:
            self._session.step_up(request.approval, passphrase=passphrase, digest=request.digest)
        opened = self._session.opened(request.approval, digest=request.digest)
        asked = {one.request_id: one for one in opened.access.approvals().open()}.get(request.request_id)
        if asked != request:  # what was looked at is what is signed
            raise NotFoundError("There is no such request, or it has expired.", remedy="Look at approvals.open().")
        with opened.vaults.transaction():
            opened.access.approvals().approve(request.request_id, permission=request.approval)
            opened.audit.record("approval_given", subject=request.digest[:32], permission=request.permission)

    def decline(self, request: Request) -> None:
        """Throw a request away; who asked can ask somebody else."""
        opened = self._session.opened("account:self")
        opened.access.approvals().decline(request.request_id)
        opened.audit.record("approval_declined", subject=request.digest[:32], permission=request.permission)
