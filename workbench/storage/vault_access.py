"""One account's access to a vault's key: opened from its grant, of the epoch that is in force, and of no older one."""

import time
from collections.abc import Callable

from workbench.crypto import (
    KEY_BYTES,
    Grant,
    KeyPairs,
    KeyRing,
    PublicKeys,
    Right,
    key_pairs_of,
    open_grant,
    unwrap,
    wrap,
    wrapped_place,
)
from workbench.errors import IntegrityError, PermissionDeniedError
from workbench.storage.account_rows import require_in_force
from workbench.storage.anchors import ACCEPT
from workbench.storage.engines.database import Database

_SEALED_TO_VAULT = b"\x02"  # begins a data key that someone sealed who can't read the vault; wraps begin with 1


class VaultAccess:
    """What an account's grant opens of one vault.

    Parameters
    ----------
    database : Database
        The store.
    vault_id, account_id : bytes
        Which vault, and whose access.
    key_pairs : KeyPairs
        The account's.
    granter : PublicKeys
        Who must have signed the grant: the account itself for its own vaults.
    key_ring : KeyRing
        Locked, it lets nothing through.
    """

    def __init__(
        self,
        database: Database,
        *,
        vault_id: bytes,
        account_id: bytes,
        key_pairs: KeyPairs,
        granter: PublicKeys,
        key_ring: KeyRing,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self.vault_id = vault_id
        self._account_id = account_id
        self._key_pairs = key_pairs
        self._granter = granter
        self._key_ring = key_ring
        self._now = now
        self._grant: Grant | None = None
        self._newest = 0  # the highest epoch that this session has seen

    def __repr__(self) -> str:
        """Tell nothing of the keys."""
        return f"{type(self).__name__}(<sealed>)"

    def grant(self) -> Grant:
        """Return the access to the epoch that is in force, opened once.

        Raises
        ------
        LockedError
            When the session was locked.
        IntegrityError
            When the grant was altered, moved, isn't signed by whom it must be, or is of an epoch that this session has
            seen replaced: who was removed since may know its key.
        PermissionDeniedError
            When the account has none, or it has expired.
        """
        self._key_ring.require_open()
        if self._grant is not None:
            return self._grant
        # Before the grant is read: another thread may exchange them.
        key_pairs, granter = self._key_pairs, self._granter
        rows = self._database.rows(
            "SELECT vault.epoch, vault_grant.sealed FROM vault JOIN vault_grant"
            " ON vault_grant.vault_id = vault.vault_id AND vault_grant.epoch = vault.epoch"
            " WHERE vault.vault_id = ? AND vault_grant.account_id = ?",
            (self.vault_id, self._account_id),
        )
        if not rows:
            raise PermissionDeniedError("This account has no access to that vault.")
        ((epoch, sealed),) = rows
        try:
            grant = open_grant(
                sealed,
                store=self._database.store_id,
                vault=self.vault_id,
                epoch=epoch,
                member=key_pairs,
                granter=granter,
                now=self._now(),
            )
        except IntegrityError:
            if self._newest:  # it opened before, in this session
                require_in_force(self._database, vault_id=self.vault_id, public=granter)
            raise
        if grant.epoch < self._newest:
            raise IntegrityError("A vault's key is older than this session has seen it: it was put back.")
        return self._take(grant)

    def epoch_since(self, seen: int) -> int:
        """Return the epoch that is in force, if it is no older than this device has seen it, in any session.

        Raises
        ------
        IntegrityError
            When it is older.
        """
        if self.grant().epoch < seen:
            self.forget()  # another kernel has rotated the key since it was opened, or somebody has put it back
        epoch = self.grant().epoch
        if epoch < seen:
            raise IntegrityError("A vault's key is older than this device has seen it: it was put back.", remedy=ACCEPT)
        return epoch

    def _take(self, grant: Grant) -> Grant:
        """Use a grant from now on, and none of an older epoch once this one is committed."""
        self._grant = grant
        self._database.on_rollback(self.forget)
        self._database.on_commit(lambda: setattr(self, "_newest", max(self._newest, grant.epoch)))
        return grant

    def renewing(self) -> int:
        """Return up to which epoch data keys are being replaced; 0 when none are.

        Raises
        ------
        IntegrityError
            When what the store says can't be.
        """
        rows = self._database.rows("SELECT renewing, epoch FROM vault WHERE vault_id = ?", (self.vault_id,))
        if not rows or not all(isinstance(value, int) for value in rows[0]) or not 0 <= rows[0][0] < rows[0][1]:
            raise IntegrityError("A vault's row can't be: it was altered.")
        return int(rows[0][0])

    def set_renewing(self, until: int) -> None:
        """Note up to which epoch data keys are being replaced."""
        self._database.write("UPDATE vault SET renewing = ? WHERE vault_id = ?", (until, self.vault_id))

    def forget(self) -> None:
        """Open the grant again next time: another kernel may have rotated the key."""
        self._grant = None

    def is_current(self) -> bool:
        """Whether the opened grant's epoch is still in force; call it inside a transaction."""
        rows = self._database.rows("SELECT epoch FROM vault WHERE vault_id = ?", (self.vault_id,))
        return bool(rows) and self._grant is not None and rows[0][0] == self._grant.epoch

    def reading_key(self, epoch: int) -> bytes:
        """Return the vault's key of an epoch.

        Raises
        ------
        PermissionDeniedError
            When the account may only seal.
        IntegrityError
            When another epoch is in force: what asks for it is old, and was put back.
        """
        if self.grant().epoch != epoch:
            self.forget()
        grant = self.grant()
        if not grant.right.opens or len(grant.secret) != KEY_BYTES:
            raise PermissionDeniedError("This account may seal into the vault, and read nothing of it.")
        if grant.epoch != epoch:
            raise IntegrityError("A key is wrapped under a vault key that is no longer in force: it was put back.")
        return grant.secret

    def require_writer(self) -> None:
        """Return when this account may add something to the vault.

        *Advisory* against whoever reads the vault: its key is all that appending takes, and the reader's own program
        asks here; in a team the server takes rows from a vault's owner alone.

        Raises
        ------
        PermissionDeniedError
            When it may only read, or only open with another account's half.
        """
        if self.grant().right not in {Right.READ, Right.SEAL}:
            raise PermissionDeniedError("This account may read in the vault, and only its owner writes there.")

    def wrapped(self, key_id: bytes, secret: bytes, *, under: Grant | None = None) -> tuple[int, bytes]:
        """Return the epoch, and a data key wrapped under its vault key, or sealed to it.

        Parameters
        ----------
        key_id, secret : bytes
            The data key.
        under : Grant, optional
            To a vault key that is about to be in force; to the one that is when it isn't given.
        """
        grant = under or self.grant()
        place = self._place_of(key_id, grant.epoch)
        if grant.right is Right.SEAL:
            return grant.epoch, _SEALED_TO_VAULT + PublicKeys(grant.secret).seal(secret, info=place)
        return grant.epoch, wrap(secret, under=grant.secret, place=place)

    def unwrapped(self, key_id: bytes, epoch: int, wrapped: bytes) -> bytes:
        """Return a data key's secret.

        Raises
        ------
        IntegrityError
            When the wrap was altered, moved or put back.
        PermissionDeniedError
            When the account may only seal.
        """
        vault_key, place = self.reading_key(epoch), self._place_of(key_id, epoch)
        if isinstance(wrapped, bytes) and wrapped[:1] == _SEALED_TO_VAULT:
            secret = key_pairs_of(vault_key).open(wrapped[1:], info=place)
        else:
            secret = unwrap(wrapped, under=vault_key, place=place)
        if len(secret) != KEY_BYTES:
            raise IntegrityError("A wrapped data key is of another length: it was altered.")
        return secret

    def _place_of(self, key_id: bytes, epoch: int) -> bytes:
        return wrapped_place(b"data key", store=self._database.store_id, owner=self.vault_id, epoch=epoch, name=key_id)
