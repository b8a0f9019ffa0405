"""Notices of an account by mail, beside those in the panel: to one address, through one server (A21)."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from workbench.app.account.outbox_letters import LetterOutbox
from workbench.errors import InputError
from workbench.incidents import DEAD_LETTER_EVENT, Detector, NoticeName, Outbox, PendingNotice, notices_of
from workbench.incidents.outbox import Sender

if TYPE_CHECKING:
    from workbench.app.session import Session

RECENT = timedelta(days=2)
"""What is older is told in the panel, and not mailed any more."""

KEPT = timedelta(days=7)
"""How long it is remembered that a notice was sent, so that it isn't sent twice."""


class Mail:
    """The way of a session's notices to a mail box.

    A notice says what happened and when, and no more: *crypto* protects it on the way to the server, and nobody knows
    what happens behind that. Nothing is mailed before `use` was called, in each session: no address is kept.

    Parameters
    ----------
    session : Session
        Whose.
    """

    def __init__(self, session: "Session") -> None:
        self._session = session
        self._way: tuple[Sender, str] | None = None

    def __repr__(self) -> str:
        """Tell whether it is in use; not for whom."""
        return f"Mail({'off' if self._way is None else 'on'})"

    def use(self, mailer: Sender, *, to: str) -> None:
        """Send this session's notices through a server to an address, whenever `send` is called.

        Parameters
        ----------
        mailer : Mailer
            ``workbench.incidents.Mailer("mail.example.org", 587, "workbench@example.org")``.
        to : str
            One address.
        """
        self._session.opened("account:self")
        self._way = mailer, to

    def send(self, *, dry_run: bool = False) -> list[PendingNotice]:
        """Send what is due of the last two days' notices; return each as it stands now.

        Parameters
        ----------
        dry_run : bool
            Only return what would be sent.

        Raises
        ------
        InputError
            When `use` wasn't called, or the address can't be written to.
        """
        if self._way is None:
            raise InputError("No mail server was named.", remedy="Call session.mail.use(Mailer(…), to=…) first.")
        mailer, to = self._way
        opened, now = self._session.opened("account:self"), self._session.now()
        store = LetterOutbox(opened)
        store.forget(before=now - KEPT)

        def alarm(_notice: PendingNotice) -> None:
            opened.audit.record(DEAD_LETTER_EVENT, outcome="failure")

        outbox = Outbox(store, sender=mailer, now=self._session.now, alarm=alarm)
        for notice_id, template in self._due(now):
            outbox.add(template, recipient=to, notice_id=notice_id)
        return outbox.deliver(dry_run=dry_run)

    def _due(self, now: datetime) -> list[tuple[str, NoticeName]]:
        """Return (id, notice) of what the log brings: the same entry, the same id."""
        since = (now - RECENT).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        detector = Detector()
        found: list[tuple[str, NoticeName]] = []
        for number, entry in enumerate(self._session.opened("audit:read").audit.entries()):
            raised = [alert.notice for alert in detector.see(entry)]
            if entry.time >= since:
                names = notices_of(entry, raised=raised)
                found += [(sha256(f"{number} {entry.time} {name}".encode()).hexdigest()[:32], name) for name in names]
        return found
