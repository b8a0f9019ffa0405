"""Mail addresses that can stand in a header and in a command: plain, ASCII, and on one line."""

import re
from typing import Final

from workbench.errors import InputError

LONGEST: Final = 254
"""Characters of an address (RFC 5321, section 4.5.3.1.3: a path is 256 with its angle brackets)."""

_LONGEST_LOCAL_PART: Final = 64  # RFC 5321, section 4.5.3.1.1
_LOCAL_PART: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")  # a dot-atom
_DOMAIN: Final = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)


def plain_address(address: str) -> str:
    """Return an address as it stands in a message: its domain in ASCII (IDNA), the rest as it was given.

    Quoted local parts, display names, comments, lists and local parts beyond ASCII, which not every server takes
    (RFC 6531), are refused.

    Raises
    ------
    InputError
        When it isn't one such address; it is not quoted.
    """
    plain = _plain(address)
    if plain is None:
        raise InputError("This isn't a mail address that can be written to.", remedy="Write it as name@example.org.")
    return plain


def _plain(address: str) -> str | None:
    local, _, domain = address.rpartition("@")
    try:
        # IDNA 2003, as the standard library has it; what it can't turn into ASCII is no domain.
        domain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    plain = f"{local}@{domain}"
    is_sound = (
        len(plain) <= LONGEST
        and len(local) <= _LONGEST_LOCAL_PART
        and _LOCAL_PART.fullmatch(local) is not None
        and _DOMAIN.fullmatch(domain) is not None
    )
    return plain if is_sound else None
