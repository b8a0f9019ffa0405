"""A second reader of Cobblestone-256, written from https://c2sp.org/chunked-encryption alone, with its words.

Cobblestone-256 is chunked-encryption with AES-256-GCM and SHA-512. The vectors that are published are of the same
scheme with SHA-256, so that the hash is a parameter here.
"""

import hmac

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CHUNK, TAG, SALT, COMMITMENT = 16384, 16, 24, 32


def hkdf_expand(prk, info, length, *, name):
    """Return HKDF-Expand of RFC 5869, section 2.3."""
    okm = block = b""
    counter = 0
    while len(okm) < length:
        counter += 1
        block = hmac.digest(prk, block + info + bytes((counter,)), name)
        okm += block
    return okm[:length]


def derive(input_key, salt, context, *, name):
    """Return key, base nonce and commitment."""
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00" + salt + context
    okm = hkdf_expand(input_key, info, 32 + 12 + COMMITMENT, name=name)
    return okm[:32], okm[32:44], okm[44:]


def nonce_of(base_nonce, number):
    return (int.from_bytes(base_nonce) ^ number).to_bytes(12)


def encrypt(input_key, context, salt, message, *, name="sha512"):
    key, base_nonce, commitment = derive(input_key, salt, context, name=name)
    chunks = [message[at : at + CHUNK] for at in range(0, len(message) + 1, CHUNK)]  # the last is always shorter
    return (
        salt
        + commitment
        + b"".join(AESGCM(key).encrypt(nonce_of(base_nonce, i), c, None) for i, c in enumerate(chunks))
    )


def decrypt(input_key, context, ciphertext, *, name="sha512"):
    """Return the message, or raise ValueError or the library's InvalidTag."""
    salt, given, sealed = ciphertext[:SALT], ciphertext[SALT : SALT + COMMITMENT], ciphertext[SALT + COMMITMENT :]
    key, base_nonce, commitment = derive(input_key, salt, context, name=name)
    if len(input_key) != 32 or not hmac.compare_digest(given, commitment):
        raise ValueError("commitment")
    chunks = [sealed[at : at + CHUNK + TAG] for at in range(0, len(sealed), CHUNK + TAG)]
    if not chunks or len(chunks[-1]) in {*range(TAG), CHUNK + TAG}:
        raise ValueError("truncated")
    return b"".join(AESGCM(key).decrypt(nonce_of(base_nonce, i), c, None) for i, c in enumerate(chunks))
