"""One exchange from end to end: minimise → audit → model → restore → seal.

The order can't be written otherwise: the model takes only what minimising returns. Every way out of here (the end, a
stop, a fault, a lock) seals what had come, so that nothing which was read on the screen is lost.
"""

import contextlib
import secrets
import threading
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from datetime import datetime

from workbench.audit import AuditLog
from workbench.crypto import Table
from workbench.errors import LockedError
from workbench.generation import Model
from workbench.privacy import Restorer, minimise, restore
from workbench.records import Completion, Outcome, Prompt, Turn, TurnId, UsageEvent
from workbench.storage import Vault, encode


class TurnStream:
    """A reply while it arrives: ``async for piece in stream``, then `turn`.

    Cancelling the task, or leaving the loop early, stops the model, seals what had come and marks it ``"stopped"``.

    Parameters
    ----------
    prompt : Prompt
        What was typed.
    model : Model
        Who answers.
    vault, audit : Vault, AuditLog
        Where the turn and its entries are sealed.
    now : callable
        The clock; UTC.
    running : set of TurnStream
        The session's running replies: this one joins when it starts and leaves when it is sealed.
    on_kept : callable
        Called once the turn is sealed.
    """

    def __init__(
        self,
        prompt: Prompt,
        *,
        model: Model,
        vault: Vault,
        audit: AuditLog,
        now: Callable[[], datetime],
        running: "set[TurnStream]",
        on_kept: Callable[[], None],
    ) -> None:
        self._prompt = prompt
        self._model = model
        self._vault = vault
        self._audit = audit
        self._created = now()
        self._running = running
        self._on_kept = on_kept
        self._record_id = secrets.token_bytes(16)
        self._minimised, self._pseudonyms = minimise(prompt.text)
        self._reply = model.stream(self._minimised, form=prompt.form, seed=prompt.seed)
        self._keeping = threading.Lock()
        self._turn: Turn | None = None
        self._is_started = False
        self._began = 0.0

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
        """
        if self._is_started:
            raise LockedError("A reply can be read only once.", remedy="Its text is in .turn, and in the history.")
        self._is_started, self._began = True, time.perf_counter()
        self._running.add(self)
        # The entry comes first: were the log not writable, nothing would be sent.
        self._audit.record(
            "llm_request",
            subject=self._record_id.hex(),
            model=self._model.name,
            characters=len(self._minimised),
            redactions=len(self._minimised.entities),
        )
        restorer = Restorer(self._pseudonyms)
        outcome: Outcome = "stopped"
        try:
            async with contextlib.aclosing(self._reply.__aiter__()) as pieces:
                async for piece in pieces:
                    if self._turn is not None:
                        raise LockedError("The session was locked while the reply came; what had come is kept.")  # noqa: TRY301
                    if restored := restorer.feed(piece):
                        yield restored
            if rest := restorer.flush():
                yield rest
            outcome = "refused" if self._reply.completion().stop_reason == "refusal" else "complete"
        except Exception:
            outcome = "failed"
            raise
        finally:
            self.keep(outcome)

    def keep(self, outcome: Outcome) -> Turn:
        """Seal the turn as far as it has come, once; later calls return the same turn."""
        with self._keeping:
            if self._turn is None:
                turn = self._as_turn(self._reply.completion(), outcome)
                with self._vault.transaction():
                    self._vault.append(Table.TURN, encode(turn), record_id=self._record_id)
                    self._vault.append(Table.USAGE_EVENT, encode(self._as_event(turn)))
                    self._audit.record(
                        "llm_reply",
                        outcome="success" if outcome in {"complete", "stopped"} else "failure",
                        subject=turn.id,
                        ended=outcome,
                        output_tokens=turn.usage.output_tokens,
                    )
                self._turn = turn
                self._running.discard(self)
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
