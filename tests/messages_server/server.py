"""The server: listens on this machine, one thread for each connection, and answers as the queue says."""

import contextlib
import itertools
import json
import socket
import ssl
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from messages_server import wire
from messages_server.batches import Batches
from messages_server.certificates import Authority, Kind
from messages_server.channel import Channel, Connection
from messages_server.responder import Responder
from messages_server.scripted import Scripted
from messages_server.wire import Json

_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Request:
    """One request, as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    """Names in lower case."""
    raw: bytes = field(repr=False)
    """Request line, headers and body, byte for byte."""
    body: bytes = field(repr=False)

    @property
    def json(self) -> Json:
        """The body's object."""
        return json.loads(self.body)


class MessagesServer:
    """A Messages API on an ephemeral port of the loopback interface.

    Use it as a context manager; at the end every connection is closed and every thread joined.

    Parameters
    ----------
    context : ssl.SSLContext, optional
        Certificate and versions of TLS, from `Authority.server_context`; ``None`` listens in clear.
    host : str, optional
        The name in `base_url`.
    """

    def __init__(self, context: ssl.SSLContext | None = None, *, host: str = "localhost") -> None:
        self._context = context
        self._listener = socket.create_server((_LOOPBACK, 0))
        self.port: int = self._listener.getsockname()[1]
        self.base_url = f"{'http' if context is None else 'https'}://{host}:{self.port}"
        self.requests: list[Request] = []
        self.connections: list[Connection] = []
        self._queue: deque[Scripted] = deque()
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._batches = Batches(self._message)
        self._channels: list[Channel] = []
        self._threads: list[threading.Thread] = []
        self._is_stopping = False

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def enqueue(self, *scripted: Scripted) -> None:
        """Say what to do with the next requests, one each."""
        with self._lock:
            self._queue.extend(scripted)

    def stop(self) -> None:
        """Close everything and join every thread."""
        self._is_stopping = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
        self._listener.close()
        with self._lock:
            channels, threads = list(self._channels), list(self._threads)
        for channel in channels:
            channel.abort()
        for thread in threads:
            thread.join()

    def _start(self, target: object, *args: object) -> None:
        thread = threading.Thread(target=target, args=args, name=f"messages-server-{self.port}", daemon=True)
        with self._lock:
            self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            connection = Connection()
            channel = Channel(sock, self._context, connection)
            with self._lock:
                self.connections.append(connection)
                self._channels.append(channel)
            if self._is_stopping:
                channel.close()
                return
            self._start(self._serve, channel)

    def _serve(self, channel: Channel) -> None:
        try:
            if channel.handshake():
                while (request := _read_request(channel)) is not None:
                    with self._lock:
                        self.requests.append(request)
                    self._answer(channel, request)
        except (OSError, ssl.SSLError):
            channel.connection.client_left.set()
        finally:
            channel.close()

    def _answer(self, channel: Channel, request: Request) -> None:
        scripted = self._next_scripted(request)
        time.sleep(scripted.start_delay)
        request_id = f"req_{next(self._numbers):024d}"
        respond = Responder(channel, scripted, request_id)
        if scripted.reset and scripted.stop_after == 0:
            channel.reset()
        elif scripted.redirect_to is not None:
            respond.json(307, {}, headers={"location": scripted.redirect_to})
        elif scripted.status >= HTTPStatus.BAD_REQUEST:
            respond.error(scripted.status, scripted.error_message)
        else:
            self._route(respond, request, scripted)

    def _next_scripted(self, request: Request) -> Scripted:
        path = urlsplit(request.path).path
        with self._lock:
            for scripted in self._queue:
                if scripted.path == path:
                    self._queue.remove(scripted)
                    return scripted
        return Scripted(path=path)

    def _route(self, respond: Responder, request: Request, scripted: Scripted) -> None:
        parts = urlsplit(request.path)
        match (request.method, *parts.path.strip("/").split("/")):
            case _ if not request.headers.get("authorization", request.headers.get("x-api-key")):
                respond.error(401, "no key")
            case _ if "anthropic-version" not in request.headers:
                respond.error(400, "anthropic-version: header is required")
            case ("POST", "v1", "messages"):
                self._messages(respond, request, scripted)
            case ("POST", "v1", "messages", "count_tokens"):
                respond.json(200, {"input_tokens": wire.input_tokens(request.json)})
            case ("GET", "v1", "models"):
                respond.json(200, _models_page(parse_qs(parts.query).get("lifecycle[]")))
            case ("GET", "v1", "models", name) if name in wire.MODELS:
                respond.json(200, wire.model_info(name))
            case (method, "v1", "messages", "batches", *rest):
                self._batch(respond, method, rest, request)
            case _:
                respond.error(404, "not found")

    def _messages(self, respond: Responder, request: Request, scripted: Scripted) -> None:
        try:
            body = request.json
            model, _ = body["model"], body["max_tokens"]
            prompt = wire.last_user_text(body)
        except (KeyError, TypeError, ValueError, StopIteration):
            return respond.error(400, "the request is malformed")
        if wire.MODELS.get(model, ("", "", "retired"))[2] == "retired":
            return respond.error(404, f"model: {model}")
        if body.keys() & {"temperature", "top_p", "top_k"}:
            return respond.error(400, "temperature, top_p and top_k can't be set for this model")
        if body.get("stream"):
            return respond.stream(next(self._numbers), body=body, prompt=prompt)
        return respond.json(200, self._message(body, scripted))

    def _message(self, body: Json, scripted: Scripted | None = None) -> Json:
        scripted = scripted or Scripted()
        return wire.message(
            next(self._numbers),
            model=scripted.model or body["model"],
            text="".join(scripted.reply_pieces(wire.last_user_text(body))),
            sent=wire.input_tokens(body),
            stop_reason=scripted.stop_reason,
            category=scripted.refusal_category,
        )

    def _batch(self, respond: Responder, method: str, rest: list[str], request: Request) -> None:
        with self._lock:
            match (method, *rest):
                case ("POST",):
                    answer: Json | list[Json] | None = self._batches.create(request.json["requests"])
                case ("GET",):
                    answer = self._batches.page()
                case ("GET", name):
                    answer = self._batches.retrieve(name)
                case ("POST", name, "cancel"):
                    answer = self._batches.cancel(name)
                case ("GET", name, "results"):
                    answer = self._batches.results(name)
                case ("DELETE", name):
                    answer = self._batches.delete(name)
                case _:
                    answer = None
        if answer is None:
            respond.error(404, "no such batch")
        elif isinstance(answer, list):
            lines = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in answer)
            respond.whole(200, lines.encode(), content_type="application/x-jsonl")
        else:
            respond.json(200, answer)


