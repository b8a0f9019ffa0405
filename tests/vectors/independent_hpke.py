"""A second reader of HPKE with ML-KEM-768 and X25519 (KEM 0x647a, "X-Wing"), written from the specifications.

RFC 9180, sections 4, 5.1 and 7 (base mode), and draft-connolly-cfrg-xwing-kem, section 5 (key expansion and combiner).
"""

import hmac
from hashlib import sha3_256, shake_256

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

KEM = 0x647A
ENCAPSULATED = 1088 + 32
XWING_LABEL = rb"\./" + rb"/^" + b"\\"
HASHES = {1: ("sha256", 32), 3: ("sha512", 64)}  # RFC 9180, table 3
AEADS = {2: AESGCM, 3: ChaCha20Poly1305}  # table 5


def expand_key(seed):
    """Return the ML-KEM-768 seed and the X25519 key of an X-Wing seed of 32 bytes."""
    expanded = shake_256(seed).digest(96)
    return expanded[:64], expanded[64:]


def decapsulate(seeds, encapsulated):
    x25519 = X25519PrivateKey.from_private_bytes(seeds[1])
    lattice = MLKEM768PrivateKey.from_seed_bytes(seeds[0]).decapsulate(encapsulated[:1088])
    curve = x25519.exchange(X25519PublicKey.from_public_bytes(encapsulated[1088:]))
    public = x25519.public_key().public_bytes_raw()
    return sha3_256(lattice + curve + encapsulated[1088:] + public + XWING_LABEL).digest()


def key_schedule(shared_secret, *, kdf, aead, info):
    """Return key and base nonce: KeySchedule<ROLE> of section 5.1 in the base mode."""
    name, length = HASHES[kdf]
    suite = b"HPKE" + b"".join(number.to_bytes(2) for number in (KEM, kdf, aead))

    def extract(salt, label, keying_material):
        return hmac.digest(salt or bytes(length), b"HPKE-v1" + suite + label + keying_material, name)

    def expand(prk, label, context, size):
        labelled = size.to_bytes(2) + b"HPKE-v1" + suite + label + context
        return hmac.digest(prk, labelled + b"\x01", name)[:size]  # one block of HKDF-Expand is enough for both

    context = b"\x00" + extract(b"", b"psk_id_hash", b"") + extract(b"", b"info_hash", info)
    secret = extract(shared_secret, b"secret", b"")
    return expand(secret, b"key", context, 32), expand(secret, b"base_nonce", context, 12)


def open_sealed(seeds, encapsulated, ciphertext, *, kdf, aead, info, aad=b"", sequence=0):
    """Return the plaintext, or raise the library's InvalidTag."""
    key, base_nonce = key_schedule(decapsulate(seeds, encapsulated), kdf=kdf, aead=aead, info=info)
    nonce = (int.from_bytes(base_nonce) ^ sequence).to_bytes(12)
    return AEADS[aead](key).decrypt(nonce, ciphertext, aad)
