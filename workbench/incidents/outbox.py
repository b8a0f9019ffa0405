"""Delivers notices at least once: each is kept until a server took it, or until it is given up with an alarm.

A notice that was sent twice, because a connection or a process died at the wrong moment, carries the same Message-ID
both times; mail servers and readers can tell by it, and many show it once.
"""

import secrets
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, Protocol

from workbench.errors import InputError, WorkbenchError
from workbench.incidents.address import plain_address
from workbench.incidents.mail_faults import DeliveryError
from workbench.incidents.notices import NoticeName, letter
from workbench.incidents.pending import OutboxStore, PendingNotice

FIRST_WAIT: Final = timedelta(minutes=1)
LONGEST_WAIT: Final = timedelta(hours=6)
MOST_TRIES: Final = 28
"""A minute after the first failure, then twice as long each time, up to six hours; given up at the 28th, 4.9 days
after the first: RFC 5321, section 4.5.4.1, asks for 4 to 5 days."""

DEAD_LETTER_EVENT: Final = "notice_undeliverable"
"""What the audit log calls a notice that was given up."""


class Sender(Protocol):
    """Hands a message to a server; `workbench.incidents.Mailer` is one."""

    def send(self, recipient: str, *, subject: str, body: str, key: str, date: datetime) -> None:
        """Return once the server has taken it, or raise a `WorkbenchError`."""


class Outbox:
    """Notices to be sent.

    Parameters
    ----------
    store : OutboxStore
        Where they wait.
    sender : Sender
        Who sends them.
    now : callable
        The clock; UTC.
    alarm : callable
        Told of each notice that is given up, before it counts as given up; to log `DEAD_LETTER_EVENT` and to show it.
    """

    def __init__(
        self,
        store: OutboxStore,
        *,
        sender: Sender,
        now: Callable[[], datetime],
        alarm: Callable[[PendingNotice], object],
    ) -> None:
        self._store = store
        self._sender = sender
        self._now = now
        self._alarm = alarm
        self._adding = threading.Lock()
        self._delivering = threading.Lock()  # apart: whoever adds a notice doesn't wait for a mail server

    def add(self, template: NoticeName, *, recipient: str, notice_id: str | None = None) -> PendingNotice:
        """Keep a notice to be sent, and return it; nothing is sent yet.

        Parameters
        ----------
        template : str
            Which notice.
        recipient : str
            One address.
        notice_id : str, optional
            An id of your own, for example of the entry that it tells of: whoever adds the same id again gets the notice
            that is there. By default 16 random bytes.

        Raises
        ------
        InputError
            When there is no such notice, or the address can't be written to.
        """
        now = self._now()
        letter(template, time=now)
        notice = PendingNotice(notice_id or secrets.token_hex(16), plain_address(recipient), template, now, now)
        with self._adding:
            known = self._store.get(notice.id)
            if known is None:
                self._store.put(notice)
        return known or notice

    def deliver(self, *, dry_run: bool = True) -> list[PendingNotice]:
        """Send what is due, and return it as it stands now; by default, only return what would be sent.

        A fault of the server's ends the round, since the others would fare alike; they remain due.

        Parameters
        ----------
        dry_run : bool
            False to send.

        Raises
        ------
        WorkbenchError
            When the store or the alarm fails; what was sent may be sent again.
        """
        with self._delivering:
            now = self._now()
            due = sorted((one for one in self._store.pending() if _is_due(one, now)), key=lambda one: one.next_try)
            if dry_run:
                return due
            done = []
            for notice in due:
                tried, goes_on = self._try(notice)
                done.append(tried)
                if not goes_on:
                    break
            return done

    def _try(self, notice: PendingNotice) -> tuple[PendingNotice, bool]:
        """Attempt one notice; return it, and whether to go on with the next."""
        # (1): count the attempt, so that one which kills the process counts too; (2): send; (3): keep how it went.
        tries = notice.tries + 1
        trying = replace(notice, tries=tries, status="failed", next_try=self._now() + wait_after(tries))
        self._store.put(trying)
        try:
            words = letter(notice.template, time=notice.created)
            self._sender.send(
                notice.recipient,
                subject=words.subject,
                body=words.body,
                key=message_key(notice.id),
                date=notice.created,
            )
        except WorkbenchError as error:
            return self._failed(trying, error)
        sent = replace(trying, status="sent")
        self._store.put(sent)
        return sent, True

    def _failed(self, notice: PendingNotice, error: WorkbenchError) -> tuple[PendingNotice, bool]:
        is_permanent = isinstance(error, InputError) or (isinstance(error, DeliveryError) and not error.retryable)
        goes_on = is_permanent or (isinstance(error, DeliveryError) and not error.is_general)
        if not is_permanent and notice.tries < MOST_TRIES:
            return notice, goes_on
        dead = replace(notice, status="dead")
        self._alarm(dead)
        self._store.put(dead)
        return dead, goes_on


def wait_after(tries: int) -> timedelta:
    """Return how long to wait after so many failures, before the next attempt."""
    doublings = min(tries - 1, 16)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def message_key(notice_id: str) -> str:
    """Return the part of a Message-ID before the ``@``: 32 hexadecimal digits, the same for the same notice."""
    return sha256(b"workbench notice\0" + notice_id.encode()).hexdigest()[:32]


def _is_due(notice: PendingNotice, now: datetime) -> bool:
    """Tell whether it may be tried; a clock that was ahead for a while doesn't put it off for longer than the rest."""
    return notice.next_try <= now or notice.next_try - now > LONGEST_WAIT
