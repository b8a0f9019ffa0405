import struct

import pytest

from workbench.crypto import Context, Slot, SlotKind, Table, new_data_key, open_slot, seal_slot
from workbench.errors import AuthenticationError, IntegrityError

KEY = new_data_key()
CONTEXT = Context(b"s" * 16, Table.SLOT, b"o" * 16, b"r" * 16)


@pytest.mark.parametrize("kind", SlotKind)
def test_the_secret_opens_its_slot(kind):
    slot = seal_slot(KEY, secret=b"quiet orchard lantern", kind=kind, context=CONTEXT)
    assert open_slot(slot, secret=b"quiet orchard lantern", context=CONTEXT) == KEY


@pytest.mark.parametrize("kind", SlotKind)
def test_another_secret_is_an_authentication_error(kind):
    slot = seal_slot(KEY, secret=b"quiet orchard lantern", kind=kind, context=CONTEXT)
    with pytest.raises(AuthenticationError):
        open_slot(slot, secret=b"Quiet orchard lantern", context=CONTEXT)


def test_a_flipped_byte_anywhere_never_opens():
    slot = seal_slot(KEY, secret=b"code", kind=SlotKind.RECOVERY_CODE, context=CONTEXT)
    for position in range(len(slot.packed)):
        flipped = bytearray(slot.packed)
        flipped[position] ^= 0x01
        with pytest.raises((AuthenticationError, IntegrityError)):
            open_slot(Slot(slot.slot_id, bytes(flipped)), secret=b"code", context=CONTEXT)


@pytest.mark.parametrize(
    ("memory", "passes", "lanes"), [(8, 1, 1), (65_536, 1, 4), (19_455, 2, 1), (2**31, 3, 4), (65_536, 2**31, 4)]
)
def test_parameters_outside_floor_and_ceiling_are_refused_before_they_cost_anything(memory, passes, lanes):
    slot = seal_slot(KEY, secret=b"quiet", kind=SlotKind.PASSPHRASE, context=CONTEXT)
    edited = slot.packed[:2] + struct.pack(">III", memory, passes, lanes) + slot.packed[14:]
    with pytest.raises(IntegrityError):
        open_slot(Slot(slot.slot_id, edited), secret=b"quiet", context=CONTEXT)


def test_a_slot_moved_to_another_account_is_refused():
    slot = seal_slot(KEY, secret=b"code", kind=SlotKind.RECOVERY_CODE, context=CONTEXT)
    elsewhere = Context(b"s" * 16, Table.SLOT, b"x" * 16, b"r" * 16)
    with pytest.raises(IntegrityError):
        open_slot(slot, secret=b"code", context=elsewhere)


@pytest.mark.parametrize("packed", [b"", b"\x01", b"\x01\x09" + bytes(100), b"\x09\x01" + bytes(200)])
def test_a_slot_that_cannot_be_read_is_refused(packed):
    with pytest.raises(IntegrityError):
        open_slot(Slot(b"r" * 16, packed), secret=b"code", context=CONTEXT)
