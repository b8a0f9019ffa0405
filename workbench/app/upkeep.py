"""What an account's owner does about the account itself: ways in, keys, backups, and a look at what happened."""

from typing import TYPE_CHECKING

from workbench.app.account import rotation
from workbench.app.account.activity import DAYS, activity, suspicions
from workbench.app.account.safety import secure
from workbench.app.backups import Location, back_up
from workbench.app.door import Door
from workbench.app.sharing import overseers
from workbench.identity import Code, Enrolment, Strength, judge
from workbench.incidents import Alert
from workbench.storage import KEEP_DAYS, KEEP_KEYS_DAYS, Backup

if TYPE_CHECKING:
    import pandas as pd


class Upkeep(Door):
    """The part of a session that every account has, whatever its roles."""

    def strength(self, passphrase: str) -> Strength:
        """Return how strong a new passphrase for the account would be, and why it wouldn't be stronger.

        Parameters
        ----------
        passphrase : str
            As typed; never a literal in a cell, which the notebook keeps.
        """
        return judge(passphrase, name=self._name or "")

    def change_passphrase(self, *, current: str, new: str, code: Code = None) -> None:
        """Put a new passphrase, which opens on this device, in the place of the current one; no record is touched.

        Parameters
        ----------
        current, new : str
            As typed.
        code : str or callable, optional
            Where the account has a second factor; a fresh one.

        Raises
        ------
        AuthenticationError
            When the current one is wrong, or the code that a second factor takes.
        WeakPassphraseError
            When the new one doesn't hold.
        """
        opened = self.opened("account:self")
        with self._offering(code) as left:
            rotation.new_passphrase(opened, self._accounts, current=current, new=new, code=left)

    def new_recovery_codes(self, *, passphrase: str, code: Code = None) -> Enrolment:
        """Return ten fresh recovery codes, shown once; those of before open nothing any more.

        Parameters
        ----------
        passphrase : str
            The proof that it takes.
        code : str or callable, optional
            Where the account has a second factor; a fresh one.

        Raises
        ------
        AuthenticationError
            When the passphrase is wrong, or the code that a second factor takes.
        """
        opened = self.opened("account:self")
        with self._offering(code) as left:
            return rotation.new_recovery_codes(opened, self._accounts, passphrase=passphrase, code=left)

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
        with self._offering(code) as left:
            if passphrase is not None:
                self.step_up("keys:rotate", passphrase=passphrase, code=left, level=level)
            opened = self.opened("keys:rotate", level=level)
            return rotation.rotate(opened, self._accounts, level=level, passphrase=passphrase, progress=progress)

    def this_was_not_me(self, *, passphrase: str, new_passphrase: str, code: Code = None) -> Enrolment:
        """End every other session, and put a new passphrase, root key and recovery codes in force.

        This session goes on. For when something of `activity` wasn't you. The second factor stays: enrol another
        app if its phone was lost.

        Parameters
        ----------
        passphrase, new_passphrase : str
            The present one, and what takes its place.
        code : str or callable, optional
            Where the account has a second factor; a fresh one.

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
        with self._offering(code) as left:
            return secure(opened, self._accounts, passphrase=passphrase, new_passphrase=new_passphrase, code=left)

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

    def readers(self) -> list[overseers.Reader]:
        """Return who may read which of this account's vaults: overseers by their role, and whom it shares with."""
        return overseers.readers(self.opened("account:self"))

    def verify(self) -> dict[str, int]:
        """Check every row of every log, and open every record; return how many ``rows``, ``erased``, ``entries``.

        Entries are the logs' own, which say what was erased.

        Raises
        ------
        IntegrityError
            When anything was edited, cut off, put back, moved or emptied.
        """
        return rotation.verify(self.opened("audit:verify"))

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
