"""What ``from workbench import Workbench`` gives: the bench of the app, which here also asks people and shows panels.

It stands above the rooms so that `workbench.app` needs to know nothing of widgets or terminals.
"""

from typing import TYPE_CHECKING, cast

from workbench import app
from workbench.app.asking import ask_code, ask_name, ask_new_passphrase, ask_passphrase
from workbench.app.bench import Secret
from workbench.jupyter import is_notebook, kernel_hygiene, show

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.identity import Enrolment
    from workbench.storage import Database, Device
    from workbench.widgets import AccountPanel, HistoryBrowser, PromptPanel

__all__ = ["Session", "Workbench"]


class Session(app.Session):
    """A session that can show itself in JupyterLab; what its panels show is never saved in the notebook."""

    def prompt_panel(self) -> "PromptPanel":
        """Return the panel to compose in: prompt, form, preview of what will leave, streaming reply, stop."""
        from workbench.widgets import PromptPanel  # noqa: PLC0415 - loads anywidget

        return PromptPanel(self)

    def history_browser(self) -> "HistoryBrowser":
        """Return the panel to search, open and delete turns of the sealed history."""
        from workbench.widgets import HistoryBrowser  # noqa: PLC0415 - loads anywidget

        return HistoryBrowser(self)

    def account_panel(self) -> "AccountPanel":
        """Return the panel of the account: what happened, who is in, ways in, what others ask, "This wasn't me"."""
        from workbench.widgets import AccountPanel  # noqa: PLC0415 - loads anywidget

        return AccountPanel(self)


class Workbench(app.Workbench):
    """A store of sealed work, for a notebook or a terminal.

    ``Workbench.open("data/workbench.db")`` opens yours, ``Workbench.demo()`` a throw-away one with invented people.
    """

    session_type = Session

    def __init__(
        self, database: "Database", *, device: "Device | None" = None, app_for: frozenset[str] = frozenset()
    ) -> None:
        kernel_hygiene()  # cells that run from now on stay out of IPython's history
        super().__init__(database, device=device, app_for=app_for)

    def create_account(
        self,
        name: str,
        *,
        passphrase: Secret | None = None,
        roles: "Iterable[str] | None" = None,
        code: Secret | None = None,
    ) -> "Enrolment":
        """Make an account, as `workbench.app.Workbench.create_account`; asks for the passphrase when none is given."""
        asked = ask_new_passphrase if passphrase is None else passphrase
        return super().create_account(name, passphrase=asked, roles=roles, code=code)

    def sign_in(
        self,
        name: str | None = None,
        *,
        passphrase: Secret | None = None,
        code: Secret | None = None,
        accept_rollback: bool = False,
    ) -> Session:
        """Return a session.

        With a passphrase: unlocked. Without one: in a notebook a panel asks for it, and the session unlocks when it is
        typed there; in a terminal it is asked for at once, unseen. Never type a passphrase into a cell.

        Parameters
        ----------
        name : str, optional
            The account's; the panel asks when it isn't given.
        passphrase : str or callable, optional
            For programs.
        code : str or callable, optional
            For programs, where the account has a second factor: the authenticator app's, or a recovery code.
        accept_rollback : bool
            Take a store that was put back from an older copy, and note that in the audit log: after restoring a backup.

        Raises
        ------
        AuthenticationError
            When the name, the passphrase or the code is wrong; which of them is not said.
        ThrottledError
            When too many were wrong.
        """
        is_known = name in self._known  # an invented person of a demo
        if passphrase is None and not is_known and is_notebook():
            from workbench.widgets import SignInPanel  # noqa: PLC0415 - loads anywidget

            session = cast("Session", self.locked_session(name))
            show(SignInPanel(self, session))
            return session
        if passphrase is None and not is_known:
            passphrase, code = ask_passphrase, ask_code if code is None else code
        chosen = ask_name() if name is None else name
        return cast(
            "Session", super().sign_in(chosen, passphrase=passphrase, code=code, accept_rollback=accept_rollback)
        )
