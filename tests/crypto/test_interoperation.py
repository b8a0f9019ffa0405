"""What the library seals, readers written from the specifications alone can open, and the other way round."""

import os
from hashlib import sha256

import pytest
from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PrivateKey, Suite
from hypothesis import given
from hypothesis import strategies as st
from vectors import independent_cobblestone, independent_hpke, published

KEY, CONTEXT, CHUNK = bytes(range(32)), b"vault 7, record 3", 16384
MESSAGE = bytes(at % 251 for at in range(5 * CHUNK))


def library_encrypt(key, context, message):
    encryptor = Cobblestone256Encryptor(key, context)
    return encryptor.update(message) + encryptor.finalize()


def library_decrypt(key, context, ciphertext, *, step=None):
    decryptor = Cobblestone256Decryptor(key, context)
    step = step or max(len(ciphertext), 1)
    parts = [decryptor.update(ciphertext[at : at + step]) for at in range(0, len(ciphertext), step)]
    return b"".join(parts) + decryptor.finalize()


READERS = (library_decrypt, independent_cobblestone.decrypt)


def test_the_published_messages_are_opened_or_refused_by_the_independent_reader():
    """They are made with SHA-256, which the library hasn't: they vouch for the reader, and it for the library."""
    counts = {"success": 0, "failure": 0}
    for case in published.cobblestone("AEAD_AES_256_GCM"):
        key, context, sealed = bytes.fromhex(case["key"]), case["context"].encode(), case["ciphertext"]
        counts[case["expect"]] += 1
        if "aead_key" in case:
            derived = independent_cobblestone.derive(key, sealed[:24], context, name="sha256")
            assert (derived[0].hex(), derived[1].hex()) == (case["aead_key"], case["base_nonce"])
        if case["expect"] == "success":
            message = independent_cobblestone.decrypt(key, context, sealed, name="sha256")
            assert (len(message), sha256(message).hexdigest()) == (case["payload_length"], case["payload_sha256"])
            assert independent_cobblestone.encrypt(key, context, sealed[:24], message, name="sha256") == sealed
        else:
            with pytest.raises((InvalidTag, ValueError)):
                independent_cobblestone.decrypt(key, context, sealed, name="sha256")
    assert counts == {"success": 9, "failure": 25}


