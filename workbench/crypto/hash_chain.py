"""A chain of hashes over a vault's leaves: none can be altered, dropped or reordered in the middle unseen.

Each head is SHA-256(0x01 ‖ previous head ‖ leaf), with the domain separation of RFC 9162, section 2.1.1; a leaf is a
hash already. What a chain alone can't show is a tail cut off at its end: signed checkpoints, and anchors that are kept
elsewhere, show that.
"""

from hashlib import sha256

GENESIS = bytes(32)
"""The head before the first leaf."""


def next_head(head: bytes, *, leaf: bytes) -> bytes:
    """Return the head after one more leaf; 32 bytes."""
    return sha256(b"\x01" + head + leaf).digest()
