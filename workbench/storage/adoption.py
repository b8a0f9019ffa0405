"""A store that was put back from an older copy, taken as it is: each log, if it is sound in itself."""

from collections.abc import Iterable
from datetime import UTC, datetime

from workbench.crypto import KeyPairs
from workbench.records import AuditEntry
from workbench.storage.codec import encode
from workbench.storage.engines.database import Database
from workbench.storage.vault import Vault

ROLLBACK_ACCEPTED = "integrity_rollback_accepted"


def adopt(
    database: Database, vaults: Iterable[Vault], *, audit: Vault, key_pairs: KeyPairs, gone: frozenset[bytes]
) -> None:
    """Sign logs anew as they are, and note that in the audit log; inside a transaction.

    Parameters
    ----------
    database : Database
        The store.
    vaults : iterable of Vault
        All that the account has.
    audit : Vault
        The one of them that keeps the audit log.
    key_pairs : KeyPairs
        The owner's.
    gone : frozenset of bytes
        Leaves of what this device knows to have been erased: it is erased again, before anything is read.

    Raises
    ------
    IntegrityError
        When a log isn't sound in itself.
    """
    for vault in vaults:
        seen, frontier = vault.checkpoints.verify(adopt=True)
        vault.checkpoints.sign_again(frontier, key_pairs)
        accounted = vault.erasures(seen.entries)
        vault.empty(accounted - seen.erased)
        unaccounted = seen.erased - accounted
        if unaccounted:
            vault.note_erasures(sorted(unaccounted))
        back = _living(database, vault, gone)
        if back:
            vault.erase(back)
    # With it, not after it: whatever fails next, nothing was accepted that the log doesn't say.
    accepted = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    audit.append(encode(AuditEntry(accepted, ROLLBACK_ACCEPTED, "success")))


def _living(database: Database, vault: Vault, leaves: frozenset[bytes]) -> list[bytes]:
    """Return the ids of the records of a vault that have one of these leaves."""
    if not leaves:
        return []
    rows = database.stream(
        "SELECT record_id, leaf FROM record WHERE place > ? AND place < ? AND record_id IS NOT NULL",
        (vault.log.start, vault.log.end),
    )
    return [record_id for record_id, leaf in rows if leaf in leaves]
