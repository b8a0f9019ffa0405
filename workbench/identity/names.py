"""Accounts' names: as they may be, as they are compared, and what stands for one in the store."""

import unicodedata

from workbench.crypto import FLOOR, derive
from workbench.errors import AuthenticationError

LONGEST_NAME = 64  # code points


def cleaned(name: str) -> str:
    """Return a name without the spaces around it.

    Raises
    ------
    AuthenticationError
        When it is empty, overlong or unprintable.
    """
    name = unicodedata.normalize("NFC", name.strip()) if isinstance(name, str) else ""
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise AuthenticationError(
            "That name can't be used.", remedy=f"Use 1 to {LONGEST_NAME} printable characters, without line breaks."
        )
    return name


def folded(name: str) -> bytes:
    """Return what is the same for every way to write a name."""
    name = name if isinstance(name, str) else ""
    return unicodedata.normalize("NFC", name.strip()).casefold().encode("utf-8", "replace")


def tag_of(name: str, *, salt: bytes) -> bytes:
    """Return what stands for a name in the store; guessing a name from it costs an Argon2id each."""
    return derive(folded(name), salt=salt, parameters=FLOOR)
