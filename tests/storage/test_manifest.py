"""A manifest says what it was made to say, to whoever has the signer's public keys, or it is refused."""

import dataclasses
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.crypto import new_key_pairs
from workbench.errors import IntegrityError, StoreVersionError, WorkbenchError
from workbench.storage.backups.manifest import Manifest, new_backup_id, read_manifest, time_of
from workbench.storage.backups.pieces import Piece
from workbench.storage.codec import pack

KEY_PAIRS = new_key_pairs()

ids = st.binary(min_size=16, max_size=16)
counts = st.integers(0, 1 << 32)
names = st.from_regex(r"[a-z0-9-]{1,20}(/[a-z0-9-]{1,20}){0,2}", fullmatch=True)
pieces = st.builds(
    Piece, names, st.sampled_from(["record", "store", "erased"]), counts, counts, st.binary(min_size=32, max_size=32)
)
manifests = st.builds(
    Manifest,
    st.sampled_from(["data", "keys"]),
    st.builds(new_backup_id, st.integers(0, 1 << 33)),
    ids,
    st.just(2),
    ids,
    st.binary(min_size=32, max_size=32),
    counts,
    counts,
    st.lists(pieces, max_size=4).map(tuple),
    st.binary(max_size=32),
)


@given(manifests)
def test_what_is_signed_is_read(manifest):
    signed = read_manifest(manifest.signed(KEY_PAIRS), name=manifest.name)
    signed.check(KEY_PAIRS.public)
    assert signed.manifest == manifest


@given(manifests, st.data())
def test_no_flipped_bit_passes(manifest, data):
    content = bytearray(manifest.signed(KEY_PAIRS))
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(WorkbenchError):
        read_manifest(bytes(content), name=manifest.name).check(KEY_PAIRS.public)


@given(st.binary(max_size=300) | st.lists(st.binary(max_size=40) | counts, max_size=4).map(lambda parts: pack(*parts)))
def test_what_is_no_manifest_is_refused(content):
    with pytest.raises((IntegrityError, StoreVersionError)):
        read_manifest(content, name="data/20261124T000000000000Z-00000000/manifest")


@given(manifests)
def test_another_signature_and_another_name_are_refused(manifest):
    content = manifest.signed(KEY_PAIRS)
    with pytest.raises(IntegrityError):
        read_manifest(content, name=manifest.name + "x")
    signed = read_manifest(content, name=manifest.name)
    with pytest.raises(IntegrityError):
        signed.check(new_key_pairs().public)
    later = dataclasses.replace(manifest, expires=manifest.expires + 1)
    other = read_manifest(later.signed(KEY_PAIRS), name=manifest.name)
    with pytest.raises(IntegrityError):
        dataclasses.replace(signed, note=other.note).check(KEY_PAIRS.public)


def test_an_id_tells_its_time():
    now = time.time()
    assert abs(time_of(new_backup_id(now)) - now) < 1e-5
    assert time_of("notes") == float("inf")
