"""Signed checkpoints of one vault's log: how many leaves, and the root of the Merkle tree over them.

Notes follow C2SP tlog-checkpoint. Whoever holds the vault may sign; readers check the signature, that the log still
leads to the root, and that it leads there from where this device last saw it.
"""

from collections.abc import Iterator

from workbench.crypto import (
    EMPTY,
    GENESIS,
    Checkpoint,
    Frontier,
    KeyPairs,
    PublicKeys,
    extend,
    open_checkpoint,
    root,
    sign_checkpoint,
)
from workbench.crypto.merkle import pack, unpack
from workbench.errors import IntegrityError
from workbench.storage.account_rows import require_in_force
from workbench.storage.anchors import ACCEPT
from workbench.storage.data_keys import widen
from workbench.storage.engines.database import Database
from workbench.storage.log_check import Verified, check_log, follow, leaf_in
from workbench.storage.record_log import RecordLog


class Checkpoints:
    """The checkpoints of one vault.

    Parameters
    ----------
    database : Database
        The store.
    log : RecordLog
        The vault's.
    vault_id : bytes
        The vault's id, which names the log.
    owner : PublicKeys
        Who signs.
    """

    def __init__(self, database: Database, *, log: RecordLog, vault_id: bytes, owner: PublicKeys) -> None:
        self._database = database
        self._log = log
        self._vault_id = vault_id
        self._owner = owner
        self.origin = f"workbench/{database.store_id.hex()}/{vault_id.hex()}"
        self._seen = self._led_from = EMPTY
        self._has_held = False  # whether the owner's signature held before in this session
        self._verified: tuple[tuple[object, ...], Frontier] | None = None

    def latest(self) -> Frontier:
        """Return the tree's frontier at the latest checkpoint, whose signature and root hold.

        Raises
        ------
        IntegrityError
            When they don't, or there is none: a vault has one from its beginning.
        LockedError
            When the owner's key pairs were exchanged by another session.
        """
        owner = self._owner  # before the note is read, so that a change in between shows
        rows = self._database.rows("SELECT size, frontier, note FROM checkpoint WHERE vault_id = ?", (self._vault_id,))
        if not rows:
            raise IntegrityError("A vault's checkpoint is missing: it was removed.", remedy=ACCEPT)
        if self._verified is not None and rows[0] == self._verified[0]:
            return self._verified[1]
        size, packed, note = rows[0]
        if not isinstance(note, bytes) or not isinstance(packed, bytes):
            raise IntegrityError("A checkpoint was altered.")
        try:
            checkpoint = open_checkpoint(note, name=self.origin, public_key=owner.signing)
        except IntegrityError:
            if self._has_held:
                require_in_force(self._database, vault_id=self._vault_id, public=owner)
            raise
        self._has_held = True
        frontier = unpack(packed)
        if (checkpoint.origin, checkpoint.size, checkpoint.root) != (self.origin, frontier.size, root(frontier)) or (
            size != frontier.size
        ):
            raise IntegrityError("A checkpoint isn't of this log, or its tree was altered.")
        self._verified = (rows[0], frontier)  # the same bytes again needn't be verified again
        return frontier

    def note(self) -> bytes:
        """Return the latest signed note; empty before the first."""
        rows = self._database.rows("SELECT note FROM checkpoint WHERE vault_id = ?", (self._vault_id,))
        return rows[0][0] if rows and isinstance(rows[0][0], bytes) else b""

    def write(self, key_pairs: KeyPairs, *, seen: Frontier = EMPTY) -> Frontier:
        """Sign the log as it stands, note how far each data key reaches, and return the frontier; in a transaction.

        Parameters
        ----------
        key_pairs : KeyPairs
            The owner's.
        seen : Frontier
            How far this device has seen the log by now, in other sessions.

        Raises
        ------
        IntegrityError
            When the latest checkpoint doesn't hold, the log doesn't reach it any more, or it doesn't continue what this
            session or this device has seen: nothing is signed over that.
        """
        self._database.lock_vault(self._log.start)
        if seen != self._led_from:  # the log leads from there to what this session has seen, and on
            self._grown(seen)
            self._led_from = seen
        frontier = self._grown(self._seen)
        leaves: list[bytes] = []
        reach: dict[bytes, tuple[int, int]] = {}
        for place, key_id, leaf in self._database.rows(
            "SELECT place, key_id, leaf FROM record WHERE place > ? AND place < ? ORDER BY place",
            (self._log.start + frontier.size, self._log.end),
        ):
            leaves.append(leaf_in(leaf))
            if place != self._log.start + frontier.size + len(leaves):
                raise IntegrityError("The log has a gap: rows were removed.")
            if isinstance(key_id, bytes):
                reach[key_id] = (reach.get(key_id, (place, place))[0], place)
        if not leaves:
            if self._log.size() < frontier.size:  # a longer one: another kernel has just appended
                raise IntegrityError(
                    "The log is shorter than its latest checkpoint: its end was cut off.", remedy=ACCEPT
                )
            self._remember(frontier)
            return frontier
        frontier = extend(frontier, leaves)
        self._write(frontier, key_pairs)
        widen(self._database, reach)
        return frontier

    def begin(self, key_pairs: KeyPairs) -> None:
        """Sign a new vault's empty log, so that a store without a checkpoint is one that somebody took it out of."""
        self._write(EMPTY, key_pairs)

    def sign_again(self, frontier: Frontier, key_pairs: KeyPairs) -> None:
        """Put a frontier in place of the latest checkpoint: after a rollback was accepted."""
        self._write(frontier, key_pairs)

    def hand_over(self, key_pairs: KeyPairs) -> None:
        """Sign the latest checkpoint with the owner's new key pairs, which alone count from then on.

        Inside a transaction that has locked the vault.

        Raises
        ------
        IntegrityError, LockedError
            As `latest`.
        """
        frontier, owner = self.latest(), self._owner
        self._database.on_rollback(lambda: setattr(self, "_owner", owner))
        self._owner, self._verified = key_pairs.public, None  # what the old pairs signed holds no more
        self._write(frontier, key_pairs)

    def _write(self, frontier: Frontier, key_pairs: KeyPairs) -> None:
        self._remember(frontier)
        checkpoint = Checkpoint(self.origin, frontier.size, root(frontier))
        note, packed = sign_checkpoint(checkpoint, name=self.origin, private_key=key_pairs.signing), pack(frontier)
        self._database.write(
            "INSERT INTO checkpoint (vault_id, size, frontier, note) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (vault_id) DO UPDATE SET size = excluded.size, frontier = excluded.frontier,"
            " note = excluded.note",
            (self._vault_id, frontier.size, packed, note),
        )
        self._verified = ((frontier.size, packed, note), frontier)

    def check_since(self, seen: Frontier | None) -> Frontier:
        """Check quickly what is new since this device last saw the log, and return the latest frontier.

        Parameters
        ----------
        seen : Frontier, optional
            The anchor; without one, only the signature and the rows after the checkpoint are looked at.

        Raises
        ------
        IntegrityError
            When the log was rolled back, forked, cut off or edited.
        """
        latest = self.latest() if seen is None else self._grown(seen)
        self._check_tail(latest.size)
        self._remember(latest)
        return latest

    def _grown(self, seen: Frontier) -> Frontier:
        """Return the latest frontier, if the log leads to it from what was seen before."""
        latest = self.latest()
        if seen in (latest, EMPTY):
            return latest
        if latest.size < seen.size:
            raise IntegrityError("The store is older than this device has seen it: it was put back.", remedy=ACCEPT)
        if extend(seen, (leaf for _, leaf in self._leaves(seen.size, latest.size))) != latest:
            raise IntegrityError("The store was continued from an older copy, or edited.", remedy=ACCEPT)
        return latest

    def _remember(self, frontier: Frontier) -> None:
        """Go on from here: whatever is put back while this session lasts, nothing is signed over it."""
        before, self._seen = self._seen, frontier
        self._database.on_rollback(lambda: setattr(self, "_seen", before))

    def _check_tail(self, size: int) -> None:
        """Check the chain of the rows after the checkpoint, and that the log reaches it at all."""
        last = self._log.start + size
        head = None if size else GENESIS
        for place, leaf, stored in self._database.rows(
            "SELECT place, leaf, head FROM record WHERE place >= ? AND place < ? ORDER BY place",
            (max(last, self._log.start + 1), self._log.end),
        ):
            if head is None:
                if place != last:
                    break
                head = stored
                continue
            last += 1
            head = follow(head, leaf, stored, is_next=place == last)
        if head is None:
            raise IntegrityError("The log doesn't reach its latest checkpoint: its end was cut off.", remedy=ACCEPT)

    def verify(self, *, adopt: bool = False) -> tuple[Verified, Frontier]:
        """Check the whole log, row by row: no gap, an unbroken chain, and the root of the latest checkpoint.

        Parameters
        ----------
        adopt : bool
            Don't compare with the checkpoint: a rollback was accepted.

        Raises
        ------
        IntegrityError
            When any of it doesn't hold.
        """
        return check_log(self._database, self._log, latest=EMPTY if adopt else self.latest())

    def _leaves(self, after: int, until: int) -> Iterator[tuple[int, bytes]]:
        """Yield (position, leaf) after one position and up to another."""
        expected = after
        for place, leaf in self._database.stream(
            "SELECT place, leaf FROM record WHERE place > ? AND place <= ? ORDER BY place",
            (self._log.start + after, self._log.start + until),
        ):
            expected += 1
            if place != self._log.start + expected:
                raise IntegrityError("The log has a gap: rows were removed.", remedy=ACCEPT)
            yield expected, leaf_in(leaf)
