"""Shares: copies of chosen turns in a vault of their own, whose key the owner grants to others and takes back.

Who holds the vault's key reads, and nobody else: *crypto*. To whom a share may be granted is decided by the table of
roles, in the owner's kernel and in the reader's: *advisory*. That a reader adds nothing is *advisory* too, against a
program of the reader's own.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from workbench.app.history import record_id_of
from workbench.app.opened import Opened
from workbench.app.sharing.overseers import settle
from workbench.app.sharing.readers import admit_reader, invitation_of, is_open, readers_of, remove_readers
from workbench.app.sharing.share import Share, opened_turns
from workbench.app.sharing.shared_turns import copy_into
from workbench.crypto import Kind, PublicKeys, Right, Topic
from workbench.errors import IntegrityError, NotFoundError
from workbench.identity import Scope, scopes, share_scope
from workbench.records import Turn
from workbench.storage import Damaged, Member, Vault, decode

if TYPE_CHECKING:
    from workbench.app.session import Session

Turns = Turn | str | Iterable[Turn | str]
"""Turns or their ids, one or many."""


class Shares:
    """What the account of an open session shares, and what others share with it.

    Parameters
    ----------
    session : Session
        Whose; it also checks the permissions.
    """

    def __init__(self, session: "Session") -> None:
        self._session = session

    def share(self, turns: Turns, name: str, *, fingerprint: str | None = None) -> Share:
        """Let another account read copies of turns: a researcher's in a project, a student's in a class.

        Parameters
        ----------
        turns : Turn, str, or iterable of them
            Which; a copy doesn't change when the turn does, and goes when the turn is deleted.
        name : str
            The reader's.
        fingerprint : str, optional
            Of the reader's public keys, as it was compared by another channel; else the store's word is taken for them.

        Raises
        ------
        NotFoundError
            When there is no such turn, or nobody of that name with whom this account may share.
        IntegrityError
            When the fingerprint is another.
        """
        opened = self._session.opened("content:share")
        chosen, reader = _chosen(opened, turns), self._reader(opened, name, fingerprint)
        with opened.vaults.transaction():
            vault = opened.vaults.add(Kind.SHARED_TURN)
            count = copy_into(vault, chosen, opened=opened)
            admit_reader(opened, vault, reader)
            opened.audit.record(
                "content_shared", subject=vault.vault_id.hex(), turns=count, reader=reader.account_id.hex()
            )
        opened.vaults.checkpoint()
        return self._mine(opened, vault)

    def add(self, share: Share | str, turns: Turns) -> None:
        """Put copies of more turns into a share of one's own; those that are there stay as they are.

        Parameters
        ----------
        share : Share or str
            One's own, or its id.
        turns : Turn, str, or iterable of them
            As `share`.

        Raises
        ------
        NotFoundError
            When there is no such share of this account, or no such turn.
        """
        opened = self._session.opened("content:share")
        vault, chosen = _own(opened, share), _chosen(opened, turns)
        with opened.vaults.transaction():
            count = copy_into(vault, chosen, opened=opened)
            opened.audit.record("content_shared", subject=vault.vault_id.hex(), turns=count)
        opened.vaults.checkpoint()

    def admit(self, share: Share | str, name: str, *, fingerprint: str | None = None) -> None:
        """Let one more account read a share of one's own.

        Parameters
        ----------
        share : Share or str
            One's own, or its id.
        name : str
            The reader's.
        fingerprint : str, optional
            Of the reader's public keys, as for `share`.

        Raises
        ------
        NotFoundError
            When there is no such share of this account, or nobody of that name with whom it may share.
        IntegrityError
            When the fingerprint is another.
        """
        opened = self._session.opened("content:share")
        vault, reader = _own(opened, share), self._reader(opened, name, fingerprint)
        with opened.vaults.transaction():
            admit_reader(opened, vault, reader)
            opened.audit.record("content_shared", subject=vault.vault_id.hex(), reader=reader.account_id.hex())

    def unshare(self, share: Share | str, name: str) -> None:
        """Let an account read a share no longer: the vault's key is renewed, and what comes is under fresh data keys.

        What it has read, it has read.

        Parameters
        ----------
        share : Share or str
            One's own.
        name : str
            The reader's, or their account id as `Share.readers` has it.

        Raises
        ------
        NotFoundError
            When there is no such share of this account, or no such reader of it.
        """
        opened = self._session.opened("content:share")
        settle(opened)  # a reader whose keys are others by now would keep the share's key from being renewed
        vault = _own(opened, share)
        readers = {member.account_id.hex(): member.account_id for member in readers_of(opened, vault)}
        reader = readers.get(name) or opened.accounts.id_of(name)
        if reader is None or reader not in readers.values():
            raise NotFoundError("There is no such reader of the share.", remedy="Look at its readers.")
        remove_readers(opened, vault, {reader})
        opened.vaults.checkpoint()
        vault.settle()

    def end(self, share: Share | str) -> None:
        """End a share of one's own: its copies are erased, their keys destroyed, and nobody reads it any more.

        The log stays with leaves that tell nothing, so that no backup brings the copies back.

        Parameters
        ----------
        share : Share or str
            One's own, or its id.

        Raises
        ------
        NotFoundError
            When there is no such share of this account.
        """
        opened = self._session.opened("content:share")
        settle(opened)  # a reader whose keys are others by now would keep the share's key from being renewed
        vault = _own(opened, share)
        with opened.vaults.transaction():
            remove_readers(opened, vault, {member.account_id for member in readers_of(opened, vault)})
            vault.erase([row.record_id for row in vault.log.newest_first() if row.record_id])
            opened.audit.record("content_unshared", subject=vault.vault_id.hex())
        opened.vaults.checkpoint()
        vault.settle()

    def mine(self) -> list[Share]:
        """Return the shares of this account that weren't ended, oldest first."""
        opened = self._session.opened("content:share")
        return [
            self._mine(opened, vault) for vault in opened.vaults.of_kind(Kind.SHARED_TURN) if is_open(opened, vault)
        ]

    def with_me(self) -> list[Share]:
        """Return what others share with this account by now, in the order of their invitations.

        Raises
        ------
        PermissionDeniedError
            When no role of this account reads what others share.
        """
        opened = self._session.opened("content:read")
        opened.access.require_scope("content:read", "project", "class")
        post = opened.access.post()
        letters = post.read(Topic.INVITATION)  # before the grants, with which they come
        granted = {one.vault_id: one.owner_id for one in opened.vaults.others.granted()}
        found: dict[bytes, Share] = {}
        for letter in letters:
            vault_id, fingerprint = invitation_of(letter.body)
            if granted.get(vault_id) != letter.sender:
                post.discard(letter)  # ended, or taken back
            elif _scope(opened, owner=letter.sender) and fingerprint == _keys(opened, letter.sender).fingerprint:
                owner, shown = letter.sender, fingerprint.hex()
                found[vault_id] = Share(vault_id.hex(), owner.hex(), shown, (), self._reading(vault_id, owner))
        return list(found.values())

    def get(self, share_id: str) -> Share:
        """Return one share, one's own or another's that this account reads.

        Parameters
        ----------
        share_id : str
            Its `Share.share_id`.

        Raises
        ------
        NotFoundError
            When there is none of that id, or it is none of this account's.
        """
        opened = self._session.opened("content:read")
        for share in self.mine() + (self.with_me() if _reads_others(opened) else []):
            if share.share_id == share_id:
                return share
        raise _missing()

    def fingerprint(self, name: str | None = None) -> str:
        """Return the fingerprint of an account's public keys; 64 hexadecimal digits.

        Parameters
        ----------
        name : str, optional
            Whose; one's own when it isn't said.

        Raises
        ------
        NotFoundError
            When there is nobody of that name with whom this account may share.
        """
        if name is None:
            return self._session.opened("account:self").account.private_keys.key_pairs.public.fingerprint.hex()
        return self._reader(self._session.opened("content:share"), name, None).fingerprint.hex()

    def _mine(self, opened: Opened, vault: Vault) -> Share:
        readers = tuple(member.account_id.hex() for member in readers_of(opened, vault))
        account = opened.account
        fingerprint = account.private_keys.key_pairs.public.fingerprint.hex()

        def read() -> list[Turn | Damaged]:
            return opened_turns(_own(self._session.opened("content:read"), vault.vault_id.hex()))

        return Share(vault.vault_id.hex(), account.account_id.hex(), fingerprint, readers, read)

    def _reading(self, vault_id: bytes, owner: bytes) -> Callable[[], list[Turn | Damaged]]:
        def read() -> list[Turn | Damaged]:
            opened = self._session.opened("content:read")
            granted = {one.vault_id: one.owner_id for one in opened.vaults.others.granted()}
            if granted.get(vault_id) != owner or not _scope(opened, owner=owner):
                raise _missing()
            vault = opened.vaults.others.open(vault_id, owner=_keys(opened, owner))
            if vault.kind is not Kind.SHARED_TURN:
                raise IntegrityError("What was granted as a share is something else.")
            opened.audit.record("others_read", subject=vault_id.hex(), owner=owner.hex())
            return opened_turns(vault)

        return read

    @staticmethod
    def _reader(opened: Opened, name: str, fingerprint: str | None) -> Member:
        """Return who is to read; an unknown name and one of another role are not told apart."""
        reader = opened.accounts.id_of(name)
        roles = opened.access.standings.roles_of(reader) if reader else ()
        if reader is None or reader == opened.account.account_id or not share_scope(opened.account.roles, roles):
            raise NotFoundError(
                "There is nobody of that name with whom this account may share.",
                remedy="A researcher shares with researchers, a student with educators; check the name.",
            )
        public = _keys(opened, reader).fingerprint
        if fingerprint is not None and fingerprint.strip().lower() != public.hex():
            raise IntegrityError("The reader's public keys have another fingerprint: nothing was shared.")
        return Member(reader, public, Right.VIEW)


