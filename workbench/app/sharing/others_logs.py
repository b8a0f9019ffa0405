"""The audit logs of all accounts, for who oversees them: those whose owners have granted them to this account."""

from collections.abc import Collection

from workbench.app.opened import Opened
from workbench.audit import entries_of
from workbench.crypto import Kind
from workbench.errors import IntegrityError
from workbench.records import AuditEntry


def logs_of_all(opened: Opened, permission: str, *, but: Collection[str] = ()) -> dict[str, list[AuditEntry]]:
    """Return every log's entries by account, the first 8 hexadecimal digits of its id; one's own comes first.

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
    found = {opened.account.account_id.hex()[:8]: opened.audit.entries()}
    granted = others.granted()
    for owner in dict.fromkeys(one.owner_id for one in granted):
        account = owner.hex()[:8]
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
