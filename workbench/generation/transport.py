"""The one way out for content: an HTTPS client that trusts no environment and asks a gate before each request.

Importing this loads the anthropic SDK (about two seconds the first time); `workbench.generation.claude` does so late.
"""

import logging
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import anthropic
import httpx2

from workbench.errors import WorkbenchError
from workbench.generation import faults
from workbench.generation.address import destination_of
from workbench.generation.gate import Gate
from workbench.generation.models import API_VERSION
from workbench.generation.tls import tls_context, tls_fault

TIMEOUT: Final = httpx2.Timeout(120.0, connect=10.0, write=30.0, pool=10.0)
"""Seconds. While Claude thinks, the provider sends pings: two silent minutes are a dead connection."""

MAX_RETRIES: Final = 2
"""The SDK's default. It retries only before the first byte of an answer, 0.5 to 8 seconds apart, through the gate."""

LONGEST_WAIT: Final = 30.0
"""Seconds. A ``retry-after`` beyond this becomes an error that says so: the SDK alone would wait for up to 49 days."""

SENT_HEADERS: Final = frozenset(
    {
        "accept",
        "accept-encoding",
        "anthropic-version",
        "authorization",
        "connection",
        "content-length",
        "content-type",
        "host",
        "user-agent",
    }
)
"""Headers that may leave; the rest (operating system, processor, whatever the environment asks for) is dropped."""

_QUIET_LOGGERS: Final = ("anthropic", "httpx2", "httpcore2")


class RefusedError(anthropic.AnthropicError):
    """The request was stopped for good: the SDK neither wraps nor retries its own errors, so this is one.

    Parameters
    ----------
    reason : WorkbenchError
        What the caller is to be told.
    """

    def __init__(self, reason: WorkbenchError) -> None:
        super().__init__("refused")
        self.reason = reason


class GatedTransport(httpx2.AsyncBaseTransport):
    """Sends a request only after its gate has approved the very bytes, and takes no redirect for an answer.

    Parameters
    ----------
    gate : Gate
        Asked before each attempt, retries included.
    context : ssl.SSLContext
        Whom to trust, and from which version of TLS on.
    """

    def __init__(self, gate: Gate, *, context: ssl.SSLContext) -> None:
        # The transport is built here and handed to a bare client. The SDK's DefaultAsyncHttpxClient would mount proxies
        # from HTTPS_PROXY beside it, even with trust_env=False (anthropic 2.12.0, _base_client.py).
        self._inner = httpx2.AsyncHTTPTransport(verify=context, trust_env=False)
        self._gate = gate
        self.tls_version: str | None = None
        """As OpenSSL names it, for example ``"TLSv1.3"``; ``None`` until a connection stands."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one attempt.

        Raises
        ------
        RefusedError
            When the gate doesn't approve, TLS can't be agreed, or the answer is a redirect.
        """
        # (1): drop what isn't needed; (2): compare the bytes; (3): connect and send; (4): look at what answers.
        kept = sorted(item for item in request.headers.multi_items() if item[0] in SENT_HEADERS)
        request.headers = httpx2.Headers(kept)
        self._approve(request)
        response = await self._send(request)
        stream = response.extensions.get("network_stream")
        tls = stream.get_extra_info("ssl_object") if stream is not None else None
        self.tls_version = tls.version() if tls is not None else None
        if "retry-after" in response.headers and _asked_wait(response.headers) is None:
            # A date: the SDK would wait for it, however far off; without it, it backs off by itself.
            del response.headers["retry-after"]
        fault = _fault_of_head(response)
        if fault is not None:
            await response.aclose()
            raise RefusedError(fault)
        return response

    async def aclose(self) -> None:
        """Close every connection."""
        await self._inner.aclose()

    def _approve(self, request: httpx2.Request) -> None:
        reason: WorkbenchError | None = None
        try:
            destination = request.url.netloc.decode("ascii")
            self._gate.approve(request.content, scheme=request.url.scheme, destination=destination)
        except WorkbenchError as error:
            reason = error
        if reason is not None:
            raise RefusedError(reason)

    async def _send(self, request: httpx2.Request) -> httpx2.Response:
        try:
            return await self._inner.handle_async_request(request)
        except httpx2.ConnectError as error:
            fault = tls_fault(error)
            if fault is None:
                raise
        raise RefusedError(fault)


