"""What an address of a place means, which names its objects may have, and what each kind of place can do."""

import re
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from workbench.errors import InputError, StoreError, WorkbenchError
from workbench.storage.places.bucket import Bucket
from workbench.storage.places.local_folder import LocalFolder
from workbench.storage.places.memory_folder import MemoryFolder

NAME_LENGTH = 512  # characters; S3 allows keys of 1,024 bytes (Amazon S3 user guide, "Naming objects"), prefix included

_PART = r"(?!\.{1,2}(?:/|\Z))[A-Za-z0-9._-]{1,255}"  # 255: NAME_MAX of the usual file systems
_NAME = re.compile(rf"{_PART}(?:/{_PART})*")
_PREFIX = re.compile(rf"(?:{_NAME.pattern}/?)?")
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{2,62}")  # S3's "Bucket naming rules", and what laxer providers add

_SCHEMES = "Name a folder, or an address that begins with file://, s3:// or memory://."


class Writer(Protocol):
    """One object on its way: nobody sees it before `commit`, and after `discard` nothing of it remains."""

    def write(self, piece: bytes) -> None:
        """Add to what is to be written."""

    def commit(self) -> None:
        """Put the object in place, whole, over an older one of its name."""

    def discard(self) -> None:
        """Take back whatever was written; never raises, because another error is under way."""


class Backend(Protocol):
    """What each kind of place can do; names are checked before they come here."""

    def writer(self, name: str) -> Writer:
        """Begin an object."""

    def read(self, name: str, size: int) -> Generator[bytes]:
        """Yield an object in pieces of at most `size` bytes, all of one version of it."""

    def names(self, prefix: str) -> Iterable[str]:
        """Return the names that may begin with `prefix`, in any order."""

    def delete(self, name: str) -> None:
        """Remove an object and its earlier versions."""

    def exists(self, name: str) -> bool:
        """Tell whether there is such an object."""


def opened(url: str, options: dict[str, Any]) -> tuple[Backend, str] | WorkbenchError:
    """Return the place's backend and its kind, or what to raise."""
    try:
        scheme, separator, rest = url.partition("://")
        if not separator:
            scheme, rest = "file", url
        elif scheme == "file":
            rest = _path_of(url)
        opener = _OPENERS.get(scheme)
        if opener is None:
            return StoreError("No place of that kind is known.", remedy=_SCHEMES)
        if options and scheme != "s3":
            return InputError("Only a place in a bucket takes options.")
        return opener(rest, options), scheme
    except WorkbenchError as error:
        return error.with_traceback(None)


def _path_of(url: str) -> str:
    """Return the path of a ``file:`` URL (RFC 8089, section 2)."""
    parts = urlsplit(url)
    if parts.netloc not in {"", "localhost"} or parts.query or parts.fragment:
        raise InputError("The address of a folder has the form file:///path.")
    return unquote(parts.path)


def _open_folder(path: str, _options: dict[str, Any]) -> Backend:
    if not path or "\0" in path:
        raise InputError("The folder's path is empty or can't be one.")
    return LocalFolder(Path(path).absolute())


def _open_memory(root: str, _options: dict[str, Any]) -> Backend:
    root = root.strip("/")
    if root and not is_name(root):
        raise _unfit()
    return MemoryFolder(root)


def _open_bucket(address: str, options: dict[str, Any]) -> Backend:
    bucket, _, prefix = address.partition("/")
    prefix = prefix.rstrip("/")
    if not _BUCKET.fullmatch(bucket) or (prefix and not is_name(prefix)):
        raise InputError(
            "The address has the form s3://bucket/prefix, in letters, digits, dots, hyphens and underscores.",
            remedy="Keys don't belong in it: pass key= and secret=.",
        )
    return Bucket(bucket, prefix, options)


_OPENERS: dict[str, Callable[[str, dict[str, Any]], Backend]] = {
    "file": _open_folder,
    "memory": _open_memory,
    "s3": _open_bucket,
}


def is_name(name: str) -> bool:
    """Tell whether an object may be called that."""
    return len(name) <= NAME_LENGTH and _NAME.fullmatch(name) is not None


def check_name(name: str) -> None:
    """Refuse a name that isn't one.

    Raises
    ------
    InputError
        It doesn't quote the name.
    """
    if not is_name(name):
        raise _unfit()


def check_prefix(prefix: str) -> None:
    """Refuse a beginning that no name has.

    Raises
    ------
    InputError
        It doesn't quote the prefix.
    """
    if len(prefix) > NAME_LENGTH or not _PREFIX.fullmatch(prefix):
        raise _unfit()


def _unfit() -> InputError:
    return InputError(
        "The name can't be one.", remedy="Use letters, digits, dots, hyphens, underscores, and / between its parts."
    )
