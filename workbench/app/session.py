"""A session: one account while its keys are in this process."""

import operator
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.app import background, overseers, rotation
from workbench.app.access import Access, device_id
from workbench.app.activity import DAYS, activity, suspicions
from workbench.app.approvals import ApprovalsView
from workbench.app.backups import Location, back_up
from workbench.app.break_glass import BreakGlass
from workbench.app.compose import TurnStream
from workbench.app.factors import Factors
from workbench.app.history import History
from workbench.app.notices import Notices
from workbench.app.noting import note_proof
from workbench.app.opened import Opened
from workbench.app.people import People
from workbench.app.safety import secure
from workbench.app.sessions import Sessions
from workbench.app.shares import Shares
from workbench.app.views import AuditView, UsageView
from workbench.audit import AuditLog
from workbench.crypto import Kind
from workbench.errors import GenerationError, InputError, LockedError, PermissionDeniedError, WorkbenchError
from workbench.generation import DEFAULT_BASE_URL, DEFAULT_MODEL, Claude, Model, OfflinePoet, is_claude
from workbench.identity import Account, Accounts, Code, Enrolment, Permission, Strength, judge
from workbench.incidents import Alert
from workbench.privacy import minimise
from workbench.prosody import FORMS
from workbench.records import Preview, Prompt, Turn
from workbench.storage import KEEP_DAYS, KEEP_KEYS_DAYS, Backup, Database, Device

if TYPE_CHECKING:
    import pandas as pd

Listener = Callable[[str], None]


