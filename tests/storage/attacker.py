"""Whoever owns a store's bytes and none of its keys: copies rows and puts them back, and what a reader then notices."""

import contextlib
import enum
import os
from dataclasses import dataclass, field
from hashlib import sha256

import pytest

from workbench.crypto import Kind
from workbench.errors import WorkbenchError
from workbench.identity import names
from workbench.storage import Damaged, Vaults

TORTURE = int(os.environ.get("WORKBENCH_TORTURE", "1"))

on_both_engines = pytest.mark.parametrize("location", ["sqlite", "postgresql"], indirect=True)
in_a_file = pytest.mark.parametrize("location", ["sqlite"], indirect=True)


def few_engines(metafunc) -> None:
    """Let tests that don't ask for both engines use SQLite alone in the quick run: rows are rows, and servers are slow.

    A module takes it as its ``pytest_generate_tests``, which comes before pytest's own.
    """
    has_said = any("location" in mark.args[0] for mark in metafunc.definition.iter_markers("parametrize"))
    if TORTURE == 1 and "location" in metafunc.fixturenames and not has_said:
        metafunc.definition.add_marker(in_a_file)


# Parents before children.
TABLES = (
    "store",
    "account",
    "slot",
    "vault",
    "vault_grant",
    "data_key",
    "record",
    "checkpoint",
    "cache",
    "standing",
    "letter",
)
KEY_COLUMNS = {"vault_grant": (0, 1, 2)}  # of the primary key; elsewhere it is the first

Copy = dict[str, list[tuple]]


@contextlib.contextmanager
def quick_derivation():
    """Leave out the cost of a guess, which hundreds of openings would pay; what is derived is as long and as secret."""

    def derive(secret, *, salt, parameters):
        return sha256(salt + repr(parameters).encode() + secret).digest()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(names, "derive", derive)
        for module in ("slot", "version_1"):
            patch.setattr(f"workbench.crypto.{module}.derive", derive)
        yield


class Attacker:
    """A connection of its own, on which no constraint of the schema holds anybody back."""

    def __init__(self, database) -> None:
        self.database = database
        if database.engine == "sqlite":
            database.rows("PRAGMA foreign_keys = OFF")
        else:
            database.write("SET session_replication_role = replica")

    def copy(self) -> Copy:
        """Return every row of every table."""
        return {table: self.database.rows(f"SELECT * FROM {table}") for table in TABLES}

    def put_back(self, copy: Copy, *tables: str) -> None:
        """Make tables what they were when they were copied; all of them when none is named."""
        with self.database.transaction():
            for table in tables or TABLES:
                self.database.write(f"DELETE FROM {table}")
                self.insert(table, copy[table])

    def insert(self, table: str, rows: list[tuple]) -> None:
        marks = ", ".join("?" * len(rows[0])) if rows else ""
        self.database.write_many(f"INSERT INTO {table} VALUES ({marks})", rows)

    def replace(self, table: str, row: tuple) -> None:
        """Put one row where its primary key says, whatever is there; also over another that has its unique name."""
        columns = self.columns(table)
        with self.database.transaction():
            names = [columns[index] for index in KEY_COLUMNS.get(table, (0,))]
            values = tuple(row[index] for index in KEY_COLUMNS.get(table, (0,)))
            self.database.write(f"DELETE FROM {table} WHERE " + " AND ".join(f"{name} = ?" for name in names), values)
            if table == "record":
                self.database.write("DELETE FROM record WHERE record_id = ?", (row[1],))
            self.insert(table, [row])

    def columns(self, table: str) -> list[str]:
        if self.database.engine == "sqlite":
            return [bytes(row[1]).decode() for row in self.database.rows(f"PRAGMA table_info({table})")]
        rows = self.database.rows(
            "SELECT column_name FROM information_schema.columns WHERE table_name = ? AND table_schema = 'workbench'"
            " ORDER BY ordinal_position",
            (table,),
        )
        return [name for (name,) in rows]

    def of_vault(self, copy: Copy, vault) -> Copy:
        """Return what of a copy belongs to one vault."""
        kept: Copy = {
            table: [row for row in copy[table] if row[column] == vault.vault_id]
            for table, column in (("vault", 0), ("vault_grant", 0), ("data_key", 1), ("checkpoint", 0), ("cache", 1))
        }
        kept["record"] = [row for row in copy["record"] if vault.log.start < row[0] < vault.log.end]
        return kept

    def put_back_vault(self, copy: Copy, vault, *tables: str) -> None:
        """Make one vault what it was, wholly or in some tables, and leave the others alone."""
        older = self.of_vault(copy, vault)
        with self.database.transaction():
            for table in tables or older:
                self.clear(vault, table)
                self.insert(table, older[table])

    def clear(self, vault, table: str) -> None:
        """Remove what one table has of one vault."""
        if table == "record":
            self.database.write("DELETE FROM record WHERE place > ? AND place < ?", (vault.log.start, vault.log.end))
        else:
            self.database.write(f"DELETE FROM {table} WHERE vault_id = ?", (vault.vault_id,))


