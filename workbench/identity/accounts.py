"""Accounts: made, unlocked by a passphrase, opened again by a recovery code.

Unlocking is *crypto*: there is no comparison to get round. The passphrase, stretched by Argon2id and mixed with the
device's secret, unwraps the root key, and without that key the account's records are noise.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime

from workbench.crypto import KeyRing, Slot, SlotKind, seal_slot
from workbench.errors import IntegrityError, WorkbenchError
from workbench.identity import creation, sign_in
from workbench.identity.account import Account, PrivateKeys, Profile
from workbench.identity.enrolment import Enrolment
from workbench.identity.names import tag_of
from workbench.identity.passphrase import normalise
from workbench.identity.recovery_codes import canonical
from workbench.identity.throttle import Throttle
from workbench.identity.ways_in import decoy, refused
from workbench.storage import AccountRow, AccountRows, Anchors, Database, Device, ThrottleRows, Vaults, exchanged


class Accounts:
    """The accounts of a store.

    Parameters
    ----------
    database : Database
        The store.
    device : Device, optional
        What this machine keeps outside of it: its secret becomes part of what unlocks new accounts, and its anchors
        show a store that was put back. Without one, neither.
    now : callable
        The clock; UTC.
    """

    def __init__(
        self,
        database: Database,
        *,
        device: Device | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.database = database
        self.device = device
        self.now = now
        self.rows = AccountRows(database)
        self.throttle = Throttle(ThrottleRows(database), now=now)

    @property
    def is_read_only(self) -> bool:
        """Whether nothing can be written: guesses and used codes are then counted in memory alone."""
        return self.database.is_read_only

    def count(self) -> int:
        """Return how many there are."""
        return self.rows.count()

    def create(self, name: str, *, passphrase: str, roles: Iterable[str]) -> Enrolment:
        """Make an account and return its recovery codes.

        Raises
        ------
        WeakPassphraseError
            When the passphrase doesn't hold.
        AccountExistsError
            When the name is taken.
        PermissionDeniedError
            When a role isn't in the table, or two exclude each other.
        AuthenticationError
            When the name is empty, longer than 64 code points or holds unprintable characters.
        """
        return creation.create(self, name, passphrase=passphrase, roles=roles)

    def id_of(self, name: str) -> bytes | None:
        """Return the id of the account of that name, if there is one; it costs an Argon2id."""
        return self.rows.id_of(self.name_tag(name))

    def unlock(
        self,
        name: str,
        *,
        passphrase: str,
        code: sign_in.Code = None,
        accept_rollback: bool = False,
        proved: bytes = b"",
    ) -> Account:
        """Return the account that the passphrase opens, and the code where the account has a second factor.

        A wrong name, passphrase and code are refused alike, and a name that no account has takes the same work as one
        that has (ASVS 6.3.8). That the passphrase was right shows only to whoever gave it without a code.

        Parameters
        ----------
        name : str
            The account's.
        passphrase : str
            As typed.
        code : str or callable, optional
            The authenticator app's, or a recovery code, which is used up; a callable is asked once it is needed.
        accept_rollback : bool
            Take the store as it is, although this device has seen it further, and note that in the audit log.
        proved : bytes
            The account whose second factor this process has seen, and whose session only ran idle since.

        Raises
        ------
        AuthenticationError
            When there is no such account, the passphrase or the code is another, the account needs the secret of
            another device, or a code is needed and there is none (`needs_code`).
        ThrottledError
            When too many were wrong.
        IntegrityError
            When the store was rolled back, forked, cut off or edited.
        """
        return sign_in.unlock(
            self, name, passphrase=passphrase, code=code, accept_rollback=accept_rollback, proved=proved
        )

    def recover(
        self,
        name: str,
        *,
        code: str,
        new_passphrase: str,
        second: sign_in.Code = None,
        accept_rollback: bool = False,
    ) -> Account:
        """Open an account with a recovery code, which is used up, and give it a new passphrase.

        Where an authenticator app is enrolled its code is needed too, or a second recovery code in its place, so that
        no single slip of paper gets round the second factor (ASVS 6.4.3). It stays enrolled.

        Raises
        ------
        AuthenticationError
            When there is no such account, a code is wrong or used up, or a second one is needed and there is none
            (`needs_code`); the first stays good then.
        ThrottledError
            When too many were wrong. Wrong passphrases and codes of an authenticator app don't count here: whoever
            keeps the account busy with them keeps nobody with a recovery code out.
        WeakPassphraseError
            When the new passphrase doesn't hold; the code stays good.
        """
        return sign_in.recover(
            self, name, code=code, new_passphrase=new_passphrase, second=second, accept_rollback=accept_rollback
        )

    def prove(self, account: Account, *, passphrase: str, code: sign_in.Code = None) -> Account:
        """Return an open account once its owner has proved again to be there, as for `unlock`; guesses count alike.

        Never inside a transaction: a guess must be counted for good before it is checked.

        Raises
        ------
        AuthenticationError, ThrottledError
            As `unlock`.
        LockedError
            When another session exchanged the account's keys.
        """
        return sign_in.prove(self, account, passphrase=passphrase, code=code)

    @contextmanager
    def exchanging(self, account: Account) -> Iterator[None]:
        """Hold the lock under which ways in and keys are exchanged: all that is written within is, or none of it.

        Raises
        ------
        LockedError
            When the session's keys are those of before: another session exchanged the root key or the key pairs.
        """
        with account.vaults.transaction():
            self.database.lock_vault(0)
            stored, found = self.rows.of(account.account_id).wrapped_keys, None
            with suppress(IntegrityError):
                store, account_id = self.database.store_id, account.account_id
                found = PrivateKeys.unwrapped(stored, account.root_key, store=store, account=account_id)
            if found != account.private_keys:
                raise exchanged()
            yield

    def replace_slots(self, account: Account, *, remove: tuple[Slot, ...], add: tuple[Slot, ...]) -> Account:
        """Exchange ways in, and seal which are in force; return the account with its new profile.

        Raises
        ------
        AuthenticationError
            When one that is to go is gone already: another kernel was faster.
        LockedError
            As `exchanging`.
        """
        with self.exchanging(account):
            now = Profile.read(account.vaults)  # another kernel may have sealed a newer one
            if not self.rows.replace_slots(account.account_id, remove=remove, add=add):
                raise refused()
            # One that isn't in the store goes from the profile too: it could be put back later.
            stored = {slot.slot_id for slot in self.rows.of(account.account_id).slots}
            profile = replace(now, slots=(now.slots | {slot.slot_id for slot in add}) & stored)
            profile.write(account.vaults)
            account.vaults.checkpoint()
        return replace(account, profile=profile)

    def vaults(
        self, account_id: bytes, private_keys: PrivateKeys, key_ring: KeyRing, *, accept_rollback: bool = False
    ) -> Vaults:
        """Return an account's vaults, checked against what this device has seen of them; raises as `Vaults`."""
        return Vaults(
            self.database,
            account_id=account_id,
            key_pairs=private_keys.key_pairs,
            key_ring=key_ring,
            anchors=self.anchors(account_id, private_keys),
            accept_rollback=accept_rollback,
        )

    def anchors(self, account_id: bytes, private_keys: PrivateKeys) -> Anchors | None:
        """Return how far this device has seen an account's vaults, if there is one."""
        if self.device is None:
            return None
        key, store_id = private_keys.anchor_key, self.database.store_id
        return Anchors(self.device, store_id=store_id, account_id=account_id, key=key)

    def row_of(
        self, account_id: bytes, root_key: bytes, private_keys: PrivateKeys, slots: tuple[Slot, ...] = ()
    ) -> AccountRow:
        """Return an account's row, with its keys wrapped under the root key."""
        wrapped = private_keys.wrapped(root_key, store=self.database.store_id, account=account_id)
        return AccountRow(account_id, private_keys.key_pairs.public.packed, wrapped, slots)

    def passphrase_slot(self, account_id: bytes, root_key: bytes, passphrase: str) -> Slot:
        """Return a way in by passphrase, on this device."""
        device = self.device.secret(create=True) if self.device else None
        return seal_slot(
            root_key,
            secret=normalise(passphrase),
            kind=SlotKind.PASSPHRASE,
            store=self.database.store_id,
            account=account_id,
            device=device,
        )

    def recovery_slots(self, account_id: bytes, root_key: bytes, codes: Iterable[str]) -> tuple[Slot, ...]:
        """Return a way in for each recovery code; they hold on any device."""
        store, kind = self.database.store_id, SlotKind.RECOVERY_CODE
        return tuple(
            seal_slot(root_key, secret=canonical(code), kind=kind, store=store, account=account_id) for code in codes
        )

    def decoy(self) -> AccountRow:
        """Return what is tried in the place of an account that isn't there."""
        with suppress(WorkbenchError):  # what a real one would meet only if it needed the secret
            device = self.device.secret() if self.device else None
            return decoy(device.name if device else bytes(16))
        return decoy(bytes(16))

    def name_tag(self, name: str) -> bytes:
        """Return what stands for a name in the store; guessing a name from it costs an Argon2id each."""
        return tag_of(name, salt=self.database.name_salt)
