"""What an unlocked session holds, how it is watched, and how it is given up."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from workbench.app.access import Access
from workbench.app.compose import RunningReplies
from workbench.audit import AuditLog
from workbench.crypto import Kind
from workbench.errors import IntegrityError, LockedError, WorkbenchError
from workbench.identity import Account, Accounts
from workbench.storage import SearchIndex, Vault, Vaults


@dataclass(slots=True)
class Opened:
    """What a session holds while it is unlocked, and drops when it locks."""

    access: Access
    audit: AuditLog
    accounts: Accounts
    running: RunningReplies = field(default_factory=RunningReplies)
    damage: IntegrityError | None = None
    fault: WorkbenchError | None = None
    news: tuple[int, int] | None = None  # `Access.news` when the readers of the account's vaults were last settled
    settle_at: float | None = None  # POSIX seconds: when they have to be settled again, whoever changes what
    _index: SearchIndex | None = None

    @property
    def account(self) -> Account:
        """Whose session it is, as its roles and keys are by now."""
        return self.access.account

    @account.setter
    def account(self, account: Account) -> None:
        self.access.account = account

    @property
    def index(self) -> SearchIndex:
        """The search over the history; `watch` opens it."""
        if self._index is None:
            self._index = self.vaults.search_index()
        return self._index

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
        if Kind.TURN in self.vaults:
            self.index.open()
        self._begin_verifying()

    def require_sound(self) -> None:
        """Return unless the check in the background found something, or couldn't be brought to its end.

        Raises
        ------
        IntegrityError
            When the store was edited; every time.
        WorkbenchError
            What kept the check from its end, such as a damaged page of the file; once, and the check begins again.
        """
        if self.damage is not None:
            raise self.damage.with_traceback(None)
        fault, self.fault = self.fault, None
        if fault is not None:
            self._begin_verifying()
            raise fault

    def _begin_verifying(self) -> None:
        threading.Thread(target=self._verify, name="workbench-verify", daemon=True).start()

    def _verify(self) -> None:
        try:
            self.vaults.verify(deep=False)
        except IntegrityError as error:
            self.damage = error
        except LockedError:  # meanwhile: the next unlocking checks again
            pass
        except WorkbenchError as error:
            # Else a damaged page would keep other edits from being found. Without its frames, which hold content.
            self.fault = error.with_traceback(None)

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
            actions += [self.access.end, self.vaults.close]
            for action in actions:
                try:
                    action()
                except WorkbenchError as fault:
                    faults.append(fault)
        finally:
            if self._index is not None:
                self._index.close()
            self.account.key_ring.forget()
        return faults
