"""A chain of hashes over sealed records: none can be altered, dropped or reordered in the middle unseen.

Each head is SHA-256(0x01 ‖ previous head ‖ SHA-256(0x00 ‖ leaf)), with the domain separation of RFC 9162,
section 2.1.1. What a chain alone can't show is a tail cut off at its end; signed heads kept elsewhere show that.
"""

from hashlib import sha256

GENESIS = bytes(32)
"""The head before the first leaf."""


def next_head(head: bytes, *, leaf: bytes) -> bytes:
    """Return the head after one more leaf; 32 bytes."""
    return sha256(b"\x01" + head + sha256(b"\x00" + leaf).digest()).digest()
