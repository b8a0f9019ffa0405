"""What the panels share: messages in and out, errors that quote nothing, work that doesn't hold up the kernel."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar

import anywidget

from workbench.app import Session
from workbench.app.background import run_soon
from workbench.errors import WorkbenchError
from workbench.widgets.actions import Action, understood
from workbench.widgets.modules import STYLESHEET


class Panel(anywidget.AnyWidget):
    """A view of a session. Content travels by custom message only; no trait holds any, so no notebook saves it.

    Parameters
    ----------
    session : Session
        Whose; it may be locked.
    """

    _css = STYLESHEET

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        _pin(self.comm)
        self.on_msg(self._receive)
        self._unsubscribe = session.subscribe(self._on_change)

    def __repr__(self) -> str:
        """Tell which panel it is: no content, and no address, so that notebooks compare well."""
        return f"{type(self).__name__}()"

    def close(self) -> None:
        """Take the panel away, with its views."""
        self._unsubscribe()
        super().close()

    def _state(self) -> dict[str, Any]:
        """Return all that a view needs to show itself from nothing; a view asks for it when it opens."""
        return {"event": "state", "locked": self._session.is_locked, "name": self._session.name or ""}

    def _on_change(self, change: str) -> None:  # noqa: ARG002 - panels that care look at it
        """Follow the session: "unlocked", "locked", "history" or "model", from any thread."""
        self._show()

    def _show(self) -> None:
        """Send the views all that they show."""
        self.send(self._state())

    def _ready(self) -> None:
        self._show()

    def _lock(self) -> None:
        self._session.lock()

    def _receive(self, _panel: "Panel", message: Any, _buffers: Any) -> None:
        about = ""
        try:
            about, action, arguments = understood(message, self.actions)
            action.run(self, **arguments)
        except Exception as error:  # noqa: BLE001 - a traceback here could quote what was typed
            self._report(error, about=about)

    def _report(self, error: BaseException, *, about: str) -> None:
        """Show an error beside what caused it."""
        self.send({"event": "error", "about": about, **explained(error)})

    def _start(self, job: Callable[..., None], *arguments: Any, about: str) -> None:
        """Do something slow in a worker thread; an error is shown beside `about`."""
        run_soon(asyncio.to_thread(self._guarded(job, *arguments, about=about)))

    def _guarded(self, job: Callable[..., None], *arguments: Any, about: str) -> Callable[[], None]:
        """Return the job as one that doesn't raise."""
        return partial(self._attempt, job, arguments, about)

    def _attempt(self, job: Callable[..., None], arguments: tuple[Any, ...], about: str) -> None:
        try:
            job(*arguments)
        except Exception as error:  # noqa: BLE001 - as in `_receive`
            self._report(error, about=about)

    actions: ClassVar[Mapping[str, Action]] = {"ready": Action(_ready, {}), "lock": Action(_lock, {})}


def explained(error: BaseException) -> dict[str, str]:
    """Return what to show of an error; of a library's error, which may quote content, its type and no more."""
    if isinstance(error, WorkbenchError):
        return {"message": str(error.args[0]), "remedy": error.remedy}
    return {
        "message": f"Something went wrong inside the workbench ({type(error).__name__}).",
        "remedy": "Try again; if it stays, run session.audit.verify() and report the word in brackets.",
    }


def _pin(comm: Any) -> None:
    """Let a view's messages be handled beside a running cell, not after it.

    ipykernel 7.4 sends each message to the shell that the panel last published from; after a ``send`` from a cell that
    is the main shell, and Stop would wait for the cell (measured: 3.5 to 5.7 s). This keeps to the shell that
    JupyterLab asks for.
    """
    if hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = lambda _data, default: default  # noqa: SLF001 - ipykernel has no public way
