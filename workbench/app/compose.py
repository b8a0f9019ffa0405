"""One exchange from end to end: minimise → audit → model → restore → seal.

The order can't be written otherwise: the model takes only what minimising returns. Every way out of here (the end, a
stop, a fault, a lock) seals what had come, so that nothing which was read on the screen is lost.
"""

import asyncio
import contextlib
import secrets
import threading
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from datetime import datetime
from typing import Any

from workbench.audit import AuditLog
from workbench.crypto import Kind
from workbench.errors import DetectionError, LockedError
from workbench.generation import Model
from workbench.privacy import Restorer, minimise, restore
from workbench.records import Completion, Outcome, Preview, Prompt, Turn, TurnId, UsageEvent
from workbench.storage import Vaults, encode

_LOOK_AGAIN = "Look at the preview again, then send it."

_ENDED: dict[str, Outcome] = {"refusal": "refused", "max_tokens": "cut", "model_context_window_exceeded": "cut"}


class RunningReplies:
    """The replies that are coming in an open session. Once it is closed, none can start."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._streams: set[TurnStream] = set()
        self._is_closed = False

    def enter(self, stream: "TurnStream") -> None:
        """Let a reply start.

        Raises
        ------
        LockedError
            When the session was locked; nothing was sent.
        """
        with self._lock:
            if self._is_closed:
                raise LockedError("The session was locked before the prompt was sent.")
            self._streams.add(stream)

    def leave(self, stream: "TurnStream") -> None:
        """Note that a reply is sealed."""
        with self._lock:
            self._streams.discard(stream)

    def close(self) -> "tuple[TurnStream, ...]":
        """Let none start any more, and return those that have to be stopped."""
        with self._lock:
            self._is_closed = True
            return tuple(self._streams)


class TurnStream:
    """A reply while it arrives: ``async for piece in stream``, then `turn`.

    Cancelling the task, or leaving the loop early, stops the model, seals what had come and marks it ``"stopped"``.

    Parameters
    ----------
    prompt : Prompt
        What was typed.
    model : Model
        Who answers.
    seen : Preview, optional
        What was looked at before; nothing else is sent.
    vaults, audit : Vaults, AuditLog
        Where the turn and its entries are sealed.
    now : callable
        The clock; UTC.
    require : callable
        Called when the reply is asked for, which may be long after this was made: raises when that isn't allowed.
    running : RunningReplies
        This one joins when it starts and leaves when it is sealed.
    on_kept : callable
        Called once the turn is sealed.
    """

    def __init__(  # noqa: PLR0913 - what a reply is made of, each by its name
        self,
        prompt: Prompt,
        *,
        model: Model,
        seen: Preview | None,
        vaults: Vaults,
        audit: AuditLog,
        now: Callable[[], datetime],
        require: Callable[[], object],
        running: RunningReplies,
        on_kept: Callable[[], None],
    ) -> None:
        self._prompt = prompt
        self._model = model
        self._vaults = vaults
        self._audit = audit
        self._created = now()
        self._require = require
        self._running = running
        self._on_kept = on_kept
        self._record_id = secrets.token_bytes(16)
        self._minimised, self._pseudonyms = minimise(prompt.text)
        if seen is not None and model.outgoing(self._minimised, form=prompt.form) != seen.outgoing:
            raise DetectionError("What would be sent by now isn't what was seen; nothing was sent.", remedy=_LOOK_AGAIN)
        self._reply = model.stream(self._minimised, form=prompt.form, seed=prompt.seed)
        self._keeping = threading.Lock()
        self._turn: Turn | None = None
        self._is_started = False
        self._began = 0.0
        self._waiting: tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]] | None = None

    def __repr__(self) -> str:
        """Tell how far it is; no content."""
        return f"TurnStream({self._turn!r})" if self._turn else "TurnStream(<running>)"

    @property
    def turn(self) -> Turn:
        """The sealed turn, once the stream has ended.

        Raises
        ------
        LockedError
            While it still runs.
        """
        if self._turn is None:
            raise LockedError("The reply hasn't ended yet.", remedy="Read the stream to its end first.")
        return self._turn

    async def __aiter__(self) -> AsyncGenerator[str, None]:
        """Yield the restored pieces.

        Raises
        ------
        GenerationError, InsecureTransportError, DetectionError
            When the model gave no whole answer; what had come is in the history.
        LockedError
            When the session was locked meanwhile; what had come until then is in the history.
        PermissionDeniedError
            When the session may not compose any more; nothing was sent.
        """
        if self._is_started:
            raise LockedError("A reply can be read only once.", remedy="Its text is in .turn, and in the history.")
        self._is_started, self._began = True, time.perf_counter()
        self._require()
        # The entry comes first: were the log not writable, nothing would be sent.
        self._audit.record(
            "llm_request",
            subject=self._record_id.hex(),
            model=self._model.name,
            characters=len(self._minimised),
            redactions=len(self._minimised.entities),
        )
        self._running.enter(self)
        restorer = Restorer(self._pseudonyms)
        outcome: Outcome = "stopped"
        try:
            async with contextlib.aclosing(self._reply.__aiter__()) as pieces:
                while (piece := await self._next(pieces)) is not None:
                    if restored := restorer.feed(piece):
                        yield restored
            if rest := restorer.flush():
                yield rest
            outcome = _ENDED.get(self._reply.completion().stop_reason or "", "complete")
        except Exception:
            outcome = "failed"
            raise
        finally:
            self.keep(outcome)

    async def _next(self, pieces: AsyncGenerator[str, None]) -> str | None:
        """Wait for the next piece, or for `stop`; return ``None`` at the end."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine runs in a task
        try:
            self._waiting = (asyncio.get_running_loop(), task)
            if self._turn is None:
                return await anext(pieces, None)
        except asyncio.CancelledError:
            if self._turn is None or task.uncancel():  # not, or not only, cancelled by `stop`
                raise
        finally:
            self._waiting = None
        raise LockedError("The session was locked while the reply came; what had come is kept.")

    def stop(self) -> None:
        """Seal what has come, and end the wait for more, from any thread; its reader gets a `LockedError`."""
        try:
            self.keep("stopped")
        finally:
            waiting = self._waiting
            if waiting is not None:
                with contextlib.suppress(RuntimeError):  # that loop was closed
                    waiting[0].call_soon_threadsafe(self._interrupt)

    def _interrupt(self) -> None:
        """Wake the reader, on its own loop, if it still waits for the model and not for something of its own."""
        if self._waiting is not None:
            self._waiting[1].cancel()

    def keep(self, outcome: Outcome) -> Turn:
        """Seal the turn as far as it has come, once; later calls return the same turn."""
        with self._keeping:
            if self._turn is None:
                turn = self._as_turn(self._reply.completion(), outcome)
                with self._vaults.transaction():
                    self._vaults[Kind.TURN].append(encode(turn), record_id=self._record_id)
                    self._vaults[Kind.USAGE_EVENT].append(encode(self._as_event(turn)))
                    self._audit.record(
                        "llm_reply",
                        outcome="success" if outcome in {"complete", "stopped"} else "failure",
                        subject=turn.id,
                        ended=outcome,
                        output_tokens=turn.usage.output_tokens,
                    )
                self._turn = turn
                self._running.leave(self)
                self._on_kept()
            return self._turn

    def _as_turn(self, completion: Completion, outcome: Outcome) -> Turn:
        return Turn(
            id=TurnId(self._record_id.hex()),
            created=self._created,
            prompt=self._prompt,
            minimised=self._minimised,
            text=restore(completion.text, self._pseudonyms),
            outcome=outcome,
            usage=completion.usage,
            manifest={
                **completion.provenance,
                "model": completion.model,
                "label": completion.label,
                "stop_reason": completion.stop_reason or "",
            },
            pseudonyms=self._pseudonyms,
        )

    def _as_event(self, turn: Turn) -> UsageEvent:
        return UsageEvent(
            day=turn.created.date().isoformat(),
            feature="compose",
            form=turn.prompt.form or "free",
            model=turn.model,
            outcome=turn.outcome,
            input_tokens=turn.usage.input_tokens,
            output_tokens=turn.usage.output_tokens,
            milliseconds=round((time.perf_counter() - self._began) * 1000),
            redactions=dict(Counter(entity.kind for entity in turn.minimised.entities)),
        )
