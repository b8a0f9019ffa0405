"""A web server that gives one answer to whatever it is asked, and keeps the questions."""

import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


class Canned:
    """Listens on this machine.

    Parameters
    ----------
    status : int
        What to answer.
    headers : dict
        With which headers.
    context : ssl.SSLContext, optional
        For https.
    """

    def __init__(self, status: int, headers: dict[str, str], *, context: ssl.SSLContext | None = None) -> None:
        self.asked: list[str] = []
        """The first line and the headers of every request."""
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                asked.append(f"{self.requestline}\n{self.headers}")
                self.rfile.read(int(self.headers.get("content-length", "0")))
                self.send_response(status)
                for name, value in {**headers, "content-length": "0"}.items():
                    self.send_header(name, value)
                self.end_headers()

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_CONNECT = answer  # noqa: N815 - http.server's names

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_port
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
