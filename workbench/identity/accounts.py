"""Accounts: made, unlocked by a passphrase, opened again by a recovery code.

Unlocking is *crypto*: there is no comparison to get round. The passphrase, stretched by Argon2id and mixed with the
device's secret, unwraps the root key, and without that key the account's records are noise.
"""

import secrets
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime

from workbench.crypto import (
    FLOOR,
    KEY_BYTES,
    KeyPairs,
    KeyRing,
    Slot,
    SlotKind,
    derive,
    new_key_pairs,
    open_slot,
    seal_slot,
)
from workbench.errors import (
    AccountExistsError,
    AuthenticationError,
    IntegrityError,
    WorkbenchError,
)
from workbench.identity import sign_in
from workbench.identity.account import Account, PrivateKeys, Profile
from workbench.identity.enrolment import Enrolment
from workbench.identity.passphrase import check, normalise
from workbench.identity.recovery_codes import canonical, new_recovery_codes
from workbench.identity.roles import check_roles
from workbench.identity.standing import first_standing
from workbench.identity.throttle import Throttle
from workbench.identity.vault_kinds import kinds_of
from workbench.identity.ways_in import decoy, refused, require_in_force
from workbench.storage import (
    AccountRow,
    AccountRows,
    Anchors,
    Database,
    Device,
    OldAccount,
    StandingRows,
    ThrottleRows,
    Vaults,
    exchanged,
    new_vaults,
)
from workbench.storage.anchors import ACCEPT

