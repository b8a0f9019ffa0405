"""A session that ran idle: its keys are dropped, its row stays, and whoever ends it elsewhere ends it for good."""

from contextlib import suppress
from dataclasses import dataclass

from workbench.errors import StoreError
from workbench.identity import SessionClock
from workbench.storage import Database, SessionRows


@dataclass(frozen=True, slots=True)
class Pause:
    """What goes on with the passphrase alone, until twelve hours are over or its row is gone (A18, A19).

    Parameters
    ----------
    session_id, account_id : bytes
        Of its row, and whose.
    clock : SessionClock
        Since when it was open.
    """

    session_id: bytes
    account_id: bytes
    clock: SessionClock

    def goes_on(self, database: Database) -> bool:
        """Whether it wasn't ended: by the clock, or from another session."""
        return self.clock.left > 0 and SessionRows(database).look(self.session_id, self.account_id)[0]

    def end(self, database: Database) -> None:
        """Take its row away: it went on under another, or was locked."""
        with suppress(StoreError):
            SessionRows(database).remove(self.session_id, self.account_id)
