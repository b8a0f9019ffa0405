"""Break-glass from the approver's side: half of a key, which opens nothing alone, sealed to whoever asked.

An approver never holds the key: it is joined from two halves in the requester's session, and nowhere else. That takes
two approvers, of two roles (R06): *crypto*. In team mode the *server* takes the two as well before it shows whoever
asked a row, and shows none after the hour. That they look at reason and ticket first is theirs to do.
"""

import re
from dataclasses import dataclass, field

from workbench.app.account.notices import BREAK_GLASS_USED, notify, notify_if_possible
from workbench.app.opened import Opened
from workbench.crypto import Letter, Right, Topic, pack_halves, unpack_halves
from workbench.errors import InputError, IntegrityError, PermissionDeniedError, WorkbenchError
from workbench.identity import Request, scopes, share_scope, side_of
from workbench.records import Confidential
from workbench.storage import pack, unpack

PERMISSION = "break-glass:request"
LONGEST = 60 * 60  # seconds from an approval to the end of what it opens; R06
LONGEST_HOLD = 24 * 60 * 60  # seconds for which telling the subject may wait; R06
REASONS = ("absence", "incident", "legal order", "risk to a person")
"""Why somebody asks; closed words, for they stand in several logs. What happened stands in the ticket."""

TICKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9#/_.-]{0,39}")
HOLDS = ("investigation", "legal order", "risk to a person")
"""Why telling the subject may wait."""

USED, OPENED = BREAK_GLASS_USED, "incident_opened"


@dataclass(frozen=True, slots=True)
class HalfLetter(Confidential):
    """What an approver sends to whoever asked.

    Parameters
    ----------
    request_id, subject, vault_id : bytes
        Of what was asked, whose it is, and where.
    epoch : int
        Of the key.
    side : Right
        Which half.
    halves : dict
        By the account id of who holds the other half.
    until : int
        POSIX seconds.
    """

    request_id: bytes
    subject: bytes
    vault_id: bytes
    epoch: int
    side: Right
    halves: dict[bytes, bytes] = field(repr=False)
    until: int

    def packed(self) -> bytes:
        """Return this as a letter's body; `unpacked` is the inverse."""
        ids = self.request_id, self.subject, self.vault_id
        return pack(*ids, self.epoch, self.side, pack_halves(self.halves), self.until)

    @classmethod
    def unpacked(cls, letter: Letter) -> "HalfLetter | None":
        """Return what a letter brings; nothing when it isn't one such. None opens for longer than an hour."""
        try:
            request_id, subject, vault_id, epoch, side, halves, until = unpack(letter.body)
            made = cls(request_id, subject, vault_id, epoch, Right(side), unpack_halves(halves), until)
            is_sound = (
                made.packed() == letter.body
                and all(isinstance(one, bytes) for one in (request_id, subject, vault_id))
                and type(epoch) is int
                and type(until) is int
                and 0 <= until <= letter.sent + LONGEST
            )
        except (WorkbenchError, TypeError, ValueError, AttributeError):  # whatever others write into their letters
            return None
        return made if is_sound else None


def subject_of(request: Request) -> bytes:
    """Return whose content a request asks for.

    Raises
    ------
    PermissionDeniedError
        When it doesn't say so once, and in the words that are signed too, or says anything else than why and where that
        is written: the words go into several logs.
    """
    facts = request.facts
    is_sound = facts.keys() == {"subject", "reason", "ticket", "fingerprint"} and facts["reason"] in REASONS
    if is_sound and TICKET.fullmatch(facts["ticket"]) and [facts["subject"]] == [one.hex() for one in request.subjects]:
        return request.subjects[0]
    raise PermissionDeniedError("That request doesn't say whose content it asks for, why and on which ticket.")


