"""A person's key pairs: one to be sealed to, one to sign with.

Sealing is HPKE (RFC 9180) with ML-KEM-768 and X25519 together, HKDF-SHA-256 and AES-256-GCM: whoever records today and
owns a quantum computer later has to break both. Signing is Ed25519 (RFC 8032).
"""

import secrets
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import ed25519, mlkem, x25519

from workbench.crypto.derivation import expand_to
from workbench.errors import IntegrityError
from workbench.records import Confidential

SIGNATURE_BYTES = 64
_MLKEM_SEED, _MLKEM_PUBLIC, _X25519, _ED25519 = 64, 1184, 32, 32  # bytes; FIPS 203, RFC 7748, RFC 8032
_SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """The half that others may know.

    Parameters
    ----------
    packed : bytes
        1,248 bytes: ML-KEM-768 (1,184) ‖ X25519 (32) ‖ Ed25519 (32).
    """

    packed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse what isn't bytes; wrong ones seal and verify nothing."""
        if not isinstance(self.packed, bytes):
            raise IntegrityError("An account's public keys aren't keys: they were altered.")

    @property
    def fingerprint(self) -> bytes:
        """32 bytes that stand for both keys: compare them by another channel before you trust them."""
        return sha256(b"JWB1 public keys" + self.packed).digest()

    @property
    def signing(self) -> bytes:
        """The Ed25519 public key, 32 bytes."""
        return self.packed[_MLKEM_PUBLIC + _X25519 :]

    def seal(self, plaintext: bytes, *, info: bytes) -> bytes:
        """Return `plaintext` so that only the private half opens it; 1,136 bytes longer.

        Parameters
        ----------
        plaintext : bytes
            Any length.
        info : bytes
            What it is for; it is authenticated.

        Raises
        ------
        IntegrityError
            When these aren't public keys.
        """
        try:
            public = hpke.MLKEM768X25519PublicKey(
                mlkem.MLKEM768PublicKey.from_public_bytes(self.packed[:_MLKEM_PUBLIC]),
                x25519.X25519PublicKey.from_public_bytes(self.packed[_MLKEM_PUBLIC : _MLKEM_PUBLIC + _X25519]),
            )
            return _SUITE.encrypt(plaintext, public, info=info)
        except (TypeError, ValueError):
            raise IntegrityError("An account's public keys aren't keys: they were altered.") from None

    def require_sealable(self) -> None:
        """Return when something can be sealed to these.

        Raises
        ------
        IntegrityError
            When these aren't public keys.
        """
        self.seal(b"", info=b"")

    def verify(self, signature: bytes, message: bytes) -> None:
        """Return when the signature is by the private half over exactly this message.

        Raises
        ------
        IntegrityError
            When not.
        """
        try:
            ed25519.Ed25519PublicKey.from_public_bytes(self.signing).verify(signature, message)
        except (InvalidSignature, TypeError, ValueError):
            raise IntegrityError("A signature doesn't hold: what it stands under was altered.") from None


@dataclass(frozen=True, slots=True)
class KeyPairs(Confidential):
    """The private half, which only an unlocked session holds.

    Parameters
    ----------
    packed : bytes
        128 bytes: ML-KEM-768's seed (64) ‖ X25519 (32) ‖ Ed25519 (32).
    """

    packed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse what isn't of the right length."""
        if len(self.packed) != _MLKEM_SEED + _X25519 + _ED25519:
            raise IntegrityError("An account's private keys aren't keys: they were altered.")

    @property
    def signing(self) -> bytes:
        """The Ed25519 private key, 32 bytes."""
        return self.packed[_MLKEM_SEED + _X25519 :]

    @property
    def public(self) -> PublicKeys:
        """The public half."""
        mlkem_key, x25519_key = self._sealing_keys()
        signing = ed25519.Ed25519PrivateKey.from_private_bytes(self.signing)
        return PublicKeys(
            mlkem_key.public_key().public_bytes_raw()
            + x25519_key.public_key().public_bytes_raw()
            + signing.public_key().public_bytes_raw()
        )

    def open(self, sealed: bytes, *, info: bytes) -> bytes:
        """Return what was sealed to the public half.

        Raises
        ------
        IntegrityError
            When it was altered, is for another purpose, or was sealed to someone else.
        """
        try:
            return _SUITE.decrypt(sealed, hpke.MLKEM768X25519PrivateKey(*self._sealing_keys()), info=info)
        except (InvalidTag, TypeError, ValueError):
            raise IntegrityError("What was sealed to this account doesn't open: it was altered or moved.") from None

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message; 64 bytes."""
        return ed25519.Ed25519PrivateKey.from_private_bytes(self.signing).sign(message)

    def _sealing_keys(self) -> tuple[mlkem.MLKEM768PrivateKey, x25519.X25519PrivateKey]:
        return (
            mlkem.MLKEM768PrivateKey.from_seed_bytes(self.packed[:_MLKEM_SEED]),
            x25519.X25519PrivateKey.from_private_bytes(self.packed[_MLKEM_SEED : _MLKEM_SEED + _X25519]),
        )


def new_key_pairs() -> KeyPairs:
    """Return fresh key pairs from the operating system's generator."""
    return KeyPairs(secrets.token_bytes(_MLKEM_SEED + _X25519 + _ED25519))


def key_pairs_of(key: bytes) -> KeyPairs:
    """Return the key pairs that follow from a vault's key: who reads the vault can open what others seal into it."""
    return KeyPairs(expand_to(_MLKEM_SEED + _X25519 + _ED25519, key=key, label=b"key pairs"))
