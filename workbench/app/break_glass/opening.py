"""What break-glass has opened to whoever asked: read alone, for an hour at most, joined anew from letters each time.

No object keeps the key: each reading joins the halves, opens the vault under a ring of its own, and lets go of both.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from workbench.app.break_glass.lending import PERMISSION, HalfLetter
from workbench.app.opened import Opened
from workbench.crypto import KeyRing, Kind, Letter, Right, Topic, joined
from workbench.errors import IntegrityError, NotFoundError, PermissionDeniedError
from workbench.identity import share_scope, side_of
from workbench.records import Confidential, Turn
from workbench.storage import Damaged, Lent, decode


@dataclass(frozen=True, slots=True)
class Opening(Confidential):
    """Another's history, opened for a while by two who approved.

    Parameters
    ----------
    incident_id : str
        32 hexadecimal digits; it stands in the logs of all concerned.
    subject : str
        Whose history: an account id, 32 hexadecimal digits.
    until : datetime
        UTC.
    """

    incident_id: str
    subject: str
    until: datetime
    _read: Callable[[], list[Turn | Damaged]] = field(repr=False, compare=False)

    def turns(self) -> list[Turn]:
        """Return the readable turns, oldest first; each reading is in the audit log.

        Raises
        ------
        NotFoundError, PermissionDeniedError
            When the time is over, or the owner's keys were renewed.
        IntegrityError
            When the log was forked, cut off or edited.
        """
        return [item for item in self._read() if isinstance(item, Turn)]


def lent_to(opened: Opened) -> dict[str, Lent]:
    """Return, by incident, the keys of which both halves have come; letters whose time is over are thrown away."""
    post, now = opened.access.post(), opened.access.now()
    found: dict[str, list[tuple[Letter, HalfLetter]]] = {}
    for letter in post.read(Topic.ESCROW):
        half = HalfLetter.unpacked(letter)
        if half is None or half.until <= now:
            post.discard(letter)
        elif side_of(opened.access.standings.roles_of(letter.sender)) is half.side:
            found.setdefault(half.request_id.hex(), []).append((letter, half))
    complete = {incident: _complete(opened, letters) for incident, letters in found.items()}
    return {incident: lent for incident, lent in complete.items() if lent is not None}


def read_lent(opened: Opened, incident_id: str) -> list[Turn | Damaged]:
    """Return the turns of what an incident opens, oldest first, and what stands for those that don't open."""
    opened.access.require_scope(PERMISSION, "project", "class")
    lent = lent_to(opened).get(incident_id)
    if lent is None:
        raise missing()
    owner, ring = lent.vault.owner_id, KeyRing()
    keys, now = opened.access.standings.keys_of(owner), opened.access.now
    try:
        vault = opened.vaults.others.lent(lent, owner=keys, key_ring=ring, now=now)
        found = [item if isinstance(item, Damaged) else decode(item[1], Turn) for item in vault.scan()]
    finally:
        ring.forget()
    opened.audit.record("others_read", subject=incident_id, account=owner.hex(), records="turn", count=len(found))
    return found[::-1]


def opening_of(incident_id: str, lent: Lent, read: Callable[[], list[Turn | Damaged]]) -> Opening:
    """Return what a requester is shown of a key that was lent."""
    return Opening(incident_id, lent.vault.owner_id.hex(), datetime.fromtimestamp(lent.until, UTC), read)


def missing() -> NotFoundError:
    """Return what to say of an incident that opens nothing: of another's, one without both halves, or over."""
    return NotFoundError(
        "Nothing is open for that incident: both approvals are needed, and hold for 60 minutes.",
        remedy="Wait for both; if the owner's keys were renewed meanwhile, ask again.",
    )


def _complete(opened: Opened, letters: list[tuple[Letter, HalfLetter]]) -> Lent | None:
    for lent in _pairs(opened, letters):
        keys, now, ring = opened.access.standings.keys_of(lent.vault.owner_id), opened.access.now, KeyRing()
        with suppress(IntegrityError, PermissionDeniedError):  # of a half that isn't one, or of a key that is renewed
            opened.vaults.others.lent(lent, owner=keys, key_ring=ring, now=now).keys.members()
            return lent
    return None


def _pairs(opened: Opened, letters: list[tuple[Letter, HalfLetter]]) -> Iterator[Lent]:
    """Yield the key of each first and second half that name each other."""
    standings, roles = opened.access.standings, opened.account.roles
    firsts = [pair for pair in letters if pair[1].side is Right.FIRST_HALF]
    seconds = [pair for pair in letters if pair[1].side is Right.SECOND_HALF]
    for one_letter, one in firsts:
        for other_letter, other in seconds:
            mine, theirs = one.halves.get(other_letter.sender), other.halves.get(one_letter.sender)
            place = (one.subject, one.vault_id, one.epoch)
            vault = opened.vaults.others.vault_of(one.vault_id, one.subject)
            if (
                mine is not None
                and theirs is not None
                and place == (other.subject, other.vault_id, other.epoch)
                and vault is not None
                and opened.account.account_id not in {one_letter.sender, other_letter.sender}
                and share_scope(standings.roles_of(one.subject), roles)
            ):
                yield Lent(vault, Kind.TURN, one.epoch, joined(mine, theirs), min(one.until, other.until))