@pytest.mark.parametrize(
    "length",
    [
        0,
        1,
        15,
        16,
        17,
        CHUNK - 17,
        CHUNK - 16,
        CHUNK - 1,
        CHUNK,
        CHUNK + 1,
        2 * CHUNK - 1,
        2 * CHUNK,
        4 * CHUNK,
        5 * CHUNK,
    ],
)
def test_each_side_opens_what_the_other_seals(length):
    message = MESSAGE[:length]
    for sealed in (
        library_encrypt(KEY, CONTEXT, message),
        independent_cobblestone.encrypt(KEY, CONTEXT, os.urandom(24), message),
    ):
        assert len(sealed) == 56 + length + 16 * (length // CHUNK + 1)
        for decrypt in READERS:
            assert decrypt(KEY, CONTEXT, sealed) == message


@given(st.binary(max_size=200), st.binary(min_size=32, max_size=32), st.binary(max_size=40), st.integers(1, 90))
def test_any_message_under_any_context_is_opened_by_the_other_side(message, key, context, step):
    sealed = library_encrypt(key, context, message)
    assert independent_cobblestone.decrypt(key, context, sealed) == message
    assert library_decrypt(key, context, sealed, step=step) == message
    for wrong_key, wrong_context in (
        (bytes(32), context + b"x"),
        (key, context + b"x"),
        (bytes([key[0] ^ 1]) + key[1:], context),
    ):
        for decrypt in READERS:
            with pytest.raises((InvalidTag, ValueError)):
                decrypt(wrong_key, wrong_context, sealed)


SHORT = library_encrypt(KEY, CONTEXT, b"eleven syllables in this one")
LONG = library_encrypt(KEY, CONTEXT, MESSAGE[: 2 * CHUNK + 5])


@pytest.mark.parametrize("decrypt", READERS)
def test_every_truncation_is_refused(decrypt):
    lengths = [*range(56 + 40), *(56 + chunk * (CHUNK + 16) + more for chunk in (1, 2) for more in range(-40, 22))]
    for sealed in (SHORT, LONG):
        for length in {length for length in lengths if length < len(sealed)} | {len(sealed) - 1}:
            with pytest.raises((InvalidTag, ValueError)):
                decrypt(KEY, CONTEXT, sealed[:length])


@pytest.mark.parametrize("decrypt", READERS)
def test_every_flipped_byte_is_refused(decrypt):
    for sealed, step in ((SHORT, 1), (LONG, 97)):
        for at in range(0, len(sealed), step):
            flipped = bytearray(sealed)
            flipped[at] ^= 1 << at % 8
            with pytest.raises((InvalidTag, ValueError)):
                decrypt(KEY, CONTEXT, bytes(flipped))


@pytest.mark.parametrize("decrypt", READERS)
def test_chunks_moved_repeated_left_out_or_added_are_refused(decrypt):
    head, rest = LONG[:56], LONG[56:]
    first, second, last = rest[: CHUNK + 16], rest[CHUNK + 16 : 2 * (CHUNK + 16)], rest[2 * (CHUNK + 16) :]
    orders = (
        [second, first, last],
        [first, first, last],
        [first, last],
        [last],
        [first, second],
        [first, second, last, last],
    )
    for chunks in orders:
        with pytest.raises((InvalidTag, ValueError)):
            decrypt(KEY, CONTEXT, head + b"".join(chunks))


def test_a_message_cut_off_between_chunks_gives_text_before_it_is_refused():
    """Why nothing that `update` returned may be used before `finalize` held."""
    decryptor = Cobblestone256Decryptor(KEY, CONTEXT)
    assert decryptor.update(LONG[: 56 + CHUNK + 16]) == MESSAGE[:CHUNK]
    with pytest.raises((InvalidTag, ValueError)):
        decryptor.finalize()


@pytest.mark.parametrize("edition", ["draft, first", "draft, second"])
def test_the_independent_hpke_reader_opens_every_published_message(edition):
    opened = 0
    for case in published.hpke(edition=edition):
        if case["kem_id"] == 0x647A and case["kdf_id"] in independent_hpke.HASHES:
            private, encapsulated, info, shared = (
                bytes.fromhex(case[name]) for name in ("skRm", "enc", "info", "shared_secret")
            )
            seeds = independent_hpke.expand_key(private)
            assert independent_hpke.decapsulate(seeds, encapsulated) == shared
            for sequence, encryption in enumerate(case["encryptions"]):
                message, aad, ciphertext = (bytes.fromhex(encryption[name]) for name in ("pt", "aad", "ct"))
                suite = {"kdf": case["kdf_id"], "aead": case["aead_id"], "info": info}
                read = independent_hpke.open_sealed(
                    seeds, encapsulated, ciphertext, **suite, aad=aad, sequence=sequence
                )
                assert read == message
                opened += 1
    assert opened == 10


@pytest.mark.parametrize(("kdf", "kdf_id"), [(KDF.HKDF_SHA256, 1), (KDF.HKDF_SHA512, 3)])
@pytest.mark.parametrize(("aead", "aead_id"), [(AEAD.AES_256_GCM, 2), (AEAD.CHACHA20_POLY1305, 3)])
def test_the_independent_hpke_reader_opens_what_the_library_seals(kdf, kdf_id, aead, aead_id):
    seeds = os.urandom(64), os.urandom(32)
    key = MLKEM768X25519PrivateKey(
        MLKEM768PrivateKey.from_seed_bytes(seeds[0]), X25519PrivateKey.from_private_bytes(seeds[1])
    )
    suite = Suite(KEM.MLKEM768_X25519, kdf, aead)
    for message in (b"", os.urandom(32), os.urandom(1000)):
        sealed = suite.encrypt(message, key.public_key(), info=CONTEXT)
        encapsulated, ciphertext = sealed[: independent_hpke.ENCAPSULATED], sealed[independent_hpke.ENCAPSULATED :]
        read = independent_hpke.open_sealed(seeds, encapsulated, ciphertext, kdf=kdf_id, aead=aead_id, info=CONTEXT)
        assert read == message
        assert suite.decrypt(sealed, key, info=CONTEXT) == message
        with pytest.raises(InvalidTag):
            suite.decrypt(sealed, key, info=CONTEXT + b"x")


def test_every_flipped_byte_of_a_sealed_key_is_refused():
    key = MLKEM768X25519PrivateKey(MLKEM768PrivateKey.generate(), X25519PrivateKey.generate())
    suite = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    sealed = suite.encrypt(os.urandom(32), key.public_key(), info=CONTEXT)
    for at in range(len(sealed)):
        flipped = bytearray(sealed)
        flipped[at] ^= 1 << at % 8
        with pytest.raises(InvalidTag):
            suite.decrypt(bytes(flipped), key, info=CONTEXT)
    for length in [*range(0, len(sealed), 53), len(sealed) - 1]:
        with pytest.raises((InvalidTag, ValueError)):
            suite.decrypt(sealed[:length], key, info=CONTEXT)
