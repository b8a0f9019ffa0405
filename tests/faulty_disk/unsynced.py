"""A disk that calls every sync done at once, so that thousands of stores can be opened in seconds.

No test pulls the real plug: what a recording says of syncs counts, and whether the machine's own disk carried them out
does not. On a machine under load the tests of the store took 127 s with real syncs, and 31 s without.
"""

import sqlite3
from collections.abc import Callable

from faulty_disk.shim import Call, Shim


class Unsynced(Shim):
    """Skips the syncs of the connections opened while the context is open; recordings and faults go on top of it."""

    def __init__(self) -> None:
        super().__init__(_skip_syncs)


def _skip_syncs(call: Call, proceed: Callable[[], int]) -> int:
    return sqlite3.SQLITE_OK if call.operation == "sync" else proceed()
