"""RFC 9162, section 2.1.1; the tree of eight is the one that the Certificate Transparency tools test with."""

from contextlib import suppress
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.crypto.merkle import EMPTY, Frontier, extend, pack, root, unpack
from workbench.errors import IntegrityError

# github.com/google/certificate-transparency, cpp/merkletree/merkle_tree_test.cc: its eight inputs, and the root after
# each of them.
INPUTS = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
LEAVES = [sha256(b"\x00" + bytes.fromhex(entry)).digest() for entry in INPUTS]


def merkle_tree_hash(leaves):
    """Return MTH(D_n) as section 2.1.1 defines it, over leaf hashes."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return sha256(b"\x01" + merkle_tree_hash(leaves[:k]) + merkle_tree_hash(leaves[k:])).digest()


def leaves_of(size):
    return [sha256(b"\x00%d" % at).digest() for at in range(size)]


def test_the_root_of_nothing_is_the_hash_of_nothing():
    assert root(EMPTY).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("size", range(1, 9))
def test_the_known_trees_have_their_known_roots(size):
    assert root(extend(EMPTY, LEAVES[:size])).hex() == ROOTS[size - 1]


@pytest.mark.parametrize("size", range(70))
def test_a_root_is_what_its_definition_says(size):
    frontier = extend(EMPTY, leaves_of(size))
    assert frontier.size == size
    assert root(frontier) == merkle_tree_hash(leaves_of(size))


@given(st.lists(st.integers(0, 40), max_size=8))
def test_it_does_not_matter_in_which_portions_a_log_grows(portions):
    leaves, frontier, at = leaves_of(sum(portions)), EMPTY, 0
    for portion in portions:
        frontier, at = extend(frontier, iter(leaves[at : at + portion])), at + portion
        assert root(frontier) == merkle_tree_hash(leaves[:at])
    assert frontier == extend(EMPTY, leaves)


@given(st.integers(0, 300))
def test_a_frontier_comes_back_from_its_bytes(size):
    frontier = extend(EMPTY, leaves_of(size))
    assert unpack(pack(frontier)) == frontier
    assert len(pack(frontier)) == 9 + 32 * size.bit_count()


@given(st.binary(max_size=120) | st.binary(max_size=80).map(lambda rest: b"\x01" + bytes(7) + rest))
def test_only_what_pack_returns_is_unpacked(packed):
    with suppress(IntegrityError):
        assert pack(unpack(packed)) == packed


def test_a_frontier_cut_short_or_drawn_out_is_refused():
    packed = pack(extend(EMPTY, LEAVES[:7]))
    for altered in [packed[:length] for length in range(len(packed))] + [packed + b"\x00", packed + LEAVES[0]]:
        with pytest.raises(IntegrityError):
            unpack(altered)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_leaf_of_another_length_is_refused(length):
    with pytest.raises(IntegrityError):
        extend(EMPTY, [bytes(length)])


def test_a_byte_moved_from_one_leaf_to_the_next_is_refused():
    with pytest.raises(IntegrityError):
        extend(EMPTY, [LEAVES[0][:31], LEAVES[0][31:] + LEAVES[1]])


@pytest.mark.parametrize("version", [0, 2, 255])
def test_a_frontier_of_another_version_is_refused(version):
    with pytest.raises(IntegrityError):
        unpack(bytes((version,)) + pack(extend(EMPTY, LEAVES[:7]))[1:])


@pytest.mark.parametrize(
    ("size", "hashes"), [(-1, ()), (0, (bytes(32),)), (1, ()), (3, (bytes(32),)), (1, (b"",)), (1 << 64, (bytes(32),))]
)
def test_what_is_no_frontier_cannot_be_made(size, hashes):
    with pytest.raises(IntegrityError):
        Frontier(size, hashes)
