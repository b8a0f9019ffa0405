"""A clock that stands still until it is told to go on."""

from datetime import UTC, datetime, timedelta


class Clock:
    def __init__(self, moment=datetime(2026, 11, 24, 12, 0, 5, tzinfo=UTC)):
        self.moment = moment

    def __call__(self):
        return self.moment

    def wait(self, seconds):
        self.moment += timedelta(seconds=seconds)

    @property
    def seconds(self):
        return self.moment.timestamp()
