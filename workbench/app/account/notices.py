"""Notices: what others did to an account, in its letter box until it is dismissed; closed words and ids only."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from workbench.app.opened import Opened
from workbench.crypto import Letter, Topic
from workbench.errors import IntegrityError, NotFoundError, PermissionDeniedError, WorkbenchError
from workbench.records import Confidential
from workbench.storage import pack, unpack

if TYPE_CHECKING:
    from workbench.app.session import Session

BREAK_GLASS_USED = "break_glass_used"
"""The one event whose notice can't be dismissed until what it tells of is over."""

_STAYS = 2 * 60 * 60  # seconds, at most: what it tells of lasts an hour, and clocks differ
_MOST_DIGITS = 15  # of a number among the facts: POSIX seconds have ten


@dataclass(frozen=True, slots=True)
class Notice(Confidential):
    """One notice: closed words and ids, no content.

    Parameters
    ----------
    notice_id : str
        32 hexadecimal digits.
    time : datetime
        UTC, as the sender says.
    event : str
        As in the audit log.
    sender : str
        The account that did it; 32 hexadecimal digits.
    facts : dict of str to str
        What was done, as the sender says.
    """

    notice_id: str
    time: datetime
    event: str
    sender: str
    facts: dict[str, str] = field(repr=False)

    def number(self, name: str) -> int:
        """Return a fact that is a number; 0 when there is none of that name, or it isn't one."""
        found = self.facts.get(name, "")
        return int(found) if found.isdecimal() and found.isascii() and len(found) <= _MOST_DIGITS else 0

    def stays(self, now: float) -> bool:
        """Whether it says that somebody may read this account's history, and they still may."""
        return self.event == BREAK_GLASS_USED and now < self.number("until") <= now + _STAYS


def notify(opened: Opened, recipient: bytes, event: str, **facts: str | int) -> None:
    """Tell an account what was done to it; in its own transaction, or in the one that does it."""
    body = pack(event, sorted((name, str(value)) for name, value in facts.items()))
    opened.access.post().send(recipient, Topic.NOTICE, body)


def notify_if_possible(opened: Opened, recipient: bytes, event: str, **facts: str | int) -> None:
    """Tell an account what was done to it, unless its public keys are none: whoever spoils theirs hinders nobody."""
    with suppress(IntegrityError):
        notify(opened, recipient, event, **facts)


class Notices:
    """The notices of the account that a session has open.

    Parameters
    ----------
    session : Session
        Whose.
    """

    def __init__(self, session: "Session") -> None:
        self._session = session

    def list(self) -> list[Notice]:
        """Return the notices that weren't dismissed, oldest first."""
        opened = self._session.opened("account:self")
        notices = map(notice_of, opened.access.post().read(Topic.NOTICE))
        return [one for one in notices if one is not None and one.number("after") <= opened.access.now()]

    def dismiss(self, notice: Notice | str) -> None:
        """Throw a notice away.

        Parameters
        ----------
        notice : Notice or str
            Of `list`, or its id.

        Raises
        ------
        NotFoundError
            When it isn't there.
        PermissionDeniedError
            When it says that somebody may read this account's history, and they still may.
        """
        opened = self._session.opened("account:self")
        post = opened.access.post()
        notice_id = notice.notice_id if isinstance(notice, Notice) else notice
        for letter in post.read(Topic.NOTICE):
            if letter.letter_id.hex() == notice_id:
                found = notice_of(letter)
                if found is not None and found.stays(opened.access.now()):
                    raise PermissionDeniedError("The notice stays until what it tells of is over.", remedy="Wait.")
                if post.discard(letter):
                    return
        raise NotFoundError("There is no such notice.", remedy="Look at notices.list().")


def notice_of(letter: Letter) -> Notice | None:
    """Return what a letter tells; nothing when it can't be read."""
    try:
        event, facts = unpack(letter.body)
        words = dict(facts)
        if not all(isinstance(word, str) for word in (event, *words, *words.values())):
            return None
        time = datetime.fromtimestamp(letter.sent, UTC)
        return Notice(letter.letter_id.hex(), time, event, letter.sender.hex(), words)
    except (WorkbenchError, TypeError, ValueError, OverflowError, OSError):  # whatever others write into their letters
        return None
