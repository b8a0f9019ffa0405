"""The pieces of a backup: rows of one table as they stand in the store, ciphertext and opaque ids, in one object.

A log is cut at fixed positions, so that a piece that hasn't changed since the last backup is the same bytes again, and
needn't be written twice. The format is the same for both engines.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from workbench.errors import IntegrityError, NotFoundError
from workbench.storage.codec import pack, unpack
from workbench.storage.engines.database import Database
from workbench.storage.places.place import Place

POSITION_SHIFT = 12  # 4,096 positions of a log to a piece
PIECE_BYTES = 8 << 20  # and no more than so many, one record aside: what S3 takes without parts (`bucket.PART`)
ERASED = "erased"  # not a table: the leaves of what was erased

KEYS: dict[str, tuple[str, ...]] = {
    "account": ("account_id", "name_tag", "public_keys", "wrapped_keys"),
    "slot": ("slot_id", "account_id", "packed"),
    "vault_grant": ("vault_id", "epoch", "account_id", "sealed"),
    "data_key": ("key_id", "vault_id", "epoch", "born", "first_place", "last_place", "wrapped"),
    "letter": ("letter_id", "account_id", "sealed"),
}
"""The tables that hold wrapped keys, with their columns."""

DATA: dict[str, tuple[str, ...]] = {
    "store": ("only_row", "format", "store_id", "name_salt"),
    "vault": ("vault_id", "number", "owner_id", "epoch", "renewing", "members"),
    "checkpoint": ("vault_id", "size", "frontier", "note"),
    "record": ("place", "record_id", "key_id", "version", "sealed", "leaf", "head"),
    "standing": ("account_id", "serial", "packed"),
}
"""The other tables, without caches, which can be made again, open sessions, and counted guesses."""

COLUMNS = KEYS | DATA
ANOTHER = "Restore another backup, or from another copy of this one; 'workbench backups URL' lists them."

_WITHOUT_CACHES = {"data_key": " WHERE key_id NOT IN (SELECT key_id FROM cache)", "record": " ORDER BY place"}

Row = tuple[Any, ...]


class DamagedPieceError(IntegrityError):
    """A piece isn't what its manifest says, or isn't there."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One object of a backup.

    Parameters
    ----------
    name : str
        In its place.
    table : str
        Of whose rows it consists.
    rows, size : int
        How many, and how many bytes.
    digest : bytes
        SHA-256 of the object.
    """

    name: str
    table: str
    rows: int
    size: int
    digest: bytes

    @classmethod
    def of(cls, content: bytes, *, name: str, table: str, rows: int) -> "Piece":
        """Return what a manifest says of an object."""
        return cls(name, table, rows, len(content), sha256(content).digest())


def read_store(database: Database) -> Iterator[tuple[str, list[Row]]]:
    """Yield (table, rows) for each piece of a store as it stands at one moment; writers go on meanwhile."""
    tables = list(COLUMNS)
    statements = [
        f"SELECT {', '.join(columns)} FROM {table}{_WITHOUT_CACHES.get(table, '')}"  # noqa: S608 - our own names
        for table, columns in COLUMNS.items()
    ]
    held: list[Row] = []
    group, size = ("", 0), 0
    for number, row in database.snapshot(*statements):
        table = tables[number]
        here = (table, row[0] >> POSITION_SHIFT if table == "record" else 0)
        if held and (here != group or size > PIECE_BYTES):
            yield group[0], held
            held, size = [], 0
        group = here
        held.append(row)
        size += sum(len(cell) for cell in row if isinstance(cell, bytes))
    if held:
        yield group[0], held


def packed(table: str, rows: Iterable[Row]) -> bytes:
    """Return the bytes of a piece; `fetched` is the inverse."""
    return pack(table, [list(row) for row in rows])


def fetched(place: Place, piece: Piece) -> list[Row]:
    """Return the rows of a piece, read from its place.

    Raises
    ------
    DamagedPieceError
        When it is missing, cut short, altered or another one.
    StoreError
        When the place can't be read.
    """
    content = _content(place, piece)
    if content is None:
        raise DamagedPieceError("A part of the backup is missing.", remedy=ANOTHER)
    if len(content) != piece.size or sha256(content).digest() != piece.digest:
        raise DamagedPieceError("A part of the backup was altered, cut short or swapped.", remedy=ANOTHER)
    try:
        table, rows = unpack(content)
        made = [tuple(row) for row in rows]
    except (TypeError, ValueError, IntegrityError):
        table, made = "", []
    width = len(COLUMNS[table]) if table in COLUMNS else 1
    is_sound = all(len(row) == width and all(map(_is_cell, row)) for row in made)
    if table != piece.table or len(made) != piece.rows or not is_sound:
        raise DamagedPieceError("A part of the backup isn't what its manifest says.", remedy=ANOTHER)
    return made


def _is_cell(cell: object) -> bool:
    """Tell whether a value is one that a store's cell can hold; whoever made the piece may have put anything there."""
    return cell is None or isinstance(cell, bytes | float) or (type(cell) is int and -(1 << 63) <= cell < 1 << 63)


def _content(place: Place, piece: Piece) -> bytes | None:
    content = bytearray()
    try:
        for part in place.read_chunks(piece.name):
            content += part
            if len(content) > piece.size:  # however much is there
                break
    except NotFoundError:
        return None
    return bytes(content)
