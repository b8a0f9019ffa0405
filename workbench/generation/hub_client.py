"""The one question that is asked of a JupyterHub, who is signed in here: over https, or inside this machine.

It stands in this room because every client of ours does: one door, one way to trust a server.
"""

import ipaddress
import json
import re
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

import httpx2

from workbench.errors import HubError, InsecureTransportError, WorkbenchError
from workbench.generation.tls import tls_context, tls_fault

SECONDS: Final = 5.0
"""For connecting, for each wait, and, four times over, for the whole answer; the Hub is on this machine or near it."""

LONGEST_ANSWER: Final = 1 << 20
"""Bytes. A user's model with a thousand groups has about 30 KB."""

_HOST: Final = re.compile(r"[a-z0-9.-]+|[0-9a-f:.]*:[0-9a-f:.]*")
_TOKEN: Final = re.compile(r"[!-~]{1,4096}")  # what can stand in a header (RFC 9110, section 5.5)


class ClientCertificate(NamedTuple):
    """What ``c.JupyterHub.internal_ssl`` hands to a server, to show to the Hub.

    Parameters
    ----------
    certificate, key : Path
        PEM files.
    """

    certificate: Path
    key: Path


def ask_hub(
    api_url: str,
    *,
    token: Callable[[], str],
    ca_bundle: Path | None = None,
    client_certificate: ClientCertificate | None = None,
) -> object:
    """Return what the Hub says of the user whose token this is: ``GET /user`` of its API, read as JSON.

    Parameters
    ----------
    api_url : str
        ``https://host[:port]/hub/api``; ``http`` to this machine only, where no network carries the token.
    token : callable
        Returns the token; called once, after the address was judged.
    ca_bundle : Path, optional
        A PEM file of authorities to trust instead of the system's.
    client_certificate : ClientCertificate, optional
        What to show to a Hub that asks for it.

    Raises
    ------
    InsecureTransportError
        When the address, a certificate or a redirection won't do; the token wasn't sent.
    HubError
        When the Hub can't be reached, doesn't take the token, or answers with something else than JSON.
    """
    # (1): judge the address; (2): connect, ask; (3): judge the answer.
    url = _question(api_url)
    context = _context(ca_bundle, client_certificate)
    # What is caught is raised outside of the `except` block: httpx2's errors hold the request with the token.
    fault: WorkbenchError | None = None
    try:
        status, body = _asked(url, context=context, authorization=_authorization(token))
    except (httpx2.HTTPError, OSError) as error:  # an ssl.SSLError is an OSError
        fault = _fault(error)
    if fault is not None:
        raise fault
    return _read(status, body)


def _question(api_url: str) -> str:
    """Return the address of the question; ``localhost`` is 127.0.0.1, whatever a name server says."""
    if re.fullmatch(r"[!-~]+", api_url):  # urlsplit silently drops tabs and line breaks
        with suppress(ValueError):  # not a port, or half an IPv6 address
            parts = urlsplit(api_url)
            host, port = parts.hostname or "", parts.port
            is_bare = not parts.query and not parts.fragment and "@" not in parts.netloc and _HOST.fullmatch(host)
            if is_bare and (parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))):
                return _with_path(parts, host, port)
    raise InsecureTransportError(
        "The Hub's address must begin with https://, or lead to this machine; the token was not sent.",
        remedy="Ask who runs the Hub to set c.JupyterHub.internal_ssl = True, or to let it listen on 127.0.0.1.",
    )


def _is_loopback(host: str) -> bool:
    with suppress(ValueError):
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    return False


def _with_path(parts: SplitResult, host: str, port: int | None) -> str:
    if parts.scheme == "http" and host == "localhost":
        host = "127.0.0.1"
    bracketed = f"[{host}]" if ":" in host else host
    netloc = bracketed if port is None else f"{bracketed}:{port}"
    return parts._replace(netloc=netloc, path=f"{parts.path.rstrip('/')}/user").geturl()


def _context(ca_bundle: Path | None, client_certificate: ClientCertificate | None) -> ssl.SSLContext:
    context = tls_context(ca_bundle)
    if client_certificate is None:
        return context
    with suppress(OSError, ValueError):  # an ssl.SSLError is an OSError
        context.load_cert_chain(client_certificate.certificate, client_certificate.key)
        return context
    raise InsecureTransportError(
        "The certificate that this server shows to the Hub can't be read; the token was not sent.",
        remedy=HubError.default_remedy,
    )


def _authorization(token: Callable[[], str]) -> str:
    secret = token()
    if _TOKEN.fullmatch(secret):
        return f"token {secret}"
    del secret  # a traceback can show this frame
    raise HubError("This server has no token for the Hub, or one that no Hub has issued.")


def _asked(url: str, *, context: ssl.SSLContext, authorization: str) -> tuple[int, bytes]:
    """Ask through a bare transport: a client around it would follow the environment's proxies and redirects."""
    until = time.monotonic() + 4 * SECONDS
    headers = {"Accept": "application/json", "Accept-Encoding": "identity", "Authorization": authorization}
    extensions = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), SECONDS)}
    with httpx2.HTTPTransport(verify=context, trust_env=False) as transport:
        response = transport.handle_request(httpx2.Request("GET", url, headers=headers, extensions=extensions))
        body = bytearray()
        try:
            for piece in response.iter_bytes():
                body += piece
                if len(body) > LONGEST_ANSWER:
                    break
                if time.monotonic() > until:
                    raise TimeoutError
        finally:
            response.close()
        return response.status_code, bytes(body)


def _fault(error: Exception) -> WorkbenchError:
    if tls_fault(error) is not None:
        return InsecureTransportError(
            "The Hub's certificate doesn't hold, or no TLS 1.2 or 1.3 could be agreed; the token was not sent."
        )
    return HubError("The Hub can't be reached, or broke off.")


def _read(status: int, body: bytes) -> object:
    if 300 <= status < 400:  # noqa: PLR2004 - RFC 9110, section 15.4: redirection
        raise InsecureTransportError(
            "The Hub redirects to another address; the token was not sent there.", remedy=HubError.default_remedy
        )
    if status in {401, 403}:
        raise HubError("The Hub doesn't take this server's token.")
    if status != 200:  # noqa: PLR2004 - RFC 9110, section 15.3.1: OK
        raise HubError(f"The Hub can't answer (status {status}).")
    if len(body) <= LONGEST_ANSWER:
        with suppress(ValueError, RecursionError):
            answer: object = json.loads(body)
            return answer
    raise HubError("What the Hub answered can't be read.")
