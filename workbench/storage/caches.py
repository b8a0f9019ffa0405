"""Sealed caches of one vault: disposable, rebuilt from the records whenever one is missing, corrupt or stale.

Each is sealed under a data key of its own, so that erasing a record it was made of destroys it for good.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from workbench.crypto import Context, DataKey, Kind, seal, unseal_view
from workbench.errors import IntegrityError, StoreError
from workbench.records import Confidential, Envelope
from workbench.storage.data_keys import DataKeys
from workbench.storage.engines.database import Database

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class CachedBody(Confidential):
    """One opened cache.

    Parameters
    ----------
    first, last : int
        The places that it covers.
    count : int
        How many records lived there when it was made.
    body : memoryview
        What it holds; read-only.
    """

    first: int
    last: int
    count: int
    body: memoryview = field(repr=False)


class Caches:
    """The caches of one kind that are made of one vault's records.

    Parameters
    ----------
    database : Database
        The store.
    vault_id : bytes
        Whose records.
    data_keys : DataKeys
        The vault's; each cache gets one of its own.
    kind : Kind
        Which caches.
    """

    def __init__(self, database: Database, *, vault_id: bytes, data_keys: DataKeys, kind: Kind) -> None:
        self._database = database
        self._vault_id = vault_id
        self._data_keys = data_keys
        self._kind = kind

    def load(self) -> Iterator[CachedBody]:
        """Yield the caches that open, oldest records first; one that doesn't is dropped and left out."""
        for cache_id, first, last, living, key_id in self._rows():
            cached = self._opened(cache_id, first, last, living, key_id)
            if cached is None:
                with suppress(StoreError):  # a store that can't be written keeps it; it is left out all the same
                    self._delete([(cache_id, key_id)])
            else:
                yield cached

    def store(self, *, first: int, last: int, count: int, body: bytes) -> None:
        """Seal one more; one that covers the same first place is replaced.

        Raises
        ------
        StoreError
            When the store can't be written; whoever asked goes on without a cache.
        """
        self._store(
            first,
            last,
            count,
            lambda key, context: (
                seal(
                    _range(first, last, count) + body,
                    data_key=key,
                    context=context,
                    is_compressed=self._kind is Kind.SEGMENT,  # which unfolding would make slow
                ).envelope.sealed
            ),
        )

    def store_file(self, *, first: int, last: int, count: int, encrypt: Callable[[bytes, bytes], bytes]) -> None:
        """Keep a file that its own format encrypts, such as Parquet, under a data key of its own.

        Parameters
        ----------
        first, last, count : int
            As `store`.
        encrypt : callable
            Gets the key (32 bytes) and the place that it has to authenticate; returns the ciphertext.

        Raises
        ------
        StoreError
            As `store`.
        """
        self._store(
            first,
            last,
            count,
            lambda key, context: encrypt(key.secret, _place(key, context, _range(first, last, count))),
        )

    def load_files(self) -> Iterator[tuple[int, int, int, Callable[[Callable[..., Made]], Made]]]:
        """Yield (first, last, count, open) of each file; ``open(read)`` calls ``read(content, key=, place=)``."""
        for cache_id, first, last, living, key_id in self._rows():
            with suppress(IntegrityError, OverflowError, AttributeError):
                key = self._data_keys.key(key_id)
                place = _place(key, self._context(cache_id), _range(first, last, living))
                yield first, last, living, partial(_read, self._content(cache_id), key.secret, place)

    def _store(self, first: int, last: int, count: int, make: Callable[[DataKey, Context], bytes]) -> None:
        cache_id = secrets.token_bytes(16)
        with self._database.transaction():
            self.drop(first=first)
            data_key = self._data_keys.new_key()
            sealed = make(data_key, self._context(cache_id))
            self._database.write(
                "INSERT INTO cache (cache_id, vault_id, kind, first_place, last_place, living, key_id, sealed)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (cache_id, self._vault_id, self._kind, first, last, count, data_key.key_id, sealed),
            )

    def store_all(self, bodies: Iterable[tuple[int, int, int, bytes]]) -> None:
        """Seal several, each as (first, last, count, body), in one transaction.

        Raises
        ------
        StoreError
            As `store`; then none is kept.
        """
        with self._database.transaction():
            for first, last, count, body in bodies:
                self.store(first=first, last=last, count=count, body=body)

    def drop(self, *, first: int) -> None:
        """Delete the cache that begins at a place, with its key."""
        with self._database.transaction():
            self._delete(
                self._database.rows(
                    "SELECT cache_id, key_id FROM cache WHERE vault_id = ? AND kind = ? AND first_place = ?",
                    (self._vault_id, self._kind, first),
                )
            )

    def clear(self) -> None:
        """Delete them all, with their keys."""
        with self._database.transaction():
            self._delete(
                self._database.rows(
                    "SELECT cache_id, key_id FROM cache WHERE vault_id = ? AND kind = ?",
                    (self._vault_id, self._kind),
                )
            )

    def _opened(self, cache_id: Any, first: Any, last: Any, living: Any, key_id: Any) -> CachedBody | None:
        # One at a time: what was read before is let go, and its memory taken for the next.
        sealed = self._content(cache_id)
        # OverflowError and AttributeError are of cells that aren't numbers.
        with suppress(IntegrityError, OverflowError, AttributeError):
            key = self._data_keys.key(key_id)
            body = unseal_view(Envelope(sealed), data_key=key, context=self._context(cache_id))
            if body[:_RANGE_BYTES] == _range(first, last, living):
                return CachedBody(first, last, living, body[_RANGE_BYTES:])
        return None

    def _content(self, cache_id: Any) -> bytes:
        rows = self._database.rows("SELECT sealed FROM cache WHERE cache_id = ?", (cache_id,))
        return rows[0][0] if rows else b""

    def _rows(self) -> list[tuple[Any, ...]]:
        return self._database.rows(
            "SELECT cache_id, first_place, last_place, living, key_id FROM cache"
            " WHERE vault_id = ? AND kind = ? ORDER BY first_place",
            (self._vault_id, self._kind),
        )

    def _delete(self, found: list[tuple[bytes, bytes]]) -> None:
        with self._database.transaction():
            self._database.write_many("DELETE FROM cache WHERE cache_id = ?", [(cache_id,) for cache_id, _ in found])
            self._data_keys.destroy([key_id for _, key_id in found])

    def _context(self, cache_id: bytes) -> Context:
        return Context(self._database.store_id, self._vault_id, self._kind, cache_id)


_RANGE_BYTES = 24
_OTHER_FORMAT = 255  # in the place of a suite


def _range(first: int, last: int, count: int) -> bytes:
    """Return what a cache covers; it stands in front of its body, so that the columns beside it can't be edited."""
    return b"".join(number.to_bytes(8) for number in (first, last, count))


def _place(key: DataKey, context: Context, covered: bytes) -> bytes:
    """Return what a file of another format has to authenticate beside its content."""
    return context.associated_data(suite=_OTHER_FORMAT, key_id=key.key_id) + covered


def _read(content: bytes, key: bytes, place: bytes, read: Callable[..., Made]) -> Made:
    return read(content, key=key, place=place)
