"""What is measured: ways to keep turns, behind one protocol, and what some of them can do besides."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from workbench.records import TURN_COLUMNS, Turn

if TYPE_CHECKING:
    from workbench.analytics import ContentFrame

__all__ = [
    "HITS",
    "TURN_COLUMNS",
    "ErasesSessions",
    "KeepsSegments",
    "Searchable",
    "Subject",
    "Synchronous",
    "UnlocksIndex",
]

Synchronous = Literal["NORMAL", "FULL"]
"""What an acknowledgement means: NORMAL outlives the process, FULL a power cut (sqlite.org/pragma, "synchronous")."""

HITS = 20
"""How many hits a search asks for, as ``history.search`` does by itself."""


class Subject(Protocol):
    """One way to keep turns.

    An adapter does what an honest engineer would do with that store, and no more: no cache between `open` and `close`
    that a new process wouldn't have.
    """

    @property
    def name(self) -> str:
        """What the report calls it."""

    def open(self, folder: Path, *, synchronous: Synchronous) -> None:
        """Open the store in a folder that is its own, and create it on first use."""

    def append(self, turn: Turn) -> None:
        """Keep one turn, in an acknowledged transaction of its own."""

    def load(self) -> "ContentFrame":
        """Return every turn, oldest first, with the columns of ``history.frame()``."""

    def bytes_stored(self) -> int:
        """Return the bytes on disk, write-ahead logs folded in."""

    def close(self) -> None:
        """Close the store; it can be opened again."""


@runtime_checkable
class Searchable(Subject, Protocol):
    """A store with full-text search over prompts and replies."""

    def index(self) -> None:
        """Build what `search` needs, from all turns; kept apart, so that `append` is measured without it."""

    def search(self, word: str, *, newest: bool) -> int:
        """Return how many hits a search for one whole word gives: `HITS`, or all where there are fewer.

        A hit is the turn's place in its store; opening its text is no part of this.

        Parameters
        ----------
        word : str
            In small letters.
        newest : bool
            Newest first; by rank (BM25) otherwise.
        """


@runtime_checkable
class UnlocksIndex(Protocol):
    """A store whose index has to be unlocked after opening, before its first search."""

    def unlock_index(self) -> None:
        """Make search ready, as it is after signing in."""


@runtime_checkable
class KeepsSegments(Protocol):
    """A store that also keeps its turns by columns, for loading."""

    def build_segments(self) -> None:
        """Write the segments of every turn that has none."""

    def load_segments(self) -> "ContentFrame":
        """Return what `load` returns, from segments."""


@runtime_checkable
class ErasesSessions(Protocol):
    """A store that erases all of one session by dropping its key."""

    def hold_keys(self, count: int) -> None:
        """Let the store hold at least so many keys of sessions."""

    def new_session(self) -> None:
        """Begin another session, and keep some turns in it."""

    def erase_session(self) -> None:
        """Erase all of that session for good, as its owner would."""
