"""A way to a server that breaks: bytes pass through until a given number of them, then both ends are cut."""

import contextlib
import socket
import threading
from typing import Self


class Relay:
    """Listens on this machine and passes everything on to a port, encrypted or not.

    Parameters
    ----------
    port : int
        Where to.
    until : int, optional
        After how many bytes towards the server every connection is cut, and no new one taken.
    until_back : int, optional
        The same for bytes towards the client.
    """

    def __init__(self, port: int, *, until: int | None = None, until_back: int | None = None) -> None:
        self._target = ("127.0.0.1", port)
        self._left = {"there": until, "back": until_back}
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._sockets: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self.is_cut = False

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()
        for thread in self._threads:
            thread.join(10)

    def cut(self) -> None:
        """Close everything, now."""
        with self._lock:
            self.is_cut = True
            for sock in (self._listener, *self._sockets):
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
                sock.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
            except OSError:
                return
            with self._lock:
                self._sockets |= {client, server}
            for way, source, sink in (("there", client, server), ("back", server, client)):
                thread = threading.Thread(target=self._pass, args=(way, source, sink), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _pass(self, way: str, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                with self._lock:
                    left = self._left[way]
                    if left is not None:
                        self._left[way] = left - len(piece)
                if left is not None and len(piece) >= left:
                    sink.sendall(piece[: max(left, 0)])
                    self.cut()
                    return
                sink.sendall(piece)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