LONGEST_NAME = 64  # code points


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
        self._database = database
        self._device = device
        self.now = now
        self.rows = AccountRows(database)
        self.throttle = Throttle(ThrottleRows(database), now=now)

    @property
    def is_read_only(self) -> bool:
        """Whether nothing can be written: guesses and used codes are then counted in memory alone."""
        return self._database.is_read_only

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
        name = _clean(name)
        roles = check_roles(roles)
        check(passphrase, name=name)
        name_tag, account_id, root_key = self.name_tag(name), secrets.token_bytes(16), secrets.token_bytes(KEY_BYTES)
        codes = new_recovery_codes()
        slots = (
            self.passphrase_slot(account_id, root_key, passphrase),
            *self.recovery_slots(account_id, root_key, codes),
        )
        private_keys = PrivateKeys(new_key_pairs(), secrets.token_bytes(KEY_BYTES))
        with self._database.transaction():
            if not self.rows.add(self.row_of(account_id, root_key, private_keys, slots), name_tag=name_tag):
                raise AccountExistsError("There is an account of that name already.")
            key_pairs, kinds = private_keys.key_pairs, kinds_of(roles)
            new_vaults(self._database, account_id=account_id, key_pairs=key_pairs, kinds=kinds)
            vaults = self._vaults(account_id, private_keys, KeyRing())
            Profile(name, roles, frozenset(slot.slot_id for slot in slots), serial=1).write(vaults)
            vaults.checkpoint()
            self._stand(account_id, roles, key_pairs)
        return Enrolment(codes)

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
            self._database.lock_vault(0)
            stored, found = self.rows.of(account.account_id).wrapped_keys, None
            with suppress(IntegrityError):
                store, account_id = self._database.store_id, account.account_id
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

    def open(self, row: AccountRow, secret: bytes, kind: SlotKind) -> tuple[bytes, Slot]:
        """Return the root key and the slot of this kind that the secret opens; a damaged slot stops no other."""
        damage: IntegrityError | None = None
        has_refused = needs_code = False
        kept = self._device if kind is SlotKind.PASSPHRASE else None
        for slot in row.slots:
            try:
                if slot.kind is kind:
                    device = kept.secret(named=slot.device) if kept else None
                    store, account = self._database.store_id, row.account_id
                    return open_slot(slot, secret=secret, store=store, account=account, device=device), slot
            except AuthenticationError as error:
                has_refused, needs_code = True, needs_code or error.needs_code
            except IntegrityError as error:
                damage = error
        if damage is not None and not has_refused:
            raise damage
        raise refused(needs_code=needs_code)

    def account_of(self, name: str, row: AccountRow, root_key: bytes, slot: Slot, *, accept_rollback: bool) -> Account:
        """Return the account of a root key that a slot gave, with its vaults checked."""
        old = OldAccount(self._database, account_id=row.account_id, root_key=root_key)
        if not row.wrapped_keys:
            row = self._equip(row, root_key, old, accept_rollback=accept_rollback)
        private_keys = PrivateKeys.unwrapped(
            row.wrapped_keys, root_key, store=self._database.store_id, account=row.account_id
        )
        if private_keys.key_pairs.public.packed != row.public_keys:
            raise IntegrityError("The account's public keys were swapped for others.")
        key_ring = KeyRing()
        try:
            vaults = self._vaults(row.account_id, private_keys, key_ring, accept_rollback=accept_rollback)
        except IntegrityError:
            if self.rows.of(row.account_id).public_keys != row.public_keys:
                raise exchanged() from None  # another session did so between our two looks
            raise
        profile = Profile.read(vaults)
        if _folded(profile.name) != _folded(name):
            raise IntegrityError("The account isn't the one of that name: a row was altered.")
        require_in_force(slot, profile, self.rows)
        vaults.require(kinds_of(profile.roles))
        if old.is_waiting():
            old.move(vaults)
        account = Account(row.account_id, profile, root_key, private_keys, key_ring, vaults)
        return self._standing_account(account)

    def _standing_account(self, account: Account) -> Account:
        """Return an account of a store that knew of no standings with its first one."""
        if account.profile.serial or self._database.is_read_only:
            return account
        with self._database.transaction():
            self._database.lock_vault(0)
            if StandingRows(self._database).find(account.account_id) is None:
                self._stand(account.account_id, account.roles, account.private_keys.key_pairs)
                account = replace(account, profile=replace(account.profile, serial=1))
                account.profile.write(account.vaults)
                account.vaults.checkpoint()
        return account

    def _stand(self, account_id: bytes, roles: tuple[str, ...], key_pairs: KeyPairs) -> None:
        """Write what a new account says of itself."""
        standing = first_standing(account_id, roles, since=int(time.time()))
        packed = standing.signed(key_pairs, store=self._database.store_id).packed
        StandingRows(self._database).write(account_id, standing.serial, packed)

    def _equip(self, row: AccountRow, root_key: bytes, old: OldAccount, *, accept_rollback: bool) -> AccountRow:
        """Give an account of format 1 its key pairs, vaults and profile, all or none, and return its row."""
        private_keys = PrivateKeys(new_key_pairs(), secrets.token_bytes(KEY_BYTES))
        anchors = self._anchors(row.account_id, private_keys)
        with self._database.transaction():
            self._database.lock_vault(0)
            row = self.rows.of(row.account_id)
            if row.wrapped_keys:  # another kernel was faster
                return row
            if anchors and anchors.are_there() and not accept_rollback:
                raise IntegrityError("The store is older than this device has seen it: it was put back.", remedy=ACCEPT)
            name, roles = old.profile()
            row = self.row_of(row.account_id, root_key, private_keys, row.slots)
            self.rows.replace_keys(row)
            new_vaults(self._database, account_id=row.account_id, key_pairs=private_keys.key_pairs)
            # Without anchors: they would be kept before this is written, and fit nothing if it then wasn't.
            vaults = Vaults(
                self._database, account_id=row.account_id, key_pairs=private_keys.key_pairs, key_ring=KeyRing()
            )
            Profile(name, roles, frozenset(slot.slot_id for slot in row.slots)).write(vaults)
            vaults.checkpoint()
        return row

    def _vaults(
        self, account_id: bytes, private_keys: PrivateKeys, key_ring: KeyRing, *, accept_rollback: bool = False
    ) -> Vaults:
        return Vaults(
            self._database,
            account_id=account_id,
            key_pairs=private_keys.key_pairs,
            key_ring=key_ring,
            anchors=self._anchors(account_id, private_keys),
            accept_rollback=accept_rollback,
        )

    def _anchors(self, account_id: bytes, private_keys: PrivateKeys) -> Anchors | None:
        if self._device is None:
            return None
        key, store_id = private_keys.anchor_key, self._database.store_id
        return Anchors(self._device, store_id=store_id, account_id=account_id, key=key)

    def row_of(
        self, account_id: bytes, root_key: bytes, private_keys: PrivateKeys, slots: tuple[Slot, ...] = ()
    ) -> AccountRow:
        """Return an account's row, with its keys wrapped under the root key."""
        wrapped = private_keys.wrapped(root_key, store=self._database.store_id, account=account_id)
        return AccountRow(account_id, private_keys.key_pairs.public.packed, wrapped, slots)

    def passphrase_slot(self, account_id: bytes, root_key: bytes, passphrase: str) -> Slot:
        """Return a way in by passphrase, on this device."""
        device = self._device.secret(create=True) if self._device else None
        return seal_slot(
            root_key,
            secret=normalise(passphrase),
            kind=SlotKind.PASSPHRASE,
            store=self._database.store_id,
            account=account_id,
            device=device,
        )

    def recovery_slots(self, account_id: bytes, root_key: bytes, codes: Iterable[str]) -> tuple[Slot, ...]:
        """Return a way in for each recovery code; they hold on any device."""
        store, kind = self._database.store_id, SlotKind.RECOVERY_CODE
        return tuple(
            seal_slot(root_key, secret=canonical(code), kind=kind, store=store, account=account_id) for code in codes
        )

    def decoy(self) -> AccountRow:
        """Return what is tried in the place of an account that isn't there."""
        with suppress(WorkbenchError):  # what a real one would meet only if it needed the secret
            device = self._device.secret() if self._device else None
            return decoy(device.name if device else bytes(16))
        return decoy(bytes(16))

    def name_tag(self, name: str) -> bytes:
        """Return what stands for a name in the store; guessing a name from it costs an Argon2id each."""
        return derive(_folded(name), salt=self._database.name_salt, parameters=FLOOR)


def _folded(name: str) -> bytes:
    """Return what is the same for every way to write a name."""
    name = name if isinstance(name, str) else ""
    return unicodedata.normalize("NFC", name.strip()).casefold().encode("utf-8", "replace")


def _clean(name: str) -> str:
    """Return a name without the spaces around it; refuse an empty, overlong or unprintable one."""
    name = unicodedata.normalize("NFC", name.strip()) if isinstance(name, str) else ""
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise AuthenticationError(
            "That name can't be used.", remedy=f"Use 1 to {LONGEST_NAME} printable characters, without line breaks."
        )
    return name
