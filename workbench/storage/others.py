"""Others' vaults, as far as they let this account read: found by the grants, opened under the owner's public keys."""

from collections.abc import Callable, Iterable
from contextlib import suppress

from workbench.crypto import Grant, KeyPairs, KeyRing, Kind, PublicKeys
from workbench.errors import PermissionDeniedError
from workbench.storage.anchors import Anchors
from workbench.storage.engines.database import Database
from workbench.storage.granted import Granted, checked, open_granted, open_shared_vault
from workbench.storage.lent import Lent, open_lent
from workbench.storage.vault import Vault


class OthersVaults:
    """What others have granted to one account whose session is open.

    Parameters
    ----------
    database : Database
        The store.
    account_id : bytes
        Who reads.
    key_pairs : KeyPairs
        To open grants.
    key_ring : KeyRing
        Receives the data keys.
    anchors : Anchors, optional
        How far this device has seen them.
    """

    def __init__(
        self,
        database: Database,
        *,
        account_id: bytes,
        key_pairs: KeyPairs,
        key_ring: KeyRing,
        anchors: Anchors | None,
    ) -> None:
        self._database = database
        self._account_id = account_id
        self._key_pairs = key_pairs
        self._key_ring = key_ring
        self._anchors = anchors

    def __repr__(self) -> str:
        """Tell nothing of what is granted."""
        return "OthersVaults(<sealed>)"

    def granted(self) -> list[Granted]:
        """Return which vaults the store says are granted, oldest first; opening one shows whether that holds."""
        rows = self._database.rows(
            "SELECT vault.vault_id, vault.owner_id, vault.number FROM vault JOIN vault_grant"
            " ON vault_grant.vault_id = vault.vault_id AND vault_grant.epoch = vault.epoch"
            " WHERE vault_grant.account_id = ? AND vault.owner_id <> ? ORDER BY vault.number",
            (self._account_id, self._account_id),
        )
        return [Granted(*row) for row in rows]

    def open(self, vault_id: bytes, *, owner: PublicKeys) -> Vault:
        """Return another's vault, checked as `open_shared_vault` does.

        Parameters
        ----------
        vault_id : bytes
            Which.
        owner : PublicKeys
            Who must have granted it and signed its log.

        Raises
        ------
        PermissionDeniedError
            When this account has no access, or it has expired.
        IntegrityError
            When the grant isn't the owner's, or the log was rolled back, forked, cut off or edited.
        """
        return open_shared_vault(
            self._database,
            vault_id=vault_id,
            account_id=self._account_id,
            key_pairs=self._key_pairs,
            granter=owner,
            key_ring=self._key_ring,
            anchors=self._anchors,
        )

    def halves(self, owner_id: bytes, *, owner: PublicKeys) -> list[tuple[Granted, Grant]]:
        """Return the grants of half a key that an account has given to this one.

        Raises
        ------
        IntegrityError
            When one isn't the owner's.
        """
        found = []
        for one in self.granted():
            if one.owner_id == owner_id:
                with suppress(PermissionDeniedError):  # it was taken back since it was listed
                    grant = self._opened(one, owner).keys.grant()
                    if grant.right.is_half:
                        found.append((one, grant))
        return found

    def lend(self, vault_id: bytes, account_id: bytes, *, seconds: int) -> None:
        """Let another account reach a vault's rows; in team mode the *server* holds them back else, and to the time."""
        self._database.lend(vault_id, account_id, seconds=seconds)

    def vault_of(self, vault_id: bytes, owner_id: bytes) -> Granted | None:
        """Return where another's vault stands in the store, granted to this account or not."""
        rows = self._database.rows(
            "SELECT vault_id, owner_id, number FROM vault WHERE vault_id = ? AND owner_id = ?", (vault_id, owner_id)
        )
        return Granted(*rows[0]) if rows else None

    def lent(self, lent: Lent, *, owner: PublicKeys, key_ring: KeyRing, now: Callable[[], float]) -> Vault:
        """Return a vault whose key was lent to this account. Parameters and errors as `open_lent`."""
        return open_lent(
            self._database,
            lent,
            account_id=self._account_id,
            key_pairs=self._key_pairs,
            owner=owner,
            key_ring=key_ring,
            now=now,
        )

    def of_kind(self, kind: Kind, granted: Iterable[Granted], *, keys_of: Callable[[bytes], PublicKeys]) -> list[Vault]:
        """Return those of some vaults that keep records of one kind and open to this account alone, each checked.

        Parameters
        ----------
        kind : Kind
            Of records; halves of keys, which open with a partner's, are none of it.
        granted : iterable of Granted
            Which vaults; as `granted` returns them, or fewer.
        keys_of : callable
            The public keys of an owner.

        Raises
        ------
        IntegrityError
            When a grant isn't its owner's, or a log was rolled back, forked, cut off or edited.
        """
        known = self._anchors.load() if self._anchors else {}  # before anything is read, as `open_shared_vault`
        found, seen = [], {}
        for one in granted:
            try:
                vault = self._opened(one, keys_of(one.owner_id))
                if vault.kind is kind and vault.keys.grant().right.opens:
                    seen[vault.vault_id] = checked(vault, known.get(vault.vault_id))
                    found.append(vault)
            except PermissionDeniedError:  # it was taken back since it was listed
                continue
        if self._anchors and not seen.items() <= known.items():
            self._anchors.save(seen)
        return found

    def _opened(self, one: Granted, owner: PublicKeys) -> Vault:
        return open_granted(
            self._database,
            vault_id=one.vault_id,
            number=one.number,
            account_id=self._account_id,
            key_pairs=self._key_pairs,
            granter=owner,
            key_ring=self._key_ring,
        )
