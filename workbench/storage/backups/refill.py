"""Put the rows of a backup into an empty store, without what was erased since, and check every log of it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from workbench.crypto import PublicKeys
from workbench.errors import IntegrityError, StoreError, StoreVersionError
from workbench.storage.backups.manifest import Manifest
from workbench.storage.backups.pieces import COLUMNS, ERASED, KEYS, Row, fetched
from workbench.storage.checkpoints import Checkpoints
from workbench.storage.engines.database import Database
from workbench.storage.engines.schema import FORMAT
from workbench.storage.places.place import Place
from workbench.storage.record_log import RecordLog


@dataclass(slots=True)
class Refilled:
    """What became of a backup's records.

    Parameters
    ----------
    rows : int
        Of all logs, erased ones included.
    emptied : int
        Records that were erased after the backup was made, and so left out.
    """

    rows: int = 0
    emptied: int = 0
    _used: set[bytes] = field(default_factory=set)
    _orphaned: set[bytes] = field(default_factory=set)

    def without(self, tombstones: Collection[bytes], rows: list[Row]) -> Iterator[Row]:
        """Yield rows of a log, emptied where their leaf is a tombstone: such ciphertext is never written at all."""
        for row in rows:
            place, record_id, key_id, _, _, leaf, head = row
            self.rows += 1
            if record_id is not None and leaf in tombstones:
                self.emptied += 1
                self._orphaned.add(key_id)
                yield place, None, None, None, None, leaf, head
            else:
                self._used.add(key_id)
                yield row

    def is_needed(self, key_id: object) -> bool:
        """Tell whether a data key sealed nothing that was left out, or still seals something else."""
        return key_id not in self._orphaned or key_id in self._used


def refill(
    database: Database, *, data: tuple[Place, Manifest], keys: tuple[Place, Manifest], tombstones: Collection[bytes]
) -> Refilled:
    """Put a backup's rows into an empty store in one transaction, which ends only if every log holds.

    Parameters
    ----------
    database : Database
        Without an account; afterwards it is the store that was backed up.
    data, keys : tuple of Place and Manifest
        Where the two parts lie, and what they consist of.
    tombstones : collection of bytes
        The leaves of what has been erased.

    Raises
    ------
    StoreError
        When the store isn't empty or can't be written, or a place can't be read.
    StoreVersionError
        When the backup is of a store of another format.
    IntegrityError
        When a piece or a log doesn't hold.
    """
    if data[1].store_format != FORMAT:
        raise StoreVersionError("The backup is of a store of another format.", remedy="Use the workbench that made it.")
    done = Refilled()
    with database.transaction():
        database.lock_opening()
        if any(database.rows(f"SELECT 1 FROM {table} LIMIT 1") for table in ("account", "vault", "record")):  # noqa: S608 - our own names
            raise StoreError("There is a store in that place already.", remedy="Name a place where there is none.")
        small = _small(*data) | _small(*keys)
        _become(database, small.pop("store", []), data[1].store_id)
        for table in ("account", "slot", "standing", "letter", "vault", "vault_grant"):
            _insert(database, table, small.get(table, []))
        for piece in data[1].pieces:
            if piece.table == "record":
                _insert(database, "record", done.without(tombstones, fetched(data[0], piece)))
        _insert(database, "data_key", (row for row in small.get("data_key", []) if done.is_needed(row[0])))
        _insert(database, "checkpoint", small.get("checkpoint", []))
        check_logs(database, rows=done.rows)
    return done


def erased(place: Place, manifest: Manifest) -> frozenset[bytes]:
    """Return the leaves of what had been erased when a backup was made.

    Raises
    ------
    IntegrityError
        When its list was altered or is missing.
    """
    pieces = [piece for piece in manifest.pieces if piece.table == ERASED]
    return frozenset(leaf for piece in pieces for (leaf,) in fetched(place, piece))


def public_keys(place: Place, manifest: Manifest) -> dict[bytes, PublicKeys]:
    """Return the public keys of the accounts in a key backup.

    Raises
    ------
    IntegrityError
        When its list was altered or is missing.
    """
    pieces = [piece for piece in manifest.pieces if piece.table == "account"]
    return {row[0]: PublicKeys(row[2]) for piece in pieces for row in fetched(place, piece)}


def check_logs(database: Database, *, rows: int) -> None:
    """Check every row of every log against its chain, its tree and the checkpoint that its owner signed.

    No key is needed for it: it shows that nothing was altered, moved or dropped by anyone who can't sign for the owner,
    and not that records open.

    Raises
    ------
    IntegrityError
        When one doesn't hold, or there are more rows than in all of them.
    """
    counted = 0
    for vault_id, number, packed in database.rows(
        "SELECT vault.vault_id, vault.number, account.public_keys FROM vault"
        " JOIN account ON account.account_id = vault.owner_id ORDER BY vault.number"
    ):
        if not isinstance(number, int) or not isinstance(packed, bytes) or len(packed) != _PUBLIC_KEYS_BYTES:
            raise IntegrityError("A vault's row was altered.")
        log, owner = RecordLog(database, number=number), PublicKeys(packed)
        seen, _ = Checkpoints(database, log=log, vault_id=vault_id, owner=owner).verify()
        counted += seen.rows
    if counted != rows:
        raise IntegrityError("There are records that belong to no vault: rows were altered.")


_PUBLIC_KEYS_BYTES = 1248  # docs/format.md, "What stands where"


def _small(place: Place, manifest: Manifest) -> dict[str, list[Row]]:
    """Return the rows of all tables but the log: a few for each account, one for each session."""
    small: dict[str, list[Row]] = {}
    allowed = KEYS if manifest.part == "keys" else COLUMNS.keys() - KEYS.keys()
    for piece in manifest.pieces:
        if piece.table in allowed and piece.table != "record":
            small.setdefault(piece.table, []).extend(fetched(place, piece))
    return small


def _become(database: Database, rows: list[Row], store_id: bytes) -> None:
    if len(rows) != 1 or rows[0][:3] != (1, FORMAT, store_id):
        raise IntegrityError("The backup doesn't say of which store it is, or of another one: it was altered.")
    database.write("DELETE FROM store")
    _insert(database, "store", rows)
    database.store_id, database.name_salt = rows[0][2:]


def _insert(database: Database, table: str, rows: Any) -> None:
    columns = COLUMNS[table]
    marks = ", ".join("?" * len(columns))
    database.write_many(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)  # noqa: S608 - our own names
