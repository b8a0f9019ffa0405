import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.crypto import Context, DataKey, KeyId, Table, new_data_key, seal, unseal
from workbench.errors import IntegrityError
from workbench.records import Envelope

KEY = DataKey(KeyId(bytes(range(16))), bytes(range(32)))
CONTEXT = Context(b"s" * 16, Table.TURN, b"o" * 16, b"r" * 16)


@given(st.binary(max_size=4096))
def test_what_is_sealed_opens_in_its_place(plaintext):
    assert unseal(seal(plaintext, data_key=KEY, context=CONTEXT), data_key=KEY, context=CONTEXT) == plaintext


def test_a_flipped_bit_anywhere_is_refused():
    sealed = seal(b"a haiku on winter rain", data_key=KEY, context=CONTEXT).sealed
    for position in range(len(sealed) * 8):
        flipped = bytearray(sealed)
        flipped[position // 8] ^= 1 << position % 8
        with pytest.raises(IntegrityError):
            unseal(Envelope(bytes(flipped)), data_key=KEY, context=CONTEXT)


def test_a_cut_envelope_is_refused_at_every_length():
    sealed = seal(b"a haiku on winter rain", data_key=KEY, context=CONTEXT).sealed
    for length in range(len(sealed)):
        with pytest.raises(IntegrityError):
            unseal(Envelope(sealed[:length]), data_key=KEY, context=CONTEXT)


@pytest.mark.parametrize(
    "change",
    [
        {"store": b"S" * 16},
        {"table": Table.USAGE_EVENT},
        {"owner": b"O" * 16},
        {"record": b"R" * 16},
        {"version": 2},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_moved_envelope_is_refused(change):
    envelope = seal(b"text", data_key=KEY, context=CONTEXT)
    with pytest.raises(IntegrityError):
        unseal(envelope, data_key=KEY, context=dataclasses.replace(CONTEXT, **change))


def test_another_key_of_the_same_name_is_refused():
    envelope = seal(b"text", data_key=KEY, context=CONTEXT)
    with pytest.raises(IntegrityError):
        unseal(envelope, data_key=DataKey(KEY.key_id, bytes(32)), context=CONTEXT)


def test_two_seals_of_one_text_differ():
    assert seal(b"text", data_key=KEY, context=CONTEXT).sealed != seal(b"text", data_key=KEY, context=CONTEXT).sealed


def test_an_id_of_another_width_is_refused():
    with pytest.raises(IntegrityError):
        dataclasses.replace(CONTEXT, owner=b"short").associated_data()


def test_no_key_shows_in_a_repr():
    key = new_data_key()
    assert key.secret.hex() not in repr(key)
    assert repr(key.secret) not in repr(key)