class Session:
    """One person's way to compose, browse and count; made by ``Workbench.sign_in``.

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
    """

    def __init__(
        self,
        database: Database,
        *,
        device: Device | None = None,
        name: str | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._accounts = Accounts(database, device=device, now=now)
        self._device = device
        self._database = database
        self._name = name
        self._now = now
        self._model: Model = OfflinePoet()
        self._opened: Opened | None = None
        self._listeners: list[Listener] = []
        self._lock = threading.RLock()
        self.history = History(self)
        self.usage = UsageView(self)
        self.audit = AuditView(self)
        self.sessions = Sessions(self)
        self.people = People(self)
        self.approvals = ApprovalsView(self)
        self.notices = Notices(self)
        self.shares = Shares(self)
        self.break_glass = BreakGlass(self)
        self.factors = Factors(self, self._accounts)

    def __repr__(self) -> str:
        """Tell the state only."""
        return f"Session({'locked' if self.is_locked else 'unlocked'}, {self._model.label})"

    @property
    def name(self) -> str | None:
        """Whose session it is; ``None`` as long as no one has said."""
        return self._name

    @property
    def roles(self) -> tuple[str, ...]:
        """What the account is by now; nothing while the session is locked."""
        opened = self._opened
        return () if opened is None else opened.account.roles

    def now(self) -> datetime:
        """Return the time by the session's clock; UTC."""
        return self._now()

    def strength(self, passphrase: str) -> Strength:
        """Return how strong a new passphrase for the account would be, and why it wouldn't be stronger."""
        return judge(passphrase, name=self._name or "")

    @property
    def is_locked(self) -> bool:
        """Whether the session holds no keys."""
        return self._opened is None

    @property
    def model(self) -> Model:
        """The model in use."""
        return self._model

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
            callable is asked once it is needed.
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
        account = self._accounts.unlock(
            name or self._name or "", passphrase=passphrase, code=code, accept_rollback=accept_rollback
        )
        self._open(account, event="authn_login_success")

    def recover(
        self, *, code: str, new_passphrase: str, name: str | None = None, accept_rollback: bool = False
    ) -> None:
        """Unlock with a recovery code, which is used up, and set a new passphrase.

        Parameters
        ----------
        code, new_passphrase : str
            As typed.
        name : str, optional
            Whose; the session's own when it isn't said.
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
        account = self._accounts.recover(
            name or self._name or "", code=code, new_passphrase=new_passphrase, accept_rollback=accept_rollback
        )
        self._open(account, event="authn_recovery_code_used")

    def _open(self, account: Account, *, event: str) -> None:
        audit = AuditLog(account.vaults[Kind.AUDIT_ENTRY], now=self._now)
        note_proof(audit, account.proof)
        failures = sum(count for _, count in account.proof.failures)
        audit.record(event, device=device_id(self._device), factor=account.proof.factor, failures=failures)
        self.lock()  # whatever was open before is sealed and closed
        access = Access(self._database, account, audit, device=self._device, now=self._now)
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
        with self._lock:
            opened, self._opened = self._opened, None
        if opened is None:
            return
        faults = opened.close()
        self.announce("locked")
        if faults:
            raise faults[0]

    def _end(self) -> None:
        """Lock without a word: the session ended by itself."""
        with suppress(WorkbenchError):
            self.lock()

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

    def readers(self) -> list[overseers.Reader]:
        """Return who may read which of this account's vaults: overseers by their role, and whom it shares with."""
        return overseers.readers(self.opened("account:self"))

    def step_up(
        self, permission: Permission, *, passphrase: str, code: Code = None, **facts: str | int | bytes
    ) -> None:
        """Prove who you are for one action, which is then to be taken within five minutes, and once.

        Parameters
        ----------
        permission : str
            Of the action.
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
        """
        opened = self.opened("account:self")
        rotation.step_up(opened, self._accounts, permission, passphrase=passphrase, code=code, facts=facts)

    def change_passphrase(self, *, current: str, new: str, code: Code = None) -> None:
        """Put a new passphrase, which opens on this device, in the place of the current one; no record is touched.

        Raises
        ------
        AuthenticationError
            When the current one is wrong, or the code that a second factor takes.
        WeakPassphraseError
            When the new one doesn't hold.
        """
        opened = self.opened("account:self")
        rotation.new_passphrase(opened, self._accounts, current=current, new=new, code=code)

    def new_recovery_codes(self, *, passphrase: str, code: Code = None) -> Enrolment:
        """Return ten fresh recovery codes, shown once; those of before open nothing any more.

        Raises
        ------
        AuthenticationError
            When the passphrase is wrong, or the code that a second factor takes.
        """
        opened = self.opened("account:self")
        return rotation.new_recovery_codes(opened, self._accounts, passphrase=passphrase, code=code)

    def rotate(
        self,
        level: rotation.Level,
        *,
        passphrase: str | None = None,
        code: Code = None,
        progress: rotation.Progress | None = None,
    ) -> Enrolment | None:
        """Put fresh keys in the place of all keys of one level; this session goes on.

        Killed at any moment, the store holds either the old or the new ones; for ``"data"``, some of each, and the next
        call goes on where this one was.

        Parameters
        ----------
        level : {"vault", "data", "identity", "root"}
            Vault keys; data keys, with every record sealed again; the key pairs that vaults are granted to and
            checkpoints signed by, after which other open sessions have to sign in again; the root key.
        passphrase : str, optional
            The proof that it takes, unless `step_up` was given it; ``"root"`` always takes it.
        code : str or callable, optional
            As for `step_up`.
        progress : callable, optional
            For ``"data"``: told how many rows lie behind, and how many there are.

        Returns
        -------
        Enrolment or None
            For ``"root"``: ten fresh recovery codes, shown once; those of before open nothing any more.

        Raises
        ------
        AuthenticationError, StepUpRequiredError
            When the passphrase is wrong, or missing.
        IntegrityError
            When something that is to be renewed was altered.
        LockedError
            When another session exchanged the account's keys.
        """
        if passphrase is not None:
            self.step_up("keys:rotate", passphrase=passphrase, code=code, level=level)
        opened = self.opened("keys:rotate", level=level)
        return rotation.rotate(opened, self._accounts, level=level, passphrase=passphrase, progress=progress)

    def activity(self, *, days: int = DAYS) -> "pd.DataFrame":
        """Return what happened to the account in the last days, newest first.

        Columns as `workbench.analytics.activity_frame`: ``time``, ``what`` (in words), ``outcome``, ``event``,
        ``device``, ``subject``. If something of it wasn't you: `this_was_not_me`.

        Parameters
        ----------
        days : int
            How far to look back.
        """
        return activity(self.opened("audit:read").audit.entries(), now=self.now(), days=days)

    def alerts(self) -> list[Alert]:
        """Return what looks wrong in the last two weeks of the account's log, newest first, by the rules S01 to S11."""
        return suspicions(self.opened("audit:read").audit.entries(), now=self.now())

    def this_was_not_me(self, *, passphrase: str, new_passphrase: str, code: Code = None) -> Enrolment:
        """End every other session, and put a new passphrase, root key and recovery codes in force.

        This session goes on. For when something of `activity` wasn't you. The second factor stays: enrol another
        app if its phone was lost.

        Returns
        -------
        Enrolment
            Ten fresh recovery codes, shown once.

        Raises
        ------
        AuthenticationError
            When the passphrase or the code is wrong.
        WeakPassphraseError
            When the new passphrase doesn't hold; the other sessions have ended all the same.
        """
        opened = self.opened("account:self")
        return secure(opened, self._accounts, passphrase=passphrase, new_passphrase=new_passphrase, code=code)

    def verify(self) -> dict[str, int]:
        """Check every row of every log, and open every record; return how many ``rows``, ``erased``, ``entries``.

        Entries are the logs' own, which say what was erased.

        Raises
        ------
        IntegrityError
            When anything was edited, cut off, put back, moved or emptied.
        """
        return rotation.verify(self.opened("audit:verify"))

    def use(
        self,
        *,
        model: str,
        api_key: str | Callable[[], str] | None = None,
        base_url: str | None = None,
        ca_bundle: Path | None = None,
    ) -> None:
        """Choose who answers from now on.

        Parameters
        ----------
        model : str
            ``"offline-poet"``, or a Claude model's id such as ``"claude-sonnet-5-5"``.
        api_key : str or callable, optional
            Asked for late and never kept in the store; default: the environment's ``ANTHROPIC_API_KEY``.
        base_url : str, optional
            Another https address that speaks the Messages API; the environment can't set it.
        ca_bundle : Path, optional
            Trust this authority alone, and show it.

        Raises
        ------
        InsecureTransportError
            When the address isn't https.
        GenerationError
            When the model is of no known kind.
        """
        if not isinstance(model, str):
            raise InputError("A model is named by text.")
        if model == OfflinePoet.name:
            chosen: Model = OfflinePoet()
        elif is_claude(model):
            chosen = Claude(model, api_key=api_key, base_url=base_url or DEFAULT_BASE_URL, ca_bundle=ca_bundle)
        else:
            raise GenerationError(
                "There is no model of that name.",
                remedy=f"Use {OfflinePoet.name!r}, or a Claude model such as {DEFAULT_MODEL!r}.",
            )
        self.use_model(chosen)

    def use_model(self, model: Model) -> None:
        """Let an object that keeps the `Model` protocol answer from now on: a model of your own, or a test's."""
        self._model = model
        self.announce("model")

    def preview(self, text: str, *, form: str | None = None, seed: int | None = None) -> Preview:
        """Return exactly what would leave the machine, and why; nothing is sent or stored.

        Raises
        ------
        DetectionError
            When personal data couldn't be looked for.
        """
        self.opened("prompt:create")
        prompt = _prompt(text, form=form, seed=seed)
        minimised, _ = minimise(prompt.text)
        return Preview(self._model.outgoing(minimised, form=prompt.form), prompt)

    def stream(
        self, text: str, *, form: str | None = None, seed: int | None = None, seen: Preview | None = None
    ) -> TurnStream:
        """Return the reply piece by piece: ``async for piece in session.stream("…")``.

        Cancelling keeps and marks the partial reply.

        Parameters
        ----------
        text : str
            The prompt.
        form : str, optional
            One of `workbench.prosody.FORMS`.
        seed : int, optional
            For the offline poet: the same seed gives the same poem.
        seen : Preview, optional
            What was looked at: anything else that would be sent by now (another model, other words) is refused.

        Raises
        ------
        DetectionError
            When personal data couldn't be looked for, or what would be sent isn't what was seen; nothing was sent.
        """
        opened = self.opened("prompt:create")
        return TurnStream(
            _prompt(text, form=form, seed=seed),
            model=self._model,
            seen=seen,
            vaults=opened.vaults,
            audit=opened.audit,
            now=self._now,
            running=opened.running,
            on_kept=lambda: self.announce("history"),
        )

    def ask(self, text: str, *, form: str | None = None, seed: int | None = None, seen: Preview | None = None) -> Turn:
        """Return the whole turn: minimise → model → restore → seal → store. Parameters as `stream`.

        Raises
        ------
        DetectionError
            When personal data couldn't be looked for, or what would be sent isn't what was seen; nothing was sent.
        GenerationError, InsecureTransportError
            When no whole answer came; what had come is in the history.
        """
        stream = self.stream(text, form=form, seed=seed, seen=seen)
        return background.run(_drain(stream))

    def backup(
        self,
        url: Location,
        *,
        keys_url: Location | None = None,
        keep_days: int = KEEP_DAYS,
        keep_keys_days: int = KEEP_KEYS_DAYS,
    ) -> Backup:
        """Back the whole store up, ciphertext only; return once what was written has been read back and verified.

        Verifying restores the backup into a private folder of the system's temporary one, and removes it again: of this
        account's records each is opened, of the others' the chains and signatures are checked.

        Parameters
        ----------
        url : str, Path or Place
            A folder, ``s3://bucket/prefix`` or ``memory://name``; one for each store.
        keys_url : str, Path or Place, optional
            Where the wrapped keys go; to the same place when it isn't said. Apart from the rest, they are safer.
        keep_days, keep_keys_days : int
            After so many days a later backup deletes this one, and its keys, without which it can't be restored.

        Raises
        ------
        PermissionDeniedError
            When no role allows it.
        IntegrityError
            When the store, or what was read back, doesn't verify; there is no backup then.
        StoreError
            When a place or the store can't be read or written, or the place is another store's.
        """
        opened = self.opened("backup:create")
        opened.vaults.checkpoint()
        terms = {"keep_days": keep_days, "keep_keys_days": keep_keys_days}
        return back_up(self._database, opened, to=(url, keys_url), device=self._device, now=self._now, **terms)

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


def _prompt(text: str, *, form: str | None, seed: int | None) -> Prompt:
    """Return the prompt, or refuse what can't be asked or sealed, before anything is sent."""
    if not isinstance(text, str) or not text.strip():
        raise GenerationError("The prompt is empty, or no text.", remedy="Write what you would like to read.")
    if form is not None and (not isinstance(form, str) or form not in FORMS):
        raise GenerationError("There is no form of that name.", remedy=f"Choose from: {', '.join(FORMS)}.")
    if seed is not None:
        try:
            seed = operator.index(seed)  # numpy's integers too
        except TypeError:
            raise InputError("The seed isn't a whole number.") from None
        if abs(seed) >= 2**63:
            raise InputError("The seed is too large.", remedy="Use a whole number below 2 to the power of 63.")
    return Prompt(text, form, seed)


async def _drain(stream: TurnStream) -> Turn:
    async for _ in stream:
        pass
    return stream.turn
