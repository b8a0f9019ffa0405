"""What ``from workbench import Workbench`` gives: the bench of the app, which here also asks people and shows panels.

It stands above the rooms so that `workbench.app` needs to know nothing of widgets or terminals.
"""

import getpass
import sys
from typing import TYPE_CHECKING

from workbench import app
from workbench.app.bench import Secret
from workbench.errors import AuthenticationError
from workbench.jupyter import is_notebook, kernel_hygiene, show

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from typing import Self

    from workbench.identity import Enrolment
    from workbench.widgets import HistoryBrowser, PromptPanel

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


class Workbench(app.Workbench):
    """A store of sealed work, for a notebook or a terminal.

    ``Workbench.open("data/workbench.db")`` opens yours, ``Workbench.demo()`` a throw-away one with invented people.
    """

    session_type = Session

    @classmethod
    def open(cls, location: "str | Path") -> "Self":
        """Open a store, as `workbench.app.Workbench.open`; in a notebook, also keep cells out of IPython's history."""
        kernel_hygiene()
        return super().open(location)

    def create_account(
        self, name: str, *, passphrase: Secret | None = None, roles: "Iterable[str]" = ("owner",)
    ) -> "Enrolment":
        """Make an account, as `workbench.app.Workbench.create_account`; asks for the passphrase when none is given."""
        return super().create_account(name, passphrase=passphrase or _new_passphrase, roles=roles)

    def sign_in(
        self, name: str | None = None, *, passphrase: Secret | None = None, code: Secret | None = None
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
            Of a second factor, for accounts that have one.

        Raises
        ------
        AuthenticationError
            When the name, the passphrase or the code is wrong; which of them is not said.
        """
        if code is not None:
            raise AuthenticationError("No account of this store has a second factor yet.", remedy="Leave the code out.")
        passphrase = passphrase or self._known.get(name or "")
        session = Session(self._database, name=name)
        if passphrase is None and is_notebook():
            from workbench.widgets import SignInPanel  # noqa: PLC0415 - loads anywidget

            show(SignInPanel(self, session))
            return session
        if not name:
            name = input("Name: ")
        if passphrase is None:
            passphrase = getpass.getpass("Passphrase: ")
        session.unlock(name=name, passphrase=passphrase() if callable(passphrase) else passphrase)
        return session


def _new_passphrase() -> str:
    """Ask for a new passphrase twice, unseen."""
    while True:
        first = getpass.getpass("New passphrase (15 characters or more): ")
        if first == getpass.getpass("Once more: "):
            return first
        print("The two differ.", file=sys.stderr)  # noqa: T201 - a dialogue in a terminal
