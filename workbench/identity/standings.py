"""The standings of a store as one unlocked account sees and changes them."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace

from workbench.crypto import PublicKeys
from workbench.errors import IntegrityError, LockedError, NotFoundError, PermissionDeniedError, WorkbenchError
from workbench.identity.account import Account, Profile
from workbench.identity.roles import check_roles
from workbench.identity.standing import Standing, State, check_granted, check_granter, needs_approval
from workbench.identity.vault_kinds import kinds_of
from workbench.storage import AccountRows, Database, StandingRows


class Standings:
    """Who may do what, by account id: the store keeps no list of names.

    Parameters
    ----------
    database : Database
        The store.
    now : callable
        POSIX seconds.
    """

    def __init__(self, database: Database, *, now: Callable[[], float] = time.time) -> None:
        self._database = database
        self._now = now
        self._accounts = AccountRows(database)
        self.rows = StandingRows(database)

    def of(self, account_id: bytes) -> Standing | None:
        """Return what the store says of an account; its signatures are checked by `accepted`, or by its own session.

        Raises
        ------
        IntegrityError
            When it isn't a standing, or another's.
        """
        found = self.rows.find(account_id)
        if found is None:
            return None
        standing = Standing.unpacked(found[1])
        if (standing.account_id, standing.serial) != (account_id, found[0]):
            raise IntegrityError("An account's standing is another's, or of another time: a row was altered.")
        return standing

    def roles_of(self, account_id: bytes) -> tuple[str, ...]:
        """Return the roles that an account has by now; none for one that is disabled, or of which nothing is known.

        Nor for one whose standing can't be read: its owner could have written it so, to keep others from theirs.
        """
        with suppress(IntegrityError):
            standing = self.of(account_id)
            return standing.roles if standing is not None and standing.is_active else ()
        return ()

    def everyone(self) -> dict[bytes, tuple[str, ...]]:
        """Return the roles of every account that is in use, by id; a standing that can't be read is left out."""
        found = {}
        for account_id, serial, packed in self.rows.all():
            with suppress(IntegrityError):
                standing = Standing.unpacked(packed)
                if (standing.account_id, standing.serial) == (account_id, serial) and standing.is_active:
                    found[account_id] = standing.roles
        return found

    def keys_of(self, account_id: bytes) -> PublicKeys:
        """Return an account's public keys, as the store has them."""
        return PublicKeys(self._accounts.public_keys(account_id))

    def accepted(self, account: Account) -> tuple[Account, WorkbenchError | None]:
        """Take over what was granted to this account since it last looked, and seal that into its profile.

        Returns
        -------
        tuple of Account and WorkbenchError or None
            The account as it stands by now, and what was wrong with the change. It then keeps only those of its roles
            that the change leaves it, and nothing of that is sealed: nobody gains by forging a standing, nor by making
            one look forged that takes a role away or disables the account; and who puts the true one back, mends it.

        Raises
        ------
        IntegrityError
            When an older standing was put back, or the account's was removed.
        IntegrityError, PermissionDeniedError
            What was wrong with the change, when no role is left.
        """
        profile, standing = account.profile, self.of(account.account_id)
        serial = standing.serial if standing else 0
        if serial < profile.serial:
            raise IntegrityError("An account's standing is older than it has seen it: a row was put back or removed.")
        if standing is None or serial == profile.serial:
            return account, None
        fault: WorkbenchError | None = None
        roles, is_active = standing.roles, standing.is_active
        try:
            self._check_granted(standing, before=profile)
        except (IntegrityError, PermissionDeniedError) as error:
            fault, is_active = error, is_active and profile.is_active
            roles = tuple(role for role in profile.roles if role in standing.roles)
            if not roles:
                raise
        fresh = replace(account, profile=replace(profile, roles=roles, serial=serial, is_active=is_active))
        if fault is None:
            self._seal(fresh)
        return fresh, fault

    def drafted(
        self, granter: Account, subject: bytes, *, roles: Iterable[str] | None = None, is_active: bool | None = None
    ) -> tuple[Standing, bool]:
        """Return a change, signed by the granter and not yet in force, and whether it takes a second signature.

        Raises
        ------
        PermissionDeniedError
            When the granter may not make it, or the roles exclude each other.
        NotFoundError
            When nothing is known of the subject's roles.
        """
        before = self._before(subject)
        chosen = before.roles if roles is None else tuple(roles)
        standing = Standing(
            account_id=subject,
            serial=before.serial + 1,
            roles=check_roles(chosen) if chosen else (),
            is_active=before.is_active if is_active is None else is_active,
            since=int(self._now()),
            granter=granter.account_id,
        )
        standing = self.signed(granter, standing)
        check_granter(standing, before=before, roles=granter.roles)
        return standing, needs_approval(standing, granter_roles=granter.roles)

    def signed(self, granter: Account, standing: Standing) -> Standing:
        """Return a standing with the granter's signature."""
        return standing.signed(granter.private_keys.key_pairs, store=self._database.store_id)

    def message_of(self, standing: Standing) -> bytes:
        """Return what of a standing is signed."""
        return standing.message(self._database.store_id)

    def put_in_force(self, standing: Standing) -> None:
        """Write a change that is signed as it must be.

        Raises
        ------
        IntegrityError, PermissionDeniedError
            When it isn't.
        LockedError
            When the account's standing was changed meanwhile.
        """
        with self._database.transaction():
            self._database.lock_vault(0)
            self._check_granted(standing, before=self._before(standing.account_id))
            if not self.rows.write(standing.account_id, standing.serial, standing.packed):
                raise LockedError("The account's roles were changed meanwhile.", remedy="Look at them, then try again.")

    def _before(self, subject: bytes) -> Standing:
        before = self.of(subject)
        if before is None:
            raise NotFoundError("That account has no standing.", remedy="Its owner signs in once; then try again.")
        return before

    def _check_granted(self, standing: Standing, *, before: State) -> None:
        store = self._database.store_id
        check_granted(standing, store=store, before=before, keys_of=self.keys_of, roles_of=self.roles_of)

    def _seal(self, account: Account) -> None:
        with account.vaults.transaction():
            self._database.lock_vault(0)
            account.vaults.add_missing(kinds_of(account.roles))
            now = Profile.read(account.vaults)  # another session may have sealed a newer one
            if now.serial < account.profile.serial:
                mine = account.profile
                replace(now, roles=mine.roles, serial=mine.serial, is_active=mine.is_active).write(account.vaults)
                account.vaults.checkpoint()
