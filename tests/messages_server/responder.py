"""Writes answers to a channel: whole ones, and streams that may stop on the way."""

import json
import time
from http import HTTPStatus

from messages_server import wire
from messages_server.channel import Channel
from messages_server.scripted import Scripted
from messages_server.wire import Json


class Responder:
    """Writes one answer to one request."""

    def __init__(self, channel: Channel, scripted: Scripted, request_id: str) -> None:
        self._channel = channel
        self._scripted = scripted
        self._request_id = request_id

    def json(self, status: int, body: Json, *, headers: dict[str, str] | None = None) -> None:
        data = json.dumps(body, ensure_ascii=False).encode()
        self.whole(status, data, content_type="application/json", headers=headers)

    def error(self, status: int, message: str) -> None:
        self.json(status, wire.error(status, message, request_id=self._request_id))

    def whole(self, status: int, data: bytes, *, content_type: str, headers: dict[str, str] | None = None) -> None:
        length = {"content-length": str(len(data))}
        self._channel.send(self._head(status, {"content-type": content_type, **length, **(headers or {})}) + data)

    def stream(self, number: int, *, body: Json, prompt: str) -> None:
        """Send the answer as server-sent events, and stop on the way where the script says so."""
        scripted = self._scripted
        head = {"content-type": "text/event-stream; charset=utf-8", "transfer-encoding": "chunked"}
        self._channel.send(self._head(200, head))
        if scripted.body is not None:
            self._write(scripted.body)
            return self._end()
        pieces = scripted.reply_pieces(prompt)
        for opening in wire.opening_events(
            number,
            model=scripted.model or body["model"],
            sent=wire.input_tokens(body),
        ):
            self._write(opening)
        for piece in pieces[: scripted.stop_after] if scripted.stops_early else pieces:
            time.sleep(scripted.piece_delay)
            self._write(wire.text_event(piece))
        if scripted.stops_early:
            return self._stop_early()
        category = scripted.refusal_category
        for closing in wire.closing_events(pieces, stop_reason=scripted.stop_reason, category=category):
            self._write(closing)
        return self._end()

    def _stop_early(self) -> None:
        scripted = self._scripted
        if scripted.reset:
            self._channel.reset()
        elif scripted.hold:
            self._channel.wait_for_client_to_leave()
        else:
            if scripted.event_error is not None:
                error = {"type": scripted.event_error, "message": scripted.error_message, "details": None}
                self._write(wire.event("error", error=error, request_id=self._request_id))
            self._end()

    def _head(self, status: int, headers: dict[str, str]) -> bytes:
        try:
            reason = HTTPStatus(status).phrase
        except ValueError:
            reason = "Unnamed"
        lines = {"request-id": self._request_id, **headers, **self._scripted.headers}
        text = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        return f"HTTP/1.1 {status} {reason}\r\n{text}\r\n".encode("ascii")

    def _write(self, data: bytes) -> None:
        size = self._scripted.write_size or len(data)
        for start in range(0, len(data), size or 1):
            part = data[start : start + size]
            self._channel.send(b"%x\r\n%s\r\n" % (len(part), part))

    def _end(self) -> None:
        self._channel.send(b"0\r\n\r\n")
