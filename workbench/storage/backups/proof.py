"""The proof that a backup can be restored: it is, on the side, and every record that can be opened is."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from workbench.crypto import KeyPairs, KeyRing
from workbench.storage.backups.catalogue import DAY
from workbench.storage.backups.manifest import Manifest
from workbench.storage.backups.refill import refill
from workbench.storage.engines.sqlite import SqliteDatabase
from workbench.storage.places.place import Place
from workbench.storage.vaults import Vaults

_FOLDER = "workbench-verify-"


def prove(
    data: tuple[Place, Manifest], keys: tuple[Place, Manifest], *, account_id: bytes, key_pairs: KeyPairs
) -> frozenset[bytes]:
    """Restore what lies in the places into a throw-away store, verify it, and return what its owner says was erased.

    Of the account's own vaults every record is opened; of the others' the chains, trees and signatures are checked. The
    store, ciphertext like any, lies in a private folder below the system's temporary one (TMPDIR can name another).

    Returns
    -------
    frozenset of bytes
        The leaves of erased records in the account's vaults.

    Raises
    ------
    IntegrityError
        When anything doesn't hold.
    StoreError
        When there is no space for it, or a place can't be read.
    """
    with _folder() as folder, closing(SqliteDatabase(folder / "store.db", synchronous="NORMAL")) as database:
        refill(database, data=data, keys=keys, tombstones=())
        key_ring = KeyRing()
        try:
            vaults = Vaults(database, account_id=account_id, key_pairs=key_pairs, key_ring=key_ring)
            return vaults.erased(deep=True)
        finally:
            key_ring.forget()


@contextmanager
def _folder() -> Iterator[Path]:
    """Make a private folder for a throw-away store, and remove it; what a killed process left goes after a day."""
    folder = Path(tempfile.mkdtemp(prefix=_FOLDER))
    for left in folder.parent.glob(f"{_FOLDER}*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > DAY:
                shutil.rmtree(left)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
