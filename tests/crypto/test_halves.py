"""A key for two together."""

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.crypto import joined, pack_halves, split, unpack_halves
from workbench.errors import IntegrityError

keys = st.binary(min_size=32, max_size=32)
ids = st.binary(min_size=16, max_size=16)


@given(keys)
def test_both_halves_give_the_key_in_either_order(key):
    one, other = split(key)
    assert joined(one, other) == joined(other, one) == key


def test_each_half_is_fresh_and_alone_says_nothing_of_the_key():
    """R06: for each half there is, for any key at all, a partner that gives that key."""
    key, another = secrets.token_bytes(32), secrets.token_bytes(32)
    halves = [split(key) for _ in range(100)]
    assert len({half for pair in halves for half in pair}) == 200
    for one, _ in halves:
        assert joined(one, joined(one, another)) == another
        assert one != key


def test_halves_of_two_splits_do_not_fit():
    key = secrets.token_bytes(32)
    (one, _), (_, other) = split(key), split(key)
    assert joined(one, other) != key


@given(st.dictionaries(ids, keys, max_size=5))
def test_halves_by_partner_come_back(halves):
    assert unpack_halves(pack_halves(halves)) == halves


@pytest.mark.parametrize("length", [1, 31, 33, 47, 49, 95])
def test_what_is_of_another_length_is_refused(length):
    with pytest.raises(IntegrityError):
        unpack_halves(bytes(length))
    for one, other in ((bytes(length), bytes(32)), (bytes(32), bytes(length))):
        with pytest.raises(IntegrityError):
            joined(one, other)
    with pytest.raises(IntegrityError):
        split(bytes(length))
