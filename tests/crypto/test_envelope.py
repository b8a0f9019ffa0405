import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.crypto import Context, DataKey, KeyId, Kind, leaf_of, new_data_key, seal, unseal
from workbench.errors import IntegrityError
from workbench.records import Envelope

KEY = DataKey(KeyId(bytes(range(16))), bytes(range(32)))
CONTEXT = Context(b"s" * 16, b"v" * 16, Kind.TURN, b"r" * 16)


@given(st.binary(max_size=4096))
def test_what_is_sealed_opens_in_its_place(plaintext):
    sealed = seal(plaintext, data_key=KEY, context=CONTEXT)
    opened = unseal(sealed.envelope, data_key=KEY, context=CONTEXT)
    assert opened.body == plaintext
    assert leaf_of(opened.body, salt=opened.salt, context=CONTEXT) == sealed.leaf


@given(st.binary(max_size=400), st.binary(max_size=400))
def test_sealed_again_under_another_key_a_record_keeps_its_leaf(plaintext, other):
    first = seal(plaintext, data_key=KEY, context=CONTEXT)
    salt = unseal(first.envelope, data_key=KEY, context=CONTEXT).salt
    assert seal(plaintext, data_key=new_data_key(), context=CONTEXT, salt=salt).leaf == first.leaf
    assert (seal(other, data_key=KEY, context=CONTEXT, salt=salt).leaf == first.leaf) == (other == plaintext)


def test_equal_contents_have_leaves_that_tell_nothing():
    assert seal(b"text", data_key=KEY, context=CONTEXT).leaf != seal(b"text", data_key=KEY, context=CONTEXT).leaf


@given(st.integers(0, 5000))
def test_lengths_are_padded_so_that_few_remain(length):
    """PADME leaves a few dozen lengths up to 5,000 bytes."""
    body = bytes(range(256)) * 20
    sizes = {len(seal(body[:size], data_key=KEY, context=CONTEXT).envelope.sealed) for size in (length, length + 1)}
    assert max(sizes) - min(sizes) <= 512


def test_a_flipped_bit_anywhere_is_refused():
    sealed = seal(b"a haiku on winter rain", data_key=KEY, context=CONTEXT).envelope.sealed
    for position in range(len(sealed) * 8):
        flipped = bytearray(sealed)
        flipped[position // 8] ^= 1 << position % 8
        with pytest.raises(IntegrityError):
            unseal(Envelope(bytes(flipped)), data_key=KEY, context=CONTEXT)


def test_a_cut_envelope_is_refused_at_every_length():
    sealed = seal(b"a haiku on winter rain", data_key=KEY, context=CONTEXT).envelope.sealed
    for length in range(len(sealed)):
        with pytest.raises(IntegrityError):
            unseal(Envelope(sealed[:length]), data_key=KEY, context=CONTEXT)


@pytest.mark.parametrize(
    "change",
    [
        {"store": b"S" * 16},
        {"kind": Kind.USAGE_EVENT},
        {"vault": b"V" * 16},
        {"record": b"R" * 16},
        {"version": 2},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_moved_envelope_is_refused(change):
    envelope = seal(b"text", data_key=KEY, context=CONTEXT).envelope
    with pytest.raises(IntegrityError):
        unseal(envelope, data_key=KEY, context=CONTEXT._replace(**change))


def test_another_key_of_the_same_name_is_refused():
    envelope = seal(b"text", data_key=KEY, context=CONTEXT).envelope
    with pytest.raises(IntegrityError):
        unseal(envelope, data_key=DataKey(KEY.key_id, bytes(32)), context=CONTEXT)


def test_two_seals_of_one_text_differ():
    one, other = (seal(b"text", data_key=KEY, context=CONTEXT).envelope.sealed for _ in range(2))
    assert one != other


@pytest.mark.parametrize("suite", [0, 1, 3, 255])
def test_an_older_or_unknown_suite_is_refused(suite):
    sealed = seal(b"text", data_key=KEY, context=CONTEXT).envelope.sealed
    with pytest.raises(IntegrityError):
        unseal(Envelope(bytes((suite,)) + sealed[1:]), data_key=KEY, context=CONTEXT)


def test_an_id_of_another_width_is_refused():
    with pytest.raises(IntegrityError):
        CONTEXT._replace(record=b"short").associated_data(suite=2, key_id=KEY.key_id)


def test_no_key_shows_in_a_repr():
    key = new_data_key()
    assert key.secret.hex() not in repr(key)
    assert repr(key.secret) not in repr(key)


def test_a_sealer_that_broke_the_format_is_told(monkeypatch):
    monkeypatch.setattr("workbench.crypto.envelope.compress", lambda _body: b"no frame of zstd")
    envelope = seal(b"a" * 500, data_key=KEY, context=CONTEXT).envelope
    with pytest.raises(IntegrityError):
        unseal(envelope, data_key=KEY, context=CONTEXT)


def test_a_record_that_would_unfold_without_end_is_refused(monkeypatch):
    monkeypatch.setattr("workbench.crypto.compression.LARGEST", 1000)
    envelope = seal(b"a" * 1001, data_key=KEY, context=CONTEXT).envelope
    with pytest.raises(IntegrityError):
        unseal(envelope, data_key=KEY, context=CONTEXT)
