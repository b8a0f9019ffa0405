"""Copies of turns in a vault that others may read: what is copied, under which id, and how it goes again.

A copy shows the restored words, which are what is shared, and what was sent. The map of placeholders stays with the
turn: a reader needs none of it, and whoever may see it is asked elsewhere (``reid-map:read``).
"""

from collections.abc import Iterable
from dataclasses import replace

from workbench.app.opened import Opened
from workbench.crypto import Kind, expand
from workbench.records import Pseudonyms, Turn
from workbench.storage import Vault, encode


def copy_into(vault: Vault, turns: Iterable[Turn], *, opened: Opened) -> int:
    """Seal a copy of each turn that isn't there yet into a share's vault; return how many."""
    count = 0
    for turn in turns:
        record_id = _copy_id(opened, vault, turn.id)
        if vault.log.row(record_id) is None:
            vault.append(encode(replace(turn, pseudonyms=Pseudonyms())), record_id=record_id)
            count += 1
    return count


def erase_copies(opened: Opened, turn_id: str) -> int:
    """Erase a turn's copies from every share of the account, damaged ones too; return from how many."""
    count = 0
    for vault in opened.vaults.of_kind(Kind.SHARED_TURN):
        record_id = _copy_id(opened, vault, turn_id)
        if vault.log.row(record_id) is not None:
            vault.erase([record_id])
            count += 1
    return count


def _copy_id(opened: Opened, vault: Vault, turn_id: str) -> bytes:
    """Return the id of a turn's copy: its owner finds it without opening it, and nobody else sees whose copy it is."""
    label = b"shared turn " + vault.vault_id + bytes.fromhex(turn_id)
    return expand(opened.account.private_keys.anchor_key, label=label)[:16]
