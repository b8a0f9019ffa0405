"""The turns of a vault, as search reads them."""

from collections.abc import Iterator

from workbench.errors import IntegrityError, StoreVersionError
from workbench.storage.codec import turn_row
from workbench.storage.record_log import Row
from workbench.storage.search.documents import Document
from workbench.storage.vault import Vault


class TurnDocuments:
    """What `SearchIndex` asks of the rows.

    Parameters
    ----------
    vault : Vault
        Of turns.
    """

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def newest(self) -> int:
        """Return the last place of the log."""
        return self._vault.newest()

    def living(self, *, first: int, last: int) -> int:
        """Return how many records of these places, both included, aren't erased; damaged ones count."""
        return self._vault.log.living(first=first, last=last)

    def documents(self, *, after: int, limit: int) -> Iterator[Document]:
        """Yield so many turns of higher places than `after`, oldest first; one that doesn't open is left out."""
        found, place = 0, -1
        while found < limit and place != after:
            place = after
            for row in self._vault.log.oldest_first(after=after, limit=limit - found):
                after = row.place
                if (document := self._document(row)) is not None:
                    found += 1
                    yield document

    def _document(self, row: Row) -> Document | None:
        if row.record_id is None:
            return None
        try:
            _, created, form, model, _, _, prompt, _, reply, *_ = turn_row(self._vault.open(row))
            return Document(row.place, row.record_id, created / 1_000_000, model, form, prompt, reply)
        except (IntegrityError, StoreVersionError):
            return None
