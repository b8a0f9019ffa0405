"""A vault's key, epoch by epoch: granted to members, rotated in one transaction.

Only one epoch is ever in force. Rotating makes a fresh key, grants it to whoever stays a member, wraps every data key
anew and drops the old grants: all of it or none, whatever is killed when.
"""

import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from workbench.crypto import KEY_BYTES, Grant, KeyPairs, Right
from workbench.errors import IntegrityError, PermissionDeniedError
from workbench.storage.granting import write_grants
from workbench.storage.members import Member, is_for_fewer, needs_new_key, read_members, write_members
from workbench.storage.vault_access import VaultAccess


class VaultKeys(VaultAccess):
    """One account's access to one vault's keys; for who granted them also the say over who else has it.

    Parameters as for `VaultAccess`.
    """

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
            try:
                key, granter = self.reading_key(epoch), self._granter
                return read_members(
                    self._database, sealed, vault_id=self.vault_id, epoch=epoch, key=key, granter=granter
                )
            except IntegrityError:
                before, rows = rows, self._members_row()
                if rows == before:
                    raise

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
        if needs_new_key(before, members, granted=granted):
            self._rotate(to=members, is_for_fewer=is_for_fewer(before, members))
            return
        self._database.write_many(
            "DELETE FROM vault_grant WHERE vault_id = ? AND account_id = ?",
            [(self.vault_id, account_id) for account_id in granted],
        )
        self._write([member for member in members if member.account_id in granted], members, self.grant(), since=since)

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
            rewrapped = [
                (*self.wrapped(key_id, self.unwrapped(key_id, epoch, wrapped), under=fresh), key_id)
                for key_id, epoch, wrapped in self._database.rows(
                    "SELECT key_id, epoch, wrapped FROM data_key WHERE vault_id = ?", (self.vault_id,)
                )
            ]
            self._database.write_many("UPDATE data_key SET epoch = ?, wrapped = ? WHERE key_id = ?", rewrapped)
            self._database.write("DELETE FROM vault_grant WHERE vault_id = ?", (self.vault_id,))
            self._write(members, members, fresh, since=fresh.epoch if is_for_fewer else since)
            self._take(fresh)
        return len(rewrapped)

    def _write(self, granted: Sequence[Member], members: Sequence[Member], grant: Grant, *, since: int) -> None:
        """Grant the key to some, and list all who hold it."""
        write_grants(self._database, granted, grant, account_id=self._account_id, granter=self._key_pairs)
        write_members(self._database, members, grant, since=since, granter=self._key_pairs)

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
