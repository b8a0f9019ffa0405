"""A disk that fails when a test wants it to: power cuts replayed from a recording, and errors at the n-th call.

It stands below the SQLite that Python's own `sqlite3` uses, so that the program under test runs as it is.
"""

from faulty_disk.crashes import CrashState, materialise
from faulty_disk.failing import FailingAt
from faulty_disk.recording import Recording
from faulty_disk.shim import Call, Shim
from faulty_disk.unsynced import Unsynced

__all__ = ["Call", "CrashState", "FailingAt", "Recording", "Shim", "Unsynced", "materialise"]
