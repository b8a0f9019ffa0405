"""Where a request may go: an https address, reduced to the host that people are shown."""

import re
from urllib.parse import urlsplit

from workbench.generation import faults

HTTPS_PORT = 443

_HOST = re.compile(r"[a-z0-9.-]+|[0-9a-f:.]*:[0-9a-f:.]*")
"""A name of letters, digits and hyphens (RFC 1123, section 2.1), or an IPv6 address: no two parsers differ on those."""


def destination_of(base_url: str) -> str:
    """Return the host of a base address, with its port where that isn't 443: what a preview shows.

    Parameters
    ----------
    base_url : str
        ``https://host[:port][/path]``; an international name in its ASCII form.

    Raises
    ------
    InsecureTransportError
        When it isn't https, names no host, or carries a user name; nothing is looked up, no connection is opened.
    """
    destination = _destination(base_url)
    if destination is None:
        raise faults.address_fault()
    return destination


def _destination(base_url: str) -> str | None:
    if not re.fullmatch(r"[!-~]+", base_url):  # urlsplit silently drops tabs and line breaks
        return None
    try:
        parts = urlsplit(base_url)
        port = parts.port
    except ValueError:  # not a port, or half an IPv6 address
        return None
    name = parts.hostname or ""
    is_bare = not parts.query and not parts.fragment and "@" not in parts.netloc
    if parts.scheme != "https" or not is_bare or not _HOST.fullmatch(name):
        return None
    host = f"[{name}]" if ":" in name else name
    return host if port in {None, HTTPS_PORT} else f"{host}:{port}"
