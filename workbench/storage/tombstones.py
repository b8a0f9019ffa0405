"""Tombstones: the leaves of what was erased, so that no backup brings it back.

A leaf tells nothing of its record (`docs/format.md`, "The log"). The device writes one file for each erasure, so that
kernels needn't wait for each other; many of them become one. They are as safe as the device's folder: *advisory*
against code of the same user.
"""

import secrets
from collections.abc import Iterable

from workbench.errors import IntegrityError, StoreError
from workbench.storage.device import Device

LEAF_BYTES = 32  # SHA-256
MOST_FILES = 64  # of one store before they become one: listing and reading so many takes milliseconds
_ATTEMPTS = 100  # at reading while other kernels join files; each loses only to one that has just joined some


def keep_tombstones(device: Device, store_id: bytes, leaves: Iterable[bytes]) -> None:
    """Keep leaves of erased records of a store on this device.

    Raises
    ------
    StoreError
        When they can't be written.
    """
    beginning = _beginning(store_id)
    _write(device, beginning, frozenset(leaves))
    names = device.names(beginning)
    if len(names) > MOST_FILES:
        contents = [device.read(name) for name in names]
        _write(device, beginning, frozenset().union(*(_leaves(content) for content in contents if content)))
        for name in names:
            device.remove(name)


def kept_tombstones(device: Device, store_id: bytes) -> frozenset[bytes]:
    """Return every leaf that this device keeps for a store.

    Raises
    ------
    IntegrityError
        When a file was altered.
    """
    for _ in range(_ATTEMPTS):
        contents = [device.read(name) for name in device.names(_beginning(store_id))]
        if None not in contents:  # else another kernel has joined files meanwhile
            return frozenset().union(*(_leaves(content) for content in contents if content))
    raise StoreError("Other kernels erase too busily; nothing was done.", remedy="Try again.")


def _write(device: Device, beginning: str, leaves: frozenset[bytes]) -> None:
    if leaves:
        device.write(f"{beginning}{secrets.token_hex(8)}", b"".join(sorted(leaves)))


def _beginning(store_id: bytes) -> str:
    return f"tombstones-{store_id.hex()}-"


def _leaves(content: bytes) -> frozenset[bytes]:
    if len(content) % LEAF_BYTES:
        raise IntegrityError(
            "What this device keeps of erased records was altered.",
            remedy="Restore the file from a copy of your state folder; without it, erased records may come back.",
        )
    return frozenset(content[at : at + LEAF_BYTES] for at in range(0, len(content), LEAF_BYTES))
