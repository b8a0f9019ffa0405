"""What an unlocked session holds, how it is watched, and how it is given up."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from workbench.app.compose import RunningReplies
from workbench.audit import AuditLog
from workbench.crypto import Kind
from workbench.errors import IntegrityError, WorkbenchError
from workbench.identity import Account
from workbench.storage import SearchIndex, Vault, Vaults


@dataclass(slots=True)
class Opened:
    """What a session holds while it is unlocked, and drops when it locks."""

    account: Account
    audit: AuditLog
    running: RunningReplies = field(default_factory=RunningReplies)
    index: SearchIndex = field(init=False)
    damage: IntegrityError | None = None

    def __post_init__(self) -> None:
        """Prepare the index; `watch` opens it."""
        self.index = self.vaults.search_index()

    @property
    def vaults(self) -> Vaults:
        """The account's sealed records."""
        return self.account.vaults

    @property
    def turns(self) -> Vault:
        """The history."""
        return self.vaults[Kind.TURN]

    def watch(self) -> None:
        """Open the search index, and check every log from its first row, both in the background.

        What the check finds stops the session's next action. Unlocking has checked what is new since this device last
        saw the store; this finds edits in what is old.
        """
        self.index.open()
        threading.Thread(target=self._verify, name="workbench-verify", daemon=True).start()

    def _verify(self) -> None:
        try:
            self.vaults.verify(deep=False)
        except IntegrityError as error:
            self.damage = error
        except WorkbenchError:  # locked or closed meanwhile, or busy: the next unlocking checks again
            pass

    def close(self) -> list[WorkbenchError]:
        """Stop and seal the replies that are coming, note the end, and drop the keys whatever happens before.

        Returns
        -------
        list of WorkbenchError
            What could not be sealed, noted or signed.
        """
        faults: list[WorkbenchError] = []
        try:
            actions: list[Callable[[], object]] = [stream.stop for stream in self.running.close()]
            actions.append(partial(self.audit.record, "session_locked"))
            actions.append(self.vaults.close)
            for action in actions:
                try:
                    action()
                except WorkbenchError as fault:
                    faults.append(fault)
        finally:
            self.index.close()
            self.account.key_ring.forget()
        return faults
