"""What went wrong between the workbench and a mail server, in words that quote neither side."""

import smtplib
import ssl
from typing import Final

from workbench.errors import InputError, InsecureTransportError, WorkbenchError

_PERMANENT: Final = 500  # RFC 5321, section 4.2.1: 5yz is permanent, 4yz may pass another time

# Verification codes: OpenSSL, include/openssl/x509_vfy.h.
_BY_VERIFY_CODE: Final = {
    9: "isn't valid yet",
    10: "has expired",
    18: "is signed by itself",
    19: "comes from an authority that isn't trusted",
    20: "comes from an authority that isn't trusted",
    21: "comes from an authority that isn't trusted",
    62: "is for another host",
    64: "is for another address",
}

_OF_SETTINGS: Final = {
    smtplib.SMTPAuthenticationError: (
        "The mail server doesn't accept the name and the password.",
        "Check username= and password=.",
    ),
    smtplib.SMTPSenderRefused: ("The mail server doesn't accept the sender.", "Check sender=, and whether to sign in."),
    smtplib.SMTPNotSupportedError: (
        "The mail server offers no way to sign in.",
        "Check host= and port=, or leave username= out.",
    ),
    smtplib.SMTPResponseException: ("The mail server isn't ready.", None),
    OSError: ("The mail server can't be reached, or broke off.", None),  # every smtplib.SMTPException is one, too
}
"""What is about the server or the settings, the narrower classes first."""


class DeliveryError(WorkbenchError):
    """A notice could not be handed to the mail server, or not surely; it stays in the app in any case.

    Parameters
    ----------
    message : str
        What happened.
    retryable : bool
        Whether the same notice may be taken later.
    is_general : bool
        Whether every other notice would fare alike now: the fault is the server's or its settings', not the notice's.
    """

    default_remedy = "It is tried again by itself; the notice can be read in the account panel meanwhile."

    def __init__(
        self, message: str, *, retryable: bool = True, is_general: bool = True, remedy: str | None = None
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.retryable = retryable
        self.is_general = is_general


def fault_of(error: Exception) -> WorkbenchError:
    """Return what to raise in an error's stead, outside of the ``except`` block.

    The library's errors quote addresses and the server's words, and their tracebacks hold the password.
    """
    if isinstance(error, WorkbenchError):
        fault = error.with_traceback(None)
        fault.__cause__ = fault.__context__ = None
        return fault
    if isinstance(error, ssl.SSLCertVerificationError):
        what = _BY_VERIFY_CODE.get(error.verify_code, f"doesn't hold (OpenSSL code {error.verify_code})")
        return InsecureTransportError(f"The mail server's certificate {what}; no notice was sent.")
    if isinstance(error, ssl.SSLError):
        return InsecureTransportError(
            "No encrypted connection (TLS 1.2 or 1.3) could be agreed with the mail server; no notice was sent."
        )
    return _smtp_fault(error)


def _smtp_fault(error: Exception) -> DeliveryError:
    if isinstance(error, smtplib.SMTPRecipientsRefused):  # one recipient at a time
        ((code, _),) = error.recipients.values()
        return _answered("the recipient", code)
    if isinstance(error, smtplib.SMTPDataError):
        return _answered("the notice", error.smtp_code)
    for kind, (message, remedy) in _OF_SETTINGS.items():
        if isinstance(error, kind):
            return DeliveryError(message, remedy=remedy)
    if isinstance(error, ValueError):  # something that no message can hold
        return DeliveryError("The notice can't be written as a message.", retryable=False, is_general=False)
    return DeliveryError(f"The notice can't be sent ({type(error).__name__}).")


def no_starttls() -> InsecureTransportError:
    """Return the error for a server that offers no encryption, or from which someone took the offer away."""
    return InsecureTransportError(
        "The mail server offers no encryption (STARTTLS) on this port; no notice was sent.",
        remedy='Check host= and port=, or use mode="tls"; there is no switch to go on regardless.',
    )


def bad_password() -> DeliveryError:
    """Return the error for a password that SMTP can't carry."""
    return DeliveryError(
        "The mail password holds characters beyond ASCII.", remedy="Choose another one at the mail server."
    )


def bad_header() -> InputError:
    """Return the error for a subject or a key that could begin another header."""
    return InputError("A notice's subject is one line, and its key is hexadecimal.", remedy="Use a notice's own words.")


def _answered(what: str, code: int) -> DeliveryError:
    """Return the error for an answer about one message; 421 is the server's farewell, whatever was asked."""
    is_permanent = code >= _PERMANENT
    return DeliveryError(
        f"The mail server {'refuses' if is_permanent else 'puts off'} {what} (status {code}).",
        retryable=not is_permanent,
        is_general=code == 421,  # noqa: PLR2004 - RFC 5321, section 3.8
        remedy="Check the address that session.mail.use() was given." if is_permanent else None,
    )
