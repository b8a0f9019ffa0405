"""Break-glass: one account's history, opened to another for an hour by a privacy officer and an admin together.

Nobody's history can be opened so but that of an account that has agreed to it, and by those people alone whom it has
agreed to: its own session splits its key for each pair of them, anew in every epoch. Were that done for whoever has the
role, then whoever writes to the store could make an officer and an admin, and wait. So it is *crypto* also against
whoever keeps the store. R06; docs/decisions/0011-roles-and-keys.md.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbench.app.break_glass.lending import PERMISSION, REASONS, TICKET, note_incident, require_possible
from workbench.app.break_glass.opening import Opening, lent_to, missing, opening_of, read_lent
from workbench.app.break_glass.reviews import Incident, close, incidents_of
from workbench.app.opened import Opened
from workbench.app.sharing.readers import readers_of
from workbench.crypto import Kind
from workbench.errors import InputError, IntegrityError, NotFoundError, WorkbenchError
from workbench.identity import Code, Request, share_scope, side_of
from workbench.records import Confidential
from workbench.storage import Member, pack

if TYPE_CHECKING:
    from workbench.app.session import Session


@dataclass(frozen=True, slots=True)
class Keeper(Confidential):
    """Somebody who could keep half of one's key.

    Parameters
    ----------
    account_id : str
        32 hexadecimal digits.
    role : str
        ``"privacy officer"`` or ``"admin"``: one of each together can open.
    fingerprint : str
        Of their public keys, 64 hexadecimal digits: compare it by another channel before you agree.
    is_agreed : bool
        Whether they do keep it.
    """

    account_id: str
    role: str
    fingerprint: str = field(repr=False)
    is_agreed: bool


class BreakGlass:
    """Agreed to, asked for, read and reviewed; approved in `Session.approvals`.

    Parameters
    ----------
    session : Session
        Whose; it also checks the permissions.
    """

    def __init__(self, session: "Session") -> None:
        self._session = session

    def keepers(self) -> list[Keeper]:
        """Return the privacy officers and admins that there are, and whether one has agreed to them."""
        return _keepers(self._session.opened("content:share"))

    def agree(self, keepers: Iterable[Keeper]) -> None:
        """Let exactly these people, one of each role together, open this account's history to who may see it.

        Each pair gets halves of the vault's key, which are drawn anew whenever the key is. Agreeing to nobody takes
        them from all who had any, and renews the key.

        Parameters
        ----------
        keepers : iterable of Keeper
            Of `keepers`, as they were looked at.

        Raises
        ------
        NotFoundError
            When one isn't there any more, or has other keys or another role by now.
        """
        opened = self._session.opened("content:share")
        chosen, turns = list(keepers), opened.turns
        there = {(one.account_id, one.role, one.fingerprint) for one in _keepers(opened)}
        if not {(one.account_id, one.role, one.fingerprint) for one in chosen} <= there:
            raise NotFoundError("One of them isn't what they were.", remedy="Look at break_glass.keepers() again.")
        with opened.vaults.transaction():
            others = [member for member in readers_of(opened, turns) if not member.right.is_half]
            turns.keys.set_members([*others, *map(_member, chosen)])
            opened.audit.record("break_glass_agreed", keepers=len(chosen))
        opened.vaults.checkpoint()
        turns.settle()

    def request(
        self, name: str, *, reason: str, ticket: str, passphrase: str | None = None, code: Code = None
    ) -> Request:
        """Ask to be shown another's history: a researcher another researcher's, an educator a student's.

        Parameters
        ----------
        name : str
            Whose.
        reason : str
            Of `workbench.app.break_glass.lending.REASONS`.
        ticket : str
            Where it is written what happened: up to 40 letters, digits and ``#/_.-``.
        passphrase, code : str, optional
            The proof that it takes, unless `Session.step_up` was given it with the same three facts.

        Returns
        -------
        Request
            What a privacy officer and an admin have to approve within 30 minutes; then call `open`.

        Raises
        ------
        NotFoundError
            When there is nobody of that name whose content this account may ask for.
        PermissionDeniedError
            When no role allows it, or there are too few who could approve or review.
        StepUpRequiredError
            When the proof is missing.
        """
        if reason not in REASONS:
            raise InputError("That isn't a reason for break-glass.", remedy=f"Choose from: {', '.join(REASONS)}.")
        if not isinstance(ticket, str) or not TICKET.fullmatch(ticket):
            raise InputError("Break-glass takes a ticket.", remedy="Write its number: letters, digits and #/_.- only.")
        facts = {"account": name, "reason": reason, "ticket": ticket}
        if passphrase is not None:
            self._session.step_up(PERMISSION, passphrase=passphrase, code=code, **facts)
        opened = self._session.opened("break-glass:request", **facts)
        subject, standings = opened.accounts.id_of(name), opened.access.standings
        is_own = subject == opened.account.account_id
        if subject is None or is_own or not share_scope(standings.roles_of(subject), opened.account.roles):
            raise NotFoundError("There is nobody of that name whose content may be asked for.", remedy="Check it.")
        require_possible(opened, subject)
        fingerprint = opened.account.private_keys.key_pairs.public.fingerprint.hex()
        told = {"account": subject.hex(), "reason": reason, "ticket": ticket}
        message = pack(("subject", subject.hex()), ("reason", reason), ("ticket", ticket), ("fingerprint", fingerprint))
        with opened.vaults.transaction():
            request = opened.access.approvals().ask(PERMISSION, message, subjects=(subject,))
            opened.audit.record("break_glass_requested", subject=request.request_id.hex(), **told)
        return request

    def open(self, request: Request) -> Opening:
        """Return what a request opens, once a privacy officer and an admin have approved it.

        Parameters
        ----------
        request : Request
            As `request` returned it.

        Raises
        ------
        NotFoundError
            When not both have, the time is over, or the owner's keys were renewed meanwhile.
        """
        opened = self._opened()
        incident_id = request.request_id.hex()
        lent = lent_to(opened).get(incident_id)
        if lent is None:
            raise missing()
        with suppress(WorkbenchError):  # it is used up, or was asked more than 30 minutes ago
            opened.access.approvals().take(request)
        with opened.vaults.transaction():
            facts = {"incident": incident_id, "subject": lent.vault.owner_id.hex()}
            note_incident(opened, {**request.facts, **facts}, until=lent.until)
        return opening_of(incident_id, lent, lambda: read_lent(self._opened(), incident_id))

    def openings(self) -> list[Opening]:
        """Return what is open to this account by now, also after it has signed in again."""
        opened = self._opened()
        return [
            opening_of(incident_id, lent, lambda incident_id=incident_id: read_lent(self._opened(), incident_id))  # type: ignore[misc]
            for incident_id, lent in lent_to(opened).items()
        ]

    def reviews(self) -> list[Incident]:
        """Return what was opened, or is about to be, and waits for this account's review."""
        return incidents_of(self._session.opened("break-glass:review"))

    def review(self, incident: Incident, *, outcome: str) -> None:
        """Close an incident as ``"justified"`` or ``"not justified"``, and tell its people.

        Parameters
        ----------
        incident : Incident
            Of `reviews`.
        outcome : {"justified", "not justified"}
            What the review found.

        Raises
        ------
        NotFoundError
            When there is no such incident to review.
        """
        close(self._session.opened("break-glass:review"), incident, outcome=outcome)

    def _opened(self) -> Opened:
        opened = self._session.opened("content:read")
        opened.access.require_scope(PERMISSION, "project", "class")
        return opened


def _keepers(opened: Opened) -> list[Keeper]:
    agreed = {member for member in readers_of(opened, opened.vaults[Kind.TURN]) if member.right.is_half}
    found = []
    for account_id, roles in sorted(opened.access.standings.everyone().items()):
        side = side_of(roles)
        if side is None or account_id == opened.account.account_id:
            continue
        with suppress(IntegrityError):  # its row is gone, or isn't one
            fingerprint = opened.access.standings.keys_of(account_id).fingerprint
            role = "privacy officer" if "privacy officer" in roles else "admin"
            is_agreed = Member(account_id, fingerprint, side) in agreed
            found.append(Keeper(account_id.hex(), role, fingerprint.hex(), is_agreed))
    return found


def _member(keeper: Keeper) -> Member:
    side = side_of((keeper.role,))
    if side is None:
        raise NotFoundError("Nobody of that role keeps half a key.", remedy="Look at break_glass.keepers() again.")
    return Member(bytes.fromhex(keeper.account_id), bytes.fromhex(keeper.fingerprint), side)
