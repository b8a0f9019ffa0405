"""Every record of a vault sealed again, in place, under fresh data keys: one for each old one.

Salt and plaintext stay, so each leaf stays what the log says. Work goes on in batches, oldest records first, while
other kernels read and write. ``vault.renewing`` says up to which epoch keys are being replaced: whoever is killed, the
next call goes on from the first record that is still under one of them.
"""

from collections.abc import Callable, Collection, Iterator

from workbench.crypto import DataKey, reseal
from workbench.errors import IntegrityError
from workbench.records import Envelope
from workbench.storage.data_keys import widen
from workbench.storage.engines.database import Database
from workbench.storage.record_log import Row
from workbench.storage.vault import Vault

BATCH = 500  # records to a transaction: some 20 ms in which other kernels wait
BATCH_BYTES = 16 * 2**20  # of ciphertext, so that memory stays flat whatever the records' size

_OLD = (
    "place > ? AND place < ? AND EXISTS (SELECT 1 FROM data_key WHERE data_key.key_id = record.key_id"
    " AND data_key.vault_id = ? AND data_key.born <= ?)"
)


class Reseal:
    """The renewal of one vault's data keys.

    Parameters
    ----------
    database : Database
        The store.
    vault : Vault
        Whose records.
    """

    def __init__(self, database: Database, *, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._cursor = vault.log.start  # nothing up to here is under an old key, but what doesn't open
        self._until = vault.keys.renewing()
        self._fresh: dict[bytes, DataKey] = {}  # the successors of the keys of the last batch
        self._damaged: dict[int, bytes] = {}  # places, with their old keys, which therefore stay

    def is_under_way(self) -> bool:
        """Whether it was begun, by whichever kernel, and isn't finished."""
        return self._until > 0

    @property
    def damaged(self) -> int:
        """How many records didn't open so far; they stay as they are."""
        return len(self._damaged)

    def begin(self) -> None:
        """Rotate the vault key and replace, from now on, every data key that is there; inside a transaction.

        Kernels that are writing notice it with their next record, and seal that one under a key born later.
        """
        self._vault.keys.rotate()
        self._until = self._vault.keys.grant().epoch - 1
        self._vault.keys.set_renewing(self._until)

    def batches(self) -> Iterator[int]:
        """Seal batch after batch anew; yield how many rows of the log lie behind after each."""
        while places := self._next_places():
            self._reseal(places)
            yield self._cursor - self._vault.log.start

    def finish(self) -> None:
        """Destroy the old keys with the caches under them, and rotate the vault key; inside a transaction.

        What other kernels had still begun to write under an old key is sealed anew first.
        """
        self._vault.lock()
        if self._vault.keys.renewing() != self._until:
            return  # another kernel was faster
        old = [
            key_id
            for (key_id,) in self._database.rows(
                "SELECT key_id FROM data_key WHERE vault_id = ? AND born <= ? /* FOR UPDATE */",
                (self._vault.vault_id, self._until),
            )
        ]
        while places := self._next_places():
            self._reseal(places)
        self._database.write(
            "DELETE FROM cache WHERE vault_id = ? AND EXISTS (SELECT 1 FROM data_key"
            " WHERE data_key.key_id = cache.key_id AND data_key.born <= ?)",
            (self._vault.vault_id, self._until),
        )
        kept = set(self._damaged.values())
        self._vault.data_keys.destroy([key_id for key_id in old if key_id not in kept])
        self._vault.keys.rotate()
        self._vault.keys.set_renewing(0)

    def _next_places(self) -> list[int]:
        """Return the next places whose records are under an old key; few enough for one transaction."""
        found: list[int] = []
        size = 0
        for place, length in self._database.rows(
            f"SELECT place, length(sealed) FROM record WHERE {_OLD} ORDER BY place LIMIT {BATCH}",  # noqa: S608 - constants
            (self._cursor, self._vault.log.end, self._vault.vault_id, self._until),
        ):
            size += length or 0
            if found and size > BATCH_BYTES:
                break
            found.append(place)
        return found

    def _reseal(self, places: list[int]) -> None:
        marks = ", ".join("?" * len(places))
        found = self._database.rows(
            "SELECT place, record_id, key_id, version, sealed, leaf FROM record"  # noqa: S608 - question marks
            f" WHERE place IN ({marks}) ORDER BY place",
            tuple(places),
        )
        rows = [row for cells in found if (row := Row(*cells)).key_id]
        used = dict.fromkeys(row.key_id for row in rows if row.key_id)
        self._fresh = {key_id: new for key_id, new in self._fresh.items() if key_id in used}
        unknown = [key_id for key_id in used if key_id not in self._fresh]
        if unknown:
            self._fresh |= self._vault.data_keys.successors(unknown, until=self._until)
        changes: list[tuple[object, ...]] = []
        reach: dict[bytes, tuple[int, int]] = {}
        for row in rows:
            new = self._fresh[row.key_id or b""]
            try:
                changes.append((new.key_id, self._sealed_again(row, new), row.place, row.key_id))
            except IntegrityError:
                self._damaged[row.place] = row.key_id or b""
                continue
            reach[new.key_id] = (reach.get(new.key_id, (row.place, 0))[0], row.place)
        with self._database.transaction():
            # A row that was erased meanwhile, or sealed again by another kernel, is under another key or none by now.
            # The new key is there: whoever erases leaves it while the old one seals anything.
            self._database.lock_vault(0)
            self._database.write_many(
                "UPDATE record SET key_id = ?, sealed = ? WHERE place = ? AND key_id = ?", changes
            )
            widen(self._database, reach)
        self._cursor = places[-1]
        self._vault.data_keys.let_go(used)

    def _sealed_again(self, row: Row, new: DataKey) -> bytes:
        old = self._vault.data_keys.key(row.key_id)
        envelope = Envelope(row.sealed or b"")
        return reseal(envelope, old=old, new=new, context=self._vault.context_of(row)).sealed


def reseal_all(
    database: Database,
    vaults: Callable[[], Collection[Vault]],
    *,
    sign: Callable[[Collection[bytes]], object],
    progress: Callable[[int, int], object],
) -> None:
    """Seal every record of an account again under fresh data keys; other kernels may read and write meanwhile.

    One that was interrupted is brought to its end, and nothing is begun anew: keys that are younger than its beginning
    stay.

    Parameters
    ----------
    database : Database
        The store.
    vaults : callable
        Gives all vaults that there are by now.
    sign : callable
        Signs the logs of the vaults with these ids; called inside a transaction.
    progress : callable
        Told, after each batch, how many rows of the logs lie behind, and how many there are in all.

    Raises
    ------
    IntegrityError
        When records didn't open: they stay as they were, under their old keys; all others are renewed.
    """
    with database.transaction():
        database.lock_vault(0)
        found = vaults()
        for vault in found:
            vault.lock()  # two kernels don't begin at once
        renewals = {vault.vault_id: Reseal(database, vault=vault) for vault in found}
        if not any(renewal.is_under_way() for renewal in renewals.values()):
            for renewal in renewals.values():
                renewal.begin()
            sign(renewals.keys())
    total, done, damaged = sum(vault.log.size() for vault in found), 0, 0
    for vault in found:
        renewal = renewals[vault.vault_id]
        if renewal.is_under_way():
            for behind in renewal.batches():
                progress(done + behind, total)
            with database.transaction():
                renewal.finish()
                sign([vault.vault_id])
            damaged += renewal.damaged
        done += vault.log.size()
        progress(min(done, total), total)
    database.checkpoint()
    if damaged:
        raise IntegrityError(
            f"{damaged} records don't open, and stay as they are under their old keys; all others are renewed.",
            remedy="Restore them from a backup, or erase them; then rotate again.",
        )
