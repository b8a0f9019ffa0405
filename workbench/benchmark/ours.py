"""Our own vault and accounts as subjects of the benchmark: the one file that knows how they are made.

What the vault can't do yet has no method here, and the report leaves its figure out (see `subjects`).
"""

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.app import Workbench
from workbench.benchmark.subjects import COLUMNS, HITS, Synchronous
from workbench.crypto import KeyRing, Table, new_data_key
from workbench.records import Envelope, Turn
from workbench.storage import AccountRow, AccountRows, Damaged, Database, SearchIndex, Vault, decode, encode

if TYPE_CHECKING:
    from workbench.analytics import ContentFrame

_NAME = "ada"


class Ours:
    """Turns in a vault, its key given: how long the passphrase takes is measured by `OurAccount`."""

    name = "ours"

    def __init__(self) -> None:
        self._account_key = new_data_key()
        self._owner_id = secrets.token_bytes(16)
        self._database: Database
        self._vault: Vault
        self._search: SearchIndex | None = None

    def open(self, folder: Path, *, synchronous: Synchronous) -> None:
        """Open the store and the vault in it."""
        self._database = Database(folder / "store.db")
        # The store is always FULL; the benchmark lowers it to measure what the bytes cost beside the disk.
        self._database._connection.execute(f"PRAGMA synchronous={synchronous}")  # noqa: SLF001
        rows = AccountRows(self._database)
        if not rows.count():
            rows.add(AccountRow(self._owner_id, 1, Envelope(b"-"), ()), name_tag=secrets.token_bytes(32))
        self._vault = Vault(self._database, owner_id=self._owner_id, account_key=self._account_key, key_ring=KeyRing())

    def append(self, turn: Turn) -> None:
        """Seal one turn into the vault."""
        self._vault.append(Table.TURN, encode(turn), record_id=bytes.fromhex(turn.id))

    def load(self) -> "ContentFrame":
        """Return every turn, as ``history.frame()`` does."""
        from workbench.analytics import content_frame  # noqa: PLC0415 - loads pandas

        rows = [
            (
                turn.id,
                turn.created,
                turn.prompt.form or "",
                turn.model,
                turn.label,
                turn.outcome,
                turn.prompt.text,
                turn.minimised.text,
                turn.text,
                len(turn.minimised.entities),
                turn.usage.input_tokens,
                turn.usage.output_tokens,
            )
            for turn in reversed(self._turns())
        ]
        return content_frame(rows, columns=COLUMNS)

    def index(self) -> None:
        """Build the index in memory; there is no other."""
        self.unlock_index()

    def unlock_index(self) -> None:
        """Build the index in memory: what the first search after signing in waits for."""
        if self._search is not None:
            self._search.close()
        self._search = SearchIndex()
        self._search.add((bytes.fromhex(t.id), t.prompt.text, t.text) for t in reversed(self._turns()))

    def search(self, word: str, *, newest: bool) -> int:
        """Count the hits of a word."""
        if self._search is None:
            return 0
        if newest:  # which `SearchIndex` doesn't offer yet
            rows = self._search._connection.execute(  # noqa: SLF001
                "SELECT record_id FROM turn WHERE turn MATCH ? ORDER BY rowid DESC LIMIT ?", (f'"{word}"', HITS)
            )
            return len(rows.fetchall())
        return len(self._search.search(f"{word} ", limit=HITS))  # the space ends the word: no search for a beginning

    def bytes_stored(self) -> int:
        """Return the bytes of the folder, the write-ahead log folded in."""
        self._database.checkpoint()
        return sum(file.stat().st_size for file in self._database.path.parent.iterdir())

    def close(self) -> None:
        """Close the store."""
        if self._search is not None:
            self._search.close()
            self._search = None
        self._database.close()

    def _turns(self) -> list[Turn]:
        return [decode(item[1], Turn) for item in self._vault.scan(Table.TURN) if not isinstance(item, Damaged)]


class OurAccount:
    """One account of a bench, signed in to and given new passphrases.

    Parameters
    ----------
    folder : Path
        Where the store is made.
    """

    def __init__(self, folder: Path) -> None:
        self._bench = Workbench.open(folder / "bench.db")
        self._passphrase = _passphrase()
        self._codes = list(self._bench.create_account(_NAME, passphrase=self._passphrase).recovery_codes)

    def sign_in(self) -> None:
        """Sign in and lock again."""
        self._bench.sign_in(_NAME, passphrase=self._passphrase).lock()

    def change_passphrase(self) -> None:
        """Give the account another passphrase, by a recovery code: the one way there is so far; ten times at most."""
        self._passphrase = _passphrase()
        self._bench.recover(_NAME, code=self._codes.pop(), new_passphrase=self._passphrase).lock()

    def close(self) -> None:
        """Close the store."""
        self._bench.close()


def _passphrase() -> str:
    return secrets.token_urlsafe(24)
