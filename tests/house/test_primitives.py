"""Every cryptographic primitive that the package names is in the tables below, each with the standard that approves it.

What the libraries under it do by themselves (TLS, Parquet's encryption) isn't seen here.
"""

import ast
from pathlib import Path

import pytest
from dotted_names import dotted_names

ROOT = Path(__file__).parents[2]
SOURCES = {path.relative_to(ROOT).as_posix(): path.read_text() for path in sorted(ROOT.glob("workbench/**/*.py"))}
BASE = "cryptography.hazmat.primitives."
ROOTS = ("cryptography.", "hashlib.", "hmac.", "secrets.", "random.", "os.urandom", "Crypto.", "nacl.")

ENCRYPTION = {
    "cryptography.cobblestone.Cobblestone256Encryptor": "C2SP chunked-encryption over AES-256-GCM, SP 800-38D",
    "cryptography.cobblestone.Cobblestone256Decryptor": "as above",
    f"{BASE}ciphers.aead.AESGCM": "AES-256-GCM, SP 800-38D",
    f"{BASE}hpke.AEAD.AES_256_GCM": "as above",
}
HASHES = {
    "hashlib.sha1": "the breach list is by it, RFC 3174; usedforsecurity=False",
    "hashlib.sha256": "FIPS 180-4",
    f"{BASE}hashes.SHA1": "in HMAC alone, for the codes of authenticator apps, RFC 6238; RFC 6194, section 3.3",
    f"{BASE}twofactor.totp.TOTP": "RFC 6238",
    f"{BASE}hashes.SHA512": "FIPS 180-4",
    f"{BASE}hpke.KDF.HKDF_SHA256": "RFC 5869",
    f"{BASE}kdf.hkdf.HKDF": "RFC 5869",
    f"{BASE}kdf.hkdf.HKDFExpand": "RFC 5869",
    f"{BASE}kdf.argon2.Argon2id": "RFC 9106",
    "hmac.digest": "FIPS 198-1",
    "hmac.compare_digest": "compares in constant time",
}
PUBLIC_KEYS = {
    f"{BASE}asymmetric.ed25519.Ed25519PrivateKey": "FIPS 186-5",
    f"{BASE}asymmetric.ed25519.Ed25519PublicKey": "FIPS 186-5",
    f"{BASE}asymmetric.mlkem.MLKEM768PrivateKey": "FIPS 203",
    f"{BASE}asymmetric.mlkem.MLKEM768PublicKey": "FIPS 203",
    f"{BASE}asymmetric.x25519.X25519PrivateKey": "RFC 7748",
    f"{BASE}asymmetric.x25519.X25519PublicKey": "RFC 7748",
    f"{BASE}hpke.KEM.MLKEM768_X25519": "RFC 9180 with both of the above",
    f"{BASE}hpke.MLKEM768X25519PrivateKey": "as above",
    f"{BASE}hpke.MLKEM768X25519PublicKey": "as above",
    f"{BASE}hpke.Suite": "RFC 9180",
}
RANDOMNESS = {
    "os.urandom": "the operating system's generator",
    "secrets.choice": "as above",
    "secrets.token_bytes": "as above",
    "secrets.token_hex": "as above",
    "secrets.token_urlsafe": "as above",
}
SEEDED = {"random.Random": {"workbench/benchmark/workload.py"}}  # a workload that comes again; nothing is secret there


def primitives(source: str) -> set[str]:
    """Return the primitives that a source names: classes and their constants, functions; not modules, not methods."""
    found = set()
    for name in dotted_names(source):
        if name.startswith(ROOTS) and "exceptions" not in name:
            parts = name.split(".")
            classes = [place for place, part in enumerate(parts) if part[0].isupper()]
            if classes:
                found.add(".".join(parts[: classes[-1] + 1]))
            elif not name.startswith("cryptography."):
                found.add(name)
    return {name for name in found if not any(other.startswith(f"{name}.") for other in found)}


def named_hashes(source: str) -> set[str]:
    """Return hash functions that are named by a string, as in ``hmac.digest(key, text, "sha256")``."""
    known = {"md4", "md5", "sha1", "sha224", "sha256", "sha384", "sha512", "ripemd160"}
    constants = (node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant))
    return known & {value for value in constants if isinstance(value, str)}


FOUND = {name for source in SOURCES.values() for name in primitives(source)}


@pytest.mark.parametrize(
    ("roots", "table"),
    [
        ((f"{BASE}ciphers", "cryptography.cobblestone", f"{BASE}hpke.AEAD", "Crypto.", "nacl."), ENCRYPTION),
        (
            (f"{BASE}hashes", f"{BASE}kdf", f"{BASE}hpke.KDF", f"{BASE}hmac", f"{BASE}twofactor", "hashlib", "hmac"),
            HASHES,
        ),
        ((f"{BASE}asymmetric", f"{BASE}hpke.KEM", f"{BASE}hpke.MLKEM", f"{BASE}hpke.Suite"), PUBLIC_KEYS),
        (("os.urandom", "secrets"), RANDOMNESS),
        (("random",), SEEDED),
    ],
    ids=["encryption", "hashes and derivation", "public keys", "randomness", "seeded"],
)
def test_each_primitive_that_is_named_is_approved_and_each_approved_one_is_used(roots, table):
    """ASVS 11.3.1, 11.3.2, 11.4.1, 11.6.1, 11.6.2: no other mode, padding, hash, curve or generator."""
    assert {name for name in FOUND if name.startswith(roots)} == set(table)


def test_no_primitive_is_outside_of_the_tables():
    assert {*ENCRYPTION, *HASHES, *PUBLIC_KEYS, *RANDOMNESS, *SEEDED} == FOUND
    assert {name for source in SOURCES.values() for name in named_hashes(source)} <= {"sha256"}


def test_what_comes_again_by_a_seed_is_nowhere_near_a_secret():
    places = {path for path, source in SOURCES.items() if "random.Random" in primitives(source)}
    assert places == SEEDED["random.Random"]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("from cryptography.hazmat.primitives.ciphers import modes\nmodes.ECB()", f"{BASE}ciphers.modes.ECB"),
        ("from hashlib import md5 as quick", "hashlib.md5"),
        ("import random\nrandom.choice(words)", "random.choice"),
        ("from cryptography.hazmat.primitives import hashes as h\nh.SHA1()", f"{BASE}hashes.SHA1"),
    ],
)
def test_what_is_planted_is_found(source, name):
    assert primitives(source) == {name}


def test_a_hash_that_is_named_by_a_string_is_found():
    assert named_hashes('hmac.digest(key, text, "md5")') == {"md5"}
