"""One answer of Claude while it arrives: its pieces, and at any moment what has come so far."""

from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

from workbench.errors import GenerationError, WorkbenchError
from workbench.generation import faults
from workbench.generation.gate import Gate
from workbench.generation.loading import load_transport
from workbench.generation.models import API_VERSION, estimated_tokens
from workbench.records import Completion, Outgoing, Usage


class ClaudeReply:
    """An answer in pieces; iterate over it once, then ask for its `completion`, whatever has happened.

    Closing the iterator, or cancelling the task that iterates, closes the connection at once: the provider sees it and
    stops writing.

    Parameters
    ----------
    outgoing : Outgoing
        What is sent.
    base_url : str
        ``https://…``.
    key : callable
        Returns the API key.
    ca_bundle : Path, optional
        Authorities to trust instead of the system's.
    max_tokens : int
        Longest answer, in tokens.
    """

    def __init__(
        self,
        outgoing: Outgoing,
        *,
        base_url: str,
        key: Callable[[], str],
        ca_bundle: Path | None,
        max_tokens: int,
    ) -> None:
        self._outgoing = outgoing
        self._base_url = base_url
        self._key = key
        self._ca_bundle = ca_bundle
        self._max_tokens = max_tokens
        self._gate = Gate(outgoing)
        self._is_begun = False
        self._is_whole = False
        self._pieces: list[str] = []
        self._model = outgoing.model
        self._stop_reason: str | None = None
        self._input_tokens: int | None = None
        self._output_tokens = 0
        self._facts: dict[str, str] = {"destination": outgoing.destination, "api_version": API_VERSION}

    def __repr__(self) -> str:
        """Tell how much has come."""
        return f"ClaudeReply(<{sum(map(len, self._pieces))} characters>)"

    async def __aiter__(self) -> AsyncGenerator[str, None]:
        """Send the request and yield the pieces of the answer, still with placeholders.

        Raises
        ------
        GenerationError
            When the answer doesn't come, or not whole; `completion` has what came.
        InsecureTransportError
            When the connection can't be trusted; nothing was sent.
        DetectionError
            When the request isn't, byte for byte, what was approved; nothing was sent.
        """
        if self._is_begun:
            raise GenerationError("This answer has been read already.", remedy="Call stream() again for another one.")
        self._is_begun = True
        transport = await load_transport()
        fault: WorkbenchError | None = None
        try:
            async with (
                transport.open_client(
                    self._gate,
                    base_url=self._base_url,
                    api_key=self._key,
                    ca_bundle=self._ca_bundle,
                ) as (client, connection),
                client.messages.stream(
                    model=self._outgoing.model,
                    max_tokens=self._max_tokens,
                    system=self._outgoing.system,
                    messages=[{"role": "user", "content": self._outgoing.text.text}],
                ) as stream,
            ):
                self._note(sdk=f"anthropic {transport.sdk_version()}", request_id=stream.request_id)
                self._note(tls=connection.tls_version)
                async for event in stream:
                    is_text = self._take(event)
                    del event  # a verbose traceback prints local values
                    if is_text:
                        yield self._pieces[-1]
        except Exception as error:  # noqa: BLE001 - whatever it is, it may hold text and must not leave
            fault = transport.fault_of(error)
        # Outside of the except block, so that the library's error, which holds the text, isn't this one's context.
        if fault is None and not self._is_whole:
            fault = faults.broken_fault()
        if fault is not None:
            raise fault

    def completion(self) -> Completion:
        """Return the answer as far as it has come; ``stop_reason`` is ``None`` until it is whole."""
        text = "".join(self._pieces)
        return Completion(
            text=text,
            model=self._model,
            label=f"Claude ({self._model})",
            usage=self._usage(text),
            stop_reason=self._stop_reason if self._is_whole else None,
            provenance=self._provenance(),
        )

    def _provenance(self) -> dict[str, str]:
        digest = self._gate.request_sha256
        return self._facts if digest is None else {**self._facts, "request_sha256": digest}

    def _usage(self, text: str) -> Usage:
        """Return the provider's count, or an estimate where that came only in part; zeros where nothing was sent."""
        if self._is_whole and self._input_tokens is not None:
            return Usage(input_tokens=self._input_tokens, output_tokens=self._output_tokens)
        if self._gate.request_sha256 is None:
            return Usage(is_estimated=True)
        sent = self._input_tokens
        if sent is None:
            sent = estimated_tokens(self._outgoing.system) + estimated_tokens(self._outgoing.text.text)
        received = max(self._output_tokens, estimated_tokens(text))
        return Usage(input_tokens=sent, output_tokens=received, is_estimated=True)

    def _take(self, event: Any) -> bool:
        """Keep what an event of the stream tells; return whether it brought text.

        The events are the SDK's: https://docs.anthropic.com/en/docs/build-with-claude/streaming.
        """
        match event.type:
            case "message_start":
                self._model = event.message.model
                self._count_input(event.message.usage)
                self._note(inference_geo=event.message.usage.inference_geo)
            case "content_block_delta" if event.delta.type == "text_delta" and event.delta.text:
                # Half a surrogate pair can't be encoded, and so not be sealed; it becomes the replacement character.
                self._pieces.append(event.delta.text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
                return True
            case "message_delta":
                self._stop_reason = event.delta.stop_reason
                self._output_tokens = event.usage.output_tokens
                if event.usage.input_tokens is not None:
                    self._count_input(event.usage)
                details = event.delta.stop_details
                self._note(refusal_category=None if details is None else details.category)
            case "message_stop":
                self._is_whole = self._stop_reason is not None
        return False

    def _count_input(self, usage: Any) -> None:
        """Add up what was read anew, written to a cache and read from it: the three are billed, and all were sent."""
        counts = (usage.input_tokens, usage.cache_creation_input_tokens, usage.cache_read_input_tokens)
        self._input_tokens = sum(count for count in counts if count is not None)

    def _note(self, **facts: str | None) -> None:
        """Keep the facts that are known."""
        self._facts.update({name: fact for name, fact in facts.items() if fact is not None})
