"""Whether an open session may still act, and may do this: asked before every action, answered from the store.

So a role that was taken away, a session that was revoked or an account that was disabled elsewhere counts from the very
next action on (R03; ASVS 8.3.2). On a laptop it is *advisory*; in team mode the *server* refuses the rows besides.
"""

import platform
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from workbench.app.account.factor_rule import require_factor
from workbench.app.pause import Pause
from workbench.audit import AuditLog
from workbench.errors import LockedError, PermissionDeniedError, StoreError, WorkbenchError
from workbench.identity import (
    SEEN_EVERY,
    Account,
    Approvals,
    Post,
    Scope,
    SessionClock,
    SessionInfo,
    Standings,
    StepUps,
    list_key,
    new_token,
    require,
    scopes,
    session_id_of,
    table,
)
from workbench.storage import Database, Device, SessionRows

LOOK_EVERY = 60.0  # seconds: a wait stands still while a laptop sleeps, so the clocks are asked once a minute


class Access:
    """The right of one open session to act.

    Parameters
    ----------
    database : Database
        The store.
    account : Account
        Whose session; `account` follows what is granted and taken.
    audit : AuditLog
        Where denials and changes of roles are noted.
    device : Device or None
        This machine.
    now : callable
        The clock; UTC.
    clock : SessionClock, optional
        Of a session that ran idle and goes on; its twelve hours go on too.
    app_for : frozenset of str
        Roles that need an authenticator app.
    is_bound : bool
        Whether the account's passphrase opens it on this device alone.
    """

    def __init__(
        self,
        database: Database,
        account: Account,
        audit: AuditLog,
        *,
        device: Device | None,
        now: Callable[[], datetime],
        clock: SessionClock | None = None,
        app_for: frozenset[str] = frozenset(),
        is_bound: bool = True,
    ) -> None:
        self.account = account
        self.audit = audit
        self._app_for, self._is_bound = app_for, is_bound
        self.clock = SessionClock(now, roles=account.roles) if clock is None else clock
        self.clock.touch()
        self.step_ups = StepUps(self.clock)
        self._database = database
        self._now = now
        self._rows = SessionRows(database)
        self.standings = Standings(database, now=self.now)
        self._session_id = session_id_of(new_token())
        self._key = list_key(account.private_keys.anchor_key)
        moment = now()
        self._info = SessionInfo(
            self._session_id[:16].hex(), platform.node() or "a device", device_id(device), moment, moment, is_this=True
        )
        self._noted = self._opened_at = self.clock.moment()
        self._ended = threading.Event()
        self.news = (0, 0)  # is another whenever anybody's roles are, or a letter has come, as far as was looked

    def __repr__(self) -> str:
        """Tell nothing of the account."""
        return "Access(<open>)"

    @property
    def device_id(self) -> str:
        """What stands for this device in the list of sessions and in the log."""
        return self._info.device_id

    def pause(self) -> Pause | None:
        """Return what may go on with the passphrase alone: a session that was unused for too long, and still stands."""
        pause = Pause(self._session_id, self.account.account_id, self.clock)
        with suppress(WorkbenchError):
            return pause if self.clock.idle_left <= 0 and pause.goes_on(self._database) else None
        return None

    @property
    def age(self) -> float:
        """Seconds since somebody proved to be its owner by unlocking it."""
        return self.clock.since(self._opened_at)

    def begin(self, on_idle: Callable[[], object]) -> None:
        """Put the session on its account's list, and call `on_idle` once it has been unused for too long.

        Parameters
        ----------
        on_idle : method
            Of the session, which isn't kept alive by it.

        Raises
        ------
        PermissionDeniedError
            When the account was disabled.
        """
        self.refresh()
        self._require_active()
        for session_id, info in self._infos():
            if info.has_ended(self._now()):
                self._rows.remove(session_id, self.account.account_id)
        self._rows.add(self._session_id, self.account.account_id, self._sealed())
        _, _, self.news = self._rows.look(self._session_id, self.account.account_id)
        weakref.finalize(self, self._ended.set)  # a session that nobody holds any more leaves no thread waiting
        watched = (weakref.ref(self), weakref.WeakMethod(on_idle), self._ended)
        threading.Thread(target=_watch, args=watched, name="workbench-idle", daemon=True).start()

    @property
    def is_read_only(self) -> bool:
        """Whether nothing can be written to the store."""
        return self._database.is_read_only

    def require(self, permission: str, facts: dict[str, str | int | bytes]) -> None:
        """Return when a session that still stands may do this; where it takes a step-up, the proof is used up.

        Raises
        ------
        PermissionDeniedError
            When no role allows it; the denial is in the audit log.
        StepUpRequiredError
            When the action takes a fresh proof.
        """
        try:
            require(permission, roles=self.account.roles)
            require_factor(
                permission,
                roles=self.account.roles,
                app_for=self._app_for,
                has_app=self.account.profile.totp is not None,
                is_bound=self._is_bound,
            )
        except PermissionDeniedError:
            self.audit.record("authz_fail", outcome="failure", permission=permission)
            raise
        if table()[permission].needs_step_up:
            self.step_ups.spend(permission, facts)
        self.clock.touch()
        self._note_use()

    def require_scope(self, permission: str, *allowed: Scope) -> None:
        """Return when a role allows it on records of one of these scopes: others' records, not one's own.

        Raises
        ------
        PermissionDeniedError
            When none does; the denial is in the audit log.
        """
        if not scopes(permission, roles=self.account.roles) & set(allowed):
            self.audit.record("authz_fail", outcome="failure", permission=permission, scope="+".join(allowed))
            raise PermissionDeniedError(f"None of this account's roles allows {permission} on others' records.")

    def require_open(self) -> None:
        """Return when the session still stands, with the roles that it has by now.

        Raises
        ------
        LockedError
            When it ended: revoked, idle for too long, or open for twelve hours.
        PermissionDeniedError
            When the account was disabled, or a change of its roles doesn't hold and leaves none.
        """
        if self.clock.left <= 0:
            raise LockedError("The session was open for twelve hours, and has ended.")
        if self.clock.idle_left <= 0:
            raise LockedError("The session wasn't used for a while, and has ended.")
        stands, serial, self.news = self._rows.look(self._session_id, self.account.account_id)
        if not stands:
            raise LockedError("The session was ended from another one.")
        if serial != self.account.profile.serial:
            self.refresh()
        self._require_active()

    def refresh(self) -> None:
        """Take over the roles as they are by now.

        Raises
        ------
        IntegrityError
            When an older standing was put back.
        IntegrityError, PermissionDeniedError
            When a change of roles doesn't hold, and leaves none.
        """
        before = self.account
        self.account, fault = self.standings.accepted(before)
        if fault is not None:
            self.audit.record("authz_role_refused", outcome="failure", reason=type(fault).__name__)
        elif self.account.profile.serial != before.profile.serial:
            self.audit.record("authz_role_changed", serial=self.account.profile.serial)
        self.clock.follow(self.account.roles)

    def _require_active(self) -> None:
        if not self.account.profile.is_active:
            raise PermissionDeniedError("The account was disabled.", remedy="Ask an admin of this workbench.")

    def list(self) -> list[SessionInfo]:
        """Return the account's open sessions, the last used first; what of them doesn't open is left out."""
        found = [info for _, info in self._infos() if not info.has_run_out(self._now())]
        return sorted(found, key=lambda info: info.last_seen, reverse=True)

    def revoke(self, session_id: str) -> bool:
        """End one session of this account, by its name in the list; return whether there was one."""
        for row_id, _ in self._rows.of(self.account.account_id):
            if row_id[:16].hex() == session_id:
                return self._rows.remove(row_id, self.account.account_id)
        return False

    def revoke_others(self) -> int:
        """End every other session of this account; return how many."""
        return self._rows.remove_all(self.account.account_id, but=self._session_id)

    def end_sessions_of(self, account_id: bytes) -> int:
        """End every session of another account; return how many."""
        return self._rows.remove_all(account_id)

    def post(self) -> Post:
        """Return the account's letter box."""
        return Post(self._database, self.account, now=self.now)

    def approvals(self) -> Approvals:
        """Return what the account asks others to approve, and is asked."""
        return Approvals(self._database, self.account, now=self.now)

    def end(self) -> None:
        """Take the session off the list; a store that can't be written keeps it there until it has run out.

        One that may go on stays there, so that it can be revoked.
        """
        self._ended.set()
        if self.pause() is None:
            with suppress(StoreError):
                self._rows.remove(self._session_id, self.account.account_id)

    def _infos(self) -> Iterator[tuple[bytes, SessionInfo]]:
        store, account = self._database.store_id, self.account.account_id
        for session_id, sealed in self._rows.of(account):
            with suppress(WorkbenchError):
                info = SessionInfo.opened(sealed, self._key, session_id=session_id, store=store, account=account)
                yield session_id, replace(info, is_this=session_id == self._session_id)

    def now(self) -> float:
        """Return the session's clock; POSIX seconds."""
        return self._now().timestamp()

    def _sealed(self) -> bytes:
        return self._info.sealed(self._key, store=self._database.store_id, account=self.account.account_id)

    def _note_use(self) -> None:
        """Note when the session was used, once a minute."""
        if self.clock.since(self._noted) > SEEN_EVERY:
            self._noted = self.clock.moment()
            self._info = replace(self._info, last_seen=self._now())
            with suppress(StoreError):  # a full disk doesn't end a session
                self._rows.update(self._session_id, self.account.account_id, self._sealed())


def _watch(
    access: "weakref.ref[Access]", on_idle: "weakref.WeakMethod[Callable[[], object]]", ended: threading.Event
) -> None:
    """Call `on_idle` once a session was unused, or open, for too long; keep it alive no longer than others do."""
    wait = 0.0
    while not ended.wait(wait):
        watched = access()
        if watched is None:
            return
        left = min(watched.clock.idle_left, watched.clock.left)
        del watched
        if left <= 0:
            if (end := on_idle()) is not None:
                end()
            return
        wait = min(max(1.0, left), LOOK_EVERY)


def device_id(device: Device | None) -> str:
    """Return 16 hexadecimal digits that stay the same on one device, or nothing: no fingerprint, only a random name."""
    secret = device.secret() if device is not None else None
    return sha256(b"JWB1 device" + secret.name).hexdigest()[:16] if secret is not None else ""
