"""Rows of accounts: name tags, sealed profiles, unlock slots."""

from dataclasses import dataclass, field

from workbench.crypto import Slot
from workbench.records import Envelope
from workbench.storage.database import Database


@dataclass(frozen=True, slots=True)
class AccountRow:
    """What the store knows of an account before it is unlocked: nothing readable.

    Parameters
    ----------
    account_id : bytes
        16 random bytes.
    version : int
        Of the profile.
    profile : Envelope
        Sealed under the account key.
    slots : tuple of Slot
        The ways in.
    """

    account_id: bytes
    version: int
    profile: Envelope
    slots: tuple[Slot, ...] = field(repr=False)


class AccountRows:
    """The accounts of one store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self) -> int:
        """Return how many accounts there are."""
        return int(self._database.rows("SELECT count(*) FROM account")[0][0])

    def find(self, name_tag: bytes) -> AccountRow | None:
        """Return the account whose name has this tag."""
        rows = self._database.rows("SELECT account_id, version, profile FROM account WHERE name_tag = ?", (name_tag,))
        if not rows:
            return None
        account_id, version, profile = rows[0]
        slots = self._database.rows("SELECT slot_id, packed FROM slot WHERE account_id = ?", (account_id,))
        return AccountRow(account_id, version, Envelope(profile), tuple(Slot(*slot) for slot in slots))

    def add(self, row: AccountRow, *, name_tag: bytes) -> bool:
        """Write a new account with its slots; return False, and write nothing, when the name is taken."""
        with self._database.transaction():
            added = self._database.write(
                "INSERT INTO account VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (row.account_id, name_tag, row.version, row.profile.sealed),
            )
            if added:
                self.replace_slots(row.account_id, remove=(), add=row.slots)
            return bool(added)

    def replace_slots(self, account_id: bytes, *, remove: tuple[Slot, ...], add: tuple[Slot, ...]) -> bool:
        """Exchange ways in, in one transaction: a crash leaves either the old ones or the new ones.

        Returns
        -------
        bool
            False, and nothing is changed, when one to be removed is gone already.
        """
        with self._database.transaction():
            kept = {slot_id for (slot_id,) in self._database.rows("SELECT slot_id FROM slot")}
            if not kept.issuperset(slot.slot_id for slot in remove):
                return False
            for slot in remove:
                self._database.write(
                    "DELETE FROM slot WHERE slot_id = ? AND account_id = ?", (slot.slot_id, account_id)
                )
            for slot in add:
                self._database.write("INSERT INTO slot VALUES (?, ?, ?)", (slot.slot_id, account_id, slot.packed))
        if remove:
            self._database.checkpoint()
        return True
