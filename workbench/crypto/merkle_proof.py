"""Proofs that a leaf lies in a log, and that a later log continues an earlier one.

RFC 9162, section 2.1; the two verifications follow its steps one by one, with their numbers and names, and nothing of
our own stands in place of a step: a home-made proof is how immudb came to accept forged ones (GHSA-672p-m5jq-mrh8).
"""

from collections.abc import Sequence
from hmac import compare_digest

from workbench.crypto.merkle import EMPTY, check_hashes, extend, node, root
from workbench.errors import InputError, IntegrityError


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Return the path that proves the leaf at `index`: PATH(m, D_n) of RFC 9162, section 2.1.3.1.

    Parameters
    ----------
    leaves : sequence of bytes
        All the log's leaf hashes, 32 bytes each.
    index : int
        The leaf's place, from 0.

    Raises
    ------
    InputError
        When the log has no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise InputError("The log has no leaf at that place.")
    return _path(leaves, index)


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> tuple[bytes, ...]:
    """Return the proof that the log continues its first `old_size` leaves: PROOF(m, D_n) of section 2.1.4.1.

    Parameters
    ----------
    leaves : sequence of bytes
        All the log's leaf hashes, 32 bytes each.
    old_size : int
        Leaves in the earlier log. None, or as many as now, need no proof: it is empty.

    Raises
    ------
    InputError
        When the log never had so many leaves.
    """
    if not 0 <= old_size <= len(leaves):
        raise InputError("The log never had that size.")
    if old_size in {0, len(leaves)}:
        return ()
    return _subproof(leaves, old_size, is_whole=True)


def verify_inclusion(leaf: bytes, *, index: int, size: int, proof: Sequence[bytes], root_hash: bytes) -> None:
    """Check that `leaf` stands at `index` of the log of that size and root: RFC 9162, section 2.1.3.2.

    Raises
    ------
    IntegrityError
        When the proof doesn't hold.
    """
    check_hashes((leaf, root_hash, *proof))
    # 1. Compare leaf_index against tree_size.
    if not 0 <= index < size:
        raise _refused()
    # 2. Set fn to leaf_index and sn to tree_size - 1.
    fn, sn = index, size - 1
    # 3. Set r to hash.
    r = leaf
    # 4. For each value p in the inclusion_path array:
    for p in proof:
        # 4a. If sn is 0, then stop the iteration and fail the proof verification.
        if sn == 0:
            raise _refused()
        # 4b. If LSB(fn) is set, or if fn is equal to sn, then:
        if fn & 1 or fn == sn:
            # 4b i. Set r to HASH(0x01 || p || r).
            r = node(p, r)
            # 4b ii. If LSB(fn) is not set, right-shift both equally until either LSB(fn) is set or fn is 0.
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            # Otherwise: i. Set r to HASH(0x01 || r || p).
            r = node(r, p)
        # 4c. Finally, right-shift both fn and sn one time.
        fn, sn = fn >> 1, sn >> 1
    # 5. Compare sn to 0. Compare r against the root_hash.
    if sn != 0 or not compare_digest(r, root_hash):
        raise _refused()


def verify_consistency(  # noqa: C901 - the RFC's steps stay together, in its order
    *, old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the log of `new_size` and `new_root` continues the earlier one: RFC 9162, section 2.1.4.2.

    The RFC leaves out two cases that prove themselves: a log continues itself, and every log continues the empty one.
    Both are held to an empty proof and to the root that they must have.

    Raises
    ------
    IntegrityError
        When the proof doesn't hold, or the log has become shorter.
    """
    check_hashes((old_root, new_root, *proof))
    if not 0 <= old_size <= new_size:
        raise _refused()
    if old_size in {0, new_size}:
        _verify_without_a_proof(old_size, old_root, new_size, new_root, proof)
        return
    consistency_path = list(proof)
    # 1. If consistency_path is an empty array, stop and fail the proof verification.
    if not consistency_path:
        raise _refused()
    # 2. If first is an exact power of 2, then prepend first_hash to the consistency_path array.
    if old_size.bit_count() == 1:
        consistency_path.insert(0, old_root)
    # 3. Set fn to first - 1 and sn to second - 1.
    fn, sn = old_size - 1, new_size - 1
    # 4. If LSB(fn) is set, then right-shift both fn and sn equally until LSB(fn) is not set.
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    # 5. Set both fr and sr to the first value in the consistency_path array.
    fr = sr = consistency_path[0]
    # 6. For each subsequent value c in the consistency_path array:
    for c in consistency_path[1:]:
        # 6a. If sn is 0, then stop the iteration and fail the proof verification.
        if sn == 0:
            raise _refused()
        # 6b. If LSB(fn) is set, or if fn is equal to sn, then:
        if fn & 1 or fn == sn:
            # 6b i. and ii. Set fr to HASH(0x01 || c || fr) and sr to HASH(0x01 || c || sr).
            fr, sr = node(c, fr), node(c, sr)
            # 6b iii. If LSB(fn) is not set, right-shift both equally until either LSB(fn) is set or fn is 0.
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            # Otherwise: i. Set sr to HASH(0x01 || sr || c).
            sr = node(sr, c)
        # 6c. Finally, right-shift both fn and sn one time.
        fn, sn = fn >> 1, sn >> 1
    # 7. Verify that fr is equal to first_hash, that sr is equal to second_hash, and that sn is 0.
    if not (compare_digest(fr, old_root) and compare_digest(sr, new_root) and sn == 0):
        raise _refused()


def _refused() -> IntegrityError:
    return IntegrityError("A log's proof doesn't hold: the log was altered, shortened or put back.")


def _verify_without_a_proof(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    is_same_log = old_size != new_size or compare_digest(old_root, new_root)
    is_empty_root = old_size != 0 or compare_digest(old_root, root(EMPTY))
    if proof or not (is_same_log and is_empty_root):
        raise _refused()


def _tree_hash(leaves: Sequence[bytes]) -> bytes:
    return root(extend(EMPTY, leaves))


def _split(size: int) -> int:
    """Return k, the largest power of two smaller than `size`."""
    return 1 << (size - 1).bit_length() - 1


def _path(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    if len(leaves) == 1:
        return ()
    k = _split(len(leaves))
    if index < k:
        return (*_path(leaves[:k], index), _tree_hash(leaves[k:]))
    return (*_path(leaves[k:], index - k), _tree_hash(leaves[:k]))


def _subproof(leaves: Sequence[bytes], old_size: int, *, is_whole: bool) -> tuple[bytes, ...]:
    """Return SUBPROOF(m, D_n, b); b says whether the subtree is the whole earlier log, whose root its reader has."""
    if old_size == len(leaves):
        return () if is_whole else (_tree_hash(leaves),)
    k = _split(len(leaves))
    if old_size <= k:
        return (*_subproof(leaves[:k], old_size, is_whole=is_whole), _tree_hash(leaves[k:]))
    return (*_subproof(leaves[k:], old_size - k, is_whole=False), _tree_hash(leaves[:k]))
