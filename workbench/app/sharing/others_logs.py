"""The audit logs of all accounts, for who oversees them: those whose owners have granted them to this account."""

from collections import Counter
from collections.abc import Collection

from workbench.app.opened import Opened
from workbench.audit import entries_of
from workbench.crypto import Kind
from workbench.errors import IntegrityError
from workbench.records import AuditEntry


def logs_of_all(opened: Opened, permission: str, *, but: Collection[str] = ()) -> dict[str, list[AuditEntry]]:
    """Return every log's entries by account, the first 8 hexadecimal digits of its id; one's own comes first.

    Of accounts whose ids begin alike, which takes a program that chooses its own, by all 32: none hides another's log.
    That they were read is noted in the reader's own log, which others oversee.

    Raises
    ------
    PermissionDeniedError
        When no role of this account allows it.
    IntegrityError
        When a log doesn't hold; the message says whose.
    """
    opened.access.require_scope(permission, "all")
    others = opened.vaults.others
    granted, me = others.granted(), opened.account.account_id
    owners = dict.fromkeys(one.owner_id for one in granted)
    begun = Counter(one.hex()[:8] for one in (me, *owners))
    shown = {one: one.hex()[: 8 if begun[one.hex()[:8]] == 1 else 32] for one in (me, *owners)}
    found = {shown[me]: opened.audit.entries()}
    for owner in owners:
        account = shown[owner]
        wanted = [one for one in granted if one.owner_id == owner and account not in but]
        try:
            for vault in others.of_kind(Kind.AUDIT_ENTRY, wanted, keys_of=opened.access.standings.keys_of):
                found[account] = entries_of(vault)
        except IntegrityError as error:
            raise IntegrityError(
                f"The audit log of account {account} doesn't hold: it was rolled back, forked, cut off or edited.",
                remedy=f"Look into that; frame(scope='all', but=['{account}']) shows the others.",
            ) from error
    opened.audit.record("others_read", records="audit entry", accounts=len(found))
    return found
