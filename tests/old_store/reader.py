"""Reads a store of format 1 by its passphrase, as the workbench of then did."""

import sqlite3
from contextlib import closing

from workbench.crypto import Slot, SlotKind, open_slot, unseal_of_version_1
from workbench.errors import AuthenticationError
from workbench.identity.passphrase import normalise


def records_of(path, account):
    """Return the bodies of an account's records by id and kind number, oldest first.

    Raises
    ------
    AssertionError
        When the file isn't a sound store of format 1.
    WorkbenchError
        When the passphrase or a record doesn't open.
    """
    with closing(sqlite3.connect(path)) as store:
        assert store.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        ((number, store_id),) = store.execute("SELECT format, store_id FROM store")
        assert number == 1
        key = _account_key(store, store_id, account)
        found = {}
        for kind, record_id, version, sealed in store.execute(
            "SELECT kind, record_id, version, envelope FROM record WHERE owner_id = ? ORDER BY sequence",
            (account.account_id,),
        ):
            ((wrapped,),) = store.execute("SELECT wrapped FROM data_key WHERE key_id = ?", (sealed[2:18],))
            place = {"store": store_id, "owner": account.account_id}
            data_key = unseal_of_version_1(wrapped, secret=key, kind=3, record=sealed[2:18], **place)
            body = unseal_of_version_1(sealed, secret=data_key, kind=kind, record=record_id, version=version, **place)
            found.setdefault(kind, {})[record_id] = body
        return found


def _account_key(store, store_id, account):
    secret = normalise(account.passphrase)
    for slot_id, packed in store.execute(
        "SELECT slot_id, packed FROM slot WHERE account_id = ?", (account.account_id,)
    ):
        slot = Slot(slot_id, packed)
        if slot.kind is SlotKind.PASSPHRASE:
            return open_slot(slot, secret=secret, store=store_id, account=account.account_id)
    raise AuthenticationError("There is no such slot.")
