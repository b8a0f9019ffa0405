"""What an unlocked session holds, and how it is given up."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from workbench.app.compose import RunningReplies
from workbench.audit import AuditLog
from workbench.crypto import KeyRing
from workbench.errors import WorkbenchError
from workbench.identity import Account
from workbench.storage import SearchIndex, Vault


@dataclass(slots=True)
class Opened:
    """What a session holds while it is unlocked, and drops when it locks."""

    account: Account
    key_ring: KeyRing
    vault: Vault
    audit: AuditLog
    running: RunningReplies = field(default_factory=RunningReplies)
    index: SearchIndex = field(default_factory=SearchIndex)
    indexed_until: int = 0
    indexing: threading.Lock = field(default_factory=threading.Lock)

    def close(self) -> list[WorkbenchError]:
        """Stop and seal the replies that are coming, note the end, and drop the keys whatever happens before.

        Returns
        -------
        list of WorkbenchError
            What could not be sealed or noted.
        """
        faults: list[WorkbenchError] = []
        try:
            actions: list[Callable[[], object]] = [stream.stop for stream in self.running.close()]
            actions.append(partial(self.audit.record, "session_locked"))
            for action in actions:
                try:
                    action()
                except WorkbenchError as fault:
                    faults.append(fault)
        finally:
            self.index.close()
            self.key_ring.forget()
        return faults
