"""A whole log looked at row by row: no gap, an unbroken chain, and what of it is gone."""

from dataclasses import dataclass

from workbench.crypto import EMPTY, GENESIS, Frontier, extend, next_head
from workbench.errors import IntegrityError
from workbench.storage.anchors import ACCEPT
from workbench.storage.engines.database import Database
from workbench.storage.record_log import RecordLog


@dataclass(frozen=True, slots=True)
class Verified:
    """What a look at a log showed.

    Parameters
    ----------
    rows : int
        How many rows there are.
    erased : frozenset of int
        Places whose content is gone.
    entries : tuple of int
        Places of the log's own entries, which say what was erased.
    """

    rows: int
    erased: frozenset[int]
    entries: tuple[int, ...]

    def and_of(self, other: "Verified") -> "Verified":
        """Return what two logs showed together."""
        return Verified(self.rows + other.rows, self.erased | other.erased, self.entries + other.entries)


def check_log(database: Database, log: RecordLog, *, latest: Frontier) -> tuple[Verified, Frontier]:
    """Return what a log shows, and its frontier, if it leads to the latest checkpoint's and on from there.

    Raises
    ------
    IntegrityError
        When any of it doesn't hold.
    """
    erased, entries, head, count = set(), [], GENESIS, 0
    gone: set[bytes] = set()
    frontier, leaves = EMPTY, []
    for place, record_id, version, leaf, stored in database.stream(
        "SELECT place, record_id, version, leaf, head FROM record WHERE place > ? AND place < ? ORDER BY place",
        (log.start, log.end),
    ):
        count += 1
        head = follow(head, leaf, stored, is_next=place == log.start + count)
        leaves.append(leaf)
        if version == 0:
            entries.append(place)
        elif record_id is None:
            erased.add(place)
            gone.add(leaf)
        elif leaf in gone:  # salts make leaves unique
            raise IntegrityError("A record that was erased has been put back at another place.", remedy=ACCEPT)
        if count == latest.size:
            frontier, leaves = extend(frontier, leaves), []
            if frontier != latest:
                raise IntegrityError("The log doesn't lead to its latest checkpoint: it was edited.", remedy=ACCEPT)
    if count < latest.size:
        raise IntegrityError("The log is shorter than its latest checkpoint: its end was cut off.", remedy=ACCEPT)
    return Verified(count, frozenset(erased), tuple(entries)), extend(frontier, leaves)


def follow(head: bytes, leaf: object, stored: object, *, is_next: bool) -> bytes:
    """Return the head after a row, or refuse one that doesn't follow."""
    following = next_head(head, leaf=leaf_in(leaf))
    if not is_next or following != stored:
        raise IntegrityError("The log was altered: a row doesn't follow from those before it.", remedy=ACCEPT)
    return following


def leaf_in(value: object) -> bytes:
    """Return a leaf as it stands in a row, or refuse what isn't one."""
    if not isinstance(value, bytes) or len(value) != len(GENESIS):
        raise IntegrityError("A leaf of the log was altered.")
    return value
