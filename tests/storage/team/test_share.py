"""R08: the share as the second input of a passphrase's slot, in the place of a device's own secret."""

import secrets

import pytest
from a_team import code_of, wrong_code

from workbench.crypto import SlotKind, open_slot, seal_slot
from workbench.errors import AuthenticationError, StoreError, ThrottledError
from workbench.storage import Device
from workbench.storage.team import SharedDevice, activate_share, enrol_share

STORE, ACCOUNT, ROOT = bytes(16), bytes(range(16)), bytes(range(32))


@pytest.fixture
def bob(team, device_folder):
    """Return the team, a member's device, and the secret of their active factor."""
    team.add("bob")
    database = team.open("bob")
    secret = enrol_share(database)
    activate_share(database, code_of(secret))
    team.set_counter("bob", "step", 0)
    return team, SharedDevice(device_folder, database=database, use_keyring=False), secret


def sealed(device):
    return seal_slot(ROOT, secret=b"passphrase", kind=SlotKind.PASSPHRASE, store=STORE, account=ACCOUNT, device=device)


def opened(slot, device, passphrase=b"passphrase"):
    return open_slot(slot, secret=passphrase, store=STORE, account=ACCOUNT, device=device.secret(named=slot.device))


def test_a_slot_takes_the_passphrase_and_the_share(bob):
    """R08: KEK = f(passphrase, share)."""
    team, device, secret = bob
    with device.offering(code_of(secret)):
        slot = sealed(device.secret(create=True))
    team.set_counter("bob", "step", 0)
    with device.offering(code_of(secret)):
        assert opened(slot, device) == ROOT
    team.set_counter("bob", "step", 0)
    with device.offering(code_of(secret)), pytest.raises(AuthenticationError):
        opened(slot, device, b"another passphrase")
    for code in (None, wrong_code(secret)):
        with device.offering(code), pytest.raises(AuthenticationError):
            opened(slot, device)
    with pytest.raises(AuthenticationError):
        opened(slot, device)


def test_one_code_serves_one_action_however_often_it_asks(bob):
    """A11: a new passphrase opens one slot and makes another."""
    _, device, secret = bob
    with device.offering(code_of(secret)):
        first = device.secret(create=True)
        assert device.secret(create=True) == first
        assert device.secret(named=first.name) == first
        with device.offering(None), device.offering(lambda: pytest.fail("asked without need")):
            pass
    with pytest.raises(AuthenticationError) as refusal:
        device.secret(named=first.name)
    assert refusal.value.needs_code


def test_a_wrong_code_is_not_asked_with_twice(bob):
    """A12: five slots cost one guess."""
    team, device, secret = bob
    with device.offering(wrong_code(secret)):
        assert [device.secret(named=secrets.token_bytes(16)) for _ in range(5)] == [None] * 5
    assert team.counter("bob", "failures") == 1


def test_a_recovery_code_is_no_guess_at_the_app(bob):
    """A12: it is told apart by its form, and the server isn't asked."""
    team, device, _ = bob
    with device.offering("ABCDE-FGHJK-MNPQR-STVWX-YZ234") as left:
        assert device.secret(named=b"the share's name") is None
        assert left() == "ABCDE-FGHJK-MNPQR-STVWX-YZ234"
    assert team.counter("bob", "failures") == 0


def test_a_code_is_asked_for_once_and_when_it_is_needed(bob):
    _, device, secret = bob
    asked = []

    def ask():
        asked.append(True)
        return f" {code_of(secret)[:3]} {code_of(secret)[3:]} "

    with device.offering(ask) as left:
        assert asked == []
        with device.offering(left) as again:  # an action that is part of another one
            assert device.secret(create=True)
            assert again is left
        assert device.secret(create=True)
    assert asked == [True]


def test_no_code_is_spent_on_a_slot_that_needs_none(bob):
    _, device, secret = bob
    own = Device(device._folder, use_keyring=False).secret(create=True)
    code = code_of(secret)
    with device.offering(code):
        assert device.secret() == own
        assert device.secret(named=own.name) == own
        assert device.secret(named=bytes(16)) == own
        assert device.secret(named=b"the share's name") not in {None, own}


def test_too_many_wrong_codes_have_to_wait_and_are_told_how_long(bob):
    """A12."""
    team, device, secret = bob
    for _ in range(5):
        with device.offering(wrong_code(secret)):
            assert device.secret(named=b"the share's name") is None
    with device.offering(code_of(secret)), pytest.raises(ThrottledError) as refusal:
        device.secret(named=b"the share's name")
    assert 0 < refusal.value.retry_after <= 30
    team.set_counter("bob", "failures", 100)
    with device.offering(code_of(secret)), pytest.raises(AuthenticationError, match="switched off") as refusal:
        device.secret(named=b"the share's name")
    assert "recovery code" in refusal.value.remedy


def test_a_new_slot_needs_the_share_once_the_factor_is_active(bob):
    """R08: none is made without it in silence; only a recovery code stands for a factor that was lost."""
    _, device, secret = bob
    with pytest.raises(AuthenticationError):
        device.secret(create=True)
    with device.offering(wrong_code(secret)), pytest.raises(AuthenticationError):
        device.secret(create=True)
    with device.offering(wrong_code(secret), is_optional=True), pytest.raises(AuthenticationError):
        device.secret(create=True)
    with device.offering(None, is_optional=True):
        own = device.secret(create=True)
    assert own == Device(device._folder, use_keyring=False).secret()
    with device.offering(code_of(secret)), device.offering(None, is_optional=True):
        assert device.secret(create=True) != own


def test_before_a_factor_is_enrolled_the_devices_own_secret_is_taken(team, device_folder):
    team.add("bob")
    database = team.open("bob")
    device = SharedDevice(device_folder, database=database, use_keyring=False)
    own = device.secret(create=True)
    assert own == Device(device_folder, use_keyring=False).secret()
    enrol_share(database)
    assert device.secret(create=True) == own  # not active yet
    with device.offering("123456"):
        assert opened(sealed(own), device) == ROOT


def test_an_active_factor_is_not_enrolled_over(bob):
    """A10."""
    _, device, _ = bob
    with pytest.raises(StoreError, match="already"):
        enrol_share(device._database)
    with pytest.raises(AuthenticationError):
        activate_share(device._database, "123456")


def test_a_rebound_factor_has_new_codes_and_the_same_share(bob):
    """A12, R05: what was switched off is bound anew by two people, and every slot opens as before."""
    team, device, secret = bob
    with device.offering(code_of(secret)):
        slot = sealed(device.secret(create=True))
    team.set_counter("bob", "failures", 100)
    team.add("anna", "abel", roles=("admin",))
    number = team.as_member("anna").rebind(team.login("bob"))
    with pytest.raises(StoreError):
        enrol_share(device._database)
    team.as_member("abel").approve(number)
    fresh = enrol_share(device._database)
    assert fresh != secret
    activate_share(device._database, code_of(fresh))
    team.set_counter("bob", "step", 0)
    with device.offering(code_of(secret)), pytest.raises(AuthenticationError):
        opened(slot, device)
    with device.offering(code_of(fresh)):
        assert opened(slot, device) == ROOT


def test_nothing_of_code_or_share_is_shown(bob):
    _, device, secret = bob
    code = code_of(secret)
    with device.offering(code):
        share = device.secret(create=True)
        assert code not in repr(device)
        assert share.secret.hex() not in repr(share)
        assert repr(share.secret) not in repr(share)
