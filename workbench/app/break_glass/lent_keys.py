"""A key that break-glass has lent, renewed by its owner's session once the time is over.

Who has had the key might have kept it: from then on it opens nothing that comes, and what is there only in a copy of
the store that was made before.
"""

from workbench.app.account.notices import notice_of
from workbench.app.break_glass.lending import USED
from workbench.app.opened import Opened
from workbench.app.sharing.readers import readers_of
from workbench.crypto import Topic
from workbench.storage import Vault


def renew_lent(opened: Opened, turns: Vault) -> bool:
    """Renew the key of the history if it was lent and the time is over; else note when it will be.

    Only what a keeper of half the key writes counts: nobody else can lend it.
    """
    keepers = {member.account_id for member in readers_of(opened, turns) if member.right.is_half}
    notices = [
        notice
        for letter in opened.access.post().read(Topic.NOTICE)
        if letter.sender in keepers and (notice := notice_of(letter)) is not None and notice.event == USED
    ]
    epoch = turns.keys.grant().epoch
    ends = [notice.number("until") for notice in notices if notice.number("epoch") == epoch]
    if not ends:
        return False
    if min(ends) > opened.access.now():  # both approvers' count, and the earlier one ends it
        opened.settle_at = min(ends)
        return False
    turns.keys.rotate(was_lent=True)
    opened.audit.record("crypto_key_rotated", level="vault")
    return True
