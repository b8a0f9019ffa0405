"""Speaks TLS for a PostgreSQL that was built without it: pip's."""

import contextlib
import socket
import ssl
import struct
import threading

_SSL_REQUEST = struct.pack("!ii", 8, 80877103)  # postgresql.org/docs/current/protocol-message-formats.html


class TlsFront:
    """A port of the loopback interface that takes PostgreSQL's way into TLS and passes on what comes out of it.

    Parameters
    ----------
    leaf : trustme.LeafCert
        The certificate.
    port : int
        Where the server listens.
    """

    def __init__(self, leaf, port):
        self._server = port
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.set_alpn_protocols(["postgresql"])
        leaf.configure_cert(self._context)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._sockets = [self._listener]
        self._threads = []
        self._start(self._accept)

    def stop(self):
        """Close every connection and join every thread."""
        while self._sockets:
            sock = self._sockets.pop()
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        for thread in self._threads:
            thread.join()

    def _start(self, target, *arguments):
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._sockets.append(client)
                self._start(self._serve, client)

    def _serve(self, client):
        """Answer the request for TLS with S (yes), then carry bytes both ways; whoever speaks in clear is passed on."""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._server)) as server, client:
            self._sockets.append(server)
            inner = client
            first = client.recv(8, socket.MSG_WAITALL)
            if first == _SSL_REQUEST:
                client.sendall(b"S")
                inner = self._context.wrap_socket(client, server_side=True)
                self._sockets.append(inner)
            else:
                server.sendall(first)
            self._start(_carry, server, inner)
            _carry(inner, server)


def _carry(source, target):
    with contextlib.suppress(OSError, ValueError):
        while data := source.recv(65536):
            target.sendall(data)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
