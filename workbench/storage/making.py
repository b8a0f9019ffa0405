"""Vaults made: a key that is granted to their owner alone, and a checkpoint of the empty log."""

import secrets
from collections.abc import Collection

from workbench.crypto import KEY_BYTES, Grant, KeyPairs, Kind, Right
from workbench.storage.checkpoints import Checkpoints
from workbench.storage.engines.database import Database
from workbench.storage.granting import write_grants
from workbench.storage.members import Member, write_members
from workbench.storage.record_log import RecordLog

KINDS = (Kind.PROFILE, Kind.TURN, Kind.USAGE_EVENT, Kind.AUDIT_ENTRY)  # of each of which an account keeps one at most


def new_vaults(database: Database, *, account_id: bytes, key_pairs: KeyPairs, kinds: Collection[Kind] = KINDS) -> None:
    """Make an account's vaults, of these kinds; inside a transaction."""
    for kind in KINDS:
        if kind in kinds:
            new_vault(database, kind, account_id=account_id, key_pairs=key_pairs)


def new_vault(database: Database, kind: Kind, *, account_id: bytes, key_pairs: KeyPairs) -> bytes:
    """Make a vault of one kind for an account, granted to itself, and return its id; inside a transaction."""
    database.lock_vault(0)
    number, vault_id = database.highest_vault_number() + 1, secrets.token_bytes(16)
    database.write(
        "INSERT INTO vault (vault_id, number, owner_id, epoch, renewing, members) VALUES (?, ?, ?, 1, 0, ?)",
        (vault_id, number, account_id, b""),
    )
    grant = Grant(vault_id, kind, 1, Right.READ, secrets.token_bytes(KEY_BYTES))
    members = (Member(account_id, key_pairs.public.fingerprint, Right.READ),)
    write_grants(database, members, grant, account_id=account_id, granter=key_pairs)
    write_members(database, members, grant, since=1, granter=key_pairs)
    log = RecordLog(database, number=number)
    Checkpoints(database, log=log, vault_id=vault_id, owner=key_pairs.public).begin(key_pairs)
    return vault_id
