"""Claude as a model of the workbench: minimised text out, an answer in pieces back, over one hardened connection."""

import os
from collections.abc import Callable
from pathlib import Path

from workbench.errors import DetectionError, GenerationError
from workbench.generation import faults
from workbench.generation.address import destination_of
from workbench.generation.claude_reply import ClaudeReply
from workbench.generation.gate import Gate
from workbench.generation.loading import load_transport
from workbench.generation.models import DEFAULT_BASE_URL, DEFAULT_MAX_TOKENS, DEFAULT_MODEL
from workbench.prosody.forms import FORMS
from workbench.records import Minimised, Outgoing

KEY_VARIABLE = "ANTHROPIC_API_KEY"

_WITHOUT_FORM = "You help a writer with a draft. Answer with the text itself."
_PLACEHOLDERS = (
    "Names such as PERSON_1 or LOCATION_2 stand for words that were left out: use them as they are, exactly as written."
)


class Claude:
    """A Claude model behind one hardened connection; it takes a `Minimised` and nothing else.

    What leaves the machine is what `outgoing` shows, plus the API key and the version of the SDK, over TLS 1.2 or 1.3,
    to that one host: no redirect is followed, no proxy, address, header, trace or certificate file of the environment
    is heeded, and the bytes are compared with the approved text once more behind the SDK.

    Parameters
    ----------
    name : str, optional
        The model's id.
    api_key : str or callable, optional
        The key, or a function that returns it; by default ANTHROPIC_API_KEY of the environment. It is fetched when an
        answer is begun, and shows in no ``repr``.
    base_url : str, optional
        ``https://…``; another one than Anthropic's only for a gateway of your own.
    ca_bundle : Path, optional
        A PEM file of authorities to trust instead of the system's, for such a gateway.
    max_tokens : int, optional
        Longest answer, in tokens.

    Raises
    ------
    InsecureTransportError
        When `base_url` isn't https; there is no exception, not even for this machine.

    Examples
    --------
    >>> from workbench.records import Minimised
    >>> claude = Claude()
    >>> claude.outgoing(Minimised("A haiku for PERSON_1"), form="haiku").destination
    'api.anthropic.com'
    """

    def __init__(
        self,
        name: str = DEFAULT_MODEL,
        *,
        api_key: str | Callable[[], str] | None = None,
        base_url: str = DEFAULT_BASE_URL,
        ca_bundle: Path | None = None,
        max_tokens: int = DEFAULT_MAX_TOKENS,
    ) -> None:
        self._destination = destination_of(base_url)
        self._name = name
        self._key = _key_reader(api_key)
        self._base_url = base_url
        self._ca_bundle = ca_bundle
        self._max_tokens = max_tokens

    def __repr__(self) -> str:
        """Tell model and destination only."""
        return f"Claude({self._name!r}, to {self._destination})"

    @property
    def name(self) -> str:
        """The model's id, as asked for."""
        return self._name

    @property
    def label(self) -> str:
        """Who writes, to be shown beside the text."""
        return f"Claude ({self._name})"

    def outgoing(self, prompt: Minimised, *, form: str | None = None) -> Outgoing:
        """Return exactly what `stream` would send, and to whom; sends nothing.

        Parameters
        ----------
        prompt : Minimised
            The words, with placeholders.
        form : str, optional
            A form of verse, one of `workbench.prosody.FORMS`.

        Raises
        ------
        DetectionError
            When `prompt` is not a `Minimised`.
        GenerationError
            When there is no form of that name.
        """
        if not isinstance(prompt, Minimised):
            raise DetectionError("Only minimised text may be sent to Claude; this isn't.")
        if form is not None and form not in FORMS:
            raise GenerationError("There is no form of that name.", remedy=f"Choose one of: {', '.join(FORMS)}.")
        instruction = _WITHOUT_FORM if form is None else FORMS[form].instruction
        system = f"{instruction} {_PLACEHOLDERS}"
        return Outgoing(destination=self._destination, model=self._name, system=system, text=prompt)

    def stream(self, prompt: Minimised, *, form: str | None = None, seed: int | None = None) -> ClaudeReply:
        """Start an answer; nothing is sent until it is iterated over.

        Parameters
        ----------
        prompt : Minimised
            The words, with placeholders.
        form : str, optional
            A form of verse, one of `workbench.prosody.FORMS`.
        seed : int, optional
            Not used: Claude can't repeat itself.

        Raises
        ------
        DetectionError
            When `prompt` is not a `Minimised`; nothing was sent.
        GenerationError
            When there is no form of that name.
        """
        del seed
        return ClaudeReply(
            self.outgoing(prompt, form=form),
            base_url=self._base_url,
            key=self._key,
            ca_bundle=self._ca_bundle,
            max_tokens=self._max_tokens,
        )

    async def count_tokens(self, prompt: Minimised, *, form: str | None = None) -> int:
        """Return how many tokens the prompt and its instruction take, as the provider counts them.

        This is a request like any other: it sends what `outgoing` shows, through the same gate.

        Parameters
        ----------
        prompt : Minimised
            The words, with placeholders.
        form : str, optional
            A form of verse, one of `workbench.prosody.FORMS`.

        Raises
        ------
        DetectionError
            When `prompt` is not a `Minimised`; nothing was sent.
        InsecureTransportError
            When the connection can't be trusted; nothing was sent.
        GenerationError
            When there is no answer.
        """
        outgoing = self.outgoing(prompt, form=form)
        transport = await load_transport()
        try:
            async with transport.open_client(
                Gate(outgoing),
                base_url=self._base_url,
                api_key=self._key,
                ca_bundle=self._ca_bundle,
            ) as (client, _):
                counted = await client.messages.count_tokens(
                    model=outgoing.model,
                    system=outgoing.system,
                    messages=[{"role": "user", "content": outgoing.text.text}],
                )
                return int(counted.input_tokens)
        except Exception as error:  # noqa: BLE001 - whatever it is, it may hold text and must not leave
            fault = transport.fault_of(error)
        raise fault


def _key_reader(api_key: str | Callable[[], str] | None) -> Callable[[], str]:
    """Return a function that fetches the key; a closure, since attributes show in debuggers and verbose tracebacks."""
    fetch = api_key if callable(api_key) else _returning(api_key)

    def read() -> str:
        try:
            key = fetch().strip()
        except Exception:  # noqa: BLE001 - a key store of any make; its message may quote the key
            key = "\n"
        if not key:
            raise faults.missing_key_fault()
        # RFC 9110, section 5.5: what may stand in a header. A library would quote the rest in its error.
        if not key.isascii() or not key.isprintable() or " " in key:
            raise faults.unusable_key_fault()
        return key

    return read


def _returning(api_key: str | None) -> Callable[[], str]:
    return lambda: api_key or os.environ.get(KEY_VARIABLE, "")