def fault_of(error: Exception) -> WorkbenchError:
    """Translate whatever the SDK and the libraries below it raise into an error of the workbench, without content.

    The SDK's errors hold the request and the answer, both with text. Raise the result outside of the ``except`` block,
    so that it has neither as its context.

    Parameters
    ----------
    error : Exception
        Any.
    """
    if isinstance(error, WorkbenchError | RefusedError):
        reason = error.reason if isinstance(error, RefusedError) else error
        return reason.with_traceback(None)  # its frames hold the body
    if isinstance(error, anthropic.APIStatusError):
        # An ``error`` event in the stream comes as a status error that carries the answer's own status, 200.
        is_event = error.status_code < 400  # noqa: PLR2004 - RFC 9110, section 15: errors begin there
        return faults.event_fault(error.type) if is_event else faults.status_fault(error.status_code)
    return _fault_of_connection(error)


def _fault_of_connection(error: Exception) -> WorkbenchError:
    if isinstance(error, anthropic.APITimeoutError | httpx2.TimeoutException):
        return faults.timeout_fault()
    if isinstance(error, anthropic.APIConnectionError) and isinstance(error.__cause__, httpx2.ConnectError):
        return faults.unreachable_fault()
    if isinstance(error, anthropic.APIConnectionError | httpx2.TransportError | ssl.SSLError):
        return faults.broken_fault()
    return faults.unreadable_fault()


@asynccontextmanager
async def open_client(
    gate: Gate,
    *,
    base_url: str,
    api_key: Callable[[], str],
    ca_bundle: Path | None = None,
) -> AsyncIterator[tuple[anthropic.AsyncAnthropic, GatedTransport]]:
    """Yield the SDK's client over a gated transport, and that transport; both are closed at the end, whatever happens.

    There is one for each reply: a pool of connections belongs to the event loop that opened it, and notebooks change
    theirs (``asyncio.run`` in a cell, JupyterLab's own beside it). A handshake takes a few milliseconds of an answer
    that takes seconds; in exchange no idle connection and no key stay behind.

    Parameters
    ----------
    gate : Gate
        Asked before each attempt.
    base_url : str
        ``https://…``; given to the SDK in so many words, so that ANTHROPIC_BASE_URL and profiles have no say.
    api_key : callable
        Returns the key; called once.
    ca_bundle : Path, optional
        See `tls_context`.

    Raises
    ------
    InsecureTransportError
        When the address or the file of authorities won't do.
    GenerationError
        When there is no usable key.
    """
    destination = destination_of(base_url)
    quieten_loggers()
    transport = GatedTransport(gate, context=tls_context(ca_bundle))
    http_client = httpx2.AsyncClient(transport=transport, timeout=TIMEOUT, follow_redirects=False, trust_env=False)
    async with http_client:
        key = api_key()
        client = anthropic.AsyncAnthropic(
            api_key=key,
            base_url=base_url,
            timeout=TIMEOUT,
            max_retries=MAX_RETRIES,
            http_client=http_client,
            # Any value makes the SDK ignore its environment variables, of which one would put text into traces.
            open_telemetry=False,
            # ANTHROPIC_CUSTOM_HEADERS can add headers, which the transport drops, and can replace headers, unless they
            # are given here (anthropic 2.12.0, _client.py: the environment's come first, ours last).
            default_headers={
                "Accept": "application/json",
                "Accept-Encoding": "gzip, deflate",
                "Anthropic-Version": API_VERSION,
                "Authorization": f"Bearer {key}",
                "Connection": "keep-alive",
                "Content-Type": "application/json",
                "Host": destination,
                "User-Agent": f"AsyncAnthropic/Python {anthropic.__version__}",
            },
        )
        del key
        yield client, transport


def quieten_loggers() -> None:
    """Raise every logger of the SDK and of its HTTP client above DEBUG, where they print bodies.

    ANTHROPIC_LOG=debug lowers them when the SDK is imported, and a notebook can at any time; hence before each reply.
    """
    names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in _QUIET_LOGGERS]
    for name in (*_QUIET_LOGGERS, *names):
        logger = logging.getLogger(name)
        if logger.getEffectiveLevel() < logging.INFO:
            logger.setLevel(logging.INFO)


def sdk_version() -> str:
    """Return the installed SDK's version."""
    return anthropic.__version__


def _fault_of_head(response: httpx2.Response) -> WorkbenchError | None:
    """Return why an answer isn't to be read any further, or ``None``."""
    if 300 <= response.status_code < 400:  # noqa: PLR2004 - RFC 9110, section 15.4: redirection
        return faults.redirect_fault()
    if response.status_code >= 400:  # noqa: PLR2004 - RFC 9110, section 15.5: errors
        seconds = _asked_wait(response.headers)
        if seconds is not None and seconds > LONGEST_WAIT:
            return faults.waiting_fault(response.status_code, seconds=seconds)
    return None


def _asked_wait(headers: httpx2.Headers) -> float | None:
    """Return the seconds that a server asks to wait (RFC 9110, section 10.2.3), or ``None``; dates are not read."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return float(headers[name]) * unit
        except (KeyError, ValueError):
            continue
    return None