def release(opened: Opened, request: Request, *, hold: str | None) -> None:
    """Send the approver's halves to whoever asked, and tell the subject and who reviews it; inside a transaction.

    Parameters
    ----------
    opened : Opened
        The approver's session.
    request : Request
        What was approved.
    hold : str, optional
        Of `HOLDS`: why the subject's own program is to show the notice only after 24 hours.

    Raises
    ------
    PermissionDeniedError
        When the requester may not ask that of this subject, the subject hasn't agreed to this approver, or it isn't
        of the role any more for which they did.
    IntegrityError
        When the store's public keys of who asked aren't those of the request, which the approver may have compared.
    """
    subject, standings, me = subject_of(request), opened.access.standings, opened.account.account_id
    if hold is not None and hold not in HOLDS:
        raise InputError("That isn't a reason to wait.", remedy=f"Choose from: {', '.join(HOLDS)}.")
    if share_scope(standings.roles_of(subject), standings.roles_of(request.requester)) is None:
        raise PermissionDeniedError("Who asked may not be shown this account's content, by anybody.")
    if request.facts.get("fingerprint") != standings.keys_of(request.requester).fingerprint.hex():
        raise IntegrityError("The keys of who asked are others than the request says: nothing was released.")
    side, now = side_of(opened.account.roles), int(opened.access.now())
    granted = opened.vaults.others.halves(subject, owner=standings.keys_of(subject))
    sent = 0
    for vault, grant in granted:
        # Never the half that would fit one which the requester holds already: it takes two approvers.
        halves = {one: half for one, half in unpack_halves(grant.secret).items() if one != request.requester}
        if grant.right is side and halves:
            until, epoch = now + LONGEST, grant.epoch
            letter = HalfLetter(request.request_id, subject, vault.vault_id, epoch, side, halves, until)
            opened.access.post().send(request.requester, Topic.ESCROW, letter.packed())
            opened.vaults.others.lend(vault.vault_id, request.requester, seconds=LONGEST)
            sent += 1
    if not sent:
        raise PermissionDeniedError(
            "That account hasn't agreed to be opened by this one and another.",
            remedy="Without its agreement nobody can; look for the owner.",
        )
    facts = {
        "incident": request.request_id.hex(),
        "requester": request.requester.hex(),
        "subject": subject.hex(),
        "reason": request.facts.get("reason", ""),
        "ticket": request.facts.get("ticket", ""),
    }
    held: dict[str, str | int] = {"after": now + LONGEST_HOLD, "held": hold} if hold is not None else {}
    notify(opened, subject, USED, until=now + LONGEST, epoch=granted[0][1].epoch, **facts, **held)
    for reviewer in reviewers_of(opened, but={me, subject, request.requester}):
        notify_if_possible(opened, reviewer, OPENED, **facts)
    note_incident(opened, facts, until=now + LONGEST)


def note_incident(opened: Opened, facts: dict[str, str], *, until: int) -> None:
    """Note in the log of an approver, or of whoever asked, what is open for how long."""
    told = {name: facts[name] for name in ("requester", "reason", "ticket") if name in facts}
    for event in (USED, OPENED):
        whose = {"account": facts["subject"], "until": str(until)}
        opened.audit.record(event, outcome="success", subject=facts["incident"], **whose, **told)


def reviewers_of(opened: Opened, *, but: set[bytes]) -> list[bytes]:
    """Return who may review what was opened, and close the incident, and isn't one of its people."""
    people = opened.access.standings.everyone()
    return sorted(one for one in people if scopes("break-glass:review", roles=people[one]) and one not in but)


def require_possible(opened: Opened, subject: bytes) -> None:
    """Return when there are people who could approve, of both roles, and one to review it.

    Raises
    ------
    PermissionDeniedError
        When there aren't.
    """
    but = {subject, opened.account.account_id}
    people = opened.access.standings.everyone()
    sides = {side_of(roles) for account_id, roles in people.items() if account_id not in but}
    if not {Right.FIRST_HALF, Right.SECOND_HALF} <= sides or not reviewers_of(opened, but=but):
        raise PermissionDeniedError(
            "Break-glass takes a privacy officer and an admin to approve, and an auditor to review.",
            remedy="Ask an admin to add whoever is missing.",
        )
