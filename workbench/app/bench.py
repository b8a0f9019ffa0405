"""The bench: a store, its accounts, and the way in."""

import secrets
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import Self

from workbench.app.account.factor_rule import roles_with_app
from workbench.app.account.first_roles import first_roles
from workbench.app.backups import Location, place_of
from workbench.app.demo import invented_people, throw_away_store
from workbench.app.session import Session
from workbench.errors import NotFoundError, StoreError
from workbench.identity import Accounts, Enrolment, Strength, judge, suggest_passphrase, with_breaches
from workbench.storage import Database, Device, ListedBackup, Restored, listed_backups, open_database, restore
from workbench.storage.device import folder_of_this_user
from workbench.storage.team import SharedDevice

Secret = str | Callable[[], str]
"""A secret, or something that asks for it when it is needed."""


class Workbench:
    """A store of sealed work; ``Workbench.open(path)`` or ``Workbench.demo()`` makes one.

    Parameters
    ----------
    database : Database
        The open store.
    device : Device, optional
        What this machine keeps outside of the store: its secret, and how far it has seen the store.
    app_for : frozenset of str
        Roles that need an authenticator app.
    """

    session_type: type[Session] = Session

    def __init__(
        self, database: Database, *, device: Device | None = None, app_for: frozenset[str] = frozenset()
    ) -> None:
        self._database = database
        self._device = device
        self._app_for = app_for
        self._accounts = Accounts(database, device=device)
        self._known: dict[str, str] = {}  # passphrases of a demo's invented people; empty everywhere else
        self._discard: Callable[[], object] | None = None  # removes a demo's folder

    def __repr__(self) -> str:
        """Tell nothing of what is in it."""
        return "Workbench(<store>)"

    @classmethod
    def open(cls, location: str | Path, *, device: Path | None = None, app_for: Iterable[str] = ()) -> Self:
        """Open a store, and create it on first use, readable by you alone (0600).

        Parameters
        ----------
        location : str or Path
            A file, for example ``"data/workbench.db"``, or a database, ``"postgresql://user@host/database"``.

        device : Path, optional
            A folder for what this machine keeps outside of the store; default: in your state folder. An account that
            is made here takes a recovery code to be opened on another device.
        app_for : iterable of str
            Roles that need an authenticator app, beside those of the variable ``WORKBENCH_APP_FOR``.

        Raises
        ------
        StoreError
            When it can't be opened or written, or is of a kind that this version doesn't know.
        StoreVersionError
            When it isn't a store, or a newer workbench wrote it.
        InsecureTransportError
            When the database is on another machine and the address asks for less than a verified connection.
        """
        asked = roles_with_app(app_for)
        database = open_database(location)
        folder = folder_of_this_user() if device is None else device
        kept = SharedDevice(folder, database=database) if database.is_team else Device(folder)
        return cls(database, device=kept, app_for=asked)

    @property
    def path(self) -> Path:
        """The store's file.

        Raises
        ------
        StoreError
            When it lies in PostgreSQL.
        """
        if self._database.path is None:
            raise StoreError("The store lies in PostgreSQL, in no file.", remedy="Ask for its session or history.")
        return self._database.path

    @property
    def is_empty(self) -> bool:
        """Whether the store has no account yet."""
        return self._accounts.count() == 0

    def create_account(
        self, name: str, *, passphrase: Secret, roles: Iterable[str] | None = None, code: Secret | None = None
    ) -> Enrolment:
        """Make an account and return its recovery codes, which are shown once and never again.

        Parameters
        ----------
        name : str
            1 to 64 printable characters.
        passphrase : str or callable
            15 characters or more that aren't easily guessed; `strength` says why one isn't accepted.
        roles : iterable of str, optional
            Keys of `workbench.identity.ROLES`; on a laptop one owner holds them all. In a team: those that the server
            knows this login to have.
        code : str or callable, optional
            In a team, once the login has a second factor.

        Raises
        ------
        WeakPassphraseError
            When the passphrase doesn't hold; the message gives the reasons.
        AccountExistsError
            When the name is taken.
        PermissionDeniedError
            When a role isn't in the table, or the team's server didn't grant it.
        """
        chosen = first_roles(self._database, roles, is_empty=self.is_empty)
        with self._device.offering(code) if self._device else nullcontext():
            return self._accounts.create(name, passphrase=_ask(passphrase), roles=chosen)

    def strength(self, passphrase: str, *, name: str = "", check_breaches: bool = False) -> Strength:
        """Return how strong a passphrase is, and why it isn't stronger.

        Parameters
        ----------
        passphrase : str
            As typed.
        name : str
            The account's name, which is the first thing to be guessed.
        check_breaches : bool
            Ask Have I Been Pwned too, when it is accepted otherwise: 5 hexadecimal digits of its SHA-1 leave the
            machine. Where no answer comes, ``breaches`` is ``"not checked"``.
        """
        strength = judge(passphrase, name=name)
        return with_breaches(strength, passphrase) if check_breaches else strength

    @staticmethod
    def suggest_passphrase() -> str:
        """Return six random words of 7,776, which makes 77.5 bits; they are kept nowhere.

        In a notebook, take the sign-in panel's "Suggest one": what a cell returns is saved with the notebook.
        """
        return suggest_passphrase()

    @classmethod
    def demo(cls, *, students: int = 3, staff: Iterable[str] = ()) -> Self:
        """Open a throw-away store with invented people, the offline poet and no network, for lessons.

        Its owner is ``ada``; the students are ``student-1`` and so on. Their passphrases are made up on the spot and
        known to this bench alone, so ``sign_in("ada")`` asks for none. The folder goes when the bench does.

        Parameters
        ----------
        students : int
            How many students' accounts to make.
        staff : iterable of str
            Roles: one account for each, of that name, such as ``"analyst"``.
        """
        database, device, discard = throw_away_store()
        bench = cls(database, device=device)
        bench._discard = discard
        for name, role in invented_people(students=students, staff=staff).items():
            bench._known[name] = secrets.token_urlsafe(24)
            bench.create_account(name, passphrase=bench._known[name], roles=(role,))
        return bench

    def invented_passphrase(self, name: str) -> str:
        """Return the passphrase of one of a demo's invented people, for actions that ask for it once more.

        Raises
        ------
        NotFoundError
            When they aren't one: nobody else's passphrase is known.
        """
        if name not in self._known:
            raise NotFoundError("That isn't one of this demo's people.", remedy="Type your own passphrase in a panel.")
        return self._known[name]

    def locked_session(self, name: str | None = None) -> Session:
        """Return a session that is still locked, for a panel to unlock."""
        return self.session_type(self._database, device=self._device, name=name, app_for=self._app_for)

    def sign_in(
        self,
        name: str,
        *,
        passphrase: Secret | None = None,
        code: Secret | None = None,
        accept_rollback: bool = False,
    ) -> Session:
        """Return an unlocked session.

        Parameters
        ----------
        name : str
            The account's.
        passphrase : str or callable, optional
            Asked for late when it is a callable; only a demo's invented people need none.
        code : str or callable, optional
            Where the account has a second factor: the authenticator app's, or a recovery code, which is used up. A
            callable is asked only then.
        accept_rollback : bool
            Take a store that was put back from an older copy, and note that in the audit log: after restoring a backup.

        Raises
        ------
        AuthenticationError
            When the name, the passphrase or the code is wrong; which of them is not said.
        ThrottledError
            When too many were wrong.
        IntegrityError
            When the store was put back from an older copy, continued from one, cut off or edited.
        """
        session = self.locked_session(name)
        secret = _ask(self._known.get(name, "") if passphrase is None else passphrase)
        session.unlock(passphrase=secret, code=code, accept_rollback=accept_rollback)
        return session

    def recover(
        self,
        name: str,
        *,
        code: Secret,
        new_passphrase: Secret,
        second: Secret | None = None,
        accept_rollback: bool = False,
    ) -> Session:
        """Return a session opened by a recovery code, which is used up, and set a new passphrase.

        Parameters
        ----------
        name : str
            The account's.
        code, new_passphrase : str or callable
            Asked for late when they are callables.
        second : str or callable, optional
            Where the account has an authenticator app: its code, or another recovery code, which is used up too.
        accept_rollback : bool
            Take a store that was put back from an older copy, and note that in the audit log: after restoring a backup.

        Raises
        ------
        AuthenticationError
            When the name or a code is wrong or was used before, or a second one is needed (`needs_code`).
        WeakPassphraseError
            When the new passphrase doesn't hold; the code stays good.
        """
        session = self.locked_session(name)
        session.recover(
            code=_ask(code), new_passphrase=_ask(new_passphrase), second=second, accept_rollback=accept_rollback
        )
        return session

    @classmethod
    def restore(
        cls,
        url: Location,
        to: str | Path,
        *,
        keys_url: Location | None = None,
        backup: str | None = None,
        accept_expired: bool = False,
        device: Path | None = None,
    ) -> Restored:
        """Restore a backup into a new store, never over an old one; whole or not at all.

        What is known to have been erased since, in the place or on this device, doesn't come back. Where the store was
        used further than the backup reaches, or something was left out, the next sign-in of an account takes
        ``accept_rollback=True``. On a new device it takes a recovery code.

        Parameters
        ----------
        url : str, Path or Place
            Where the backups lie.
        to : str or Path
            A file that isn't there, or the URL of a PostgreSQL database in which there is no account; it needn't be the
            engine that was backed up.
        keys_url : str, Path or Place, optional
            Where the keys lie, if apart.
        backup : str, optional
            Which, as `backups` lists them; the newest when it isn't said.
        accept_expired : bool
            Take a backup whose time, or its keys', is over.
        device : Path, optional
            As for `open`.

        Raises
        ------
        NotFoundError
            When there is no such backup, or its keys aren't there.
        IntegrityError
            When anything of it was altered, cut short, swapped, or is missing.
        RetentionError
            When its time is over.
        StoreError
            When a place can't be read, or the store can't be written or is there already.
        """
        return restore(
            to,
            data=place_of(url),
            keys=place_of(url if keys_url is None else keys_url),
            backup=backup,
            device=_device(device),
            accept_expired=accept_expired,
        )

    @classmethod
    def backups(cls, url: Location, *, keys_url: Location | None = None) -> tuple[ListedBackup, ...]:
        """Return which backups lie in a place, newest first; signatures are checked when one is restored.

        Raises
        ------
        StoreError
            When the place can't be read.
        """
        return listed_backups(place_of(url), place_of(url if keys_url is None else keys_url))

    def close(self) -> None:
        """Close the store; a demo's goes with its folder."""
        self._database.close()
        if self._discard is not None:
            self._discard()


def _ask(secret: Secret) -> str:
    return secret() if callable(secret) else secret


def _device(folder: Path | None) -> Device:
    return Device.of_this_user() if folder is None else Device(folder)
