"""Our own vault and accounts as subjects of the benchmark: the one file that knows how they are made.

What the vault can't do yet has no method here, and the report leaves its figure out (see `subjects`).
"""

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from workbench.app import Workbench
from workbench.app.segments import Segments
from workbench.benchmark import workload
from workbench.benchmark.subjects import HITS, Synchronous
from workbench.crypto import KeyRing, Kind, new_key_pairs
from workbench.records import Turn
from workbench.storage import (
    AccountRow,
    AccountRows,
    Anchors,
    Device,
    SearchIndex,
    Vault,
    Vaults,
    encode,
    new_vaults,
    turn_row,
)
from workbench.storage.engines.sqlite import SqliteDatabase

if TYPE_CHECKING:
    from workbench.analytics import ContentFrame

_NAME = "ada"
_TURNS_OF_A_SESSION = 20


class Ours:
    """Turns in a vault, its keys given: how long the passphrase takes is measured by `OurAccount`."""

    name = "ours"

    def __init__(self) -> None:
        self._account_id = secrets.token_bytes(16)
        self._key_pairs = new_key_pairs()
        self._anchor_key = secrets.token_bytes(32)
        self._folder = Path()
        self._database: SqliteDatabase
        self._vaults: Vaults
        self._search: SearchIndex | None = None
        self._is_closed = True
        self._sessions = 0
        self._newest_id = b""

    def open(self, folder: Path, *, synchronous: Synchronous) -> None:
        """Open the store and the vaults in it, checked against this device's anchors, as signing in does."""
        self._folder = folder
        self._database = SqliteDatabase(folder / "store.db", synchronous=synchronous)
        rows = AccountRows(self._database)
        if not rows.count():
            with self._database.transaction():
                row = AccountRow(self._account_id, self._key_pairs.public.packed, b"-", ())
                rows.add(row, name_tag=secrets.token_bytes(32))
                new_vaults(self._database, account_id=self._account_id, key_pairs=self._key_pairs)
        self._open_vaults()

    def append(self, turn: Turn) -> None:
        """Seal one turn into the vault."""
        self._vault.append(encode(turn), record_id=bytes.fromhex(turn.id))

    def load(self) -> "ContentFrame":
        """Return every turn from its record, as ``history.frame()`` does where there is no segment."""
        from workbench.analytics import unpack_segments  # noqa: PLC0415 - loads pandas

        opened = self._vault.open_all(self._vault.log.oldest_first())
        return unpack_segments([], (turn_row(body) for _, body in opened if isinstance(body, bytes)))

    def build_segments(self) -> None:
        """Pack and seal the turns as segments."""
        Segments(self._vault).bodies_and_tail()

    def load_segments(self) -> "ContentFrame":
        """Return every turn from the segments, as ``history.frame()`` does."""
        from workbench.analytics import unpack_segments  # noqa: PLC0415 - loads pandas

        return unpack_segments(*Segments(self._vault).bodies_and_tail())

    def index(self) -> None:
        """Build and seal the shards of the index, and load them."""
        self._search = self._vaults.search_index()
        self._search.open()
        self._search.ready.wait()

    def unlock_index(self) -> None:
        """Load the sealed shards: what the background does after signing in."""
        if self._search is not None:
            self._search.close()
        self.index()

    def search(self, word: str, *, newest: bool) -> int:
        """Count the hits of a word."""
        if self._search is None:
            return 0
        order: Literal["rank", "newest"] = "newest" if newest else "rank"
        return len(self._search.search(f"{word} ", limit=HITS, order=order))  # the space ends the word

    def bytes_stored(self) -> int:
        """Return the bytes of the folder, the write-ahead log folded in."""
        self._database.checkpoint()
        return sum(file.stat().st_size for file in self._folder.iterdir())

    def hold_keys(self, count: int) -> None:
        """Make keys, as so many sessions would."""
        with self._database.transaction():
            for _ in range(count - self._vault.data_keys.count()):
                self._vault.data_keys.new_key()

    def new_session(self) -> None:
        """Begin a session and seal some turns in it."""
        self._vaults.close()
        self._open_vaults()
        self._sessions += 1
        for turn in workload.turns(_TURNS_OF_A_SESSION, seed=workload.SEED + self._sessions):
            self.append(turn)
            self._newest_id = bytes.fromhex(turn.id)

    def erase_session(self) -> None:
        """Erase all that was sealed in the newest session, as ``history`` erases: signed, and out of the log's file."""
        self._vault.erase_session(self._newest_id)
        self._vaults.checkpoint()
        self._vault.settle()

    def close(self) -> None:
        """Sign what isn't signed yet and close the store."""
        if self._search is not None:
            self._search.close()
            self._search = None
        if not self._is_closed:
            self._is_closed = True
            self._vaults.close()
            self._database.close()

    @property
    def _vault(self) -> Vault:
        return self._vaults[Kind.TURN]

    def _open_vaults(self) -> None:
        # Beside the store's folder, whose bytes are counted.
        device = Device(self._folder.with_name(f"{self._folder.name}-device"), use_keyring=False)
        store_id = self._database.store_id
        self._vaults = Vaults(
            self._database,
            account_id=self._account_id,
            key_pairs=self._key_pairs,
            key_ring=KeyRing(),
            anchors=Anchors(device, store_id=store_id, account_id=self._account_id, key=self._anchor_key),
        )
        self._is_closed = False


class OurAccount:
    """One account of a bench, signed in to and given new passphrases.

    Parameters
    ----------
    folder : Path
        Where the store is made.
    """

    def __init__(self, folder: Path) -> None:
        self._bench = Workbench.open(folder / "bench.db", device=folder / "device")
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
