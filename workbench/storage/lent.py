"""A vault whose key was lent: of one epoch, until a moment, to be read and nothing else.

What it takes is *crypto*: without the key, nothing opens, and once the owner has renewed it, nothing that comes. That
the moment is kept to is *advisory* against a borrower's own program, which may keep the key for as long as it is in
force.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from workbench.crypto import Grant, KeyPairs, KeyRing, Kind, PublicKeys, Right
from workbench.errors import PermissionDeniedError
from workbench.records import Confidential
from workbench.storage.checkpoints import Checkpoints
from workbench.storage.data_keys import DataKeys
from workbench.storage.engines.database import Database
from workbench.storage.granted import Granted, checked
from workbench.storage.record_log import RecordLog
from workbench.storage.vault import Vault
from workbench.storage.vault_keys import VaultKeys


@dataclass(frozen=True, slots=True)
class Lent(Confidential):
    """A vault's key, for a while.

    Parameters
    ----------
    vault : Granted
        Which vault, and whose.
    kind : Kind
        What it keeps.
    epoch : int
        Of the key.
    key : bytes
        32 bytes.
    until : int
        POSIX seconds.
    """

    vault: Granted
    kind: Kind
    epoch: int
    key: bytes = field(repr=False)
    until: int


class LentKeys(VaultKeys):
    """Access by a key that was lent, in the place of a grant.

    Parameters
    ----------
    lent : Lent
        The key; all others as for `VaultKeys`.
    """

    def __init__(
        self,
        database: Database,
        lent: Lent,
        *,
        account_id: bytes,
        key_pairs: KeyPairs,
        granter: PublicKeys,
        key_ring: KeyRing,
        now: Callable[[], float],
    ) -> None:
        super().__init__(
            database,
            vault_id=lent.vault.vault_id,
            account_id=account_id,
            key_pairs=key_pairs,
            granter=granter,
            key_ring=key_ring,
            now=now,
        )
        self._lent = Grant(lent.vault.vault_id, lent.kind, lent.epoch, Right.VIEW, lent.key, lent.until)

    def grant(self) -> Grant:
        """Return the key, as long as it is lent.

        Raises
        ------
        LockedError
            When the session was locked.
        PermissionDeniedError
            When the time is over.
        """
        self._key_ring.require_open()
        if self._now() >= self._lent.expiry:
            raise PermissionDeniedError("The time for which that was opened is over.", remedy="Ask again.")
        return self._lent

    def reading_key(self, epoch: int) -> bytes:
        """Return the key, if it is of this epoch.

        Raises
        ------
        PermissionDeniedError
            When the owner has renewed it since, or the time is over.
        """
        grant = self.grant()
        if grant.epoch != epoch:
            raise PermissionDeniedError("The owner's keys were renewed since: the access has ended.")
        return grant.secret


def open_lent(
    database: Database,
    lent: Lent,
    *,
    account_id: bytes,
    key_pairs: KeyPairs,
    owner: PublicKeys,
    key_ring: KeyRing,
    now: Callable[[], float],
) -> Vault:
    """Return a vault that was lent, checked against its owner's checkpoint.

    Parameters
    ----------
    database : Database
        The store.
    lent : Lent
        The key.
    account_id : bytes
        Who reads.
    key_pairs : KeyPairs
        The reader's.
    owner : PublicKeys
        Who must have signed the log.
    key_ring : KeyRing
        Receives the data keys; one of its own, to be forgotten when the reading ends.
    now : callable
        POSIX seconds.

    Raises
    ------
    PermissionDeniedError
        When the time is over.
    IntegrityError
        When the log was forked, cut off or edited.
    """
    keys = LentKeys(
        database, lent, account_id=account_id, key_pairs=key_pairs, granter=owner, key_ring=key_ring, now=now
    )
    log = RecordLog(database, number=lent.vault.number)
    vault = Vault(
        database,
        kind=lent.kind,
        log=log,
        keys=keys,
        data_keys=DataKeys(database, vault_keys=keys, key_ring=key_ring),
        checkpoints=Checkpoints(database, log=log, vault_id=lent.vault.vault_id, owner=owner),
    )
    checked(vault, None)
    return vault
