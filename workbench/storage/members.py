"""Who holds a vault's key: a list under the key itself, signed by its granter."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from workbench.crypto import SIGNATURE_BYTES, Grant, KeyPairs, PublicKeys, Right, unwrap, wrap, wrapped_place
from workbench.storage.codec import pack, unpack
from workbench.storage.engines.database import Database


@dataclass(frozen=True, slots=True)
class Member:
    """Who holds a vault's key.

    Parameters
    ----------
    account_id : bytes
        The account.
    fingerprint : bytes
        Of its public keys, as the granter saw them: a store that swaps them is refused.
    right : Right
        What is granted.
    expiry : int
        POSIX seconds; 0 for never.
    """

    account_id: bytes
    fingerprint: bytes
    right: Right
    expiry: int = 0


def write_members(
    database: Database, members: Sequence[Member], grant: Grant, *, since: int, granter: KeyPairs
) -> None:
    """Put a list in the place of the vault's, and the grant's epoch in force.

    Parameters
    ----------
    database : Database
        The store.
    members : sequence of Member
        Who holds the key from now on; the granter first.
    grant : Grant
        The granter's own, to the key that is to be in force.
    since : int
        The epoch since which nobody has lost the right to read.
    granter : KeyPairs
        Who signs.
    """
    listed = [(member.account_id, member.fingerprint, member.right, member.expiry) for member in members]
    place, packed = _place(database, grant.vault, grant.epoch), pack(listed, since)
    sealed = wrap(packed + granter.sign(place + packed), under=grant.secret, place=place)
    database.write("UPDATE vault SET epoch = ?, members = ? WHERE vault_id = ?", (grant.epoch, sealed, grant.vault))


def read_members(
    database: Database, sealed: bytes, *, vault_id: bytes, epoch: int, key: bytes, granter: PublicKeys
) -> tuple[tuple[Member, ...], int]:
    """Return the members that a list names, and the epoch since which nobody has lost the right to read.

    Raises
    ------
    IntegrityError
        When it was altered, is of another epoch or vault, or isn't signed by the granter: all members know the key that
        it is sealed under.
    """
    place = _place(database, vault_id, epoch)
    opened = unwrap(sealed, under=key, place=place)
    packed, signature = opened[:-SIGNATURE_BYTES], opened[-SIGNATURE_BYTES:]
    granter.verify(signature, place + packed)
    listed, since = unpack(packed)
    members = (Member(account, fingerprint, Right(right), expiry) for account, fingerprint, right, expiry in listed)
    return tuple(members), since


def is_for_fewer(before: Collection[Member], after: Collection[Member]) -> bool:
    """Whether someone who could read, or could have with another, may not any more under the keys of before."""
    opening = {member.account_id: member.fingerprint for member in after if member.right.opens}
    replaced = set(before) - set(after)
    return any(one.right is not Right.SEAL and opening.get(one.account_id) != one.fingerprint for one in replaced)


def needs_new_key(before: Collection[Member], after: Collection[Member], *, granted: Collection[bytes]) -> bool:
    """Whether another key has to be put in force: someone loses what they had, or halves change.

    Parameters
    ----------
    before, after : collection of Member
        Who held the key, and who is to.
    granted : collection of bytes
        Accounts to which it is granted anew.
    """
    changed = (set(before) - set(after)) | {member for member in after if member.account_id in granted}
    is_one_gone = not {member.account_id for member in before} <= {member.account_id for member in after}
    return is_for_fewer(before, after) or is_one_gone or any(member.right.is_half for member in changed)


def _place(database: Database, vault_id: bytes, epoch: int) -> bytes:
    return wrapped_place(b"members", store=database.store_id, owner=vault_id, epoch=epoch)
