"""A server of this machine that gives every request one answer, as a Hub or as what stands in its place."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ADA = {
    "kind": "user",
    "name": "ada",
    "admin": False,
    "groups": ["wb-researcher", "class-A"],
    "scopes": ["custom:workbench:prompt:create", "custom:workbench:content:read", "read:users:groups!user=ada"],
}


class AnsweringHub:
    """Use it in a ``with``.

    Parameters
    ----------
    answer : object
        Bytes, or what becomes JSON.
    status : int
        With 3xx, ``location`` says where to.
    context : ssl.SSLContext, optional
        Makes it speak TLS.
    """

    def __init__(self, answer=ADA, *, status=200, location=None, context=None):
        self.requests = []
        self.connections = 0
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                hub.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                self.send_response(status)
                if location:
                    self.send_header("Location", location)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            def get_request(self):
                hub.connections += 1
                return super().get_request()

            def handle_error(self, *_):
                """Say nothing of a client that went away."""

        self._server = Server(("127.0.0.1", 0), Handler)
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        scheme = "https" if context else "http"
        self.api_url = f"{scheme}://127.0.0.1:{self._server.server_port}/hub/api"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
