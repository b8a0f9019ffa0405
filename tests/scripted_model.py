"""A model whose answers a test writes beforehand."""

import asyncio
import threading

from workbench.records import Completion, Minimised, Outgoing, Usage


class ScriptedModel:
    """Answers with what was enqueued, piece by piece; an exception among the pieces is raised in its place."""

    name = "scripted"
    label = "scripted, not Claude"

    def __init__(self):
        self.received = []
        self.closed = 0
        self._answers = []
        self._waiting = threading.Event()
        self._go_on = threading.Event()

    def enqueue(self, *pieces, stop_reason="end_turn", wait_after=None):
        """Answer with these pieces; after `wait_after` of them, wait for `go_on`."""
        self._answers.append((pieces, stop_reason, wait_after))

    def outgoing(self, prompt, *, form=None):
        return Outgoing("this machine", self.name, f"form: {form}", prompt)

    def stream(self, prompt, *, form=None, seed=None):
        assert isinstance(prompt, Minimised)
        return _Reply(self, prompt, *self._answers.pop(0))

    async def waiting(self):
        """Return once an answer waits."""
        await asyncio.to_thread(self.wait_until_waiting)

    def wait_until_waiting(self):
        assert self._waiting.wait(timeout=10)

    def go_on(self):
        """Let the answer that waits go on."""
        self._go_on.set()


class _Reply:
    def __init__(self, model, prompt, pieces, stop_reason, wait_after):
        self._model, self._prompt, self._pieces = model, prompt, pieces
        self._stop_reason, self._wait_after = stop_reason, wait_after
        self._text, self._is_whole = "", False

    async def __aiter__(self):
        self._model.received.append(self._prompt)
        try:
            for number, piece in enumerate(self._pieces):
                if number == self._wait_after:
                    self._model._waiting.set()
                    while not self._model._go_on.is_set():
                        await asyncio.sleep(0.001)
                if isinstance(piece, Exception):
                    raise piece
                self._text += piece
                yield piece
            self._is_whole = True
        finally:
            self._model.closed += 1

    def completion(self):
        stop_reason = self._stop_reason if self._is_whole else None
        return Completion(self._text, self._model.name, self._model.label, Usage(), stop_reason)
