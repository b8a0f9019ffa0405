"""A session's door: who is in, for how long, and with which rights. Every action passes through `Door.opened`."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import UTC, datetime

from workbench.app.access import Access, device_id
from workbench.app.account import rotation
from workbench.app.account.noting import note_proof
from workbench.app.opened import Opened
from workbench.app.pause import Pause
from workbench.app.sharing import overseers
from workbench.audit import AuditLog
from workbench.crypto import Kind
from workbench.errors import LockedError, PermissionDeniedError, WorkbenchError
from workbench.identity import Account, Accounts, Code, Permission, SessionClock, is_bound_to_device
from workbench.storage import Database, Device

Listener = Callable[[str], None]


class Door:
    """What a session is before it can do anything: locked or unlocked, and whose.

    Parameters
    ----------
    database : Database
        The store.
    device : Device, optional
        What this machine keeps outside of the store.
    name : str, optional
        Whose session it is to be; asked for when it isn't said.
    now : callable
        The clock; UTC.
    app_for : frozenset of str
        Roles that need an authenticator app; see `workbench.app.account.factor_rule`.
    """

    def __init__(
        self,
        database: Database,
        *,
        device: Device | None = None,
        name: str | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        app_for: frozenset[str] = frozenset(),
    ) -> None:
        self._app_for = app_for
        self._accounts = Accounts(database, device=device, now=now)
        self._device = device
        self._database = database
        self._name = name
        self._now = now
        self._opened: Opened | None = None
        self._pause: Pause | None = None
        self._listeners: list[Listener] = []
        self._lock = threading.RLock()

    @property
    def name(self) -> str | None:
        """Whose session it is; ``None`` as long as no one has said."""
        return self._name

    @property
    def roles(self) -> tuple[str, ...]:
        """What the account is by now; nothing while the session is locked."""
        opened = self._opened
        return () if opened is None else opened.account.roles

    @property
    def is_locked(self) -> bool:
        """Whether the session holds no keys."""
        return self._opened is None

    def now(self) -> datetime:
        """Return the time by the session's clock; UTC."""
        return self._now()

    def unlock(
        self, *, passphrase: str, name: str | None = None, code: Code = None, accept_rollback: bool = False
    ) -> None:
        """Take the account's keys into this process.

        Parameters
        ----------
        passphrase : str
            As typed.
        name : str, optional
            Whose; the session's own when it isn't said.
        code : str or callable, optional
            Where the account has a second factor: the authenticator app's, or a recovery code, which is used up. A
            callable is asked once it is needed. A session that was merely unused for too long goes on without, until
            it has been open for twelve hours (NIST SP 800-63B-4, 2.2.3).
        accept_rollback : bool
            Take a store that was put back from an older copy, and note that in the audit log.

        Raises
        ------
        AuthenticationError
            When the name, the passphrase or the code is wrong, the account needs another device's secret, or a code is
            needed and there is none (`needs_code`).
        ThrottledError
            When too many were wrong.
        IntegrityError
            When the store was put back from an older copy, continued from one, cut off or edited.
        """
        pause = self._pause if self._pause and self._pause.goes_on(self._database) else None
        with self._offering(code) as left:
            account = self._accounts.unlock(
                name or self._name or "",
                passphrase=passphrase,
                code=left,
                accept_rollback=accept_rollback,
                proved=pause.account_id if pause else b"",
            )
        is_on = pause is not None and pause.account_id == account.account_id
        self._open(account, event="authn_login_success", clock=pause.clock if pause and is_on else None)

    def recover(
        self,
        *,
        code: str,
        new_passphrase: str,
        name: str | None = None,
        second: Code = None,
        accept_rollback: bool = False,
    ) -> None:
        """Unlock with a recovery code, which is used up, and set a new passphrase.

        Parameters
        ----------
        code, new_passphrase : str
            As typed.
        name : str, optional
            Whose; the session's own when it isn't said.
        second : str or callable, optional
            Where the account has an authenticator app: its code, or another recovery code, which is used up too.
        accept_rollback : bool
            Take a store that was put back from an older copy, and note that in the audit log.

        Raises
        ------
        AuthenticationError
            When the name or the code is wrong, or the code was used before.
        ThrottledError
            When too many were wrong.
        WeakPassphraseError
            When the new passphrase doesn't hold; the code stays good.
        """
        with self._offering(None, is_optional=True):
            account = self._accounts.recover(
                name or self._name or "",
                code=code,
                new_passphrase=new_passphrase,
                second=second,
                accept_rollback=accept_rollback,
            )
        self._open(account, event="authn_recovery_code_used")

    def _open(self, account: Account, *, event: str, clock: SessionClock | None = None) -> None:
        audit = AuditLog(account.vaults[Kind.AUDIT_ENTRY], now=self._now)
        proof, device = account.proof, device_id(self._device)
        note_proof(audit, proof, device=device, is_sign_in=True)
        audit.record(event, device=device, factor=proof.factor, failures=sum(count for _, count in proof.failures))
        self._close()  # whatever was open before is sealed
        access = Access(
            self._database,
            account,
            audit,
            device=self._device,
            now=self._now,
            clock=clock,
            app_for=self._app_for,
            is_bound=is_bound_to_device(self._accounts, account),
        )
        self._end_pause()
        try:
            access.begin(self._end)
        except WorkbenchError:
            account.key_ring.forget()
            raise
        opened = Opened(access, audit, self._accounts)
        opened.watch()
        overseers.keep_up(opened)
        with self._lock:
            self._name = account.name
            self._opened = opened
        self.announce("unlocked")

    def lock(self) -> None:
        """Drop the keys; a reply that is still coming is stopped, and what had come is sealed first.

        Raises
        ------
        WorkbenchError
            When something could not be sealed, or the lock not noted in the audit log; the keys are dropped all the
            same.
        """
        try:
            self._close()
        finally:
            self._end_pause()

    def _close(self) -> None:
        """As `lock`; a session that ran idle may go on with the passphrase alone."""
        with self._lock:
            opened, self._opened = self._opened, None
        if opened is None:
            return
        self._pause = opened.access.pause()
        faults = opened.close()
        self.announce("locked")
        if faults:
            raise faults[0]

    def _end_pause(self) -> None:
        pause, self._pause = self._pause, None
        if pause is not None:
            pause.end(self._database)

    def _offering(self, code: Code, *, is_optional: bool = False) -> AbstractContextManager[Code]:
        """Lend what is left of a code, once whatever makes out the device's secret has it at hand."""
        return nullcontext(code) if self._device is None else self._device.offering(code, is_optional=is_optional)

    def _end(self) -> None:
        """Lock without a word: the session ended by itself."""
        with suppress(WorkbenchError):
            self._close()

    def opened(self, permission: Permission, **facts: str | int | bytes) -> Opened:
        """Return what the session holds, if one of its roles allows the action; every method passes here.

        Parameters
        ----------
        permission : str
            Of the table of roles.
        **facts : str, int or bytes
            What a step-up has to name, where the action takes one.

        Raises
        ------
        LockedError
            When it is locked, or has ended: idle for too long, revoked, or open for twelve hours.
        PermissionDeniedError
            When no role allows it; the denial is in the audit log.
        StepUpRequiredError
            When the action takes a fresh proof of who one is.
        """
        opened = self._opened
        if opened is None:
            raise LockedError("The session is locked.")
        opened.require_sound()
        try:
            opened.access.require_open()
        except (LockedError, PermissionDeniedError):  # it ended, or the account was disabled
            self._end()
            raise
        opened.access.require(permission, facts)
        overseers.keep_up(opened)
        return opened

    def step_up(
        self, permission: Permission, *, passphrase: str, code: Code = None, **facts: str | int | bytes
    ) -> None:
        """Prove who you are for one action, which is then to be taken within five minutes, and once.

        Parameters
        ----------
        permission : str
            Of the action: one of those that ``workbench/identity/roles.csv`` has a step-up for.
        passphrase : str
            As typed.
        code : str or callable, optional
            Where the account has a second factor; a fresh one, as for `unlock`.
        **facts : str, int or bytes
            What the action is about, exactly as it will be asked for.

        Raises
        ------
        AuthenticationError
            When the passphrase or the code is wrong, or a code is needed and there is none (`needs_code`).
        ThrottledError
            When too many were wrong.
        InputError
            When there is no such action, or it takes no proof.
        """
        opened = self.opened("account:self")
        with self._offering(code) as left:
            rotation.step_up(opened, self._accounts, permission, passphrase=passphrase, code=left, facts=facts)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with "unlocked", "locked", "history" or "model" when that changes, from any thread.

        Returns
        -------
        callable
            Ends the subscription.
        """
        self._listeners.append(listener)

        def end() -> None:
            with suppress(ValueError):
                self._listeners.remove(listener)

        return end

    def announce(self, change: str) -> None:
        """Tell the listeners of a change; one that fails doesn't stop the others."""
        for listener in tuple(self._listeners):
            with suppress(Exception):
                listener(change)
