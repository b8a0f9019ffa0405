"""The panel of one's own account: what happened, who is in, ways in, what others ask, and “This wasn't me”."""

from datetime import UTC, datetime
from functools import partial
from typing import Any, ClassVar

from workbench.app import Session
from workbench.app.account.software import software_status
from workbench.errors import LockedError, NotFoundError
from workbench.identity import Enrolment, Request, TotpEnrolment, suggest_passphrase
from workbench.widgets.account_rows import (
    activity_rows,
    alert_rows,
    last_of,
    notice_rows,
    reader_rows,
    request_rows,
    session_rows,
    software_rows,
    strength_row,
)
from workbench.widgets.actions import LONGEST_LINE, Action, is_text
from workbench.widgets.latest import Latest
from workbench.widgets.modules import module
from workbench.widgets.panel import Panel

SHOWN = 12  # events of the activity that the panel lists; `session.activity()` has the rest


class AccountPanel(Panel):
    """See who is signed in, what happened and what is asked; change passphrase, codes and second factor.

    Secrets that are shown (new recovery codes, an app's secret) stay in memory until their reader says that they are
    safe, or the session locks; none is in a trait.

    Parameters
    ----------
    session : Session
        Whose; the panel waits while it is locked.
    """

    _esm = module("account_panel")

    def __init__(self, session: Session) -> None:
        self._lists = Latest()
        self._strengths = Latest()
        self._enrolment: Enrolment | None = None
        self._totp: TotpEnrolment | None = None
        super().__init__(session)

    def _on_change(self, change: str) -> None:
        if change == "locked":
            self._enrolment = self._totp = None
        if change in {"locked", "unlocked"}:
            self._show()

    def _show(self) -> None:
        super()._show()
        if not self._session.is_locked:
            self._look()

    def _state(self) -> dict[str, Any]:
        state = super()._state() | {"codes": (), "drawing": None, "totp": None}
        if self._session.is_locked:
            return state
        if self._enrolment is not None:
            drawing = self._enrolment.qr_code()
            state |= {"codes": self._enrolment.recovery_codes, "drawing": {"size": drawing.size, "path": drawing.path}}
        if self._totp is not None:
            drawing = self._totp.qr_code()
            state["totp"] = {"secret": self._totp.secret, "drawing": {"size": drawing.size, "path": drawing.path}}
        return state

    def _look(self) -> None:
        """Send what there is to see, in the background."""
        self._lists.give(self._guarded(self._send_account, about="look"))

    def _send_account(self) -> None:
        session, now = self._session, datetime.now(UTC)
        try:
            entries = session.audit.recent()
            status = session.factors.status()
            account = {
                "event": "account",
                "name": session.name or "",
                "roles": session.roles,
                "alerts": alert_rows(session.alerts()),
                "notices": notice_rows(session.notices.list()),
                "requests": request_rows(session.approvals.open()),
                "readers": reader_rows(session.readers()),
                "sessions": session_rows(session.sessions.list()),
                "factors": {
                    "totp": status.totp,
                    "since": status.activated.isoformat() if status.activated else None,
                    "codes": status.recovery_codes_left,
                    "device": status.has_device_secret,
                },
                "activity": activity_rows(entries[:SHOWN]),
                "last": {"export": last_of(entries, "export"), "erasure": last_of(entries, "erasure")},
                "software": software_rows(software_status(today=now.date())),
            }
        except LockedError:
            return  # the view has been told, or will be
        if not session.is_locked:
            self.send(account)

    def _weigh(self, passphrase: str) -> None:
        self._strengths.give(self._guarded(self._send_strength, passphrase, about="passphrase"))

    def _send_strength(self, passphrase: str) -> None:
        strength = self._session.strength(passphrase)
        self.send({"event": "strength", **strength_row(strength)})

    def _suggest(self) -> None:
        """Draw a passphrase; the view shows it, nothing keeps it."""
        self._start(lambda: self.send({"event": "suggestion", "passphrase": suggest_passphrase()}), about="passphrase")

    def _do(self, job: Any, *, about: str) -> None:
        """Do something slow, then show how things are by then."""

        def work() -> None:
            job()
            self.send({"event": "done", "about": about})
            self._show()

        self._start(work, about=about)

    def _end_session(self, session: str, passphrase: str) -> None:
        self._do(partial(self._session.sessions.revoke, session, passphrase=passphrase), about="sessions")

    def _end_others(self, passphrase: str) -> None:
        self._do(partial(self._session.sessions.revoke_others, passphrase=passphrase), about="sessions")

    def _change_passphrase(self, passphrase: str, code: str, new: str) -> None:
        change = partial(self._session.change_passphrase, current=passphrase, new=new, code=code or None)
        self._do(change, about="passphrase")

    def _new_codes(self, passphrase: str, code: str) -> None:
        def renew() -> None:
            self._enrolment = self._session.new_recovery_codes(passphrase=passphrase, code=code or None)

        self._do(renew, about="codes")

    def _kept(self) -> None:
        """Drop the recovery codes: their reader has them."""
        self._enrolment = None
        self._show()

    def _enrol(self) -> None:
        def enrol() -> None:
            self._totp = self._session.factors.enrol()

        self._do(enrol, about="enrol")

    def _activate(self, passphrase: str, code: str, current: str) -> None:
        def activate() -> None:
            self._session.factors.activate(code, passphrase=passphrase, current_code=current or None)
            self._totp = None

        self._do(activate, about="totp")

    def _forget(self) -> None:
        """Throw an app's secret away that was not activated."""
        self._totp = None
        self._show()

    def _remove(self, passphrase: str, code: str) -> None:
        remove = partial(self._session.factors.remove, passphrase=passphrase, code=code or None)
        self._do(remove, about="totp")

    def _dismiss(self, notice: str) -> None:
        self._do(partial(self._session.notices.dismiss, notice), about="notices")

    def _approve(self, request: str, passphrase: str, code: str) -> None:
        def approve() -> None:
            self._session.approvals.approve(self._request(request), passphrase=passphrase, code=code or None)

        self._do(approve, about="requests")

    def _decline(self, request: str) -> None:
        self._do(lambda: self._session.approvals.decline(self._request(request)), about="requests")

    def _request(self, digest: str) -> Request:
        for request in self._session.approvals.open():
            if request.digest == digest:
                return request
        raise NotFoundError("There is no such request, or it has expired.", remedy="Who asked can ask again.")

    def _not_me(self, passphrase: str, code: str, new: str) -> None:
        """End every other session and renew every way in."""

        def secure() -> None:
            self._enrolment = self._session.this_was_not_me(
                passphrase=passphrase, new_passphrase=new, code=code or None
            )

        self._do(secure, about="not_me")

    _is_line = staticmethod(is_text(LONGEST_LINE))
    _proof: ClassVar = {"passphrase": is_text(LONGEST_LINE), "code": is_text(LONGEST_LINE)}
    actions: ClassVar = {
        **Panel.actions,
        "look": Action(_look, {}),
        "strength": Action(_weigh, {"passphrase": is_text(LONGEST_LINE)}),
        "suggest": Action(_suggest, {}),
        "end_session": Action(_end_session, {"session": is_text(32), "passphrase": is_text(LONGEST_LINE)}),
        "end_others": Action(_end_others, {"passphrase": is_text(LONGEST_LINE)}),
        "change_passphrase": Action(_change_passphrase, {**_proof, "new": is_text(LONGEST_LINE)}),
        "new_codes": Action(_new_codes, _proof),
        "kept": Action(_kept, {}),
        "enrol": Action(_enrol, {}),
        "activate": Action(_activate, {**_proof, "current": is_text(LONGEST_LINE)}),
        "forget": Action(_forget, {}),
        "remove": Action(_remove, _proof),
        "dismiss": Action(_dismiss, {"notice": is_text(32)}),
        "approve": Action(_approve, {**_proof, "request": is_text(64)}),
        "decline": Action(_decline, {"request": is_text(64)}),
        "not_me": Action(_not_me, {**_proof, "new": is_text(LONGEST_LINE)}),
    }
