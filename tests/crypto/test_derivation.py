"""RFC 9106's own vector for Argon2id, and HKDF (RFC 5869) written out with the standard library."""

import hashlib
import hmac

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from workbench.crypto import RFC_9106_LOW_MEMORY, derive
from workbench.crypto.derivation import expand, stretch


def test_argon2id_matches_the_vector_of_rfc_9106():
    """RFC 9106, section 5.3: the library that `derive` calls gives the published tag."""
    tag = Argon2id(
        salt=b"\x02" * 16, length=32, iterations=3, lanes=4, memory_cost=32, ad=b"\x04" * 12, secret=b"\x03" * 8
    ).derive(b"\x01" * 32)
    assert tag.hex() == "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"


def test_derive_uses_the_parameters_it_is_given():
    expected = Argon2id(salt=b"s" * 16, length=32, iterations=3, lanes=4, memory_cost=65_536).derive(b"secret")
    assert derive(b"secret", salt=b"s" * 16, parameters=RFC_9106_LOW_MEMORY) == expected


def test_expand_is_hkdf_expand_with_sha_512():
    """RFC 5869, section 2.3, written out with the standard library: T(1) = HMAC(PRK, info ‖ 0x01)."""
    expected = hmac.new(b"k" * 32, b"JWB1 wrap\x01", hashlib.sha512).digest()[:32]
    assert expand(b"k" * 32, label=b"wrap") == expected


def test_stretch_is_hkdf_with_sha_512():
    extracted = hmac.new(b"s" * 16, b"code", hashlib.sha512).digest()
    expected = hmac.new(extracted, b"JWB1 a label\x01", hashlib.sha512).digest()[:32]
    assert stretch(b"code", salt=b"s" * 16, label=b"a label") == expected
