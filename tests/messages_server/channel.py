"""One accepted connection, in clear or over TLS, that keeps what it receives before and after decryption."""

import contextlib
import socket
import ssl
import struct
import threading
from dataclasses import dataclass, field

_CHUNK = 65536
_TLS_HANDSHAKE = b"\x16"  # RFC 8446, section 5.1: the content type of a greeting


@dataclass(slots=True)
class Connection:
    """What came over one TCP connection."""

    raw: bytearray = field(default_factory=bytearray)
    """Every byte that arrived, as it was on the wire."""
    plaintext: bytearray = field(default_factory=bytearray)
    """The same after decryption; on a plain listener, the same."""
    tls_version: str | None = None
    handshake_error: str | None = None
    """OpenSSL's reason, where the client or the server gave up during the handshake."""
    client_left: threading.Event = field(default_factory=threading.Event)
    """Set when the client closed the connection."""

    def received(self, needle: str) -> bool:
        """Tell whether the text arrived, encrypted or not; JSON's escapes are not looked into."""
        return needle.encode() in self.raw or needle.encode() in self.plaintext


class Channel:
    """Reads and writes one connection.

    TLS runs in memory (``ssl.MemoryBIO``), so that the bytes of the wire pass through here and can be kept.
    """

    def __init__(self, sock: socket.socket, context: ssl.SSLContext | None, connection: Connection) -> None:
        self._sock = sock
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection = connection
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = None if context is None else context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._unread = b""

    def handshake(self) -> bool:
        """Agree on TLS; return whether it succeeded. In clear, there is nothing to agree on."""
        if self._tls is None:
            self._unread = self._feed()
            if self._unread[:1] != _TLS_HANDSHAKE:
                return bool(self._unread)
            self.send(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")  # as web servers do
            return False
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                if not self._feed():
                    self.connection.handshake_error = self.connection.handshake_error or "the client left"
                    return False
            except ssl.SSLError as error:
                self.connection.handshake_error = error.reason or "unknown"
                with contextlib.suppress(OSError):
                    self._flush()
                return False
            else:
                self.connection.tls_version = self._tls.version()
                self._flush()
                return True

    def read_until(self, end: bytes) -> bytes | None:
        """Return the bytes up to and with `end`, or ``None`` when the client left before it came."""
        while end not in self._unread:
            data = self._receive()
            if not data:
                return None
            self._unread += data
        head, _, self._unread = self._unread.partition(end)
        return head + end

    def read_exactly(self, count: int) -> bytes | None:
        """Return `count` bytes, or ``None`` when the client left before they came."""
        while len(self._unread) < count:
            data = self._receive()
            if not data:
                return None
            self._unread += data
        body, self._unread = self._unread[:count], self._unread[count:]
        return body

    def send(self, data: bytes) -> None:
        """Send all of it, in one TLS record where it fits."""
        if self._tls is None:
            self._sock.sendall(data)
        else:
            self._tls.write(data)
            self._flush()

    def wait_for_client_to_leave(self) -> None:
        """Return when the client, or `Channel.abort` from another thread, closed the connection."""
        while self._receive():
            pass

    def close(self) -> None:
        """Close in order: TLS's close_notify, then TCP's FIN."""
        with contextlib.suppress(OSError):
            if self._tls is not None and self.connection.tls_version is not None:
                self._tls.unwrap()
        with contextlib.suppress(OSError):
            self._flush()
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()

    def reset(self) -> None:
        """Drop the connection as a broken network does: TCP's RST, no close_notify."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._sock.close()

    def abort(self) -> None:
        """Wake whatever waits on the connection; may be called from another thread."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def _receive(self) -> bytes:
        """Return some decrypted bytes, or none when the client left."""
        if self._tls is None:
            return self._feed()
        while True:
            try:
                data = self._tls.read(_CHUNK)
            except ssl.SSLWantReadError:
                if not self._feed():
                    return b""
            except ssl.SSLError:  # close_notify, or an alert
                self.connection.client_left.set()
                return b""
            else:
                self.connection.plaintext += data
                return data

    def _feed(self) -> bytes:
        """Take bytes from the wire, keep them, and give them to TLS."""
        try:
            data = self._sock.recv(_CHUNK)
        except OSError:
            data = b""
        self.connection.raw += data
        if not data:
            self.connection.client_left.set()
        elif self._tls is None:
            self.connection.plaintext += data
        else:
            self._incoming.write(data)
        return data

    def _flush(self) -> None:
        if self._outgoing.pending:
            self._sock.sendall(self._outgoing.read())
