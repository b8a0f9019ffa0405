"""What a model is to the workbench: something that takes minimised text and answers in pieces."""

from collections.abc import AsyncGenerator
from typing import Protocol

from workbench.records import Completion, Minimised, Outgoing


class Reply(Protocol):
    """One answer while it arrives.

    Iterate over it for the pieces; whatever happens on the way (the end, a cancelled task, a fault), `completion` then
    tells what had come until that moment, so that nothing of it is lost.
    """

    def __aiter__(self) -> AsyncGenerator[str, None]:  # noqa: PYI058 - callers close it, which an iterator lacks
        """Yield the pieces of the answer, still with placeholders; closing the iterator closes the connection."""
        ...

    def completion(self) -> Completion:
        """Return the answer as far as it has come; ``stop_reason`` is ``None`` until it is whole."""
        ...


class Model(Protocol):
    """A source of text: Claude, or the offline poet. It takes a `Minimised`; a ``str`` is a type error."""

    @property
    def name(self) -> str:
        """The model's id, as given to ``session.use(model=…)``."""
        ...

    @property
    def label(self) -> str:
        """Who writes, in words to be shown beside the text."""
        ...

    def outgoing(self, prompt: Minimised, *, form: str | None = None) -> Outgoing:
        """Return exactly what `stream` would give away, and to whom; sends nothing."""
        ...

    def stream(self, prompt: Minimised, *, form: str | None = None, seed: int | None = None) -> Reply:
        """Start an answer; nothing is sent until the reply is iterated over.

        Raises
        ------
        DetectionError
            When `prompt` is not a `Minimised`; nothing was sent.
        """
        ...
