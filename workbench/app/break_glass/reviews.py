"""What break-glass has opened, reviewed afterwards by who has no part in it.

An incident here is an entry in the logs of all concerned, and a letter to each reviewer; the register of incidents
comes with the room of incidents.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from workbench.app.account.notices import Notice, notice_of, notify_if_possible
from workbench.app.break_glass.lending import OPENED
from workbench.app.opened import Opened
from workbench.crypto import Letter, Topic
from workbench.errors import InputError, NotFoundError
from workbench.identity import scopes

CLOSED = "incident_closed"
OUTCOMES = ("justified", "not justified")


@dataclass(frozen=True, slots=True)
class Incident:
    """One use of break-glass that waits for its review.

    Parameters
    ----------
    incident_id : str
        32 hexadecimal digits.
    requester, subject : str
        Account ids: who was shown whose content.
    approvers : tuple of str
        Who approved so far; it opens only with two.
    reason, ticket : str
        As they were given.
    since : datetime
        UTC, of the first approval.
    """

    incident_id: str
    requester: str
    subject: str
    approvers: tuple[str, ...]
    reason: str
    ticket: str
    since: datetime


def incidents_of(opened: Opened) -> list[Incident]:
    """Return what waits for a review by this account, oldest first."""
    found: dict[str, Incident] = {}
    for _, notice in _letters(opened):
        facts, incident_id = notice.facts, notice.facts.get("incident", "")
        before = found.get(incident_id)
        found[incident_id] = Incident(
            incident_id,
            facts.get("requester", ""),
            facts.get("subject", ""),
            (*(before.approvers if before else ()), notice.sender),
            facts.get("reason", ""),
            facts.get("ticket", ""),
            before.since if before else notice.time.astimezone(UTC),
        )
    return list(found.values())


def close(opened: Opened, incident: Incident, *, outcome: str) -> None:
    """Close an incident: note it, tell its people and the other reviewers, and throw the letters away.

    Raises
    ------
    InputError
        When the outcome isn't one of `OUTCOMES`.
    NotFoundError
        When this account has no such incident to review.
    """
    if outcome not in OUTCOMES:
        raise InputError("That isn't an outcome of a review.", remedy=f"Choose from: {', '.join(OUTCOMES)}.")
    if incident not in incidents_of(opened):
        raise NotFoundError("There is no such incident to review.", remedy="Look at break_glass.reviews().")
    me, post = opened.account.account_id, opened.access.post()
    people = opened.access.standings.everyone()
    told = {bytes.fromhex(one) for one in (incident.requester, *incident.approvers)}
    told |= {one for one in people if scopes("break-glass:review", roles=people[one])}
    with opened.vaults.transaction():
        for letter, notice in _letters(opened):
            if notice.facts.get("incident") == incident.incident_id:
                post.discard(letter)
        for one in sorted((told - {me}) & people.keys()):
            notify_if_possible(opened, one, CLOSED, incident=incident.incident_id, outcome=outcome)
        opened.audit.record(CLOSED, subject=incident.incident_id, result=outcome, account=incident.subject)


def _letters(opened: Opened) -> list[tuple[Letter, Notice]]:
    """Return the letters of incidents that nobody has closed, none of which concerns this account itself."""
    people, me = opened.access.standings.everyone(), opened.account.account_id.hex()
    found, closed = [], set()
    for letter in opened.access.post().read(Topic.NOTICE):
        notice, roles = notice_of(letter), people.get(letter.sender, ())
        if notice is None:
            continue
        if notice.event == CLOSED and scopes("break-glass:review", roles=roles):
            closed.add(notice.facts.get("incident"))
        is_own = me in {notice.facts.get("requester"), notice.facts.get("subject")}
        if notice.event == OPENED and scopes("break-glass:approve", roles=roles) and not is_own:
            found.append((letter, notice))
    return [(letter, notice) for letter, notice in found if notice.facts.get("incident") not in closed]
