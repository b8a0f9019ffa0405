from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from workbench.crypto import GENESIS, next_head


def head_of(leaves):
    head = GENESIS
    for leaf in leaves:
        head = next_head(head, leaf=leaf)
    return head


def test_a_head_is_what_its_definition_says():
    assert next_head(GENESIS, leaf=b"a") == sha256(b"\x01" + bytes(32) + b"a").digest()


@given(st.lists(st.binary(max_size=8), min_size=2, max_size=6, unique=True), st.data())
def test_no_other_sequence_has_the_same_head(leaves, data):
    changed = data.draw(st.permutations(leaves) | st.just(leaves[:-1]) | st.just([*leaves, b""]))
    assert (head_of(changed) == head_of(leaves)) == (changed == leaves)
