"""The two clocks that a session asks, moved by hand."""

from datetime import UTC, datetime, timedelta


class Clocks:
    """The wall clock, and the one that only goes on; it stands in for the module `time` too."""

    def __init__(self):
        self.wall, self.steady = 1_795_000_000.0, 50.0  # POSIX seconds, UTC; seconds

    def __call__(self):
        return datetime.fromtimestamp(0, UTC) + timedelta(seconds=self.wall)

    def monotonic(self):
        return self.steady

    def wait(self, seconds):
        self.wall += seconds
        self.steady += seconds
