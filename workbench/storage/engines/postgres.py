"""A store in a PostgreSQL database: a schema of its own, one connection, and what the server's failures mean."""

import hashlib
import os
import re
from collections.abc import Generator
from contextlib import suppress
from functools import lru_cache, partial
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.types.numeric import NumericBinaryLoader

from workbench.errors import StoreError
from workbench.storage.engines.database import BUSY_SECONDS, Database, closed_error
from workbench.storage.engines.opening import create_or_check
from workbench.storage.engines.postgres_address import secured
from workbench.storage.engines.postgres_failures import LostError, explaining
from workbench.storage.upgrades.safety_copy import copy_schema

SCHEMA = "workbench"
TEAM_SCHEMA = "workbench_team"

_SETTINGS = "; ".join(
    f"SET {setting}"
    for setting in (
        f"search_path TO {SCHEMA}",
        "cursor_tuple_fraction TO 1",  # a stream is read to its end, so plan for that
        "synchronous_commit TO on",  # an acknowledged turn survives a power cut
        f"lock_timeout TO {round(BUSY_SECONDS * 1000)}",  # milliseconds
        f"statement_timeout TO {round(2 * BUSY_SECONDS * 1000)}",  # milliseconds; one waits for locks meanwhile
    )
)


class PostgresDatabase(Database):
    """An open store in the schema ``workbench`` of a PostgreSQL database, which is created on first use.

    Parameters
    ----------
    url : str
        ``postgresql://user@host/database``; off this machine the connection is verified (see `secured`).

    Raises
    ------
    StoreError
        When the server can't be reached, or refuses.
    StoreVersionError
        When the schema is no store, or a newer workbench wrote it.
    InsecureTransportError
        When the connection isn't verified, or less than that was asked for.
    """

    engine = "postgresql"

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url  # with the password: to connect again
        self._connection = self._connect()
        self._connections.append(self._connection)
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    def _connect(self) -> psycopg.Connection[Any]:
        conninfo = secured(self._url)  # each time anew: the environment may have changed
        connection = explaining(None, lambda: psycopg.connect(conninfo, autocommit=True))
        try:
            connection.adapters.register_loader("numeric", _WholeLoader)
            explaining(connection, lambda: connection.execute(_SETTINGS.encode()))
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self) -> None:
        self.is_read_only = self.rows("SELECT current_setting('transaction_read_only')") == [("on",)]
        if not self.is_read_only and not self.rows("SELECT 1 FROM pg_namespace WHERE nspname = ?", (SCHEMA,)):
            with self.transaction():
                self.lock_opening()
                self.write(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        create_or_check(self)
        self.is_team = bool(self.rows("SELECT 1 FROM pg_namespace WHERE nspname = ?", (TEAM_SCHEMA,)))
        if self.is_team:
            ((self.scope,),) = self.rows(f"SELECT {TEAM_SCHEMA}.scope()")

    def tables(self) -> frozenset[str]:
        """Return the names of the tables and views that are there; none in a new store."""
        rows = self.rows(
            "SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace"
            " WHERE nspname = ? AND relkind IN ('r', 'p', 'v', 'm', 'f')",
            (SCHEMA,),
        )
        return frozenset(str(name) for (name,) in rows)

    def highest_vault_number(self) -> int:
        """Return it as `Database`; in team mode the server tells it, for a member sees no other's vault."""
        if not self.is_team:
            return super().highest_vault_number()
        return int(self.rows(f"SELECT {TEAM_SCHEMA}.highest_vault_number()")[0][0])

    def public_keys_of(self, account_id: bytes) -> bytes:
        """Return them as `Database`; in team mode the server tells these of any account, and nothing else."""
        if not self.is_team:
            return super().public_keys_of(account_id)
        ((packed,),) = self.rows(f"SELECT {TEAM_SCHEMA}.public_keys_of(?)", (account_id,))
        return packed or b""

    def account_of(self, name_tag: bytes) -> bytes | None:
        """Return it as `Database`; in team mode the server tells it to whoever knows the name."""
        if not self.is_team:
            return super().account_of(name_tag)
        account_id: bytes | None
        ((account_id,),) = self.rows(f"SELECT {TEAM_SCHEMA}.account_of(?)", (name_tag,))
        return account_id

    def lend(self, vault_id: bytes, account_id: bytes, *, seconds: int) -> bool:
        """Do it as `Database` says; in team mode it takes a privacy officer and an admin (R06).

        Raises
        ------
        PermissionDeniedError
            When the server doesn't know this login as either, or its owner has granted it nothing.
        """
        if self.is_team:
            self.rows(f"SELECT {TEAM_SCHEMA}.lend(?, ?, ?::bigint)::text", (vault_id, account_id, seconds))
        return self.is_team

    def password_verifier(self, login: str, password: str) -> str:
        """Return what the server keeps of a password (SCRAM-SHA-256, RFC 5803): it never learns the password itself."""
        encrypt = self._live().pgconn.encrypt_password
        return encrypt(password.encode(), login.encode(), b"scram-sha-256").decode()

    def back_up(self, label: str) -> None:
        """Copy the tables into a schema beside the store's; it may take as long as it takes."""
        self.write("SET LOCAL statement_timeout TO 0")
        copy_schema(self, label=label)

    def _live(self) -> psycopg.Connection[Any]:
        """Return the connection; one that was lost is made anew, except inside a transaction, which is lost with it."""
        if self._is_closed:
            raise closed_error()
        if self._connection.closed and self._owner is None:
            self._connection = self._connected_again()
            self._connections[:] = [self._connection]
        return self._connection

    def _connected_again(self) -> psycopg.Connection[Any]:
        connection = self._connect()
        try:
            rows = explaining(connection, lambda: _all(connection, "SELECT store_id FROM store", ()))
        except BaseException:
            connection.close()
            raise
        if rows == [(self.store_id,)]:
            return connection
        connection.close()
        raise StoreError("At the address is another store than before.", remedy="Open it anew.")

    def _begin(self) -> None:
        connection = self._live()
        explaining(connection, lambda: connection.execute(b"BEGIN ISOLATION LEVEL READ COMMITTED"))

    def _commit(self) -> None:
        if self._connection.closed:
            raise LostError
        if self._connection.info.transaction_status is TransactionStatus.INERROR:  # COMMIT would roll back in silence
            raise StoreError("A statement of the transaction had failed; nothing was written.")
        with suppress(LostError):
            self._run("COMMIT", ())
            return
        raise StoreError(
            "The connection to the database was lost while writing; whether it was written isn't known.",
            remedy="Look whether it is there before you write it again.",
        )

    def _end_leftover(self) -> None:
        if self._connection.closed or self._connection.info.transaction_status is TransactionStatus.IDLE:
            return
        self._run("ROLLBACK", ())

    def _run(self, statement: str, values: tuple[Any, ...]) -> int:
        connection = self._connection
        return explaining(connection, lambda: connection.execute(_translated(statement), values or None).rowcount)

    def _run_many(self, statement: str, rows: list[tuple[Any, ...]]) -> int:
        with self._connection.cursor() as cursor:
            explaining(self._connection, lambda: cursor.executemany(_translated(statement), rows))
            return cursor.rowcount

    def _fetch(self, statement: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        connection = self._live()
        return explaining(connection, lambda: _all(connection, statement, values))

    def _batches(self, statement: str, values: tuple[Any, ...], size: int) -> Generator[list[tuple[Any, ...]]]:
        reader, cursor = self._reading(_translated(statement), values)
        try:
            while len(batch := explaining(reader, lambda: cursor.fetchmany(size))) == size:
                yield batch
        finally:
            if os.getpid() == self._process:
                self._put_by(reader, cursor)
        yield batch

    def _reading(
        self, statement: bytes, values: tuple[Any, ...]
    ) -> tuple[psycopg.Connection[Any], psycopg.ServerCursor[Any]]:
        """Return a connection that nobody else uses, and a cursor of the server's, which keeps its snapshot."""
        reader = self._spare()
        if reader is None:
            reader = _reading_only(self._connect())
        cursor = reader.cursor("stream", binary=True)
        try:
            explaining(reader, lambda: cursor.execute(statement, values or None))
        except BaseException:
            self._put_by(reader, cursor)
            raise
        return reader, cursor

    def _spare(self) -> psycopg.Connection[Any] | None:
        with suppress(IndexError, LostError):  # none is put by, or the server has ended it meanwhile
            return _reading_only(self._spares.pop())
        return None

    def _put_by(self, reader: psycopg.Connection[Any], cursor: psycopg.ServerCursor[Any]) -> None:
        """End the reading, and keep one connection for the next: another would cost milliseconds, or more with TLS."""
        try:
            with suppress(StoreError):
                explaining(reader, lambda: reader.execute(b"ROLLBACK"))
            cursor.close()
            if not self._spares and reader.info.transaction_status is TransactionStatus.IDLE:
                self._spares.append(reader)
        finally:
            if self._is_closed or reader not in self._spares:
                reader.close()

    def _snapshot_batches(self, statements: tuple[str, ...], size: int) -> Generator[tuple[int, list[tuple[Any, ...]]]]:
        reader = self._connect()
        cursors = [reader.cursor(f"snapshot{number}", binary=True) for number in range(len(statements))]
        try:
            explaining(reader, lambda: reader.execute(b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            # In team mode: who can't see every row is refused, and copies no part for the whole.
            explaining(reader, lambda: reader.execute(b"SET LOCAL row_security TO off"))
            for number, (cursor, statement) in enumerate(zip(cursors, statements, strict=True)):
                explaining(reader, partial(cursor.execute, _translated(statement)))
                while batch := explaining(reader, partial(cursor.fetchmany, size)):
                    yield number, batch
                explaining(reader, cursor.close)
        finally:
            if os.getpid() == self._process:
                reader.close()
                for cursor in cursors:
                    cursor.close()  # of a connection that is closed: it only notes it

    def _lock_key(self, key: bytes) -> None:
        number = int.from_bytes(hashlib.sha256(b"workbench lock " + key).digest()[:8], signed=True)
        self.rows("SELECT pg_advisory_xact_lock(?)", (number,))


class _WholeLoader(NumericBinaryLoader):
    """Makes an int of a whole numeric, which is what PostgreSQL returns for the sum of a column of integers."""

    def load(self, data: Any) -> Any:
        value = super().load(data)
        return int(value) if value == value.to_integral_value() else value


@lru_cache(maxsize=512)
def _translated(statement: str) -> bytes:
    """Return a statement of ours, written for SQLite, in PostgreSQL's words; in none stands a literal ? or %."""
    statement = re.sub(r"--[^\n]*", "", statement)
    statement = re.sub(r"/\* (FOR [A-Z ]+) \*/", r"\1", statement)  # a row's lock: SQLite has locked the store
    for words, theirs in _WORDS:
        statement = re.sub(rf"\b{words}\b", theirs, statement)
    return statement.replace("?", "%s").encode()


_WORDS = (
    ("INTEGER PRIMARY KEY AUTOINCREMENT", "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"),
    ("INTEGER", "BIGINT"),
    ("BLOB", "BYTEA"),
    ("WITHOUT ROWID", ""),
)


def _all(connection: psycopg.Connection[Any], statement: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    with connection.cursor(binary=True) as cursor:
        cursor.execute(_translated(statement), values or None)
        return cursor.fetchall() if cursor.description else []


def _reading_only(connection: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    explaining(connection, lambda: connection.execute(b"BEGIN READ ONLY"))
    return connection
