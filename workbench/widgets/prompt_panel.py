"""The panel to compose in: prompt, form, what will leave, reply, stop."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar

from workbench.app import Session
from workbench.app.background import run_soon
from workbench.errors import GenerationError, LockedError
from workbench.prosody import FORMS
from workbench.records import Preview, Turn
from workbench.widgets.actions import LONGEST_LINE, LONGEST_PROMPT, Action, is_nothing_or_one_of, is_number, is_text
from workbench.widgets.chunks import Chunks
from workbench.widgets.latest import Latest
from workbench.widgets.marking import marked
from workbench.widgets.modules import module
from workbench.widgets.panel import Panel, explained

HERE = "this machine"  # the destination of models that send nothing (records.Outgoing)


@dataclass(slots=True)
class _Draft:
    """What stands in the prompt field, which view typed it as its how manieth edit, and the preview made of it."""

    text: str = field(default="", repr=False)
    form: str | None = None
    view: str = ""
    number: int = 0
    preview: dict[str, Any] | None = field(default=None, repr=False)
    seen: Preview | None = None
    is_shown: bool = False  # whether the preview is of exactly this text and form


@dataclass(slots=True)
class _Reply:
    """The reply that comes or came last."""

    number: int
    chunks: Chunks = field(repr=False)
    facts: dict[str, Any] = field(default_factory=dict, repr=False)
    task: "Future[None] | None" = None


class PromptPanel(Panel):
    """Compose with the session's model, and see before you send exactly what will leave.

    What is typed and what comes back are held here, in memory, until the session locks; a browser that reloads gets
    them from here. Neither is ever in the notebook.

    Parameters
    ----------
    session : Session
        Who composes; the panel waits while it is locked.
    now : callable
        A clock that only goes forward, in seconds; it paces the messages of a reply.
    """

    _esm = module("prompt_panel")

    def __init__(self, session: Session, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._guard = threading.RLock()
        self._previews = Latest()
        self._draft = _Draft()
        self._reply: _Reply | None = None
        self._replies = 0
        super().__init__(session)

    def _state(self) -> dict[str, Any]:
        with self._guard:
            state = super()._state() | {
                "forms": [{"name": form.name, "title": form.title} for form in FORMS.values()],
                "label": self._session.model.label,
                "draft": {"text": self._draft.text, "form": self._draft.form},
                "preview": self._draft.preview,
                "reply": None,
            }
            if self._reply is not None:
                chunks = self._reply.chunks
                state["reply"] = self._reply.facts | {"text": chunks.since(0), "next": len(chunks)}
            return state

    def _on_change(self, change: str) -> None:
        if change == "locked":
            self._forget()
        if change == "model":
            with self._guard:
                old = self._draft
                draft = self._draft = _Draft(old.text, old.form, old.view, old.number)
            self._previews.give(partial(self._preview, draft))
        if change != "history":
            self._show()

    def _forget(self) -> None:
        """Drop prompt, preview and reply; a reply that is still coming is stopped (and sealed as far as it came)."""
        self._previews.forget()
        with self._guard:
            reply, self._reply, self._draft = self._reply, None, _Draft()
        if reply is not None and reply.task is not None:
            reply.task.cancel()

    def _edit(self, text: str, form: str | None, number: int, view: str) -> None:
        """Take what a view's field holds now, tell the other views, and preview it."""
        if self._session.is_locked:
            raise LockedError("The session is locked.")
        with self._guard:
            if (text, form) != (self._draft.text, self._draft.form):
                self.send({"event": "draft", "text": text, "form": form, "view": view})
            draft = self._draft = _Draft(text, form, view, number, self._draft.preview)
        self._previews.give(partial(self._preview, draft))

    def _preview(self, draft: _Draft) -> None:
        """Show what would leave of a draft, unless another has taken its place by then."""
        seen, shown, fault = None, None, None
        try:
            if draft.text.strip():
                seen = self._session.preview(draft.text, form=draft.form)
                shown = _as_shown(seen)
        except Exception as error:  # noqa: BLE001 - a library's error may quote what was typed
            fault = explained(error)
        with self._guard:
            if draft is not self._draft or self._session.is_locked:
                return
            draft.seen, draft.preview, draft.is_shown = seen, shown, fault is None
            self.send({"event": "preview", "view": draft.view, "number": draft.number, "preview": shown})
            if fault is not None:
                self.send({"event": "error", "about": "edit", **fault})

    def _ask(self, text: str, form: str | None) -> None:
        """Send a prompt whose preview has been seen, and show the reply as it comes."""
        with self._guard:
            if self._session.is_locked:
                raise LockedError("The session is locked.")
            if self._reply is not None and self._reply.task is not None and not self._reply.task.done():
                raise GenerationError("A reply is still coming.", remedy="Stop it, or wait for its end.")
            seen = self._seen(text, form)
            self._replies += 1
            facts = {"reply": self._replies, "label": self._session.model.label, "outcome": "running"}
            reply = self._reply = _Reply(self._replies, Chunks(self._now), facts)
            self.send({"event": "started", **facts})
            reply.task = run_soon(self._answer(reply, text, form, seen))

    def _seen(self, text: str, form: str | None) -> Preview | None:
        """Return the preview of exactly this prompt; without one, only a model on this machine may answer."""
        draft = self._draft
        if not text.strip():
            return None  # the session refuses an empty prompt with a better sentence
        if draft.is_shown and (draft.text, draft.form) == (text, form) and draft.seen is not None:
            return draft.seen
        current = self._session.preview(text, form=form)
        if current.outgoing.destination != HERE:
            raise GenerationError(
                "The preview was not up to date; nothing was sent.", remedy="Look at it, and send again."
            )
        return current

    async def _answer(self, reply: _Reply, text: str, form: str | None, seen: Preview | None) -> None:
        stream, facts = None, {"outcome": "failed"}
        try:
            stream = await asyncio.to_thread(self._session.stream, text, form=form, seed=reply.number - 1, seen=seen)
            async with contextlib.aclosing(aiter(stream)) as pieces:
                async for piece in pieces:
                    self._pass_on(reply, reply.chunks.feed(piece))
        except asyncio.CancelledError:
            facts = {"outcome": "stopped"}
        except Exception as error:  # noqa: BLE001 - as in `_preview`
            facts |= explained(error)
        self._pass_on(reply, reply.chunks.flush())
        with contextlib.suppress(LockedError):  # stopped before anything was sent: there is no turn
            if stream is not None:
                facts |= _as_kept(stream.turn)
        with self._guard:
            if reply is self._reply:
                reply.facts |= facts
                self.send({"event": "ended", **reply.facts, "next": len(reply.chunks)})

    def _pass_on(self, reply: _Reply, chunk: str | None) -> None:
        with self._guard:
            if chunk is not None and reply is self._reply:  # after a lock it is not
                number = len(reply.chunks)
                self.send({"event": "piece", "reply": reply.number, "from": number - 1, "next": number, "text": chunk})

    def _stop(self) -> None:
        with self._guard:
            if self._reply is not None and self._reply.task is not None:
                self._reply.task.cancel()

    def _resend(self, reply: int, number: int) -> None:
        """Send a view the chunks that it missed."""
        with self._guard:
            if self._reply is not None and self._reply.number == reply:
                chunks = self._reply.chunks
                missed = {"from": number, "next": len(chunks), "text": chunks.since(number)}
                self.send({"event": "piece", "reply": reply, **missed})

    _is_form = staticmethod(is_nothing_or_one_of(FORMS))
    actions: ClassVar = {
        **Panel.actions,
        "edit": Action(
            _edit,
            {"text": is_text(LONGEST_PROMPT), "form": _is_form, "number": is_number, "view": is_text(LONGEST_LINE)},
        ),
        "ask": Action(_ask, {"text": is_text(LONGEST_PROMPT), "form": _is_form}),
        "stop": Action(_stop, {}),
        "resend": Action(_resend, {"reply": is_number, "number": is_number}),
    }


def _as_shown(preview: Preview) -> dict[str, Any]:
    outgoing = preview.outgoing
    return {
        "parts": marked(preview.prompt.text, outgoing.text),
        "system": outgoing.system,
        "destination": outgoing.destination,
        "local": outgoing.destination == HERE,
        "model": outgoing.model,
    }


def _as_kept(turn: Turn) -> dict[str, Any]:
    return {
        "outcome": turn.outcome,
        "label": turn.label,
        "id": turn.id,
        "input_tokens": turn.usage.input_tokens,
        "output_tokens": turn.usage.output_tokens,
    }
