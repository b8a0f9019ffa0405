"""Where backups go: a folder at a URL, holding opaque objects, on a disk, in memory, or in a bucket that speaks S3."""

import contextlib
import re
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from workbench.errors import InputError, StoreError, WorkbenchError
from workbench.storage.bucket import Bucket
from workbench.storage.local_folder import LocalFolder
from workbench.storage.memory_folder import MemoryFolder
from workbench.storage.place_faults import explained

READ_SIZE = 1 << 20  # bytes
NAME_LENGTH = 512  # characters; S3 allows keys of 1,024 bytes (Amazon S3 user guide, "Naming objects"), prefix included

_PART = r"(?!\.{1,2}(?:/|\Z))[A-Za-z0-9._-]{1,255}"  # 255: NAME_MAX of the usual file systems
_NAME = re.compile(rf"{_PART}(?:/{_PART})*")
_PREFIX = re.compile(rf"(?:{_NAME.pattern}/?)?")
_BUCKET = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._-]{2,62}"
)  # Amazon S3 user guide, "Bucket naming rules"; others are laxer

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


class Place:
    """A folder at a URL, holding opaque objects.

    It encrypts nothing: give it sealed bytes. Names, sizes and times can be read by whoever runs the place.

    A bucket that keeps versions keeps what is overwritten, too; `delete` removes every version. An upload that the
    network cut leaves parts that no listing shows and that are paid for: set the bucket's rule
    "AbortIncompleteMultipartUpload". A kernel killed while it writes to a disk leaves a file whose name begins with
    ``.~``.

    Parameters
    ----------
    url : str
        ``/path``, ``file:///path``, ``s3://bucket/prefix`` or ``memory://name`` (which is gone with the process).
    **options
        For ``s3://`` only, all optional; what isn't named here is refused.

        ``key``, ``secret``, ``token`` : str
            Credentials. Without them botocore looks into the environment, its files and a container's role; the
            machine's own role isn't asked for, since that goes over plain http.
        ``profile`` : str
            A profile of botocore's files.
        ``region`` : str
            Where the bucket is.
        ``endpoint_url`` : str
            A server other than Amazon's, by https; plain http on this machine only. Where AWS_ENDPOINT_URL,
            AWS_ENDPOINT_URL_S3 or a profile name one, it is held to the same rule.
        ``ca_bundle`` : str or Path
            A PEM file of authorities to trust instead of the public ones; the environment can't name one. Proxies of
            the environment are not used, and no redirect is followed.

    Raises
    ------
    InputError
        When the address or an option can't be used.
    StoreError
        When the scheme is unknown, the ``s3`` extra isn't installed, or the place can't be reached.
    InsecureTransportError
        When data would go over plain http off this machine, or TLS were not verified. There is no switch for it.
    """

    def __init__(self, url: str, **options: Any) -> None:
        self._kind = "closed"
        # Both may hold credentials. A verbose traceback prints the variables of each frame: so the options are emptied,
        # and the address is forgotten, before anything is raised from here.
        try:
            opened = _opened(url, options)
        finally:
            options.clear()
            del url
        if isinstance(opened, WorkbenchError):
            raise opened
        self._backend, self._kind = opened

    def __repr__(self) -> str:
        """Tell what kind of place it is; not where."""
        return f"Place(<{self._kind}>)"

    def put(self, name: str, content: bytes | Path | Iterable[bytes]) -> int:
        """Write an object, whole or not at all, over an older one of its name; return its size in bytes.

        On a disk: into a temporary file in the same folder (0600), synchronised, renamed, and the folder synchronised.
        In a bucket: an object of 8 MiB or more goes up in parts, which S3 puts together at the end.

        Parameters
        ----------
        name : str
            Parts of letters, digits, ``.``, ``_`` and ``-``, joined by ``/``; at most 512 characters.
        content : bytes, Path or iterable of bytes
            What to write; a file and an iterable are read a piece at a time. What the iterable raises comes through.

        Raises
        ------
        StoreError
            When it can't be written. Either the old object is there, or (where the answer was lost) the new one.
        """
        _check_name(name)
        size = 0
        pieces = _pieces(content)
        writer = self._backend.writer(name)
        try:
            for piece in pieces:
                if not isinstance(piece, bytes | bytearray | memoryview):
                    raise InputError("Only bytes can be put into a place.")  # noqa: TRY301 - is to discard as well
                writer.write(bytes(piece))
                size += len(piece)
            writer.commit()
        except BaseException:
            writer.discard()
            raise
        return size

    def get(self, name: str) -> bytes:
        """Return an object.

        Raises
        ------
        NotFoundError
            When there is none of that name.
        StoreError
            When it can't be read whole.
        """
        return b"".join(self.read_chunks(name))

    def read_chunks(self, name: str, *, size: int = READ_SIZE) -> Iterator[bytes]:
        """Yield an object in pieces of at most `size` bytes, all of one version of it.

        Raises
        ------
        NotFoundError
            When there is none of that name.
        StoreError
            When it can't be read whole, or was replaced in between; what came before is then of no use.
        """
        _check_name(name)
        if size < 1:
            raise InputError("A piece has at least one byte.")
        return self._read(name, size)

    def _read(self, name: str, size: int) -> Iterator[bytes]:
        with contextlib.closing(explained(self._backend.read, name, size)) as pieces:
            while (piece := explained(next, pieces, None)) is not None:
                yield piece

    def names(self, prefix: str = "") -> list[str]:
        """Return the objects' names, relative to the place, in order; of the ones that begin with `prefix`.

        What another program put there under a name that isn't one of ours is left out.
        """
        if len(prefix) > NAME_LENGTH or not _PREFIX.fullmatch(prefix):
            raise _unfit()
        found = explained(lambda: list(self._backend.names(prefix)))
        return sorted(name for name in found if name.startswith(prefix) and _is_name(name))

    def delete(self, name: str) -> None:
        """Remove an object with all its versions.

        Amazon's own delete would hide the object of a versioned bucket behind a marker and keep it, and so would
        s3fs (2026.9, ``_rm_file``): each version is therefore listed and removed by its id. That takes the rights
        ``s3:ListBucketVersions`` and ``s3:DeleteObjectVersion``; without them this fails rather than leave a version.
        Where the provider locks objects, replicates them or keeps backups of its own, those copies remain.

        Raises
        ------
        NotFoundError
            When there is none of that name.
        StoreError
            When it, or one of its versions, can't be removed.
        """
        _check_name(name)
        explained(self._backend.delete, name)

    def exists(self, name: str) -> bool:
        """Tell whether there is an object of that name; a folder isn't one."""
        _check_name(name)
        return explained(self._backend.exists, name)


