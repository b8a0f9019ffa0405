import pytest

from workbench.crypto import KeyRing, new_data_key
from workbench.errors import IntegrityError, LockedError


def test_a_ring_returns_the_key_of_a_name():
    ring, key = KeyRing(), new_data_key()
    ring.add(key)
    assert ring.key(key.key_id) == key


def test_a_name_that_is_not_held_is_an_integrity_error():
    with pytest.raises(IntegrityError):
        KeyRing().key(new_data_key().key_id)


def test_a_ring_that_forgot_gives_and_takes_nothing():
    ring, key = KeyRing(), new_data_key()
    ring.add(key)
    ring.forget()
    with pytest.raises(LockedError):
        ring.key(key.key_id)
    with pytest.raises(LockedError):
        ring.add(key)
    assert not ring.is_open
