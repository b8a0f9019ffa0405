"""The panel to sign in, to make the first account, and to come back in with a recovery code."""

from functools import partial
from typing import Any, ClassVar

from workbench.app import Session, Workbench
from workbench.errors import AccountExistsError, AuthenticationError
from workbench.identity import Enrolment
from workbench.widgets.actions import LONGEST_LINE, Action, is_text
from workbench.widgets.latest import Latest
from workbench.widgets.modules import module
from workbench.widgets.panel import Panel


class SignInPanel(Panel):
    """Ask for the passphrase where no notebook, history or log sees it, and unlock the session with it.

    In a store without accounts the panel makes the owner's. No passphrase is kept after it was used; the recovery codes
    are kept, in memory, until their reader says that they are safe, or the session locks.

    Parameters
    ----------
    bench : Workbench
        The store.
    session : Session
        The locked session to unlock.
    """

    _esm = module("sign_in_panel")

    def __init__(self, bench: Workbench, session: Session) -> None:
        self._bench = bench
        self._strengths = Latest()
        self._enrolment: Enrolment | None = None
        super().__init__(session)

    def _state(self) -> dict[str, Any]:
        is_locked = self._session.is_locked
        state = super()._state() | {"empty": is_locked and self._bench.is_empty, "codes": (), "drawing": None}
        if self._enrolment is not None and not is_locked:
            drawing = self._enrolment.qr_code()
            state["codes"] = self._enrolment.recovery_codes
            state["drawing"] = {"size": drawing.size, "path": drawing.path}
        return state

    def _on_change(self, change: str) -> None:
        if change == "locked":
            self._enrolment = None
        if change in {"locked", "unlocked"}:
            super()._on_change(change)

    def _weigh(self, passphrase: str, name: str) -> None:
        self._strengths.give(self._guarded(self._send_strength, passphrase, name, about="passphrase"))

    def _send_strength(self, passphrase: str, name: str) -> None:
        strength = self._bench.strength(passphrase, name=name)
        self.send(
            {
                "event": "strength",
                "score": strength.score,
                "accepted": strength.is_accepted,
                "guesses": strength.guesses_log10,
                "reasons": strength.reasons,
            }
        )

    def _suggest(self) -> None:
        """Draw a passphrase for the view that asks; it isn't kept here."""
        self._start(self._send_suggestion, about="passphrase")

    def _send_suggestion(self) -> None:
        self.send({"event": "suggestion", "passphrase": self._bench.suggest_passphrase()})

    def _create(self, name: str, passphrase: str) -> None:
        """Make the owner's account and sign in to it."""
        self._strengths.forget()
        self._start(self._make_account, name, passphrase, about="create")

    def _make_account(self, name: str, passphrase: str) -> None:
        if not self._bench.is_empty:  # another panel was faster
            raise AccountExistsError(
                "By now the store has an account.", remedy="Run the cell again, and sign in to it."
            )
        self._enrolment = self._bench.create_account(name, passphrase=passphrase)
        self._session.unlock(name=name, passphrase=passphrase)

    def _sign_in(self, name: str, passphrase: str) -> None:
        self._start(partial(self._session.unlock, name=name, passphrase=passphrase), about="sign_in")

    def _sign_in_with_code(self, name: str, passphrase: str, code: str) -> None:
        """Sign in to an account that has a second factor: its view keeps the passphrase until the code is typed."""
        self._start(partial(self._session.unlock, name=name, passphrase=passphrase, code=code), about="sign_in")

    def _report(self, error: BaseException, *, about: str) -> None:
        """Show an error, or ask for the code that is needed beside the right passphrase."""
        if isinstance(error, AuthenticationError) and error.needs_code and about != "recover":
            self.send({"event": "code_needed"})
        else:
            super()._report(error, about=about)

    def _recover(self, name: str, code: str, second: str, passphrase: str) -> None:
        """Sign in with a recovery code, which is used up, and set a new passphrase."""
        self._strengths.forget()
        recover = partial(self._session.recover, name=name, code=code, second=second or None)
        self._start(partial(recover, new_passphrase=passphrase), about="recover")

    def _kept(self) -> None:
        """Drop the recovery codes: their reader has them."""
        self._enrolment = None
        self._show()

    actions: ClassVar = {
        **Panel.actions,
        "strength": Action(_weigh, {"passphrase": is_text(LONGEST_LINE), "name": is_text(LONGEST_LINE)}),
        "suggest": Action(_suggest, {}),
        "create": Action(_create, {"name": is_text(LONGEST_LINE), "passphrase": is_text(LONGEST_LINE)}),
        "sign_in": Action(_sign_in, {"name": is_text(LONGEST_LINE), "passphrase": is_text(LONGEST_LINE)}),
        "sign_in_with_code": Action(
            _sign_in_with_code,
            {"name": is_text(LONGEST_LINE), "passphrase": is_text(LONGEST_LINE), "code": is_text(LONGEST_LINE)},
        ),
        "recover": Action(
            _recover,
            {
                "name": is_text(LONGEST_LINE),
                "code": is_text(LONGEST_LINE),
                "second": is_text(LONGEST_LINE),
                "passphrase": is_text(LONGEST_LINE),
            },
        ),
        "kept": Action(_kept, {}),
    }
