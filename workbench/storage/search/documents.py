"""What search reads and where it keeps what it built: one turn as search sees it, the rows, and the sealed cache."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from workbench.records import Confidential
from workbench.storage.caches import CachedBody


@dataclass(frozen=True, slots=True)
class Document(Confidential):
    """One turn, opened, as search sees it.

    Parameters
    ----------
    place : int
        Its place in the vault: unique, and it grows with time.
    record_id : bytes
        16 random bytes.
    created : float
        POSIX seconds, UTC.
    model, form : str
        Closed words; search filters by them.
    prompt, reply : str
        What is searched.
    """

    place: int
    record_id: bytes
    created: float
    model: str
    form: str
    prompt: str = field(repr=False)
    reply: str = field(repr=False)

    def __repr__(self) -> str:
        """Tell that it is a document; nothing of it."""
        return "Document(<one turn>)"


class CacheStore(Protocol):
    """Where shards are kept, packed and sealed, as `Caches` does; all of it may be lost at any time.

    Every method may raise `WorkbenchError`.
    """

    def load(self) -> Iterator[CachedBody]:
        """Yield each body that opens, and leave out one that doesn't. Newest first is best: it is searched first."""

    def store(self, *, first: int, last: int, count: int, body: bytes) -> None:
        """Seal a body and keep it, in place of one with the same `first`."""

    def drop(self, *, first: int) -> None:
        """Forget a body with its key; do nothing when there is none."""


class Source(Protocol):
    """The rows, which are the truth; every method may raise `WorkbenchError`.

    None is called while the index holds its lock, so that an implementation may take locks of its own.
    """

    def newest(self) -> int:
        """Return the highest place; 0 when there is none. It is asked before each search."""

    def living(self, *, first: int, last: int) -> int:
        """Return how many records of these places, both included, aren't erased; damaged ones count.

        There are none where `first` is beyond `last`.
        """

    def documents(self, *, after: int, limit: int) -> Iterator[Document]:
        """Yield readable turns of higher places than `after`, oldest first.

        There are as many as `limit`, and fewer only where no more follow.
        """
