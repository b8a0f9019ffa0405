"""Accounts opened: the root key by a way in, and with it the keys, the vaults and the profile, each checked."""

from typing import TYPE_CHECKING

from workbench.crypto import KeyRing, Slot, SlotKind, open_slot
from workbench.errors import AuthenticationError, IntegrityError
from workbench.identity.account import Account, PrivateKeys, Profile
from workbench.identity.creation import equip, with_standing
from workbench.identity.names import folded
from workbench.identity.vault_kinds import kinds_of
from workbench.identity.ways_in import refused, require_in_force
from workbench.storage import AccountRow, OldAccount, exchanged

if TYPE_CHECKING:
    from workbench.identity.accounts import Accounts


def root_key_of(accounts: "Accounts", row: AccountRow, secret: bytes, kind: SlotKind) -> tuple[bytes, Slot]:
    """Return the root key, and the slot of this kind that the secret opens; a damaged slot stops no other.

    Raises
    ------
    AuthenticationError
        When it opens none.
    IntegrityError
        When all there are, are damaged.
    """
    damage: IntegrityError | None = None
    has_refused = needs_code = False
    kept = accounts.device if kind is SlotKind.PASSPHRASE else None
    for slot in row.slots:
        try:
            if slot.kind is kind:
                device = kept.secret(named=slot.device) if kept else None
                store, account = accounts.database.store_id, row.account_id
                return open_slot(slot, secret=secret, store=store, account=account, device=device), slot
        except AuthenticationError as error:
            has_refused, needs_code = True, needs_code or error.needs_code
        except IntegrityError as error:
            damage = error
    if damage is not None and not has_refused:
        raise damage
    raise refused(needs_code=needs_code)


def account_of(
    accounts: "Accounts", name: str, row: AccountRow, root_key: bytes, slot: Slot, *, accept_rollback: bool
) -> Account:
    """Return the account of a root key that a slot gave, with its vaults checked.

    Raises
    ------
    AuthenticationError
        When another kernel has just taken that slot away.
    IntegrityError
        When it was taken away earlier, or the store was rolled back, forked, cut off or edited.
    LockedError
        When another session has just exchanged the account's key pairs.
    """
    old = OldAccount(accounts.database, account_id=row.account_id, root_key=root_key)
    if not row.wrapped_keys:
        row = equip(accounts, row, root_key, old, accept_rollback=accept_rollback)
    private_keys = PrivateKeys.unwrapped(
        row.wrapped_keys, root_key, store=accounts.database.store_id, account=row.account_id
    )
    if private_keys.key_pairs.public.packed != row.public_keys:
        raise IntegrityError("The account's public keys were swapped for others.")
    key_ring = KeyRing()
    try:
        vaults = accounts.vaults(row.account_id, private_keys, key_ring, accept_rollback=accept_rollback)
    except IntegrityError:
        if accounts.rows.of(row.account_id).public_keys != row.public_keys:
            raise exchanged() from None  # another session did so between our two looks
        raise
    profile = Profile.read(vaults)
    if folded(profile.name) != folded(name):
        raise IntegrityError("The account isn't the one of that name: a row was altered.")
    require_in_force(slot, profile, accounts.rows)
    vaults.require(kinds_of(profile.roles))
    if old.is_waiting():
        old.move(vaults)
    account = Account(row.account_id, profile, root_key, private_keys, key_ring, vaults)
    return with_standing(accounts, account)