def _opened(url: str, options: dict[str, Any]) -> tuple[Backend, str] | WorkbenchError:
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
    if root and not _is_name(root):
        raise _unfit()
    return MemoryFolder(root)


def _open_bucket(address: str, options: dict[str, Any]) -> Backend:
    bucket, _, prefix = address.partition("/")
    prefix = prefix.rstrip("/")
    if not _BUCKET.fullmatch(bucket) or (prefix and not _is_name(prefix)):
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


def _pieces(content: bytes | Path | Iterable[bytes]) -> Iterable[bytes]:
    if isinstance(content, Path):
        return _file_pieces(content)
    if isinstance(content, bytes | bytearray | memoryview):
        return (bytes(content),)
    if isinstance(content, str) or not isinstance(content, Iterable):
        raise InputError("Only bytes, a file or pieces of bytes can be put into a place.")
    return content


def _file_pieces(path: Path) -> Iterator[bytes]:
    if not path.is_file():
        raise InputError("There is no such file to put into the place.")
    file = explained(path.open, "rb")
    with file:
        while piece := explained(file.read, READ_SIZE):
            yield piece


def _is_name(name: str) -> bool:
    return len(name) <= NAME_LENGTH and _NAME.fullmatch(name) is not None


def _check_name(name: str) -> None:
    if not _is_name(name):
        raise _unfit()


def _unfit() -> InputError:
    return InputError(
        "The name can't be one.", remedy="Use letters, digits, dots, hyphens, underscores, and / between its parts."
    )