class Outcome(enum.Enum):
    """What somebody notices who signs in, reads everything, and lets the logs be verified, as each session does."""

    REFUSED = "refused at sign-in"
    REPORTED = "records are reported as damaged, and all others are right"
    SHOWN = "records are gone, back or out of order, each of them authentic, and verifying shows that"
    HARMLESS = "the content is identical"


class SilentlyWrongError(AssertionError):
    """The attack succeeded."""


@dataclass
class Content:
    """What a store should hold."""

    records: dict[Kind, list[tuple[bytes, bytes]]] = field(default_factory=dict)
    caches: set[tuple[int, int, bytes]] = field(default_factory=set)


def content(vaults: Vaults, database) -> Content:
    """Return what a store holds now; whoever calls it trusts it."""
    return Content({vault.kind: list(vault.scan()) for vault in vaults}, caches(vaults, database))


def caches(vaults: Vaults, database) -> set[tuple[int, int, bytes]]:
    found = vaults[Kind.TURN].caches(Kind.SEARCH_SHARD).load()
    return {(cache.first, cache.last, cache.body) for cache in found}


def examine(open_session, expected: Content, *, ever_cached=frozenset()) -> Outcome:
    """Return what is noticed of an attack.

    Parameters
    ----------
    open_session : callable
        Given an exit stack, returns the database and the vaults of a new session.
    expected : Content
        What the store should hold.
    ever_cached : set
        Older caches, which may come back: each says itself which records it covers.

    Raises
    ------
    SilentlyWrongError
        When something other than expected was read, and nothing says so.
    """
    with contextlib.ExitStack() as stack:
        try:
            database, vaults = open_session(stack)
        except WorkbenchError:
            return Outcome.REFUSED
        is_damaged = is_other = False
        for kind, records in expected.records.items():
            try:
                damaged, other = _compared(vaults[kind], records)
            except SilentlyWrongError:
                raise
            except WorkbenchError:  # the whole scan was refused
                damaged, other = True, True
            is_damaged, is_other = is_damaged or damaged, is_other or other
        with contextlib.suppress(WorkbenchError):
            if not caches(vaults, database) <= expected.caches | ever_cached:
                raise SilentlyWrongError("A cache holds what was never put into it.")
        is_shown = not _is_verified(vaults, deep=True)
        if is_damaged and not is_shown:
            raise SilentlyWrongError("Records are damaged, and verifying doesn't show it.")
        if is_other and not is_damaged and _is_verified(vaults, deep=False):
            raise SilentlyWrongError("Records are gone, back or out of order, and verifying doesn't show it.")
        return Outcome.REPORTED if is_damaged else Outcome.SHOWN if is_shown else Outcome.HARMLESS


def _compared(vault, records) -> tuple[bool, bool]:
    """Return whether records are reported as damaged, and whether the others are other than expected."""
    found = list(vault.scan())
    opened = [item for item in found if not isinstance(item, Damaged)]
    bodies = dict(records)
    for record_id, body in opened:
        if bodies.get(record_id, body) != body:
            raise SilentlyWrongError("A record was read that is another.")
    for record_id, body in records:
        with contextlib.suppress(WorkbenchError):
            if vault.read(record_id) != body:
                raise SilentlyWrongError("A record was read that is another.")
    return len(opened) < len(found), opened != records


def _is_verified(vaults, *, deep) -> bool:
    try:
        vaults.verify(deep=deep)
    except WorkbenchError:
        return False
    return True
