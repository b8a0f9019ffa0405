"""What the failures of a place mean: one error of ours for whatever a disk, a server or a library says."""

import errno
import ssl
from collections.abc import Callable, Iterator
from typing import ParamSpec, TypeVar

from workbench.errors import InsecureTransportError, NotFoundError, StoreError, WorkbenchError

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

_CREDENTIALS = {
    "NoCredentialsError",
    "PartialCredentialsError",
    "CredentialRetrievalError",
    "TokenRetrievalError",
    "SSOTokenLoadError",
    "UnauthorizedSSOTokenError",
    "ProfileNotFound",
    "ConfigParseError",
}
"""botocore's own names (botocore.exceptions); asking for them by name spares loading it."""

_NETWORK = {
    "EndpointConnectionError",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "ConnectionClosedError",
    "ConnectionError",
    "HTTPClientError",
    "ResponseStreamingError",
    "IncompleteReadError",
    "IncompleteRead",
    "ClientPayloadError",
    "ClientConnectionError",
    "FSTimeoutError",
}
"""Of botocore, urllib3, aiohttp and fsspec."""


def explained(action: Callable[Arguments, Result], /, *arguments: Arguments.args, **named: Arguments.kwargs) -> Result:
    """Do it, and return what it returns; whatever it raises becomes an error of ours, without the library's.

    A function and not a context manager: an error raised while one of those is left has the library's as its context,
    and botocore's hold the request with its session token.

    Raises
    ------
    NotFoundError
        When there is no such object.
    InsecureTransportError
        When TLS can't be agreed, or a gate refused the connection.
    StoreError
        In any other case.
    """
    try:
        return action(*arguments, **named)
    except Exception as error:  # noqa: BLE001 - a library may raise anything, and none of it may leave
        fault = fault_of(error)
    raise fault


def written(action: Callable[Arguments, Result], /, *arguments: Arguments.args, **named: Arguments.kwargs) -> Result:
    """Do it as `explained` does; where something is to be written, what isn't found is the place itself.

    Raises
    ------
    InsecureTransportError
        When TLS can't be agreed, or a gate refused the connection.
    StoreError
        In any other case.
    """
    try:
        return explained(action, *arguments, **named)
    except NotFoundError:
        fault = StoreError("The place went away while it was written to.", remedy="Look at it, then try again.")
    raise fault


def missing() -> NotFoundError:
    """Return what to raise where there is no such object."""
    return NotFoundError("There is no such object in the place.", remedy="Look at what names() returns.")


def fault_of(error: Exception) -> WorkbenchError:
    """Return what to raise, outside of the ``except`` block, in an error's stead: it quotes nothing of it."""
    causes = list(_chain(error))
    for cause in causes:
        if isinstance(cause, WorkbenchError):
            fault = cause.with_traceback(None)
            fault.__cause__ = fault.__context__ = None
            return fault
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return InsecureTransportError("The server can't prove who it is; nothing of the backup was sent.")
    if isinstance(error, OSError):
        return _system_fault(error, codes={_code(cause) for cause in causes})
    kinds = {kind.__name__ for cause in causes for kind in type(cause).__mro__}
    if kinds & _CREDENTIALS:
        return StoreError("No valid credentials were found.", remedy="Pass key= and secret=, or look at the profile.")
    return _broken_off() if kinds & _NETWORK else _unknown(error)


def _system_fault(error: OSError, *, codes: set[object]) -> WorkbenchError:
    """Explain an error of the system, or one of S3's, which s3fs turns into the system's (s3fs/errors.py)."""
    if isinstance(error, FileNotFoundError) and "NoSuchBucket" in codes:
        return StoreError("There is no such bucket.", remedy="Create it, or look at the address again.")
    if isinstance(error, FileNotFoundError):
        return missing()
    if isinstance(error, PermissionError):
        return StoreError(
            "The place refuses access.", remedy="Check the folder's rights, or the keys and what they may."
        )
    if error.errno in _NO_SPACE:
        return StoreError("The place is full; nothing was written.", remedy="Free some space, then try again.")
    return _broken_off() if isinstance(error, TimeoutError | ConnectionError) else _unknown(error)


def _broken_off() -> StoreError:
    return StoreError("The place can't be reached, or broke off.", remedy="Check the connection, then try again.")


def _unknown(error: Exception) -> StoreError:
    return StoreError(f"The place can't be used ({type(error).__name__}).")


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it came from; botocore's keep theirs in an attribute (``HTTPClientError.kwargs``)."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        cause = waiting.pop(0)
        if isinstance(cause, BaseException) and id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            kept = getattr(cause, "kwargs", None)
            waiting += [cause.__cause__, cause.__context__, kept.get("error") if isinstance(kept, dict) else None]


def _code(error: BaseException) -> object:
    """Return S3's own word for a failure, where botocore gives one."""
    response = getattr(error, "response", None)
    return response.get("Error", {}).get("Code") if isinstance(response, dict) else None
