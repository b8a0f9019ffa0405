"""The offline poet: real verse, made on this machine by rules from an authored bank. It is not Claude, and says so."""

import asyncio
import re
from collections.abc import AsyncGenerator

from workbench.errors import DetectionError, GenerationError
from workbench.prosody import FORMS
from workbench.records import Completion, Minimised, Outgoing, Usage

_PIECES = re.compile(r"\S+\s*|\s+")
_DEFAULT_FORM = "couplet"


class OfflinePoet:
    """A source of verse that needs no network, no key and no model: the default, and the baseline in a comparison.

    The same prompt, form and seed give the same bytes on every machine, as long as the kit's version is the same.

    Parameters
    ----------
    delay : float
        Seconds between two pieces, for those who like to watch.
    """

    name = "offline-poet"
    label = "offline poet, not Claude"

    def __init__(self, *, delay: float = 0.0) -> None:
        self._delay = delay

    def outgoing(self, prompt: Minimised, *, form: str | None = None) -> Outgoing:
        """Return what `stream` would be given; nothing leaves this machine.

        Raises
        ------
        DetectionError
            When `prompt` is not a `Minimised`.
        GenerationError
            When there is no form of that name.
        """
        _check(prompt, form)
        return Outgoing("this machine", self.name, FORMS[form].instruction if form else "", prompt)

    def stream(self, prompt: Minimised, *, form: str | None = None, seed: int | None = None) -> "OfflineReply":
        """Start a poem; it is composed when the reply is iterated over.

        Parameters
        ----------
        prompt : Minimised
            What to write about.
        form : str, optional
            A key of `workbench.prosody.FORMS`; without one, a form that the prompt names, else a couplet.
        seed : int, optional
            Another seed gives another poem; ``None`` is 0.

        Raises
        ------
        DetectionError
            When `prompt` is not a `Minimised`.
        GenerationError
            When there is no form of that name.
        """
        _check(prompt, form)
        return OfflineReply(prompt, form=form, seed=seed or 0, delay=self._delay)


class OfflineReply:
    """One poem while it is written, word by word."""

    def __init__(self, prompt: Minimised, *, form: str | None, seed: int, delay: float) -> None:
        self._prompt = prompt
        self._form = form
        self._seed = seed
        self._delay = delay
        self._arrived: list[str] = []
        self._stop_reason: str | None = None
        self._provenance: dict[str, str] = {}

    async def __aiter__(self) -> AsyncGenerator[str, None]:
        """Yield the poem in words, each with the space after it."""
        self._arrived.clear()
        text, stop_reason = self._composed()
        for piece in _PIECES.findall(text):
            await asyncio.sleep(self._delay)
            self._arrived.append(piece)
            yield piece
        self._stop_reason = stop_reason

    def completion(self) -> Completion:
        """Return the poem as far as it has come; ``stop_reason`` is ``None`` until it is whole."""
        return Completion(
            text="".join(self._arrived),
            model=OfflinePoet.name,
            label=OfflinePoet.label,
            usage=Usage(0, 0),
            stop_reason=self._stop_reason,
            provenance=dict(self._provenance),
        )

    def __repr__(self) -> str:
        """Tell form and seed only."""
        return f"OfflineReply(form={self._form}, seed={self._seed})"

    def _composed(self) -> tuple[str, str]:
        # The bank and the dictionary load when the first poem is asked for, not with the package.
        from workbench.generation.poet import (  # noqa: PLC0415 - heavy
            KIT_VERSION,
            MASTERED,
            commission,
            compose,
            kit_sha256,
        )

        text = self._prompt.text
        wanted = commission(text)
        form = self._form or wanted.form or _DEFAULT_FORM
        self._provenance |= {
            "kit": KIT_VERSION,
            "kit_sha256": kit_sha256(),
            "seed": str(self._seed),
            "form": form,
        }
        if form not in MASTERED:
            forms = ", ".join(MASTERED)
            return f"The offline poet, which is not Claude, writes verse by rule only: {forms}.", "refusal"
        poem = compose(wanted, form=form, chance_parts=(text, self._form or "", str(self._seed)))
        return _dedicated(poem, wanted.people), "end_turn"


def _dedicated(poem: str, people: tuple[str, ...]) -> str:
    if not people:
        return poem
    *others, last = people
    names = f"{', '.join(others)} and {last}" if others else last
    return f"for {names}\n\n{poem}"


def _check(prompt: object, form: str | None) -> None:
    if not isinstance(prompt, Minimised):
        raise DetectionError("A model was given text that had not been minimised; nothing was sent.")
    if form is not None and form not in FORMS:
        raise GenerationError("There is no form of that name.", remedy=f"Choose one of: {', '.join(FORMS)}.")
