"""The vaults of one account while its session is open, checked before anything is read.

One for each kind of record that the account keeps, and one for each share that it has made.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager
from functools import partial

from workbench.crypto import KeyPairs, KeyRing, Kind
from workbench.errors import IntegrityError, PermissionDeniedError
from workbench.storage.adoption import adopt
from workbench.storage.anchors import ACCEPT, Anchor, Anchors
from workbench.storage.engines.database import Database
from workbench.storage.granted import checked, open_granted
from workbench.storage.log_check import Verified
from workbench.storage.making import KINDS, new_vault, new_vaults
from workbench.storage.others import OthersVaults
from workbench.storage.reseal import reseal_all
from workbench.storage.search.index import SearchIndex
from workbench.storage.search.turn_documents import TurnDocuments
from workbench.storage.signing import Signing
from workbench.storage.tombstones import kept_tombstones
from workbench.storage.vault import Vault

_ALWAYS = (Kind.PROFILE, Kind.AUDIT_ENTRY)


class Vaults:
    """An account's vaults.

    Parameters
    ----------
    database : Database
        The store.
    account_id : bytes
        Whose.
    key_pairs : KeyPairs
        To open grants and to sign checkpoints.
    key_ring : KeyRing
        Receives the data keys; when it forgets, the vaults are closed.
    anchors : Anchors, optional
        How far this device has seen them; without, a rollback isn't noticed.
    accept_rollback : bool
        Take the store as it is, note that in the audit log, and anchor it anew.

    Raises
    ------
    IntegrityError
        When a vault is missing, was rolled back, forked, cut off or edited.
    """

    def __init__(
        self,
        database: Database,
        *,
        account_id: bytes,
        key_pairs: KeyPairs,
        key_ring: KeyRing,
        anchors: Anchors | None = None,
        accept_rollback: bool = False,
    ) -> None:
        self._database = database
        self._account_id = account_id
        self._key_ring = key_ring
        self._anchors = anchors
        # Before anything of the store is read: another kernel may rotate a key and anchor that meanwhile.
        known = anchors.load() if anchors and not accept_rollback else {}
        self._vaults: dict[bytes, Vault] = {}
        self._signing = Signing(database, self._vaults, key_pairs=key_pairs, anchors=anchors)
        self._open_new()
        self.require(_ALWAYS)
        if accept_rollback:
            self._adopt()
        else:
            self._check(known)

    def __repr__(self) -> str:
        """Tell how many there are."""
        return f"Vaults(<{len(self._vaults)}>)"

    @property
    def _by_kind(self) -> dict[Kind, Vault]:
        """Those of which there is one."""
        return {vault.kind: vault for vault in self if vault.kind in KINDS}

    def __getitem__(self, kind: Kind) -> Vault:
        """Return the vault of a kind of record of which there is one.

        Raises
        ------
        PermissionDeniedError
            When the account keeps none of that kind.
        """
        vault = self._by_kind.get(kind)
        if vault is None:
            raise PermissionDeniedError("This account keeps no records of that kind.")
        return vault

    def __contains__(self, kind: object) -> bool:
        """Whether the account keeps records of a kind."""
        return kind in self._by_kind

    def of_kind(self, kind: Kind) -> list[Vault]:
        """Return every vault of a kind, oldest first; those too that another session has made meanwhile."""
        self._open_new()
        return [vault for vault in self if vault.kind is kind]

    def require(self, kinds: Collection[Kind]) -> None:
        """Return when there is a vault of each of these kinds.

        Raises
        ------
        IntegrityError
            When one is missing.
        """
        if not self._by_kind.keys() >= set(kinds):
            raise IntegrityError("A vault of the account is missing: rows were removed.")

    def add_missing(self, kinds: Collection[Kind]) -> None:
        """Make the vaults of these kinds that there aren't yet; inside a transaction."""
        self._open_new()
        missing = set(kinds) - self._by_kind.keys()
        if missing:
            new_vaults(self._database, account_id=self._account_id, key_pairs=self.key_pairs, kinds=missing)
            self._open_new()

    def add(self, kind: Kind) -> Vault:
        """Make one more vault of a kind of which there may be many; inside a transaction."""
        vault_id = new_vault(self._database, kind, account_id=self._account_id, key_pairs=self.key_pairs)
        self._open_new()
        return self._vaults[vault_id]

    @property
    def others(self) -> OthersVaults:
        """What others let this account read."""
        return OthersVaults(
            self._database,
            account_id=self._account_id,
            key_pairs=self.key_pairs,
            key_ring=self._key_ring,
            anchors=self._anchors.of_others() if self._anchors else None,
        )

    def search_index(self) -> SearchIndex:
        """Return an index over the turns, not yet open."""
        turns = self[Kind.TURN]
        return SearchIndex(turns.caches(Kind.SEARCH_SHARD), TurnDocuments(turns))

    def __iter__(self) -> Iterator[Vault]:
        """Yield the vaults."""
        return iter(tuple(self._vaults.values()))  # at once: another thread may make one

    @property
    def key_pairs(self) -> KeyPairs:
        """The account's key pairs."""
        return self._signing.key_pairs

    def transaction(self) -> AbstractContextManager[None]:
        """Write all of it or none of it; checkpoints that fall due are signed right after."""
        return self._database.transaction()

    def checkpoint(self) -> None:
        """Sign every log as it stands, and move this device's anchor.

        Raises
        ------
        IntegrityError
            When a log was altered meanwhile.
        StoreError
            When it can't be written.
        """
        with self._database.transaction():
            self._signing.sign(self._vaults, is_final=True)

    def verify(self, *, deep: bool = True) -> dict[Kind, Verified]:
        """Check every row of every vault against the chain, the tree and the signed checkpoint.

        Parameters
        ----------
        deep : bool
            Open each living record too, and compare it with its leaf.

        Raises
        ------
        IntegrityError
            When anything was edited, cut off, put back, moved or emptied without an entry of the log that says so.
        """
        found: dict[Kind, Verified] = {}
        for vault in self._all():
            verified = vault.verify(deep=deep)
            found[vault.kind] = found[vault.kind].and_of(verified) if vault.kind in found else verified
        return found

    def erased(self, *, deep: bool = False) -> frozenset[bytes]:
        """Verify as `verify` does, and return the leaves of what was erased, as the logs' own entries say.

        Raises
        ------
        IntegrityError
            When a log doesn't hold, or something was emptied that no entry names.
        """
        leaves: set[bytes] = set()
        for vault in self._all():
            for place in vault.verify(deep=deep).erased:
                leaves.update(vault.leaf(place))
        return frozenset(leaves)

    def rotate(self) -> None:
        """Put a fresh vault key in force in each vault, in a transaction each: old wraps and grants open nothing more.

        Raises
        ------
        IntegrityError
            When a key, or the log, was altered: that vault stays as it was.
        """
        for vault in self._all():
            with self._database.transaction():
                vault.lock()
                vault.keys.rotate()
                self._signing.sign((vault.vault_id,), is_final=True)
        self._database.checkpoint()

    def exchange(self, key_pairs: KeyPairs) -> None:
        """Go over to the owner's new key pairs: fresh vault keys granted under them, every checkpoint signed again.

        Inside a transaction that also writes the public keys.
        """
        self._database.lock_vault(0)
        for vault in self._all():
            vault.lock()
        for vault in self:
            vault.keys.rotate(key_pairs=key_pairs)
            vault.checkpoints.hand_over(key_pairs)
        self._signing.exchange(key_pairs)
        self._signing.sign(self._vaults, is_final=True)
        self._database.on_commit(self._database.checkpoint)

    def reseal(self, *, progress: Callable[[int, int], object] = lambda _done, _total: None) -> None:
        """Seal every record again under fresh data keys; other kernels may read and write meanwhile.

        One that was interrupted is brought to its end, and nothing is begun anew: keys that are younger than its
        beginning stay.

        Parameters
        ----------
        progress : callable
            Told, after each batch, how many rows of the logs lie behind, and how many there are in all.

        Raises
        ------
        IntegrityError
            When records didn't open: they stay as they were, under their old keys; all others are renewed.
        """
        reseal_all(self._database, self._all, sign=partial(self._signing.sign, is_final=True), progress=progress)

    def _all(self) -> tuple[Vault, ...]:
        """Return every vault that there is by now, those too that another session has made meanwhile."""
        self._open_new()
        return tuple(self)

    def _open_new(self) -> None:
        """Open the vaults that aren't yet; those that a transaction made, and didn't keep, are let go."""
        public = self.key_pairs.public
        for vault_id, number in self._database.rows(
            "SELECT vault_id, number FROM vault WHERE owner_id = ? ORDER BY number", (self._account_id,)
        ):
            if vault_id not in self._vaults:
                self._vaults[vault_id] = open_granted(
                    self._database,
                    vault_id=vault_id,
                    number=number,
                    account_id=self._account_id,
                    key_pairs=self.key_pairs,
                    granter=public,
                    key_ring=self._key_ring,
                    on_append=self._signing.note_append,
                    on_erase=self._signing.note_erased,
                )
                self._database.on_rollback(partial(self._vaults.pop, vault_id, None))

    def _check(self, known: dict[bytes, Anchor]) -> None:
        if not known.keys() <= self._vaults.keys():  # no vault ever goes, but with its account
            raise IntegrityError("A vault of the account is missing: rows were removed.", remedy=ACCEPT)
        fresh = {vault.vault_id: checked(vault, known.get(vault.vault_id)) for vault in self}
        if self._anchors and not fresh.items() <= known.items():
            self._anchors.save(fresh)

    def _adopt(self) -> None:
        """Take the logs as they are, if each is sound in itself, and sign and anchor them anew."""
        gone = kept_tombstones(self._anchors.device, self._database.store_id) if self._anchors else frozenset()
        with self._database.transaction():
            adopt(self._database, self, audit=self[Kind.AUDIT_ENTRY], key_pairs=self.key_pairs, gone=gone)
            self._signing.sign(self._vaults, is_final=True, replace=True)

    def close(self) -> None:
        """Sign what isn't signed yet.

        Raises
        ------
        IntegrityError, StoreError
            As `checkpoint`.
        """
        if self._signing.is_pending:
            self.checkpoint()
