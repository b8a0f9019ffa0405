"""Who may read an account's vaults beside its owner, kept in line with who has which role by now.

An auditor and a privacy officer may read every account's audit log, a privacy officer every account's usage events: so
the table says. Each account's own session grants the keys, at sign-in and whenever anybody's roles have changed, and
renews them when somebody has lost the role. Who holds a key is *crypto*. Who has which role is *advisory* on a laptop,
where whoever writes to the store can make an account of any role, and the *server*'s word in team mode: so nothing but
audit entries and usage events, which hold no content, is granted by role alone.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from workbench.app.account.notices import notify
from workbench.app.break_glass.lent_keys import renew_lent
from workbench.app.opened import Opened
from workbench.app.sharing.readers import readers_of, remove_readers
from workbench.crypto import Kind, Right
from workbench.errors import IntegrityError, LockedError, WorkbenchError
from workbench.identity import scopes, side_of
from workbench.storage import Member, Vault

WATCHED = {Kind.AUDIT_ENTRY: "audit:read", Kind.USAGE_EVENT: "usage:publish"}
"""Which permission, over all accounts, lets one read which kind of record."""

People = dict[bytes, tuple[str, ...]]
Told = dict[tuple[str, bytes], set[str]]
"""Who was removed or admitted, and from which kinds of records."""


@dataclass(frozen=True, slots=True)
class Reader:
    """One account that may read one of one's own vaults.

    Parameters
    ----------
    account_id : str
        32 hexadecimal digits.
    roles : tuple of str
        What it is by now.
    kind : str
        Of the records: ``"audit entry"``, ``"usage event"``, ``"shared turn"``, ``"turn"``.
    share_id : str
        Of a share; empty for other vaults.
    is_alone : bool
        False for who can't open it but together with another one, as break-glass does.
    """

    account_id: str
    roles: tuple[str, ...]
    kind: str
    share_id: str = ""
    is_alone: bool = True


def readers(opened: Opened) -> list[Reader]:
    """Return who may read which of the account's vaults, as their keys are granted."""
    people = opened.access.standings.everyone()
    found = []
    for vault in opened.vaults:
        share_id = vault.vault_id.hex() if vault.kind is Kind.SHARED_TURN else ""
        for member in readers_of(opened, vault):
            roles, alone = people.get(member.account_id, ()), not member.right.is_half
            found.append(Reader(member.account_id.hex(), roles, _words(vault.kind), share_id, alone))
    return found


def keep_up(opened: Opened) -> None:
    """Settle who reads what, if anybody's roles have changed, or a letter has come, since this session last did.

    What can't be settled is noted, and tried again with the next change or sign-in: nobody is kept from their own work
    by others' rows.
    """
    is_due = opened.settle_at is not None and opened.access.now() >= opened.settle_at
    if (opened.news == opened.access.news and not is_due) or opened.access.is_read_only:
        return
    opened.news, opened.settle_at = opened.access.news, None
    try:
        settle(opened)
    except LockedError:
        pass  # the account's keys were exchanged; the action that follows says so
    except WorkbenchError as fault:
        with suppress(WorkbenchError):
            opened.audit.record("readers_settled", outcome="failure", reason=type(fault).__name__)


def settle(opened: Opened) -> None:
    """Grant the account's vaults to those whom the table lets read them, take them from all others, and tell its owner.

    A reader of a share, or a keeper of half a key, whose role or keys are others by now is removed: their keys were
    compared, or taken on trust, once. Overseers are followed to their new keys. A key that was lent is renewed once its
    time is over.

    Raises
    ------
    IntegrityError
        When the list of a vault's members was altered.
    StoreError
        When it can't be written.
    """
    people = opened.access.standings.everyone()
    people.pop(opened.account.account_id, None)
    told: Told = defaultdict(set)
    with opened.vaults.transaction():
        changed = [*_overseers(opened, people, told), *_shares(opened, people, told), *_turns(opened, people, told)]
        for (how, account_id), kinds in told.items():
            facts = {"how": how, "records": ", ".join(sorted(kinds)), "reader": account_id.hex()}
            notify(opened, opened.account.account_id, "readers_changed", **facts)
            opened.audit.record("readers_changed", subject=account_id.hex(), how=how, records=facts["records"])
    if changed:
        opened.vaults.checkpoint()
        changed[0].settle()


def _overseers(opened: Opened, people: People, told: Told) -> Iterator[Vault]:
    """Grant what the table lets overseers read to whoever is one by now; yield the vaults whose members changed."""
    for kind, permission in WATCHED.items():
        if kind not in opened.vaults:
            continue
        vault, wanted = opened.vaults[kind], set()
        for account_id, roles in people.items():
            if "all" in scopes(permission, roles=roles):
                with suppress(IntegrityError):  # its row is gone, or its keys are none
                    keys = opened.access.standings.keys_of(account_id)
                    keys.require_sealable()
                    wanted.add(Member(account_id, keys.fingerprint, Right.VIEW))
        before = set(readers_of(opened, vault))
        if wanted != before:
            vault.keys.set_members(sorted(wanted, key=lambda member: member.account_id))
            for how, members in (("removed", before - wanted), ("admitted", wanted - before)):
                for member in members:
                    told[how, member.account_id].add(_words(kind))
            yield vault


def _shares(opened: Opened, people: People, told: Told) -> Iterator[Vault]:
    """Take shares from readers who aren't those any more whom they were given to."""
    for vault in opened.vaults.of_kind(Kind.SHARED_TURN):
        gone = {one.account_id for one in readers_of(opened, vault) if not _still_reads(opened, one, people)}
        if gone:
            remove_readers(opened, vault, gone)
            for account_id in gone:
                told["removed", account_id].add(_words(vault.kind))
            yield vault


def _turns(opened: Opened, people: People, told: Told) -> Iterator[Vault]:
    """Take halves of keys from keepers who aren't those any more who were agreed to, and renew a key that was lent."""
    if Kind.TURN not in opened.vaults:
        return
    vault = opened.vaults[Kind.TURN]
    before = readers_of(opened, vault)
    gone = {one.account_id for one in before if not _still_keeps(opened, one, people)}
    if gone:
        vault.keys.set_members([one for one in before if one.account_id not in gone])
        for account_id in gone:
            told["removed", account_id].add(_words(vault.kind))
    if renew_lent(opened, vault) or gone:
        yield vault


def _still_reads(opened: Opened, member: Member, people: People) -> bool:
    """Whether a reader of a share still reads others' content by role, with the keys that were granted to."""
    readable = scopes("content:read", roles=people.get(member.account_id, ()))
    return bool(readable & {"project", "class"}) and _has_same_keys(opened, member)


def _still_keeps(opened: Opened, member: Member, people: People) -> bool:
    """Whether who keeps half a key still may, by role and on that side, with the keys that it was granted to."""
    if not member.right.is_half:
        return True
    return side_of(people.get(member.account_id, ())) is member.right and _has_same_keys(opened, member)


def _has_same_keys(opened: Opened, member: Member) -> bool:
    with suppress(IntegrityError):
        return opened.access.standings.keys_of(member.account_id).fingerprint == member.fingerprint
    return False


def _words(kind: Kind) -> str:
    return kind.name.lower().replace("_", " ")
