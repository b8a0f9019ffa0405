"""What an approver signs: never the bytes that they are handed, but a digest of them, for approvals alone.

So nobody gets a signature from an approver that would hold anywhere else: for a grant, a checkpoint or a letter.
"""

from hashlib import sha256

from workbench.crypto import KeyPairs, PublicKeys
from workbench.storage import pack

_MAGIC = b"JWB1 approval"


def countersign(key_pairs: KeyPairs, *, store: bytes, permission: str, message: bytes) -> bytes:
    """Return an approver's signature, 64 bytes, over what is to be done under a permission."""
    return key_pairs.sign(_signed(store, permission, message))


def check_countersignature(signature: bytes, *, by: PublicKeys, store: bytes, permission: str, message: bytes) -> None:
    """Return when an approver has signed exactly this.

    Raises
    ------
    IntegrityError
        When not.
    """
    by.verify(signature, _signed(store, permission, message))


def _signed(store: bytes, permission: str, message: bytes) -> bytes:
    return _MAGIC + store + sha256(pack(permission, message)).digest()
