"""A vault's key granted: what each member's right says, sealed to the member and signed by who grants it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from workbench.crypto import Grant, KeyPairs, PublicKeys, Right, key_pairs_of, pack_halves, seal_grant, split
from workbench.errors import IntegrityError
from workbench.storage.engines.database import Database
from workbench.storage.members import Member


def write_grants(
    database: Database, members: Sequence[Member], grant: Grant, *, account_id: bytes, granter: KeyPairs
) -> None:
    """Seal to each member what their right says; halves are drawn anew, for each pair of them.

    Parameters
    ----------
    database : Database
        The store.
    members : sequence of Member
        To whom.
    grant : Grant
        The granter's own, to the key that is granted.
    account_id, granter : bytes, KeyPairs
        Who grants: its new key pairs, where they are being exchanged.

    Raises
    ------
    IntegrityError
        When a member's public keys in the store aren't those of the fingerprint.
    """
    halves: dict[bytes, dict[bytes, bytes]] = {member.account_id: {} for member in members}
    for first in (member.account_id for member in members if member.right is Right.FIRST_HALF):
        for second in (member.account_id for member in members if member.right is Right.SECOND_HALF):
            halves[first][second], halves[second][first] = split(grant.secret)
    for member in members:
        own = member.account_id == account_id
        public = granter.public if own else PublicKeys(database.public_keys_of(member.account_id))
        if public.fingerprint != member.fingerprint:
            raise IntegrityError(
                "A member's public keys aren't those that were agreed on: swapped, or renewed by the member.",
                remedy="Compare fingerprints by another channel, then admit the member anew or remove them; until then "
                "nothing of this vault can be erased or rotated.",
            )
        secret = _secret_for(member, grant, halves[member.account_id])
        granted = replace(grant, right=member.right, expiry=member.expiry, secret=secret)
        sealed = seal_grant(granted, store=database.store_id, granter=granter, member=public)
        database.write(
            "INSERT INTO vault_grant (vault_id, epoch, account_id, sealed) VALUES (?, ?, ?, ?)",
            (grant.vault, grant.epoch, member.account_id, sealed),
        )


def _secret_for(member: Member, grant: Grant, halves: Mapping[bytes, bytes]) -> bytes:
    """Return what a member's right gives of the vault's key: itself, halves of it, or its public keys."""
    if member.right.is_half:
        return pack_halves(halves)
    return grant.secret if member.right.opens else key_pairs_of(grant.secret).public.packed
