"""The associated data that ties a ciphertext to its one place in the store."""

import struct
from dataclasses import dataclass
from enum import IntEnum

MAGIC = b"JWB1"
_LAYOUT = struct.Struct(">4s16sH16s16sQ")  # fixed width: no two contexts share an encoding


class Table(IntEnum):
    """What kind of thing is sealed, and so where it may stand. Numbers are for ever: they are authenticated."""

    ACCOUNT = 1
    SLOT = 2
    DATA_KEY = 3
    TURN = 16
    USAGE_EVENT = 17
    AUDIT_ENTRY = 18


@dataclass(frozen=True, slots=True)
class Context:
    """Where a ciphertext belongs. One moved to another table, owner, id, version or store no longer opens.

    Parameters
    ----------
    store, owner, record : bytes
        16 bytes each: the store's id, the owning account's id, the record's own id.
    table : Table
        What kind of record it is.
    version : int
        Counts a record's rewrites from 1, so that an older version can't be put under a newer number.
    """

    store: bytes
    table: Table
    owner: bytes
    record: bytes
    version: int = 1

    def associated_data(self) -> bytes:
        """Return the 62 bytes that AES-GCM authenticates beside the ciphertext (NIST SP 800-38D, section 7.1)."""
        for identifier in (self.store, self.owner, self.record):
            if len(identifier) != 16:  # noqa: PLR2004 - the width of every id
                msg = "an id in a context has 16 bytes"
                raise ValueError(msg)
        return _LAYOUT.pack(MAGIC, self.store, self.table, self.owner, self.record, self.version)
