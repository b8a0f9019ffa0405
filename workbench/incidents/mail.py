"""Hands notices to a mail server: over verified TLS, or not at all."""

import re
import smtplib
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from os import PathLike
from typing import Final, Literal, get_args

from workbench.errors import InputError
from workbench.incidents import mail_faults
from workbench.incidents.address import plain_address
from workbench.incidents.authorities import tls_context

Mode = Literal["starttls", "tls"]
"""``"starttls"``: a greeting in the clear, then TLS (RFC 3207), usually port 587. ``"tls"``: TLS from the first byte
(RFC 8314), usually port 465."""

TIMEOUT: Final = 60.0
"""Seconds that one answer may take. RFC 5321, section 4.5.3.2, lets a server take minutes; who gives up sooner may send
a message twice, which its Message-ID shows."""

_NAMELESS: Final = "[127.0.0.1]"
"""What this machine calls itself (RFC 5321, section 4.1.4): its name would go out before TLS, and may be a person's."""

_HOST: Final = re.compile(r"[A-Za-z0-9.:_-]{1,253}")
_KEY: Final = re.compile(r"[0-9a-f]{1,64}")
_PORTS: Final = range(1, 65_536)


class Mailer:
    """Sends one message at a time, each over a connection of its own.

    Nothing is sent before the server's chain, dates and host are verified: no address, no name, no password. There is
    no switch against that. This is *crypto* on the way to that server; how it passes the message on is its affair, and
    a notice is worded for that.

    Parameters
    ----------
    host : str
        The server's name, as its certificate has it.
    port : int
        587 for ``"starttls"``, 465 for ``"tls"``, as a rule.
    sender : str
        The address that notices come from.
    username : str, optional
        To sign in with.
    password : callable, optional
        Returns the password; asked for each message, once TLS stands.
    mode : str
        How TLS begins.
    ca_bundle : path, optional
        A PEM file of authorities to trust instead of the system's.
    timeout : float
        Seconds that one answer may take.

    Raises
    ------
    InputError
        When an argument won't do.
    InsecureTransportError
        When the authorities can't be read.
    """

    def __init__(
        self,
        host: str,
        port: int,
        sender: str,
        *,
        username: str | None = None,
        password: Callable[[], str] | None = None,
        mode: Mode = "starttls",
        ca_bundle: str | PathLike[str] | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        is_sound = _HOST.fullmatch(host) is not None and port in _PORTS and mode in get_args(Mode) and timeout > 0
        is_whole = (username is None) == (password is None)
        if not (is_sound and is_whole and (username or "").isascii()):
            raise InputError(
                "The mail server's settings make no sense.",
                remedy='Give host=, port=, mode="starttls" or "tls"; username= (ASCII) and password= both, or neither.',
            )
        self._host, self._port, self._mode, self._timeout = host, port, mode, timeout
        self._sender = plain_address(sender)
        self._username, self._password = username, password
        self._context = tls_context(ca_bundle)

    def __repr__(self) -> str:
        """Tell the way into TLS only."""
        return f"Mailer(<{self._mode}, port {self._port}>)"

    def send(self, recipient: str, *, subject: str, body: str, key: str, date: datetime) -> None:
        """Hand over one message; when this returns, the server has taken it.

        Parameters
        ----------
        recipient : str
            One address.
        subject, body : str
            The words.
        key : str
            Hexadecimal digits: the same for each attempt at the same notice, and so the same Message-ID.
        date : datetime
            When the notice was written.

        Raises
        ------
        InputError
            When an address or a header won't do; nothing was sent.
        InsecureTransportError
            When TLS can't be agreed or verified; nothing was sent.
        DeliveryError
            In any other case; where the server broke off at the end, it may have taken the message nevertheless.
        """
        fault = None
        try:
            to = plain_address(recipient)
            message = self._message(to, subject=subject, body=body, key=key, date=date)
            self._hand_over(message, to)
        except Exception as error:  # noqa: BLE001 - the library may raise anything, and none of it may leave
            fault = mail_faults.fault_of(error)
        if fault is not None:
            recipient = to = ""  # a traceback may be shown with what its frames hold
            raise fault

    def _message(self, to: str, *, subject: str, body: str, key: str, date: datetime) -> EmailMessage:
        if not subject.isprintable() or _KEY.fullmatch(key) is None:  # no control, no line or paragraph separator
            raise mail_faults.bad_header()
        message = EmailMessage(policy=SMTP)
        message["From"] = self._sender
        message["To"] = to
        message["Subject"] = subject
        message["Date"] = date
        message["Message-ID"] = f"<{key}@{self._sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834, section 5: holiday notes don't answer it
        message.set_content(body)
        return message

    def _hand_over(self, message: EmailMessage, to: str) -> None:
        # (1): connect and verify; (2): sign in; (3): hand over; (4): take leave, which undoes nothing if it fails.
        client = self._connected()
        try:
            if self._username is not None and self._password is not None:
                _sign_in(client, self._username, self._password())
            client.send_message(message, from_addr=self._sender, to_addrs=[to])
            with suppress(OSError):
                client.quit()
        finally:
            client.close()

    def _connected(self) -> smtplib.SMTP:
        """Return a connection whose server is verified."""
        if self._mode == "tls":
            return smtplib.SMTP_SSL(
                self._host, self._port, local_hostname=_NAMELESS, timeout=self._timeout, context=self._context
            )
        client = smtplib.SMTP(self._host, self._port, local_hostname=_NAMELESS, timeout=self._timeout)
        try:
            # The context must be given: without one, smtplib takes any certificate.
            client.starttls(context=self._context)
        except BaseException as error:
            client.close()
            if isinstance(error, smtplib.SMTPNotSupportedError | smtplib.SMTPResponseException):
                raise mail_faults.no_starttls() from None  # not offered, or offered and then refused
            raise
        return client


def _sign_in(client: smtplib.SMTP, username: str, password: str) -> None:
    if not password.isascii():
        raise mail_faults.bad_password()
    client.login(username, password)
