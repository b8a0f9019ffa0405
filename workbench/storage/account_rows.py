"""Rows of accounts: name tags, public keys, wrapped private keys, unlock slots."""

from dataclasses import dataclass, field

from workbench.crypto import PublicKeys, Slot
from workbench.errors import IntegrityError, LockedError
from workbench.storage.engines.database import Database


@dataclass(frozen=True, slots=True)
class AccountRow:
    """What the store knows of an account before it is unlocked: nothing readable.

    Parameters
    ----------
    account_id : bytes
        16 random bytes.
    public_keys, wrapped_keys : bytes
        The account's key pairs: the public halves, and the private ones under the root key. Both are empty in a store
        of format 1 until the account is unlocked for the first time.
    slots : tuple of Slot
        The ways in.
    """

    account_id: bytes
    public_keys: bytes = field(repr=False)
    wrapped_keys: bytes = field(repr=False)
    slots: tuple[Slot, ...] = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse an id that is none."""
        _require_id(self.account_id)


class AccountRows:
    """The accounts of one store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self) -> int:
        """Return how many accounts there are."""
        return int(self._database.rows("SELECT count(*) FROM account")[0][0])

    def find(self, name_tag: bytes) -> AccountRow | None:
        """Return the account whose name has this tag."""
        rows = self._database.rows(
            "SELECT account_id, public_keys, wrapped_keys FROM account WHERE name_tag = ?", (name_tag,)
        )
        if not rows:
            return None
        account_id, public_keys, wrapped_keys = rows[0]
        return AccountRow(account_id, public_keys, wrapped_keys, self._slots(account_id))

    def of(self, account_id: bytes) -> AccountRow:
        """Return an account as it stands by now; inside a transaction, nothing changes it any more.

        Raises
        ------
        IntegrityError
            When it is gone.
        """
        rows = self._database.rows("SELECT public_keys, wrapped_keys FROM account WHERE account_id = ?", (account_id,))
        if not rows:
            raise IntegrityError("An account is gone: a row was removed.")
        public_keys, wrapped_keys = rows[0]
        return AccountRow(account_id, public_keys, wrapped_keys, self._slots(account_id))

    def id_of(self, name_tag: bytes) -> bytes | None:
        """Return the id of the account whose name has this tag, another's too."""
        account_id = self._database.account_of(name_tag)
        return account_id if account_id is None else _require_id(account_id)

    def public_keys(self, account_id: bytes) -> bytes:
        """Return the public keys of any account, another's too; in team mode that is all one sees of it.

        Raises
        ------
        IntegrityError
            When there is no such account.
        """
        packed = self._database.public_keys_of(account_id)
        if not packed:
            raise IntegrityError("An account is gone: a row was removed.")
        return packed

    def add(self, row: AccountRow, *, name_tag: bytes) -> bool:
        """Write a new account with its slots; return False, and write nothing, when the name is taken."""
        with self._database.transaction():
            added = self._database.write(
                "INSERT INTO account (account_id, name_tag, public_keys, wrapped_keys) VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (row.account_id, name_tag, row.public_keys, row.wrapped_keys),
            )
            if added:
                self.replace_slots(row.account_id, remove=(), add=row.slots)
            return bool(added)

    def has_slot(self, slot_id: bytes) -> bool:
        """Whether a way in is in the store."""
        return bool(self._database.rows("SELECT 1 FROM slot WHERE slot_id = ?", (slot_id,)))

    def replace_keys(self, row: AccountRow) -> None:
        """Exchange an account's key pairs."""
        self._database.write(
            "UPDATE account SET public_keys = ?, wrapped_keys = ? WHERE account_id = ?",
            (row.public_keys, row.wrapped_keys, row.account_id),
        )

    def replace_slots(self, account_id: bytes, *, remove: tuple[Slot, ...], add: tuple[Slot, ...]) -> bool:
        """Exchange ways in, in one transaction: a crash leaves either the old ones or the new ones.

        Returns
        -------
        bool
            False, and nothing is changed, when one to be removed is gone already.
        """
        with self._database.transaction():
            self._database.lock_vault(0)
            rows = self._database.rows("SELECT slot_id FROM slot WHERE account_id = ?", (account_id,))
            if not {slot_id for (slot_id,) in rows}.issuperset(slot.slot_id for slot in remove):
                return False
            self._database.write_many(
                "DELETE FROM slot WHERE slot_id = ? AND account_id = ?", [(slot.slot_id, account_id) for slot in remove]
            )
            self._database.write_many(
                "INSERT INTO slot (slot_id, account_id, packed) VALUES (?, ?, ?)",
                [(slot.slot_id, account_id, slot.packed) for slot in add],
            )
            if remove:
                self._database.on_commit(self._database.checkpoint)
        return True

    def _slots(self, account_id: bytes) -> tuple[Slot, ...]:
        slots = self._database.rows("SELECT slot_id, packed FROM slot WHERE account_id = ?", (account_id,))
        return tuple(Slot(*slot) for slot in slots)


def require_in_force(database: Database, *, vault_id: bytes, public: PublicKeys) -> None:
    """Return when a vault's owner still has these public keys: a signature that fails is then no other session's doing.

    The store is believed here only as far as the message goes: the keys that it names are checked when one signs in.

    Raises
    ------
    LockedError
        When the owner has others.
    """
    rows = database.rows("SELECT owner_id FROM vault WHERE vault_id = ?", (vault_id,))
    if not rows or database.public_keys_of(rows[0][0]) != public.packed:
        raise exchanged()


def _require_id(account_id: bytes) -> bytes:
    if not isinstance(account_id, bytes):
        raise IntegrityError("An account's id isn't one: a row was altered.")
    return account_id


def exchanged() -> LockedError:
    """Return what to tell a session whose keys are those of before."""
    return LockedError("The account's keys were exchanged since this session began.")
