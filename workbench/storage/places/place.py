"""Where backups go: a folder at a URL, holding opaque objects, on a disk, in memory, or in a bucket that speaks S3."""

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from workbench.errors import InputError, WorkbenchError
from workbench.storage.places.address import check_name, check_prefix, is_name, opened
from workbench.storage.places.faults import explained

READ_SIZE = 1 << 20  # bytes


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
            found = opened(url, options)
        finally:
            options.clear()
            del url
        if isinstance(found, WorkbenchError):
            raise found
        self._backend, self._kind = found

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
        check_name(name)
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
        check_name(name)
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
        check_prefix(prefix)
        found = explained(lambda: list(self._backend.names(prefix)))
        return sorted(name for name in found if name.startswith(prefix) and is_name(name))

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
        check_name(name)
        explained(self._backend.delete, name)

    def exists(self, name: str) -> bool:
        """Tell whether there is an object of that name; a folder isn't one."""
        check_name(name)
        return explained(self._backend.exists, name)


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
