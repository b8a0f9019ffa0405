"""What a recording consists of: the events of a disk, in order.

A file is known by a number, as a file system knows it by its inode: a name that is deleted and created again is another
file.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Found:
    """A file that was there before its first opening; its content is taken as durable."""

    file: int
    path: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Created:
    """A name that now leads to a new, empty file."""

    file: int
    path: str


@dataclass(frozen=True, slots=True)
class Deleted:
    """A name that no longer leads to the file."""

    file: int
    path: str


@dataclass(frozen=True, slots=True)
class Written:
    """Bytes at a place of a file."""

    file: int
    offset: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Truncated:
    """A file cut, or stretched with zeros, to a size in bytes."""

    file: int
    size: int


@dataclass(frozen=True, slots=True)
class Synced:
    """A file whose content is on the disk for good."""

    file: int


@dataclass(frozen=True, slots=True)
class FolderSynced:
    """A folder whose names are on the disk for good."""

    folder: str


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The program told its user that something is kept."""

    what: object


Change = Created | Deleted | Written | Truncated
"""What the operating system may hold back until a sync."""

Event = Found | Change | Synced | FolderSynced | Acknowledged
