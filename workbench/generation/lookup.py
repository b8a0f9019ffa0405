"""One question to a public service over the same strict TLS as Claude's: no SDK, no redirect, no proxy, no log.

Nothing of the workbench's content goes this way; `workbench.identity.breach_check` asks for part of a digest.
"""

import time
from collections.abc import Mapping
from pathlib import Path

import httpx2

from workbench.errors import InsecureTransportError, WorkbenchError
from workbench.generation.address import destination_of
from workbench.generation.tls import tls_context, tls_fault

SECONDS = 5.0  # for connecting, for each wait, and, four times over, for the whole answer
LARGEST_ANSWER = 1_000_000  # bytes
_OK = 200  # RFC 9110, section 15.3.1; nothing else is an answer, a redirect least of all


def fetch(url: str, *, headers: Mapping[str, str], ca_bundle: Path | None = None) -> bytes:
    """Return the body that a GET of `url` is answered with.

    A bare transport is used: a client around it would follow the environment's proxies, keep cookies, and log the URL.

    Parameters
    ----------
    url : str
        ``https://…``.
    headers : Mapping of str to str
        What is sent beside the host's name; nothing else is.
    ca_bundle : Path, optional
        A PEM file of authorities to trust instead of the system's.

    Raises
    ------
    InsecureTransportError
        When the address isn't https, or TLS can't be agreed.
    WorkbenchError
        When the answer isn't whole, in time, at most a megabyte, and a plain 200.
    """
    destination = destination_of(url)
    is_whole, reason, body = False, None, b""
    try:
        with httpx2.HTTPTransport(verify=tls_context(ca_bundle), trust_env=False) as transport:
            body = _read(transport, url, {"Host": destination, **headers})
            is_whole = True
    except InsecureTransportError:
        raise
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError, ValueError) as error:
        reason = tls_fault(error)
    if reason is not None:
        raise InsecureTransportError("No connection that can be trusted could be made; nothing was sent.")
    if not is_whole:
        # Raised out here: the library's error has the request with its URL.
        raise WorkbenchError("The service could not be reached or gave no whole answer.", remedy="Try again later.")
    return body


def _read(transport: httpx2.HTTPTransport, url: str, headers: Mapping[str, str]) -> bytes:
    until = time.monotonic() + 4 * SECONDS
    extensions = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), SECONDS)}
    response = transport.handle_request(httpx2.Request("GET", url, headers=headers, extensions=extensions))
    body = bytearray()
    try:
        if response.status_code != _OK:
            raise ValueError
        for part in response.iter_bytes():
            body += part
            if len(body) > LARGEST_ANSWER or time.monotonic() > until:
                raise ValueError
    finally:
        response.close()
    return bytes(body)