def _own(opened: Opened, share: Share | str) -> Vault:
    share_id = share.share_id if isinstance(share, Share) else share
    for vault in opened.vaults.of_kind(Kind.SHARED_TURN):
        if vault.vault_id.hex() == share_id and is_open(opened, vault):
            return vault
    raise _missing()


def _chosen(opened: Opened, turns: Turns) -> list[Turn]:
    """Return turns of the account's own history, as they are there."""
    one_or_many = [turns] if isinstance(turns, Turn | str) else list(turns)
    ids = [turn.id if isinstance(turn, Turn) else turn for turn in one_or_many]
    if not ids:
        raise NotFoundError("There is no turn to be shared.", remedy="Name one, or more.")
    return [decode(opened.turns.read(record_id_of(turn_id)), Turn) for turn_id in ids]


def _scope(opened: Opened, *, owner: bytes) -> Scope | None:
    return share_scope(opened.access.standings.roles_of(owner), opened.account.roles)


def _reads_others(opened: Opened) -> bool:
    return bool(scopes("content:read", roles=opened.account.roles) & {"project", "class"})


def _keys(opened: Opened, account_id: bytes) -> PublicKeys:
    return opened.access.standings.keys_of(account_id)


def _missing() -> NotFoundError:
    return NotFoundError("There is no such share.", remedy="Look at shares.mine() and shares.with_me().")
