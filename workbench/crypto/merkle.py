"""A Merkle tree over a log's leaves: one root stands for all of them, in their order.

RFC 9162, section 2.1, with SHA-256. The leaves here are 32-byte *leaf hashes*: whoever makes them gives each the domain
0x00 (section 2.1.1), and inner nodes have 0x01, so that no node passes for a leaf. Whoever keeps a `Frontier` can go on
appending and name the root at any time, in memory of the tree's logarithm. Proofs are made and checked in
`workbench.crypto.merkle_proof`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from workbench.errors import IntegrityError

HASH_BYTES = 32  # SHA-256
VERSION = 1
SIZE_BYTES = 8  # RFC 9162, section 4.10: tree_size is a uint64
HEADER_BYTES = 1 + SIZE_BYTES


def check_hashes(hashes: Iterable[bytes]) -> None:
    """Refuse whatever isn't 32 bytes: a node of another length could be split in two ways.

    Raises
    ------
    IntegrityError
        When one of the hashes has another length.
    """
    if any(len(value) != HASH_BYTES for value in hashes):
        raise IntegrityError("A log's hash has a wrong length: it was altered or cut short.")


@dataclass(frozen=True, slots=True)
class Frontier:
    """What must be kept of a tree to go on appending to it: the roots of its largest perfect subtrees.

    Parameters
    ----------
    size : int
        How many leaves the tree has.
    hashes : tuple of bytes
        One root of 32 bytes for each bit that is set in `size`: from the largest subtree, at the left, to the smallest.

    Raises
    ------
    IntegrityError
        When the hashes can't be those of a tree of that size.
    """

    size: int
    hashes: tuple[bytes, ...]

    def __post_init__(self) -> None:
        """Refuse what is no frontier."""
        if not 0 <= self.size < 1 << 8 * SIZE_BYTES or len(self.hashes) != self.size.bit_count():
            raise IntegrityError("A log's frontier doesn't fit its size: it was altered or cut short.")
        check_hashes(self.hashes)


EMPTY = Frontier(0, ())
"""The frontier before the first leaf."""


def node(left: bytes, right: bytes) -> bytes:
    """Return the hash of two subtrees' parent: HASH(0x01 ‖ left ‖ right)."""
    return sha256(b"\x01" + left + right).digest()


def extend(frontier: Frontier, leaves: Iterable[bytes]) -> Frontier:
    """Return the frontier after more leaves.

    Parameters
    ----------
    frontier : Frontier
        Where the log stands.
    leaves : iterable of bytes
        Leaf hashes of 32 bytes, in the log's order; about 1 µs each.

    Raises
    ------
    IntegrityError
        When a leaf hash has another length.
    """
    size, hashes = frontier.size, list(frontier.hashes)
    for leaf in leaves:
        check_hashes((leaf,))
        merged, rest = leaf, size
        while rest & 1:  # a carry, as in binary addition: two perfect subtrees of one size become one
            merged = node(hashes.pop(), merged)
            rest >>= 1
        hashes.append(merged)
        size += 1
    return Frontier(size, tuple(hashes))


def root(frontier: Frontier) -> bytes:
    """Return the Merkle Tree Hash of RFC 9162, section 2.1.1; that of an empty tree is SHA-256 of nothing."""
    if not frontier.hashes:
        return sha256().digest()
    *larger, result = frontier.hashes
    for left in reversed(larger):
        result = node(left, result)
    return result


def pack(frontier: Frontier) -> bytes:
    """Return a frontier's bytes: version (1 byte) ‖ size (8, big-endian) ‖ hashes (32 each)."""
    return bytes((VERSION,)) + frontier.size.to_bytes(SIZE_BYTES) + b"".join(frontier.hashes)


def unpack(packed: bytes) -> Frontier:
    """Return the frontier that `pack` wrote; its hashes are as authentic as the bytes are.

    Raises
    ------
    IntegrityError
        When the bytes are no frontier of a known version, whole and without anything behind it.
    """
    if len(packed) < HEADER_BYTES or packed[0] != VERSION:
        raise IntegrityError("A log's frontier is of no known version: it was altered or cut short.")
    hashes = (packed[at : at + HASH_BYTES] for at in range(HEADER_BYTES, len(packed), HASH_BYTES))
    return Frontier(int.from_bytes(packed[1:HEADER_BYTES]), tuple(hashes))
