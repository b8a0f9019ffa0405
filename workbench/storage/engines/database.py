"""One store, whichever engine keeps it: transactions and what they undo, threads and forks."""

import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol

from workbench.errors import InputError, StoreError

BUSY_SECONDS = 30.0  # how long a writer waits for another kernel's transaction

_WRITTEN_AT_ONCE = 1000  # rows that `write_many` hands to the engine together


class _Connection(Protocol):
    def close(self) -> None: ...


class Database(ABC):
    """An open store, safe to share between threads; `open_database` makes one.

    Statements are SQLite's, with ``?`` for values and BLOB and INTEGER for types; the PostgreSQL engine translates
    them. Values come back as bytes, int, float or None from both. Whatever fails is a `StoreError`.
    """

    engine: ClassVar[Literal["sqlite", "postgresql"]]
    _commits_by_itself: ClassVar[bool] = False  # a statement outside of a transaction, whole or not at all

    path: Path | None = None
    """The SQLite file; None for PostgreSQL."""
    store_id: bytes = b""
    """16 random bytes, read at opening."""
    name_salt: bytes = b""
    """16 random bytes, read at opening."""
    is_read_only: bool = False
    """Whether every write is refused, because the file, its folder or the server allows none."""
    is_team: bool = False
    """Whether the server decides which rows this login reaches (`workbench.storage.team`)."""
    scope: bytes = b""
    """What tags of counted guesses begin with: of the login in team mode, where logins count apart."""

    def __init__(self) -> None:
        self.unkept: dict[bytes, tuple[int, int]] = {}  # counted here while the store can't be written
        self._process = os.getpid()
        self._lock = threading.RLock()
        self._owner: int | None = None  # the thread whose transaction is open
        self._undo: list[Callable[[], object]] = []
        self._actions: list[Callable[[], object]] = []
        self._is_closed = False
        self._connections: list[_Connection] = []  # one, once it is open; `closer` keeps the list, not the database
        self._spares: list[Any] = []  # connections that wait for the next stream

    def __repr__(self) -> str:
        """Tell that it is a store; not where."""
        return f"Database(<{self.engine}>)"

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all of it or none of it; other threads and kernels wait. Inside another transaction, joins that one.

        On PostgreSQL a failed statement spoils the transaction around it: let the error leave the block.
        """
        self._check_usable()
        with self._lock:
            if self._owner is not None:  # ours: the lock lets no other thread come here
                yield
                return
            if self.is_read_only:
                raise read_only_error()
            self._end_leftover()
            try:
                self._begin()
                self._owner = threading.get_ident()
                yield
                self._commit()
            except BaseException:
                with suppress(StoreError):  # of a lost connection, say: the first error is the one to tell
                    self._end_leftover()
                for undo in reversed(self._undo):  # each puts back what it found
                    undo()
                raise
            finally:
                self._owner = None
                actions, self._actions = self._actions, []
                self._undo.clear()
            self._after_commit()
        _do_all(actions)

    @contextmanager
    def lasting_transaction(self) -> Iterator[None]:
        """Write all of it or none of it, and for good: as `transaction`, but never inside another one.

        Raises
        ------
        InputError
            When this thread has a transaction open: it could be rolled back, and this with it.
        """
        if self._is_mine:
            raise InputError("Guesses are counted, and so checked, outside of a transaction only.")
        with self.transaction():
            yield

    def on_rollback(self, undo: Callable[[], object]) -> None:
        """Call `undo` if the open transaction fails, before any other thread can write; forget it if none is open."""
        if self._is_mine:
            self._undo.append(undo)

    def on_commit(self, action: Callable[[], object]) -> None:
        """Call `action` once the open transaction is written, when neither it nor the lock is held any more.

        One that fails stops no other, and what is written stays written; its error is raised at the end.

        At once, if this thread has no transaction open; never, if the transaction fails.
        """
        if self._is_mine:
            self._actions.append(action)
        else:
            action()

    def write(self, statement: str, values: tuple[Any, ...] = ()) -> int:
        """Run one writing statement, in its own transaction unless one is open; return how many rows it touched."""
        self._check_usable()
        with self._lock:
            if self._owner is None and self._commits_by_itself:
                if self.is_read_only:
                    raise read_only_error()
                self._end_leftover()
                touched = self._run(statement, values)
                self._after_commit()
                return touched
        with self.transaction():
            return self._run(statement, values)

    def write_many(self, statement: str, rows: Iterable[tuple[Any, ...]]) -> int:
        """Run one writing statement for each row, in one transaction; return how many rows were touched."""
        touched, source = 0, iter(rows)
        with self.transaction():
            while batch := list(islice(source, _WRITTEN_AT_ONCE)):
                touched += self._run_many(statement, batch)
        return touched

    def rows(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Return every row of one reading statement."""
        self._check_usable()
        with self._lock:
            if self._owner is None:
                self._end_leftover()
            return self._fetch(statement, values)

    def stream(self, statement: str, values: tuple[Any, ...] = (), *, size: int = 1000) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of one reading statement, `size` of them in memory at a time, all of one snapshot.

        The stream reads through a connection of its own, opened with the first row and given back as soon as the last
        batch has arrived, before its rows are handed out, or when the stream is closed. So it holds no lock of this
        database, blocks no writer, and a result of fewer than `size` rows holds no snapshot while they are used.
        A longer one does until its last batch: deleted rows then stay in SQLite's log until it ends. Inside this
        thread's own transaction, whose writes another connection couldn't see, the rows are read at once instead.
        """
        self._check_usable()
        if self._is_mine:
            yield from self.rows(statement, values)
            return
        with closing(self._batches(statement, values, size)) as batches:
            for batch in batches:
                yield from batch
                self._check_usable()

    def snapshot(self, *statements: str, size: int = 256) -> Iterator[tuple[int, tuple[Any, ...]]]:
        """Yield (which statement, row) of several reading statements, one after the other, all of one moment.

        As `stream`, through a connection of its own that blocks no writer. It holds the moment from its first row to
        its last: what is erased meanwhile stays in SQLite's log until it ends.
        """
        self._check_usable()
        with closing(self._snapshot_batches(statements, size)) as batches:
            for number, batch in batches:
                for row in batch:
                    yield number, row
                self._check_usable()

    def lock_vault(self, number: int) -> None:
        """Make other kernels that lock the same vault wait until the open transaction ends.

        SQLite does nothing here: its transaction has locked the whole store.
        """
        self._lock_inside(self.store_id + number.to_bytes(8))

    def lock_opening(self) -> None:
        """Make other kernels that create or migrate the store wait until the open transaction ends."""
        self._lock_inside(b"opening")

    @abstractmethod
    def tables(self) -> frozenset[str]:
        """Return the names of the tables that are there; none in a new store."""

    @abstractmethod
    def back_up(self, label: str) -> None:
        """Copy the store beside itself, inside the transaction that is going to upgrade it.

        Raises
        ------
        StoreError
            When it can't be written; then nothing was.
        """

    def highest_vault_number(self) -> int:
        """Return the highest number of a vault, whoever owns it; 0 when there is none."""
        return int(self.rows("SELECT coalesce(max(number), 0) FROM vault")[0][0])

    def public_keys_of(self, account_id: bytes) -> bytes:
        """Return an account's public keys, whoever it is; empty when there is none, or they aren't bytes."""
        rows = self.rows("SELECT public_keys FROM account WHERE account_id = ?", (account_id,))
        return rows[0][0] if rows and isinstance(rows[0][0], bytes) else b""

    def account_of(self, name_tag: bytes) -> bytes | None:
        """Return the id of the account whose name has this tag, whoever it is."""
        rows = self.rows("SELECT account_id FROM account WHERE name_tag = ?", (name_tag,))
        return rows[0][0] if rows else None

    def lend(self, vault_id: bytes, account_id: bytes, *, seconds: int) -> bool:  # noqa: ARG002 - a server's takes them
        """Let another account reach a vault's rows for a while; return whether any server keeps it from them else."""
        return False

    def password_verifier(self, login: str, password: str) -> str:  # noqa: ARG002 - a server's takes them
        """Return what a server keeps of a login's password; a file has no logins.

        Raises
        ------
        StoreError
            When the store is a file.
        """
        raise StoreError("A file has no logins.", remedy="Give a postgresql:// address.")

    def checkpoint(self) -> None:
        """Move SQLite's write-ahead log into the file and empty it, so that deleted rows stand in neither.

        While another kernel reads, that has to wait; it is then done after a later write, or when the last kernel
        closes the store. PostgreSQL does nothing here.
        """
        self._check_usable()

    def close(self) -> None:
        """Close the store; what goes on using it, a stream too, is told so."""
        with self._lock:
            if os.getpid() == self._process:
                self._is_closed = True
            _close(self._process, self._connections, self._spares)

    def closer(self) -> Callable[[], object]:
        """Return what closes the store without holding on to this object; in a forked child it does nothing."""
        return partial(_close, self._process, self._connections, self._spares)

    @property
    def _is_mine(self) -> bool:
        """Whether this thread has the open transaction."""
        return self._owner == threading.get_ident()

    def _lock_inside(self, key: bytes) -> None:
        if not self._is_mine:
            raise InputError("A lock lasts as long as a transaction, and none is open.")
        self._lock_key(key)

    def _check_usable(self) -> None:
        """Refuse a forked child: it shares the parent's socket, and SQLite's locks (sqlite.org/howtocorrupt, 2.6)."""
        if os.getpid() != self._process:
            raise StoreError("The store was opened before a fork.", remedy="Open it again in this process.")
        if self._is_closed:
            raise closed_error()

    def _after_commit(self) -> None:  # noqa: B027 - only SQLite has something to do
        """Do what had to wait for the transaction's end, with the thread lock still held."""

    @abstractmethod
    def _begin(self) -> None: ...

    @abstractmethod
    def _commit(self) -> None: ...

    @abstractmethod
    def _end_leftover(self) -> None:
        """Roll back what is open in the engine: a failed transaction, or one interrupted before it was noted."""

    @abstractmethod
    def _run(self, statement: str, values: tuple[Any, ...]) -> int: ...

    @abstractmethod
    def _run_many(self, statement: str, rows: list[tuple[Any, ...]]) -> int: ...

    @abstractmethod
    def _fetch(self, statement: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]: ...

    @abstractmethod
    def _batches(self, statement: str, values: tuple[Any, ...], size: int) -> Generator[list[tuple[Any, ...]]]:
        """Yield lists of rows through a connection of its own, which is closed before the last of them is yielded."""

    @abstractmethod
    def _snapshot_batches(self, statements: tuple[str, ...], size: int) -> Generator[tuple[int, list[tuple[Any, ...]]]]:
        """Yield (which statement, rows) through a connection of its own, in one transaction that only reads."""

    @abstractmethod
    def _lock_key(self, key: bytes) -> None: ...


def _do_all(actions: Iterable[Callable[[], object]]) -> None:
    """Do each, whichever fails, and tell the first failure: what is written is written."""
    faults: list[Exception] = []
    for action in actions:
        try:
            action()
        except Exception as fault:  # noqa: BLE001 - raised below
            faults.append(fault)
    if faults:
        raise faults[0]


def closed_error() -> StoreError:
    """Return what to tell whoever uses a closed store."""
    return StoreError("The store is closed.", remedy="Open it again with Workbench.open().")


def read_only_error() -> StoreError:
    """Return what to tell whoever writes to a store that allows it to nobody."""
    return StoreError(
        "The store is read-only; nothing was written.",
        remedy="Make the file and its folder writable (or ask for the right to write), then open it again.",
    )


def _close(process: int, *connections: list[_Connection]) -> None:
    if os.getpid() == process:  # a child that closes would end its parent's connection, or drop its locks
        for connection in chain(*connections):
            connection.close()
