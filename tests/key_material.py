"""Everything that follows from what some sessions hold and a store's rows, tried on every record: no rule is asked.

Signatures, expiries, rights and roles are left out: whoever holds keys may use a program of their own.
"""

import struct
from itertools import combinations

from workbench.crypto import DataKey, KeyPairs, Kind, key_pairs_of, unseal, unwrap, wrapped_place
from workbench.errors import WorkbenchError
from workbench.records import Envelope
from workbench.storage import unpack

_STATEMENT, _SIGNATURE, _KEY, _HALF = 157, 64, 32, 48  # bytes; docs/format.md


class Material:
    """What some open sessions hold together.

    Parameters
    ----------
    database : Database
        The store, of which every row is theirs to read.
    sessions : iterable of Session
        Whose memory it is: key pairs, root keys, anchor keys, data keys on the ring.
    """

    def __init__(self, database, sessions) -> None:
        self._database = database
        self._pairs: list[KeyPairs] = []
        self._pool: set[bytes] = set()  # whatever has the length of a key, or of half of one
        self.data_keys: dict[bytes, bytes] = {}
        for session in sessions:
            account = session._opened.account
            self._pairs.append(account.private_keys.key_pairs)
            self._pool |= {account.root_key, account.private_keys.anchor_key}
            self.data_keys |= {key.key_id: key.secret for key in account.key_ring._keys.values()}
        self._read_grants()
        self._read_letters()
        self._pool |= {_xor(one, other) for one, other in combinations(sorted(self._pool), 2)}
        self._unwrap_data_keys()

    def opens(self, row, context) -> bool:
        """Whether a record opens, under whichever of the keys."""
        return any(self._does_open(row, context, secret) for secret in self.data_keys.values())

    @staticmethod
    def _does_open(row, context, secret) -> bool:
        try:
            unseal(Envelope(row.sealed), data_key=DataKey(row.key_id, secret), context=context)
        except WorkbenchError:
            return False
        return True

    def _read_grants(self) -> None:
        store = self._database.store_id
        for vault, epoch, _, sealed in self._database.rows("SELECT * FROM vault_grant"):
            for opened in self._opened(sealed, b"JWB1 grant " + store + vault + struct.pack(">Q", epoch)):
                self._keep(opened[_STATEMENT:-_SIGNATURE])

    def _read_letters(self) -> None:
        store = self._database.store_id
        for letter_id, _, sealed in self._database.rows("SELECT * FROM letter"):
            for opened in self._opened(sealed, b"JWB1 letter" + store + letter_id):
                self._keep_all(unpack(opened[struct.calcsize(">11s16s16s16s16sHQ32s") : -_SIGNATURE]))

    def _opened(self, sealed, info):
        for pairs in self._pairs:
            try:
                yield pairs.open(sealed, info=info)
            except WorkbenchError:
                continue

    def _keep_all(self, value) -> None:
        if isinstance(value, bytes):
            self._keep(value)
        elif isinstance(value, list):
            for part in value:
                self._keep_all(part)

    def _keep(self, value) -> None:
        if len(value) == _KEY:
            self._pool.add(value)
        elif value and len(value) % _HALF == 0:
            self._pool |= {value[at + 16 : at + _HALF] for at in range(0, len(value), _HALF)}

    def _unwrap_data_keys(self) -> None:
        store = self._database.store_id
        for key_id, vault, epoch, wrapped in self._database.rows(
            "SELECT key_id, vault_id, epoch, wrapped FROM data_key"
        ):
            place = wrapped_place(b"data key", store=store, owner=vault, epoch=epoch, name=key_id)
            for key in self._pool:
                try:
                    if wrapped[0] == 2:
                        self.data_keys[key_id] = key_pairs_of(key).open(wrapped[1:], info=place)
                    else:
                        self.data_keys[key_id] = unwrap(wrapped, under=key, place=place)
                except WorkbenchError:
                    continue


def what_opens(database, sessions, everyone) -> set[tuple[str, str]]:
    """Return (whose, which kind) of every vault of which all records open to what some sessions hold together.

    Parameters
    ----------
    database : Database
        The store.
    sessions : iterable of Session
        Who tries.
    everyone : dict
        Every session by its owner's name: what there is to be opened.

    Raises
    ------
    AssertionError
        When a vault opens in part, or a key of one is there that doesn't open.
    """
    material = Material(database, sessions)
    found = set()
    for name, session in everyone.items():
        for vault in session._opened.vaults:
            rows = [row for row in vault.log.oldest_first() if row.sealed is not None]
            opened = [material.opens(row, vault.context_of(row)) for row in rows]
            keys = {
                key_id
                for (key_id,) in database.rows("SELECT key_id FROM data_key WHERE vault_id = ?", (vault.vault_id,))
            }
            held = keys & material.data_keys.keys()
            assert all(opened) or not any(opened), f"{name}'s {vault.kind.name} opens in part"
            assert held in (set(), keys), f"of {name}'s {vault.kind.name} some keys are held"
            assert bool(held) is (all(opened) and bool(rows))
            if held:
                found.add((name, _words(vault.kind)))
    return found


def everything(everyone) -> set[tuple[str, str]]:
    """Return (whose, which kind) of every vault that has records."""
    return {
        (name, _words(v.kind)) for name, session in everyone.items() for v in session._opened.vaults if v.log.size()
    }


def _words(kind: Kind) -> str:
    return kind.name.lower().replace("_", " ")


def _xor(one, other):
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
