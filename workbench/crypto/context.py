"""What ties a ciphertext to its one place: the associated data of a record, and the data of its leaf in the log."""

import struct
from typing import NamedTuple

from workbench.crypto.kinds import Kind
from workbench.errors import IntegrityError

MAGIC = b"JWB1"
ID_BYTES = 16
# Fixed width: no two contexts share an encoding.
_STATED = struct.Struct(">4s16s16sH16sQ")  # magic, store, vault, kind, record, version: 62 bytes
_SEALED = struct.Struct(">4sB16s16sH16sQ16s")  # the same with the suite after the magic, and the data key: 79 bytes


class Context(NamedTuple):
    """Where a record belongs. One moved to another vault, kind, id, version or store no longer opens.

    A tuple, because every record that is read or written makes one: a frozen dataclass takes 1 µs more.

    Parameters
    ----------
    store, vault, record : bytes
        16 bytes each: the store's id, the vault's id, the record's own id.
    kind : Kind
        What kind of record it is.
    version : int
        Counts a record's rewrites from 1, so that an older version can't be put under a newer number; 0 in the log's
        own entries.
    """

    store: bytes
    vault: bytes
    kind: Kind
    record: bytes
    version: int = 1

    def associated_data(self, *, suite: int, key_id: bytes) -> bytes:
        """Return the 79 bytes that are authenticated beside a ciphertext.

        Raises
        ------
        IntegrityError
            When a part is of another type or width: it was read from a row that somebody altered.
        """
        try:
            if len(key_id) == len(self.record) == ID_BYTES:
                return _SEALED.pack(MAGIC, suite, self.store, self.vault, self.kind, self.record, self.version, key_id)
        except (TypeError, struct.error):
            pass
        raise IntegrityError("An id or a number of a record isn't one: a row was altered.")

    def stated(self) -> bytes:
        """Return the 62 bytes that stand before a record's content in its leaf; the key isn't among them.

        Raises
        ------
        IntegrityError
            As `associated_data`.
        """
        try:
            if len(self.record) == ID_BYTES:
                return _STATED.pack(MAGIC, self.store, self.vault, self.kind, self.record, self.version)
        except (TypeError, struct.error):
            pass
        raise IntegrityError("An id or a number of a record isn't one: a row was altered.")
