"""A vault's key, epoch by epoch: granted to members, rotated in one transaction.

Only one epoch is ever in force. Rotating makes a fresh key, grants it to whoever stays a member, wraps every data key
anew and drops the old grants: all of it or none, whatever is killed when.
"""

import secrets
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from workbench.crypto import (
    KEY_BYTES,
    SIGNATURE_BYTES,
    Grant,
    KeyPairs,
    KeyRing,
    Kind,
    PublicKeys,
    Right,
    key_pairs_of,
    open_grant,
    pack_halves,
    seal_grant,
    split,
    unwrap,
    wrap,
    wrapped_place,
)
from workbench.errors import IntegrityError, PermissionDeniedError
from workbench.storage.account_rows import require_in_force
from workbench.storage.anchors import ACCEPT
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


class VaultKeys:
    """One account's access to one vault's keys.

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
        return "VaultKeys(<sealed>)"

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
        key_pairs, granter = (
            self._key_pairs,
            self._granter,
        )  # before the grant is read: another thread may exchange them
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
        asks here. No server can, since what a grant allows is sealed in it.

        Raises
        ------
        PermissionDeniedError
            When it may only read, or only open with another account's half.
        """
        if self.grant().right not in {Right.READ, Right.SEAL}:
            raise PermissionDeniedError("This account may read in the vault, and only its owner writes there.")

    def members(self) -> tuple[Member, ...]:
        """Return who holds the vault's key; the granter first.

        The list is signed as each grant is: all members know the key that it is sealed under, and none of them may add
        to it what the granter would then grant.

        Raises
        ------
        IntegrityError
            When the list was altered, is of another epoch, or isn't signed by the granter.
        """
        return self._listed()[0]

    def fresh_since(self) -> int:
        """Return the epoch since which nobody has lost the right to read.

        Whoever lost it knows the data keys of before, which go on sealing nothing then. Who may only seal can't read
        when that was, and takes every new epoch for one.

        Raises
        ------
        IntegrityError
            As `members`.
        """
        grant = self.grant()
        return self._listed()[1] if grant.right.opens else grant.epoch

    def _listed(self) -> tuple[tuple[Member, ...], int]:
        """Return the members, and the epoch since which nobody has lost the right to read."""
        rows = self._members_row()
        while True:
            ((sealed, epoch),) = rows  # of one moment: another kernel may rotate
            place = self._place(b"members", epoch)
            try:
                packed = unwrap(sealed, under=self.reading_key(epoch), place=place)
                break
            except IntegrityError:
                before, rows = rows, self._members_row()
                if rows == before:
                    raise
        packed, signature = packed[:-SIGNATURE_BYTES], packed[-SIGNATURE_BYTES:]
        self._granter.verify(signature, place + packed)
        listed, since = unpack(packed)
        members = (Member(account, fingerprint, Right(right), expiry) for account, fingerprint, right, expiry in listed)
        return tuple(members), since

    def _members_row(self) -> list[tuple[bytes, int]]:
        rows = self._database.rows("SELECT members, epoch FROM vault WHERE vault_id = ?", (self.vault_id,))
        return [(sealed, epoch) for sealed, epoch in rows] or [(b"", 0)]

    def admit(self, member: Member) -> None:
        """Grant the key that is in force to one more member, or change a member's right.

        Whoever could read and now may not any more knows the key, and so another one is put in force.

        Raises
        ------
        IntegrityError
            When the member's public keys in the store aren't those of the fingerprint.
        PermissionDeniedError
            When this account isn't the granter, or would take its own right away.
        """
        self._require_granter()
        if member.account_id == self._account_id and member.right is not Right.READ:
            raise PermissionDeniedError("Who grants a vault's key keeps it.")
        with self._database.transaction():
            members, since = self._listed_now()
            others = [known for known in members if known.account_id != member.account_id]
            self._replace(members, (*others, member), since=since, granted={member.account_id})

    def set_members(self, wanted: Iterable[Member]) -> bool:
        """Make these, beside the granter, all the members that there are; return whether anything changed.

        Parameters
        ----------
        wanted : iterable of Member
            Those who stay and those who are new, each as it should be.

        Raises
        ------
        IntegrityError, PermissionDeniedError
            As `admit`; then nothing is changed.
        """
        self._require_granter()
        with self._database.transaction():
            members, since = self._listed_now()
            own = [known for known in members if known.account_id == self._account_id]
            fresh = {member.account_id: member for member in wanted if member.account_id != self._account_id}
            granted = {member.account_id for member in set(fresh.values()) - set(members)}
            if not granted and len(fresh) == len(members) - len(own):
                return False
            self._replace(members, (*own, *fresh.values()), since=since, granted=granted)
        return True

    def _listed_now(self) -> tuple[tuple[Member, ...], int]:
        """Return the members as no other kernel can change them before the transaction ends."""
        self._database.lock_vault(0)
        self.forget()
        return self._listed()

    def _replace(
        self, before: Sequence[Member], members: Sequence[Member], *, since: int, granted: Collection[bytes]
    ) -> None:
        """Put members in the place of others; by a rotation, where someone loses what they had or halves change."""
        replaced = set(before) - set(members)
        opening = {member.account_id: member.fingerprint for member in members if member.right.opens}
        loses = any(one.right is not Right.SEAL and opening.get(one.account_id) != one.fingerprint for one in replaced)
        is_one_gone = not {member.account_id for member in before} <= {member.account_id for member in members}
        changed = replaced | {member for member in members if member.account_id in granted}
        if loses or is_one_gone or any(member.right.is_half for member in changed):
            self._rotate(to=members, is_for_fewer=loses)
            return
        grant = self.grant()
        self._database.write_many(
            "DELETE FROM vault_grant WHERE vault_id = ? AND account_id = ?",
            [(self.vault_id, account_id) for account_id in granted],
        )
        self._write_grants([member for member in members if member.account_id in granted], grant)
        self._write_members(members, grant, since=since)

    def rotate(self, *, without: bytes | None = None, key_pairs: KeyPairs | None = None, was_lent: bool = False) -> int:
        """Put a fresh vault key in force and wrap every data key under it; return how many.

        Parameters
        ----------
        without : bytes, optional
            The account that is no longer a member. What it read before, it has read; every session goes on under data
            keys that it never held.
        key_pairs : KeyPairs, optional
            The owner's new ones: from then on grants are sealed to them and signed by them. Other members have to learn
            their fingerprint before they can open theirs.
        was_lent : bool
            Whether somebody who is no member has had the key: every session goes on under data keys that are new.

        Raises
        ------
        IntegrityError
            When a data key doesn't open, or a member's public keys in the store aren't those that were agreed on.
        PermissionDeniedError
            When this account isn't the granter, or is the one to go.
        """
        self._require_granter()
        if without == self._account_id:
            raise PermissionDeniedError("Who grants a vault's key keeps it.")
        return self._rotate(without=without, key_pairs=key_pairs, is_for_fewer=was_lent or without is not None)

    def _rotate(
        self,
        *,
        without: bytes | None = None,
        to: Sequence[Member] | None = None,
        key_pairs: KeyPairs | None = None,
        is_for_fewer: bool = False,
    ) -> int:
        with self._database.transaction():
            listed, since = self._listed_now()
            members = [member for member in (listed if to is None else to) if member.account_id != without]
            old = self.grant()
            if key_pairs is not None:
                members = self._exchange(key_pairs, members)
            fresh = replace(old, epoch=old.epoch + 1, secret=secrets.token_bytes(KEY_BYTES))
            keys = self._database.rows(
                "SELECT key_id, epoch, wrapped FROM data_key WHERE vault_id = ?", (self.vault_id,)
            )
            rewrapped = [
                (fresh.epoch, self._wrapped(key_id, self._unwrapped(key_id, epoch, wrapped), fresh), key_id)
                for key_id, epoch, wrapped in keys
            ]
            self._database.write_many("UPDATE data_key SET epoch = ?, wrapped = ? WHERE key_id = ?", rewrapped)
            self._database.write("DELETE FROM vault_grant WHERE vault_id = ?", (self.vault_id,))
            self._write_grants(members, fresh)
            self._write_members(members, fresh, since=fresh.epoch if is_for_fewer else since)
            self._take(fresh)
        return len(rewrapped)

    def _exchange(self, key_pairs: KeyPairs, members: Sequence[Member]) -> list[Member]:
        """Put the owner's new key pairs in the place of the old, and return the members with their fingerprint."""
        before = self._key_pairs, self._granter

        def undo() -> None:
            self._key_pairs, self._granter = before

        self._database.on_rollback(undo)
        self._key_pairs, self._granter = key_pairs, key_pairs.public
        fingerprint = key_pairs.public.fingerprint
        own = self._account_id
        return [replace(one, fingerprint=fingerprint) if one.account_id == own else one for one in members]

    def _require_granter(self) -> None:
        """Refuse to sign what no member would take, and what would lock them all out."""
        if self._key_pairs.public != self._granter:
            raise PermissionDeniedError("Only who granted the vault's key can do that.")

    def _write_grants(self, members: Sequence[Member], grant: Grant) -> None:
        """Seal to each member what their right says; halves are drawn anew, for each pair of them."""
        halves: dict[bytes, dict[bytes, bytes]] = {member.account_id: {} for member in members}
        for first in (member.account_id for member in members if member.right is Right.FIRST_HALF):
            for second in (member.account_id for member in members if member.right is Right.SECOND_HALF):
                halves[first][second], halves[second][first] = split(grant.secret)
        for member in members:
            self._write_grant(member, grant, halves[member.account_id])

    def _write_grant(self, member: Member, grant: Grant, halves: Mapping[bytes, bytes] = MappingProxyType({})) -> None:
        """Seal the vault's key, halves of it or its public keys to a member."""
        if member.account_id == self._account_id:
            public = self._key_pairs.public
        else:
            public = PublicKeys(self._database.public_keys_of(member.account_id))
        if public.fingerprint != member.fingerprint:
            raise IntegrityError(
                "A member's public keys aren't those that were agreed on: swapped, or renewed by the member.",
                remedy="Compare fingerprints by another channel, then admit the member anew or remove them; until then "
                "nothing of this vault can be erased or rotated.",
            )
        secret = grant.secret
        if member.right.is_half:
            secret = pack_halves(halves)
        elif not member.right.opens:
            secret = key_pairs_of(grant.secret).public.packed
        granted = replace(grant, right=member.right, expiry=member.expiry, secret=secret)
        sealed = seal_grant(granted, store=self._database.store_id, granter=self._key_pairs, member=public)
        self._database.write(
            "INSERT INTO vault_grant (vault_id, epoch, account_id, sealed) VALUES (?, ?, ?, ?)",
            (self.vault_id, grant.epoch, member.account_id, sealed),
        )

    def _write_members(self, members: Sequence[Member], grant: Grant, *, since: int) -> None:
        listed = [(member.account_id, member.fingerprint, member.right, member.expiry) for member in members]
        place, packed = self._place(b"members", grant.epoch), pack(listed, since)
        sealed = wrap(packed + self._key_pairs.sign(place + packed), under=grant.secret, place=place)
        self._database.write(
            "UPDATE vault SET epoch = ?, members = ? WHERE vault_id = ?", (grant.epoch, sealed, self.vault_id)
        )

    def wrapped(self, key_id: bytes, secret: bytes) -> tuple[int, bytes]:
        """Return a data key wrapped under the vault key in force, or sealed to it, and the epoch."""
        grant = self.grant()
        return grant.epoch, self._wrapped(key_id, secret, grant)

    def unwrapped(self, key_id: bytes, epoch: int, wrapped: bytes) -> bytes:
        """Return a data key's secret.

        Raises
        ------
        IntegrityError
            When the wrap was altered, moved or put back.
        PermissionDeniedError
            When the account may only seal.
        """
        return self._unwrapped(key_id, epoch, wrapped)

    def _wrapped(self, key_id: bytes, secret: bytes, grant: Grant) -> bytes:
        place = self._place(b"data key", grant.epoch, key_id)
        if grant.right is Right.SEAL:
            return _SEALED_TO_VAULT + PublicKeys(grant.secret).seal(secret, info=place)
        return wrap(secret, under=grant.secret, place=place)

    def _unwrapped(self, key_id: bytes, epoch: int, wrapped: bytes) -> bytes:
        vault_key = self.reading_key(epoch)
        place = self._place(b"data key", epoch, key_id)
        if isinstance(wrapped, bytes) and wrapped[:1] == _SEALED_TO_VAULT:
            secret = key_pairs_of(vault_key).open(wrapped[1:], info=place)
        else:
            secret = unwrap(wrapped, under=vault_key, place=place)
        if len(secret) != KEY_BYTES:
            raise IntegrityError("A wrapped data key is of another length: it was altered.")
        return secret

    def _place(self, purpose: bytes, epoch: int, name: bytes = bytes(16)) -> bytes:
        return wrapped_place(purpose, store=self._database.store_id, owner=self.vault_id, epoch=epoch, name=name)


_SEALED_TO_VAULT = (
    b"\x02"  # the first byte of a data key that someone sealed who can't read the vault; wraps begin with 1
)


def new_vault(database: Database, *, kind: Kind, number: int, account_id: bytes, key_pairs: KeyPairs) -> bytes:
    """Make a vault of one kind for an account, granted to itself, and return its id; inside a transaction."""
    vault_id = secrets.token_bytes(16)
    database.write(
        "INSERT INTO vault (vault_id, number, owner_id, epoch, renewing, members) VALUES (?, ?, ?, 1, 0, ?)",
        (vault_id, number, account_id, b""),
    )
    public = key_pairs.public
    keys = VaultKeys(
        database, vault_id=vault_id, account_id=account_id, key_pairs=key_pairs, granter=public, key_ring=KeyRing()
    )
    grant = Grant(vault_id, kind, 1, Right.READ, secrets.token_bytes(KEY_BYTES))
    member = Member(account_id, public.fingerprint, Right.READ)
    keys._write_grant(member, grant)  # noqa: SLF001 - the first grant, which nothing else may make
    keys._write_members((member,), grant, since=1)  # noqa: SLF001 - as above
    return vault_id
