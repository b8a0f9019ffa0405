"""The associated data that ties a ciphertext to its one place in the store."""

import struct
from dataclasses import dataclass
from enum import IntEnum

from workbench.errors import IntegrityError

MAGIC = b"JWB1"
ID_BYTES = 16
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
        """Return the 62 bytes that AES-GCM authenticates beside the ciphertext (NIST SP 800-38D, section 7.1).

        Raises
        ------
        IntegrityError
            When a part is of another type or width: it was read from a row that somebody altered.
        """
        for identifier in (self.store, self.owner, self.record):
            if not isinstance(identifier, bytes) or len(identifier) != ID_BYTES:
                raise IntegrityError("An id of the store isn't one: a row was altered.")
        if not isinstance(self.version, int) or not 0 < self.version < 2**63:
            raise IntegrityError("A version number of the store isn't one: a row was altered.")
        return _LAYOUT.pack(MAGIC, self.store, self.table, self.owner, self.record, self.version)
