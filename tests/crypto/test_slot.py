import struct

import pytest

from workbench.crypto import DeviceSecret, Slot, SlotKind, open_slot, seal_slot
from workbench.errors import AuthenticationError, IntegrityError

ROOT = bytes(range(32))
PLACE = {"store": b"s" * 16, "account": b"a" * 16}
DEVICE = DeviceSecret(b"d" * 16, b"secret of this device".ljust(32))


@pytest.mark.parametrize("kind", SlotKind)
@pytest.mark.parametrize("device", [None, DEVICE], ids=["no device", "device"])
def test_the_secret_opens_its_slot(kind, device):
    slot = seal_slot(ROOT, secret=b"quiet orchard lantern", kind=kind, device=device, **PLACE)
    assert slot.kind is kind
    assert open_slot(slot, secret=b"quiet orchard lantern", device=device, **PLACE) == ROOT


@pytest.mark.parametrize("kind", SlotKind)
def test_another_secret_is_an_authentication_error(kind):
    slot = seal_slot(ROOT, secret=b"quiet orchard lantern", kind=kind, **PLACE)
    with pytest.raises(AuthenticationError):
        open_slot(slot, secret=b"Quiet orchard lantern", **PLACE)


@pytest.mark.parametrize(
    "device",
    [None, DeviceSecret(b"e" * 16, DEVICE.secret), DeviceSecret(DEVICE.name, bytes(32))],
    ids=["none", "another", "another of that name"],
)
def test_a_passphrase_without_its_device_opens_nothing(device):
    slot = seal_slot(ROOT, secret=b"quiet", kind=SlotKind.PASSPHRASE, device=DEVICE, **PLACE)
    with pytest.raises(AuthenticationError):
        open_slot(slot, secret=b"quiet", device=device, **PLACE)


def test_a_recovery_code_opens_on_any_device():
    slot = seal_slot(ROOT, secret=b"code", kind=SlotKind.RECOVERY_CODE, device=DEVICE, **PLACE)
    assert open_slot(slot, secret=b"code", **PLACE) == ROOT


def test_a_flipped_bit_anywhere_never_opens():
    slot = seal_slot(ROOT, secret=b"code", kind=SlotKind.RECOVERY_CODE, **PLACE)
    for position in range(len(slot.packed) * 8):
        flipped = bytearray(slot.packed)
        flipped[position // 8] ^= 1 << position % 8
        with pytest.raises((AuthenticationError, IntegrityError)):
            open_slot(Slot(slot.slot_id, bytes(flipped)), secret=b"code", **PLACE)


def test_the_device_can_be_struck_from_no_slot():
    """Whoever edits the store can't turn two factors into one."""
    slot = seal_slot(ROOT, secret=b"quiet", kind=SlotKind.PASSPHRASE, device=DEVICE, **PLACE)
    edited = slot.packed.replace(DEVICE.name, bytes(16))
    with pytest.raises(AuthenticationError):
        open_slot(Slot(slot.slot_id, edited), secret=b"quiet", device=DEVICE, **PLACE)


@pytest.mark.parametrize(
    ("memory", "passes", "lanes"), [(8, 1, 1), (65_536, 1, 4), (19_455, 2, 1), (2**31, 3, 4), (65_536, 2**31, 4)]
)
def test_parameters_outside_floor_and_ceiling_are_refused_before_they_cost_anything(memory, passes, lanes):
    slot = seal_slot(ROOT, secret=b"quiet", kind=SlotKind.PASSPHRASE, **PLACE)
    edited = slot.packed[:2] + struct.pack(">III", memory, passes, lanes) + slot.packed[14:]
    with pytest.raises(IntegrityError):
        open_slot(Slot(slot.slot_id, edited), secret=b"quiet", **PLACE)


@pytest.mark.parametrize("change", [{"store": b"S" * 16}, {"account": b"A" * 16}], ids=["store", "account"])
def test_a_slot_moved_elsewhere_is_refused(change):
    slot = seal_slot(ROOT, secret=b"code", kind=SlotKind.RECOVERY_CODE, **PLACE)
    with pytest.raises(IntegrityError):
        open_slot(slot, secret=b"code", **PLACE | change)
    with pytest.raises(IntegrityError):
        open_slot(Slot(b"x" * 16, slot.packed), secret=b"code", **PLACE)


@pytest.mark.parametrize("packed", [b"", b"\x01", b"\x02", b"\x01\x09" + bytes(100), b"\x09\x01" + bytes(200)])
def test_a_slot_that_cannot_be_read_is_refused(packed):
    with pytest.raises(IntegrityError):
        open_slot(Slot(b"r" * 16, packed), secret=b"code", **PLACE)
