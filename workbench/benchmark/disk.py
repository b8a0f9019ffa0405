"""How long this disk takes to make a page safe, measured between the blocks: it decides what FULL costs."""

import os
from pathlib import Path

from workbench.benchmark.timing import timed

_PAGE = bytes(4096)  # what SQLite appends to its write-ahead log, about
_TIMES = 3  # in each block


class Disk:
    """A file beside the stores that is written and synchronised.

    Parameters
    ----------
    folder : Path
        On the disk that is measured.
    """

    def __init__(self, folder: Path) -> None:
        self._descriptor = os.open(folder / "probe", os.O_CREAT | os.O_RDWR, 0o600)

    def probe(self, _load: object) -> list[float]:
        """Append a page and wait until it is safe, a few times; return the seconds of each."""
        return [timed(self._append) for _ in range(_TIMES)]

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def _append(self) -> None:
        os.write(self._descriptor, _PAGE)
        os.fsync(self._descriptor)
