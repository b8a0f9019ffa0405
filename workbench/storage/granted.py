"""One vault as it is granted to one account: its own, or another's that it is a member of."""

from collections.abc import Callable
from dataclasses import dataclass

from workbench.crypto import KeyPairs, KeyRing, PublicKeys
from workbench.errors import IntegrityError, PermissionDeniedError
from workbench.storage.anchors import Anchor, Anchors
from workbench.storage.checkpoints import Checkpoints
from workbench.storage.data_keys import DataKeys
from workbench.storage.engines.database import Database
from workbench.storage.record_log import RecordLog
from workbench.storage.vault import Vault
from workbench.storage.vault_keys import VaultKeys


@dataclass(frozen=True, slots=True)
class Granted:
    """A vault that its owner has granted to this account, in whatever way; what it keeps stands in the grant.

    Parameters
    ----------
    vault_id, owner_id : bytes
        Which, and whose.
    number : int
        Where its places begin.
    """

    vault_id: bytes
    owner_id: bytes
    number: int


def open_shared_vault(
    database: Database,
    *,
    vault_id: bytes,
    account_id: bytes,
    key_pairs: KeyPairs,
    granter: PublicKeys,
    key_ring: KeyRing,
    anchors: Anchors | None = None,
) -> Vault:
    """Return another's vault that this account is a member of, checked against the owner's checkpoint.

    A member with `Right.READ` reads and appends, one with `Right.VIEW` only reads, one with `Right.SEAL` appends what
    it can't read again. Only the owner signs checkpoints, erases, and says who is a member.

    Parameters
    ----------
    database : Database
        The store.
    vault_id, account_id : bytes
        Which vault, and whose access.
    key_pairs : KeyPairs
        The member's.
    granter : PublicKeys
        The owner's, whose fingerprint was compared by another channel: what the store says of it proves nothing.
    key_ring : KeyRing
        Receives the data keys.
    anchors : Anchors, optional
        The member's, on this device; without, a rollback isn't noticed.

    Raises
    ------
    PermissionDeniedError
        When the account has no access, or it has expired.
    IntegrityError
        When the grant isn't the owner's, or the log was rolled back, forked, cut off or edited.
    """
    known = anchors.load() if anchors else {}  # before anything of the store is read: others go on meanwhile
    rows = database.rows("SELECT number FROM vault WHERE vault_id = ?", (vault_id,))
    if not rows:
        raise PermissionDeniedError("This account has no access to that vault.")
    vault = open_granted(
        database,
        vault_id=vault_id,
        number=rows[0][0],
        account_id=account_id,
        key_pairs=key_pairs,
        granter=granter,
        key_ring=key_ring,
    )
    seen = checked(vault, known.get(vault_id))
    if anchors:
        anchors.save({vault_id: seen})
    return vault


def open_granted(  # noqa: PLR0913 - what a vault is made of, each by its name
    database: Database,
    *,
    vault_id: bytes,
    number: object,
    account_id: bytes,
    key_pairs: KeyPairs,
    granter: PublicKeys,
    key_ring: KeyRing,
    on_append: Callable[[bytes], None] = lambda _vault_id: None,
    on_erase: Callable[[list[bytes]], None] = lambda _leaves: None,
) -> Vault:
    """Return a vault whose grant holds; its log isn't checked yet. Parameters as `open_shared_vault`.

    Raises
    ------
    PermissionDeniedError
        When the account has no access, or it has expired.
    IntegrityError
        When the grant isn't the granter's, or the vault's row was altered.
    """
    if not isinstance(number, int):
        raise IntegrityError("A vault's number isn't one: a row was altered.")
    keys = VaultKeys(
        database, vault_id=vault_id, account_id=account_id, key_pairs=key_pairs, granter=granter, key_ring=key_ring
    )
    log = RecordLog(database, number=number)
    return Vault(
        database,
        kind=keys.grant().kind,
        log=log,
        keys=keys,
        data_keys=DataKeys(database, vault_keys=keys, key_ring=key_ring),
        checkpoints=Checkpoints(database, log=log, vault_id=vault_id, owner=granter),
        on_append=on_append,
        on_erase=on_erase,
    )


def checked(vault: Vault, anchor: Anchor | None) -> Anchor:
    """Return how far a vault has come, if that is no less than this device has seen.

    Raises
    ------
    IntegrityError
        When its log or its key was rolled back, forked, cut off or edited.
    """
    frontier = vault.checkpoints.check_since(anchor.frontier if anchor else None)
    return Anchor(frontier, vault.keys.epoch_since(anchor.epoch if anchor else 0))
