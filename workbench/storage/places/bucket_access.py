"""How a bucket is reached: which options are taken, and a connection that verifies TLS and follows no redirect.

What s3fs, aiobotocore and botocore read from outside (2026.9, 3.10, 1.43), and what becomes of it here:

- AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3, and ``endpoint_url`` in the files that AWS_CONFIG_FILE and AWS_PROFILE name:
  taken, and held to https like the option.
- FSSPEC_S3, FSSPEC_S3_… and fsspec's own files: each setting is passed, so none is taken.
- AWS_CA_BUNDLE, REQUESTS_CA_BUNDLE, ``ca_bundle`` and SSLKEYLOGFILE: not taken.
- HTTP_PROXY, HTTPS_PROXY: not taken; a plain-http server on this machine would else be asked for through another.
- The machine's role (169.254.169.254): not asked.
"""

import ssl
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from workbench.errors import InputError, InsecureTransportError, StoreError

OPTIONS = frozenset({"key", "secret", "token", "profile", "region", "endpoint_url", "ca_bundle"})
CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0  # botocore's default; s3fs's 15 are short for a part of 8 MiB on a slow line
ATTEMPTS = 3  # of botocore's "standard" mode: after 0 to 1 and 0 to 2 seconds


def connected(options: Mapping[str, Any]) -> Any:
    """Return s3fs's file system, connected to nothing yet, whose requests pass the gate of this module.

    Parameters
    ----------
    options : Mapping
        As `Place` takes them.

    Raises
    ------
    InputError
        When there are others, or they don't go together.
    InsecureTransportError
        When the server would be asked in the clear, or TLS were not verified.
    StoreError
        When s3fs isn't installed, or is one that this module doesn't know.
    """
    _check(options)
    try:
        from aiobotocore.session import AioSession  # noqa: PLC0415 - takes 0.2 s, and needs the extra
        from s3fs import S3FileSystem  # noqa: PLC0415 - as above
    except ImportError:
        is_missing = True
    else:
        is_missing = False
    if is_missing:
        raise StoreError("Buckets need s3fs, which isn't installed.", remedy='Run: pip install "workbench[s3]".')
    session = AioSession(profile=options.get("profile"))
    session.get_component("credential_provider").remove("iam-role")
    session.register("before-send", _gate)  # of each request of each service: whoever asks for a role's keys, too
    settings = _settings()
    session.set_default_client_config(_config(settings))
    files: Any = S3FileSystem(
        # All that it takes, so that fsspec's configuration has nothing to add (fsspec/config.py, apply_config).
        anon=False,
        endpoint_url=options.get("endpoint_url"),
        key=options.get("key"),
        secret=options.get("secret"),
        token=options.get("token"),
        username=None,
        password=None,
        use_ssl=True,
        client_kwargs={"verify": _authorities(options.get("ca_bundle")), "region_name": options.get("region")},
        config_kwargs=settings,
        s3_additional_kwargs={},
        requester_pays=False,
        default_block_size=None,
        default_fill_cache=True,
        default_cache_type="readahead",
        version_aware=False,
        session=session,
        cache_regions=False,
        asynchronous=False,
        loop=None,
        max_concurrency=1,
        fixed_upload_size=True,
        local_expiry_check=False,
        use_listings_cache=False,
        skip_instance_cache=True,
    )
    files.retries = 1  # botocore has tried often enough
    files.connect()
    check_endpoint(files.s3.meta.endpoint_url)
    return files


def check_endpoint(url: str) -> None:
    """Refuse an address that isn't https, unless it is this machine's own.

    Raises
    ------
    InsecureTransportError
        When it isn't, holds a name and password, or can't be read.
    """
    fault = None
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))
        if not is_safe or not host or "@" in parts.netloc:
            fault = _insecure()
    except (ValueError, TypeError, AttributeError):
        fault = _insecure()
    if fault is not None:
        del url  # a verbose traceback prints it
        raise fault


def _check(options: Mapping[str, Any]) -> None:
    if options.get("verify", True) is False or options.get("use_ssl", True) is False:
        raise InsecureTransportError("TLS and its verification can't be switched off.", remedy="Pass ca_bundle=.")
    if not options.keys() <= OPTIONS:
        raise InputError("An option is none of a bucket's.", remedy=f"There are: {', '.join(sorted(OPTIONS))}.")
    if any(not isinstance(value, str | Path) for value in options.values() if value is not None):
        raise InputError("An option of a bucket is a text.")
    if bool(options.get("key")) != bool(options.get("secret")):
        raise InputError("A key and its secret go together.")
    if options.get("endpoint_url") is not None:
        check_endpoint(options["endpoint_url"])


def _insecure() -> InsecureTransportError:
    return InsecureTransportError(
        "The bucket's server would be asked in the clear; nothing was sent.",
        remedy="Give an endpoint_url that begins with https:// and holds no key; look at AWS_ENDPOINT_URL, too.",
    )


def _is_loopback(host: str) -> bool:
    """Tell whether it is this machine's own address (RFC 1122, 3.2.1.3; RFC 4291, 2.5.3; RFC 6761, 6.3)."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _authorities(ca_bundle: str | Path | None) -> str | bool:
    """Return what botocore calls ``verify``: a file of authorities, or its own."""
    if ca_bundle is None:
        return True
    is_read = True
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(ca_bundle)
    except (OSError, ValueError):  # ssl.SSLError is an OSError
        is_read = False
    if not is_read:
        raise InsecureTransportError("The file of authorities can't be read.", remedy="Check ca_bundle=: it is PEM.")
    return str(ca_bundle)


def _settings() -> dict[str, Any]:
    """Return botocore's settings; see its `Config`."""
    return {
        "proxies": {},  # and not None, which stands for the environment's
        "connect_timeout": CONNECT_SECONDS,
        "read_timeout": READ_SECONDS,
        "retries": {"mode": "standard", "total_max_attempts": ATTEMPTS},
        "defaults_mode": "legacy",  # "auto" asks 169.254.169.254 for a region
        "http_session_cls": _session_class(),
    }


def _config(settings: dict[str, Any]) -> Any:
    from aiobotocore.config import AioConfig  # noqa: PLC0415 - as in connected()

    return AioConfig(**settings)


def _gate(request: Any, **_event: Any) -> None:
    """Look at where a request really goes, whatever named the place: an option, a variable, a file, a redirect."""
    check_endpoint(request.url)


def _session_class() -> type:
    """Return aiobotocore's HTTP session, with redirects refused and a TLS context that writes its keys nowhere.

    aiohttp would follow a redirect below botocore's sight: from https to plain http, with the session token's header.
    """
    from aiobotocore.httpsession import AIOHTTPSession  # noqa: PLC0415 - as in connected()

    if not {"_get_session", "_get_ssl_context"} <= vars(AIOHTTPSession).keys():
        raise StoreError("This aiobotocore is of a kind that isn't known to be safe.", remedy="Install 3.10.")

    class Session(AIOHTTPSession):  # type: ignore[misc]  # the library has no types
        async def _get_session(self, proxy_url: str | None) -> Any:
            return _WithoutRedirects(await super()._get_session(proxy_url))

        def _get_ssl_context(self) -> ssl.SSLContext:
            # urllib3's would take SSLKEYLOGFILE. The authorities and the host's name are set by the caller.
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            return context

    return Session


class _WithoutRedirects:
    """An HTTP session of aiohttp that takes a redirect for an answer."""

    def __init__(self, session: Any) -> None:
        self._session = session

    async def request(self, method: str, **rest: Any) -> Any:
        return await self._session.request(method, **{**rest, "allow_redirects": False})
