from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.crypto.padding import pad, padded_length, unpad
from workbench.errors import InputError, IntegrityError


def padme(length):
    """Return the definition of the paper's section 4, with its logarithms."""
    from math import floor, log2  # noqa: PLC0415 - the independent definition stands together

    exponent = floor(log2(length))
    last_bits = exponent - (floor(log2(exponent)) + 1)
    return -(-length // 2**last_bits) * 2**last_bits


def test_lengths_are_those_of_the_definition():
    assert [padded_length(length) for length in (0, 1, 2, 7, 8, 9, 10)] == [0, 1, 2, 7, 8, 10, 10]
    assert all(padded_length(length) == padme(length) for length in range(2, 70_000))


@pytest.mark.parametrize(("least", "most", "share"), [(2, 5000, 0.12), (256, 66_000, 0.063), (65_536, 262_144, 0.032)])
def test_padding_costs_as_little_as_is_said(least, most, share):
    assert max(padded_length(length) / length - 1 for length in range(least, most)) < share


def test_many_lengths_look_alike():
    assert len({padded_length(length) for length in range(1, 100_001)}) < 250


@given(st.integers(min_value=2, max_value=2**60))
def test_a_padded_length_is_never_shorter_and_stays_what_it_is(length):
    assert length <= padded_length(length) <= length * 1.12
    assert padded_length(padded_length(length)) == padded_length(length)


def test_a_negative_length_is_refused():
    with pytest.raises(InputError):
        padded_length(-1)


@given(st.binary(max_size=5000))
def test_what_was_padded_comes_back(data):
    padded = pad(data)
    assert len(padded) == padded_length(len(data) + 1)
    assert unpad(padded) == data


@pytest.mark.parametrize("byte", [b"\x00", b"\x80", b"a"])
def test_every_length_of_every_kind_of_byte_comes_back(byte):
    for length in [*range(300), 16_383, 16_384, 65_535, 65_536]:
        assert unpad(pad(byte * length)) == byte * length


@given(st.binary(max_size=300))
def test_only_what_pad_returns_is_unpadded(data):
    with suppress(IntegrityError):
        assert pad(unpad(data)) == data


@pytest.mark.parametrize(
    "malformed",
    [
        b"",
        b"\x00",
        b"text",
        b"text\x80\x00",  # PADME has 5 for 5
        pad(b"text of a poem") + b"\x00",
        pad(b"a text of length")[:-1],
        pad(b"a text of length")[:-1] + b"\x01",
    ],
)
def test_a_malformed_padding_is_refused(malformed):
    with pytest.raises(IntegrityError):
        unpad(malformed)
