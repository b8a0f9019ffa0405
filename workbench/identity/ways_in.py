"""Ways into an account: what they are, which are in force, and the one refusal for all that don't open."""

from workbench.crypto import Slot, SlotKind, decoy_slot
from workbench.errors import AuthenticationError, IntegrityError
from workbench.identity.account import Profile
from workbench.identity.recovery_codes import COUNT
from workbench.storage import AccountRow, AccountRows


def refused(*, needs_code: bool = False) -> AuthenticationError:
    """Return the one error for a wrong name, passphrase, code or device alike."""
    return AuthenticationError(
        "The name, the passphrase or the code is wrong.",
        remedy=(
            "Check the name and the passphrase; an app's code is good once, so give a fresh one. A recovery code also "
            "opens the account, and a new device takes one."
        ),
        needs_code=needs_code,
    )


def is_of_kind(slot: Slot, kind: SlotKind) -> bool:
    """Whether a slot is of a kind; a damaged one is of none."""
    try:
        return slot.kind is kind
    except IntegrityError:
        return False


def require_in_force(slot: Slot, profile: Profile, rows: AccountRows) -> None:
    """Return when a way in that has just opened is one of those that the sealed profile lists.

    Raises
    ------
    AuthenticationError
        When another kernel took it away between the two looks.
    IntegrityError
        When it was taken away earlier, and has been put back into the store.
    """
    if slot.slot_id in profile.slots:
        return
    if not rows.has_slot(slot.slot_id):
        raise refused()
    raise IntegrityError("A way in that was taken away has been put back into the store.")


def decoy(device: bytes) -> AccountRow:
    """Return what stands for the account of a name that has none: trying its ways in takes the same work (ASVS 6.3.8).

    Parameters
    ----------
    device : bytes
        The name of the secret that the passphrase's slot would need.
    """
    kinds = (SlotKind.PASSPHRASE, *(SlotKind.RECOVERY_CODE,) * COUNT)
    slots = tuple(decoy_slot(kind, device=device if kind is SlotKind.PASSPHRASE else bytes(16)) for kind in kinds)
    return AccountRow(bytes(16), b"", b"", slots)
