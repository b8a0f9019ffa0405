"""Mail servers on the loopback interface that keep what they are sent: aiosmtpd, and one that says what it is told."""

import asyncio
import email
import email.policy
import socket
import threading
from contextlib import suppress

from aiosmtpd.smtp import SMTP, AuthResult


class Connection:
    """What one client sent: in the clear, and what its TLS decrypts to."""

    def __init__(self):
        self.clear = bytearray()
        self.inside = bytearray()

    @property
    def commands(self):
        """The words that began its lines in the clear."""
        return [line.split()[0].decode() for line in bytes(self.clear).splitlines() if line.split()]


class _Protocol(SMTP):
    def __init__(self, server, **settings):
        super().__init__(server, timeout=30, hostname="mail.test", ident="test", **settings)
        self._log = Connection()
        server.connections.append(self._log)
        server.protocols.append(self)

    def data_received(self, data):
        is_tls = self.transport is not None and self.transport.get_extra_info("ssl_object") is not None
        (self._log.inside if is_tls else self._log.clear).extend(data)
        super().data_received(data)


class MailServer:
    """A server for a ``with`` block.

    Parameters
    ----------
    context : ssl.SSLContext, optional
        For TLS; without one it offers none.
    implicit : bool
        TLS from the first byte, and not by STARTTLS.
    users : dict, optional
        Names and passwords; with them, nobody else may send.
    answers : list of str
        To one message after the other: a reply, or ``"drop"`` to take the message and break off without one.
    recipients : str
        The reply to every recipient.
    """

    def __init__(self, context=None, *, implicit=False, users=None, answers=(), recipients="250 OK"):
        self._context, self._implicit, self._users = context, implicit, users
        self._answers, self._recipients = list(answers), recipients
        self.connections, self.protocols, self.messages = [], [], []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self):
        self._thread.start()
        self._server = self._do(self._listen())
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_):
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        if self._recipients.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self._recipients

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        answer = self._answers.pop(0) if self._answers else "250 OK"
        if answer.startswith("2") or answer == "drop":
            self.messages.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
            self.messages[-1].envelope = (envelope.mail_from, envelope.rcpt_tos)
        if answer == "drop":
            server.transport.abort()
        return answer

    def _authenticate(self, server, session, envelope, mechanism, data):
        name, password = data.login.decode(), data.password.decode()
        return AuthResult(success=self._users.get(name) == password, handled=False)

    def _do(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=30)

    async def _listen(self):
        settings = {} if self._users is None else {"authenticator": self._authenticate, "auth_required": True}
        if self._implicit:
            settings["auth_require_tls"] = False  # aiosmtpd knows of no TLS but STARTTLS
        elif self._context is not None:
            settings["tls_context"] = self._context
        return await self._loop.create_server(
            lambda: _Protocol(self, **settings), "127.0.0.1", 0, ssl=self._context if self._implicit else None
        )

    async def _close(self):
        self._server.close()
        for protocol in self.protocols:
            if protocol.transport is not None:
                protocol.transport.abort()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.05)  # transports close in the loop's next rounds


class ScriptedServer:
    """A server that answers line by line what it is told to, and keeps what it was sent."""

    def __init__(self, replies, *, context=None, then=b"502 no\r\n", hang_up=False):
        self._replies, self._context, self._then, self._hang_up = list(replies), context, then, hang_up
        self.lines = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._thread.join()
        self._listener.close()

    def _serve(self):
        accepted, _ = self._listener.accept()
        with accepted:
            if self._context is None:
                self._converse(accepted)
            else:
                with self._context.wrap_socket(accepted, server_side=True) as inside:
                    self._converse(inside)

    def _converse(self, connection):
        connection.settimeout(20)
        connection.sendall(self._replies.pop(0))
        is_data = False
        with connection.makefile("rb") as file:
            for line in file:
                self.lines.append(line)
                if is_data and line != b".\r\n":
                    continue
                if self._hang_up and not self._replies:
                    return
                reply = self._replies.pop(0) if self._replies else self._then
                is_data = reply.startswith(b"354")
                connection.sendall(reply)