def _models_page(lifecycles: list[str] | None) -> Json:
    """Return the catalogue in one page, or what of it is in the wanted stages of life."""
    data = [wire.model_info(name) for name in wire.MODELS]
    if lifecycles:
        data = [info for info in data if info["lifecycle"] in lifecycles]
    ids = [info["id"] for info in data]
    return {"data": data, "has_more": False, "first_id": ids[0] if ids else None, "last_id": ids[-1] if ids else None}


def _read_request(channel: Channel) -> Request | None:
    """Return the next request, or ``None`` when the client left (RFC 9112, sections 3 to 6; no chunked bodies)."""
    head = channel.read_until(b"\r\n\r\n")
    if head is None:
        return None
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, path, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    body = channel.read_exactly(int(headers.get("content-length", "0")))
    return None if body is None else Request(method, path, headers, head + body, body)


@dataclass(frozen=True, slots=True)
class Running:
    """A server that runs, and what a client needs in order to reach it."""

    server: MessagesServer
    base_url: str
    ca_bundle: Path


@contextlib.contextmanager
def running_server(*, certificate: Kind = "good", tls: ssl.TLSVersion | None = None) -> Iterator[Running]:
    """Run a server with an authority of its own; the authority's certificate lies in a folder that goes with it."""
    authority = Authority()
    with tempfile.TemporaryDirectory() as folder:
        ca_bundle = authority.write_bundle(Path(folder) / "authority.pem")
        with MessagesServer(authority.server_context(certificate, tls=tls)) as server:
            yield Running(server, server.base_url, ca_bundle)
