"""RFC 9162, sections 2.1.3 to 2.1.5: every proof holds, and no mutation of one does."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.crypto.merkle import EMPTY, extend, root
from workbench.crypto.merkle_proof import consistency_proof, inclusion_proof, verify_consistency, verify_inclusion
from workbench.errors import InputError, IntegrityError

LEAVES = [sha256(b"\x00%d" % at).digest() for at in range(40)]
ROOTS = [root(extend(EMPTY, LEAVES[:size])) for size in range(40)]
SIZES = range(1, 34)


def parent(left, right):
    return sha256(b"\x01" + left + right).digest()


A, B, C, D, E, F, J = LEAVES[:7]  # section 2.1.5 names the leaf hashes of its tree of seven a, b, c, d, e, f, j
G, H, I = parent(A, B), parent(C, D), parent(E, F)  # noqa: E741 - the RFC's name
K, L = parent(G, H), parent(I, J)


@pytest.mark.parametrize(("index", "path"), [(0, (B, H, L)), (3, (C, G, L)), (4, (F, J, K)), (6, (I, K))])
def test_the_inclusion_proofs_of_the_rfc_are_made(index, path):
    assert inclusion_proof(LEAVES[:7], index) == path


@pytest.mark.parametrize(("old_size", "path"), [(3, (C, D, G, L)), (4, (L,)), (6, (I, J, K))])
def test_the_consistency_proofs_of_the_rfc_are_made(old_size, path):
    assert consistency_proof(LEAVES[:7], old_size) == path


@pytest.mark.parametrize("size", SIZES)
def test_each_leaf_of_each_size_is_proved_at_its_place_alone(size):
    for index in range(size):
        proof = inclusion_proof(LEAVES[:size], index)
        for claimed in range(-1, size + 2):
            arguments = {"index": claimed, "size": size, "proof": proof, "root_hash": ROOTS[size]}
            if claimed == index:
                verify_inclusion(LEAVES[index], **arguments)
            else:
                with pytest.raises(IntegrityError):
                    verify_inclusion(LEAVES[index], **arguments)


@pytest.mark.parametrize("size", SIZES)
def test_each_size_is_proved_to_continue_each_smaller_one_alone(size):
    for old_size in range(size + 1):
        proof = consistency_proof(LEAVES[:size], old_size)
        for claimed in range(-1, size + 2):
            roots = {"old_root": ROOTS[claimed], "new_size": size, "new_root": ROOTS[size], "proof": proof}
            if claimed == old_size or (proof == () and claimed in {0, size}):
                verify_consistency(old_size=claimed, **roots)
            else:
                with pytest.raises(IntegrityError):
                    verify_consistency(old_size=claimed, **roots)


def mutations(proof):
    for at, value in enumerate(proof):
        for bit in (0x01, 0x80):
            for byte in (0, 15, 31):
                flipped = bytearray(value)
                flipped[byte] ^= bit
                yield (*proof[:at], bytes(flipped), *proof[at + 1 :])
        yield (*proof[:at], *proof[at + 1 :])
        yield (*proof[:at], value, *proof[at:])
        yield (*proof[:at], value[:-1], *proof[at + 1 :])
        yield (*proof[:at], value + b"\x00", *proof[at + 1 :])
        if len(set(proof)) > 1:
            yield (*proof[at + 1 :], *proof[: at + 1]) if at + 1 < len(proof) else proof[::-1]
    yield (*proof, bytes(32))
    yield (bytes(32), *proof)


@pytest.mark.parametrize("size", SIZES)
def test_no_mutated_inclusion_proof_holds(size):
    for index in range(size):
        for proof in mutations(inclusion_proof(LEAVES[:size], index)):
            with pytest.raises(IntegrityError):
                verify_inclusion(LEAVES[index], index=index, size=size, proof=proof, root_hash=ROOTS[size])


@pytest.mark.parametrize("size", SIZES)
def test_no_mutated_consistency_proof_holds(size):
    for old_size in range(size + 1):
        for proof in mutations(consistency_proof(LEAVES[:size], old_size)):
            with pytest.raises(IntegrityError):
                verify_consistency(
                    old_size=old_size, old_root=ROOTS[old_size], new_size=size, new_root=ROOTS[size], proof=proof
                )


@pytest.mark.parametrize("size", SIZES)
def test_no_other_leaf_root_or_size_is_proved(size):
    for index in range(size):
        proof = inclusion_proof(LEAVES[:size], index)
        right = {"index": index, "size": size, "proof": proof, "root_hash": ROOTS[size]}
        for leaf, wrong in [
            (LEAVES[index + 1], {}),
            (LEAVES[index], {"root_hash": ROOTS[size - 1]}),
            (LEAVES[index][:-1], {}),
            (LEAVES[index], {"root_hash": b""}),
        ]:
            with pytest.raises(IntegrityError):
                verify_inclusion(leaf, **(right | wrong))
    for old_size in range(size + 1):
        proof = consistency_proof(LEAVES[:size], old_size)
        right = {"old_size": old_size, "old_root": ROOTS[old_size], "new_size": size, "new_root": ROOTS[size]}
        wrong_roots = [{"old_root": ROOTS[old_size + 1]}, {"old_root": b""}, {"new_root": b""}]
        if old_size:  # every log continues the empty one, whatever its root
            wrong_roots.append({"new_root": ROOTS[size - 1]})
        for wrong in wrong_roots:
            with pytest.raises(IntegrityError):
                verify_consistency(**(right | wrong), proof=proof)


@pytest.mark.parametrize("size", SIZES)
def test_a_log_whose_past_was_changed_has_no_proof(size):
    """Take the honest prover's proof for the changed log: it is the best that a store without the key can offer."""
    for old_size in range(1, size):
        for changed_at in {0, old_size // 2, old_size - 1}:
            changed = [*LEAVES[:changed_at], LEAVES[39], *LEAVES[changed_at + 1 : size]]
            with pytest.raises(IntegrityError):
                verify_consistency(
                    old_size=old_size,
                    old_root=ROOTS[old_size],
                    new_size=size,
                    new_root=root(extend(EMPTY, changed)),
                    proof=consistency_proof(changed, old_size),
                )


@pytest.mark.parametrize("size", SIZES)
def test_a_path_that_goes_on_above_the_root_is_refused_though_its_hashes_fit(size):
    above = LEAVES[39]
    for index in range(size):
        proof = (*inclusion_proof(LEAVES[:size], index), above)
        with pytest.raises(IntegrityError):
            verify_inclusion(LEAVES[index], index=index, size=size, proof=proof, root_hash=parent(above, ROOTS[size]))
    for old_size in range(1, size):
        with pytest.raises(IntegrityError):
            verify_consistency(
                old_size=old_size,
                old_root=parent(above, ROOTS[old_size]),
                new_size=size,
                new_root=parent(above, ROOTS[size]),
                proof=(*consistency_proof(LEAVES[:size], old_size), above),
            )


@pytest.mark.parametrize("size", SIZES)
def test_a_path_that_ends_below_the_root_is_refused_though_its_hashes_fit(size):
    for index in range(size):
        proof = inclusion_proof(LEAVES[:size], index)
        with pytest.raises(IntegrityError):
            verify_inclusion(LEAVES[index], index=index, size=2 * size, proof=proof, root_hash=ROOTS[size])
    for old_size in range(1, size):
        with pytest.raises(IntegrityError):
            verify_consistency(
                old_size=old_size,
                old_root=ROOTS[old_size],
                new_size=2 * size,
                new_root=ROOTS[size],
                proof=consistency_proof(LEAVES[:size], old_size),
            )


def test_a_byte_moved_from_one_hash_to_its_neighbour_is_refused():
    """Both halves have the same bytes together, and so the same parent."""
    moved, rest = LEAVES[0] + LEAVES[1][:1], LEAVES[1][1:]
    with pytest.raises(IntegrityError):
        verify_inclusion(moved, index=0, size=2, proof=(rest,), root_hash=ROOTS[2])
    with pytest.raises(IntegrityError):
        verify_consistency(old_size=1, old_root=moved, new_size=2, new_root=ROOTS[2], proof=(rest,))


def test_no_log_had_less_than_no_leaves():
    with pytest.raises(IntegrityError):
        verify_consistency(old_size=-1, old_root=ROOTS[1], new_size=2, new_root=ROOTS[2], proof=(LEAVES[1],))


@given(
    st.integers(0, 33),
    st.integers(0, 33),
    st.lists(st.sampled_from([*LEAVES, *ROOTS]) | st.binary(max_size=33)).map(tuple),
)
def test_an_invented_proof_is_refused_and_nothing_else_is_raised(old_size, size, proof):
    if proof in {
        consistency_proof(LEAVES[:size], min(old_size, size)),
        inclusion_proof(LEAVES[: old_size + 1], old_size),
    }:
        return
    with pytest.raises(IntegrityError):
        verify_consistency(
            old_size=old_size, old_root=ROOTS[old_size], new_size=size, new_root=ROOTS[size], proof=proof
        )
    with pytest.raises(IntegrityError):
        verify_inclusion(
            LEAVES[old_size], index=old_size, size=old_size + 1, proof=proof, root_hash=ROOTS[old_size + 1]
        )


def test_a_proof_of_what_never_was_cannot_be_asked_for():
    for index in (-1, 3, 4):
        with pytest.raises(InputError):
            inclusion_proof(LEAVES[:3], index)
    for old_size in (-1, 4):
        with pytest.raises(InputError):
            consistency_proof(LEAVES[:3], old_size)
