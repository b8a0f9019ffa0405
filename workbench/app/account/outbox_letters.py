"""Notices that wait to be mailed, kept as letters from an account to itself: sealed, and there after a crash."""

from datetime import UTC, datetime
from typing import Any, cast, get_args

from workbench.app.opened import Opened
from workbench.crypto import Letter, Topic
from workbench.errors import IntegrityError
from workbench.incidents import NoticeName, PendingNotice
from workbench.storage import pack, unpack

_STATUSES = ("queued", "sent", "failed", "dead")


class LetterOutbox:
    """An `workbench.incidents.OutboxStore` in the letter box of an open account.

    Parameters
    ----------
    opened : Opened
        Whose; a letter that another account put there isn't looked at: it could have notices mailed anywhere.
    """

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    def put(self, notice: PendingNotice) -> None:
        """Keep a notice, in the place of the one with its id; once this returns, it outlasts a crash."""
        with self._opened.vaults.transaction():
            post = self._opened.access.post()
            before = [letter for letter, kept in self._kept() if kept.id == notice.id]
            post.send(self._opened.account.account_id, Topic.OUTBOX, _packed(notice))
            for letter in before:
                post.discard(letter)

    def get(self, notice_id: str) -> PendingNotice | None:
        """Return the notice with that id, or ``None``."""
        return next((notice for _, notice in self._kept() if notice.id == notice_id), None)

    def pending(self) -> list[PendingNotice]:
        """Return those that are queued or failed, in the order in which they came."""
        return [notice for _, notice in self._kept() if notice.status in {"queued", "failed"}]

    def forget(self, *, before: datetime) -> None:
        """Throw notices away that were sent, or given up, and are older."""
        post = self._opened.access.post()
        for letter, notice in self._kept():
            if notice.status in {"sent", "dead"} and notice.created < before:
                post.discard(letter)

    def _kept(self) -> list[tuple[Letter, PendingNotice]]:
        own = self._opened.account.account_id
        letters = self._opened.access.post().read(Topic.OUTBOX)
        return [(letter, _unpacked(letter.body)) for letter in letters if letter.sender == own]


def _packed(notice: PendingNotice) -> bytes:
    moments = (notice.created.timestamp(), notice.next_try.timestamp())
    return pack(notice.id, notice.recipient, notice.template, *moments, notice.tries, notice.status)


def _unpacked(body: bytes) -> PendingNotice:
    members: list[Any] = unpack(body)
    try:
        notice_id, recipient, template, created, next_try, tries, status = members
        is_sound = template in get_args(NoticeName) and status in _STATUSES and isinstance(tries, int)
        moments = datetime.fromtimestamp(created, UTC), datetime.fromtimestamp(next_try, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        is_sound = False
    if not is_sound:
        raise IntegrityError("A notice that waits to be mailed can't be read: it was altered.")
    return PendingNotice(str(notice_id), str(recipient), cast("NoticeName", template), *moments, tries, status)
