"""What the server is to do with one request."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from messages_server import wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Scripted:
    """One answer, good or bad. With no field set, it is the echo that the server gives by itself.

    Put it in the queue with `MessagesServer.enqueue`; it is used once, for the next request to `path`.
    """

    path: str = "/v1/messages"
    """Which requests it answers."""
    text: str | None = None
    """The reply; ``None`` quotes the user's last message."""
    pieces: tuple[str, ...] | None = None
    """The reply cut as the text deltas are to come; by default one word each."""
    model: str | None = None
    """The model that the answer names; by default the one that was asked for."""
    stop_reason: str = "end_turn"
    refusal_category: str | None = None
    """With ``stop_reason="refusal"``: the category in ``stop_details``."""

    start_delay: float = 0.0
    """Seconds before the first byte of the answer."""
    piece_delay: float = 0.0
    """Seconds before each text delta."""
    write_size: int | None = None
    """Bytes of each write, each its own HTTP chunk and TLS record: 1 splits every character of more than one byte."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    """Further headers of the answer, for example ``retry-after``."""
    error_message: str = "Something went wrong."
    """With a `status` from 400 on, or `event_error`: what the error says."""
    redirect_to: str | None = None
    """Answer 307 with this location: a client that follows sends the body again."""

    event_error: str | None = None
    """An ``error`` event of this type after `stop_after` pieces, for example ``"overloaded_error"``."""
    reset: bool = False
    """Drop the connection after `stop_after` pieces, without a goodbye; with 0, before any byte of an answer."""
    hold: bool = False
    """After `stop_after` pieces, send nothing more until the client leaves."""
    cut: bool = False
    """After `stop_after` pieces, end the body in order, but without ``message_stop``."""
    stop_after: int = 0
    """Pieces before `event_error`, `reset`, `hold` or `cut`."""
    body: bytes | None = None
    """Instead of all that: these very bytes as the stream, right or wrong."""

    @property
    def stops_early(self) -> bool:
        """Whether the answer ends before its end."""
        return self.event_error is not None or self.reset or self.hold or self.cut

    def reply_pieces(self, prompt: str) -> tuple[str, ...]:
        """Return the text deltas of the answer to `prompt`."""
        if self.pieces is not None:
            return self.pieces
        return wire.words(wire.echo(prompt) if self.text is None else self.text)
