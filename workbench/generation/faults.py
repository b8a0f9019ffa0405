"""What went wrong between the workbench and Claude, in words: one table of statuses, none of which quotes a body."""

from typing import NamedTuple

from workbench.errors import GenerationError, InsecureTransportError
from workbench.generation.models import DEFAULT_MODEL


class Fault(NamedTuple):
    """One kind of failure.

    Parameters
    ----------
    message : str
        What happened.
    remedy : str
        What to do next.
    is_retryable : bool
        Whether the same request may succeed later.
    """

    message: str
    remedy: str
    is_retryable: bool = False


_KEY = "Check the key in ANTHROPIC_API_KEY at console.anthropic.com."
_LATER = "Wait a little, then ask again; what had arrived is in your history."

# Statuses and error types: https://docs.anthropic.com/en/api/errors, and the error classes of anthropic 2.12.0.
_BY_STATUS = {
    400: Fault("Claude's provider can't read the request.", "Shorten the prompt, or update the anthropic library."),
    401: Fault("Claude's provider doesn't accept the API key.", _KEY),
    402: Fault("The account at Claude's provider can't pay for the request.", "Look at its billing page."),
    403: Fault("The API key isn't allowed to use this model.", _KEY),
    404: Fault(
        "Claude's provider doesn't know this model; it may have been retired.",
        f"Choose another one, for example session.use(model={DEFAULT_MODEL!r}).",
    ),
    408: Fault("Claude's provider waited too long for the request.", _LATER, is_retryable=True),
    409: Fault("Claude's provider is busy with a conflicting request.", _LATER, is_retryable=True),
    413: Fault("The prompt is longer than Claude's provider takes.", "Shorten it, or ask in parts."),
    429: Fault("The account's rate limit at Claude's provider is reached.", _LATER, is_retryable=True),
    529: Fault("Claude is overloaded.", _LATER, is_retryable=True),
}

_STATUS_OF_TYPE = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "timeout_error": 504,
    "api_error": 500,
    "overloaded_error": 529,
}


def status_fault(status: int) -> GenerationError:
    """Return the error for an HTTP status.

    Parameters
    ----------
    status : int
        400 to 599; an unknown one below 500 can't be retried, one from 500 on can.
    """
    fault = _BY_STATUS.get(status)
    if fault is None:
        is_theirs = status >= 500  # noqa: PLR2004 - RFC 9110, section 15.6: server errors
        whose = "had a fault of its own" if is_theirs else "refused the request"
        fault = Fault(f"Claude's provider {whose} (status {status}).", _LATER, is_theirs)
    return GenerationError(fault.message, retryable=fault.is_retryable, remedy=fault.remedy)


def event_fault(kind: object) -> GenerationError:
    """Return the error for an ``error`` event in the middle of an answer.

    Parameters
    ----------
    kind : object
        The event's ``error.type``; one that isn't known counts as a fault of the provider, and is not quoted.
    """
    return status_fault(_STATUS_OF_TYPE.get(kind, 500) if isinstance(kind, str) else 500)


def waiting_fault(status: int, *, seconds: float) -> GenerationError:
    """Return the error for an overload that asks to wait longer than a person would.

    Parameters
    ----------
    status : int
        Usually 429 or 529.
    seconds : float
        How long the provider asks to wait.
    """
    fault = status_fault(status)
    remedy = f"Claude's provider asks to wait {seconds:.0f} seconds; ask again then."
    return GenerationError(str(fault.args[0]), retryable=fault.retryable, remedy=remedy)


def broken_fault() -> GenerationError:
    """Return the error for a connection that broke before the answer was whole."""
    return GenerationError("The connection to Claude broke before the answer was whole.", retryable=True)


def timeout_fault() -> GenerationError:
    """Return the error for an answer that didn't come in time."""
    return GenerationError("Claude didn't answer in time.", retryable=True)


def unreachable_fault() -> GenerationError:
    """Return the error for a host that can't be reached; nothing was sent."""
    return GenerationError(
        "Claude's provider can't be reached; nothing was sent.",
        retryable=True,
        remedy="Check the network connection, then ask again; the offline poet works without one.",
    )


def unreadable_fault() -> GenerationError:
    """Return the error for an answer that isn't what the protocol says."""
    return GenerationError("What Claude's provider sent can't be read as an answer.", retryable=True)


def missing_key_fault() -> GenerationError:
    """Return the error for a key that isn't there; nothing was sent."""
    return GenerationError(
        "There is no API key for Claude; nothing was sent.",
        remedy="Set ANTHROPIC_API_KEY in the environment that starts JupyterLab, or use the offline poet.",
    )


def unusable_key_fault() -> GenerationError:
    """Return the error for a key that can't stand in an HTTP header; nothing was sent."""
    return GenerationError(
        "The API key for Claude holds characters that no key has, or couldn't be fetched; nothing was sent.",
        remedy="Set ANTHROPIC_API_KEY again: one line, without spaces or quotation marks.",
    )


# Verification codes: OpenSSL, include/openssl/x509_vfy.h.
_BY_VERIFY_CODE = {
    9: "isn't valid yet",
    10: "has expired",
    18: "is signed by itself",
    19: "comes from an authority that isn't trusted",
    20: "comes from an authority that isn't trusted",
    21: "comes from an authority that isn't trusted",
    62: "is for another host",
    64: "is for another address",
}


def certificate_fault(verify_code: int) -> InsecureTransportError:
    """Return the error for a certificate that doesn't hold; nothing of the prompt was sent.

    Parameters
    ----------
    verify_code : int
        OpenSSL's.
    """
    what = _BY_VERIFY_CODE.get(verify_code, f"doesn't hold (OpenSSL code {verify_code})")
    return InsecureTransportError(f"The server's certificate {what}; nothing of the prompt was sent.")


def handshake_fault() -> InsecureTransportError:
    """Return the error for a server with which no TLS 1.2 or 1.3 can be agreed; nothing of the prompt was sent."""
    return InsecureTransportError(
        "No encrypted connection (TLS 1.2 or 1.3) could be agreed with the server; nothing of the prompt was sent.",
    )


def redirect_fault() -> InsecureTransportError:
    """Return the error for a server that sends the prompt elsewhere; it wasn't sent there."""
    return InsecureTransportError(
        "The server redirects to another address; the prompt was not sent there.",
        remedy="Check base_url; a proxy or a captive portal may stand between you and Claude.",
    )


def address_fault() -> InsecureTransportError:
    """Return the error for an address that isn't ``https://host``; no connection was opened."""
    return InsecureTransportError(
        "The address of Claude must begin with https:// and name a host, without a user name; nothing was sent.",
        remedy="Correct base_url; there is no switch for an unencrypted connection, not even to this machine.",
    )


def authority_fault() -> InsecureTransportError:
    """Return the error for a file of certificate authorities that can't be read; nothing was sent."""
    return InsecureTransportError(
        "The file of certificate authorities can't be read, or holds none; nothing was sent.",
        remedy="Give ca_bundle the path of a PEM file, or leave it out to trust the system's authorities.",
    )
