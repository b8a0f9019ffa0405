"""Signing a log: as tools of others read it, and at a cost that doesn't grow with the log."""

import pytest

from workbench.crypto import extend, open_checkpoint, root
from workbench.crypto.merkle import EMPTY
from workbench.storage.checkpoints import Checkpoints


@pytest.fixture
def read_again(monkeypatch):
    """Return the leaves that signing looks at although they were signed before."""
    again = []
    leaves = Checkpoints._leaves

    def watched(self, after, until):
        for position, leaf in leaves(self, after, until):
            again.append(position)
            yield position, leaf

    monkeypatch.setattr(Checkpoints, "_leaves", watched)
    return again


@pytest.mark.parametrize("in_one_transaction", [False, True])
def test_signing_a_growing_log_does_not_read_it_from_its_beginning_each_time(vault, read_again, in_one_transaction):
    if in_one_transaction:
        with vault._database.transaction():
            for _ in range(400):
                vault.append(b"rain")
    else:
        for _ in range(400):
            vault.append(b"rain")
    assert vault.checkpoints.latest().size >= 6 * 64
    assert len(read_again) <= 400


def test_a_checkpoint_is_a_note_over_the_merkle_tree_of_the_leaves(vaults, vault, owner):
    for number in range(5):
        vault.append(b"%d" % number)
    vaults.checkpoint()
    checkpoint = open_checkpoint(
        vault.checkpoints.note(), name=vault.checkpoints.origin, public_key=owner.key_pairs.public.signing
    )
    leaves = [row.leaf for row in vault.log.oldest_first()]
    assert (checkpoint.size, checkpoint.root) == (5, root(extend(EMPTY, leaves)))
