"""Four eyes: one account asks, another one approves exactly that, within thirty minutes, and it is done once (R05).

The approval is the approver's signature over the bytes that say what is to be done, and what the approver is shown is
read from the same bytes; whatever takes effect on it checks the signature again. Sources: OWASP Transaction
Authorization 2.3, 2.6.
"""

import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256

from workbench.crypto import Letter, Topic
from workbench.errors import IntegrityError, NotFoundError, PermissionDeniedError, StoreVersionError, WorkbenchError
from workbench.identity.account import Account
from workbench.identity.countersigning import check_countersignature, countersign
from workbench.identity.post import Post
from workbench.identity.roles import require, table
from workbench.identity.standing import Standing
from workbench.identity.standings import Standings
from workbench.records import Confidential
from workbench.storage import Database, pack, unpack

EXPIRY = 30 * 60  # seconds
_SKEW = 120  # seconds that two clocks may differ by
_ID = 16  # bytes
_APPROVED_BY = {
    "role:grant": "role:approve",
    "release:request": "release:approve",
    "break-glass:request": "break-glass:approve",
}
"""The permission that approves another; everything else is approved by somebody else who may do it themselves."""


@dataclass(frozen=True, slots=True)
class Request(Confidential):
    """What one account asks another to approve.

    Parameters
    ----------
    request_id : bytes
        16 random bytes.
    permission : str
        What would be done.
    requester : bytes
        Account id.
    subjects : tuple of bytes
        The accounts that it is about.
    expires : int
        POSIX seconds, UTC.
    message : bytes
        What is to be done: for ``role:grant`` a `Standing`, else packed (name, value) pairs of closed words and ids.
    """

    request_id: bytes
    permission: str
    requester: bytes
    subjects: tuple[bytes, ...]
    expires: int
    message: bytes = field(repr=False)

    @property
    def approval(self) -> str:
        """The permission that approves it: the requester doesn't choose."""
        return _APPROVED_BY.get(self.permission, self.permission)

    @property
    def facts(self) -> dict[str, str]:
        """What is to be done, in words to be shown to the approver.

        Raises
        ------
        IntegrityError
            When it can't be read.
        """
        if self.permission == "role:grant":
            standing = Standing.of_message(self.message)
            state = "in use" if standing.is_active else "disabled"
            return {"account": standing.account_id.hex(), "roles": ", ".join(standing.roles) or "none", "state": state}
        try:
            facts = dict(unpack(self.message))
            if all(isinstance(name, str) and isinstance(value, str | int) for name, value in facts.items()):
                return {name: str(value) for name, value in facts.items()}
        except (TypeError, ValueError, StoreVersionError):
            pass
        raise IntegrityError("A request for approval can't be read: it was altered.")

    @property
    def digest(self) -> str:
        """64 hexadecimal digits that stand for this request and no other: what is to be done, who asks, until when."""
        return sha256(self.packed()).hexdigest()

    def packed(self) -> bytes:
        """Return this as a letter's body; `unpacked` is the inverse."""
        members = (self.request_id, self.permission, self.requester, list(self.subjects), self.expires, self.message)
        return pack(*members)

    @classmethod
    def unpacked(cls, body: bytes) -> "Request":
        """Return a request.

        Raises
        ------
        IntegrityError
            When it isn't one.
        """
        try:
            request_id, permission, requester, subjects, expires, message = unpack(body)
            request = cls(request_id, permission, requester, tuple(subjects), expires, message)
            is_sound = (
                all(isinstance(one, bytes) and len(one) == _ID for one in (request_id, requester, *subjects))
                and permission in table()
                and type(expires) is int
                and isinstance(message, bytes)
                and request.packed() == body
            )
        except (TypeError, ValueError, StoreVersionError):
            is_sound = False
        if not is_sound:
            raise IntegrityError("A request for approval can't be read: it was altered.")
        return request


class Approvals:
    """What one unlocked account has asked, and is asked.

    Parameters
    ----------
    database : Database
        The store.
    account : Account
        Whose.
    now : callable
        POSIX seconds.
    """

    def __init__(self, database: Database, account: Account, *, now: Callable[[], float] = time.time) -> None:
        self._account = account
        self._store = database.store_id
        self._now = now
        self._standings = Standings(database, now=now)
        self._post = Post(database, account, now=now)

    def ask(self, permission: str, message: bytes, *, subjects: tuple[bytes, ...] = ()) -> Request:
        """Send a request to every account that may approve it.

        Raises
        ------
        PermissionDeniedError
            When there is none.
        """
        me = self._account.account_id
        expires = int(self._now()) + EXPIRY
        request = Request(secrets.token_bytes(_ID), permission, me, subjects, expires, message)
        approvers = [
            account_id
            for account_id, _, _ in self._standings.rows.all()
            if self._is_approver(request, account_id, self._standings.roles_of(account_id))
        ]
        asked = [approver for approver in approvers if self._asks(approver, request)]
        if not asked:
            raise PermissionDeniedError("There is nobody who could approve that.", remedy="Ask an admin to add one.")
        self._post.send(me, Topic.PENDING, request.packed())
        return request

    def _asks(self, approver: bytes, request: Request) -> bool:
        """Send a request to an approver; return whether that was possible: whoever spoils their keys hinders nobody."""
        with suppress(IntegrityError):
            self._post.send(approver, Topic.REQUEST, request.packed())
            return True
        return False

    def open(self) -> list[Request]:
        """Return what this account is asked to approve; what has expired or can't be read is thrown away."""
        return [request for _, request in self._requests(Topic.REQUEST)]

    def approve(self, request: Request) -> None:
        """Sign a request, and send the signature to who asked.

        Raises
        ------
        NotFoundError
            When there is none that says exactly this, or it has expired.
        PermissionDeniedError
            When this account may not approve it: its own request, one about itself alone, or of another role.
        """
        letter = self._find(Topic.REQUEST, request)
        if not self._is_approver(request, self._account.account_id, self._account.roles):
            raise PermissionDeniedError("Whoever asks, or is alone concerned, doesn't approve.")
        key_pairs, store = self._account.private_keys.key_pairs, self._store
        signature = countersign(key_pairs, store=store, permission=request.permission, message=request.message)
        self._post.send(request.requester, Topic.APPROVAL, pack(request.request_id, signature))
        self._post.discard(letter)

    def decline(self, request: Request) -> None:
        """Throw a request away.

        Raises
        ------
        NotFoundError
            When there is none.
        """
        self._post.discard(self._find(Topic.REQUEST, request))

    def pending(self) -> list[Request]:
        """Return what this account has asked and not yet used, and has not expired."""
        return [request for _, request in self._requests(Topic.PENDING)]

    def take(self, request: Request) -> tuple[bytes, bytes]:
        """Use an approval of this account's own request up: return who approved it, and their signature.

        Raises
        ------
        NotFoundError
            When there is no such request, it has expired, or was used.
        PermissionDeniedError
            When nobody who may has approved it.
        """
        kept = self._find(Topic.PENDING, request)
        given = [
            (letter, signature)
            for letter in self._post.read(Topic.APPROVAL)
            if (signature := self._signature(letter, request)) is not None
        ]
        if given and self._post.discard(kept):  # else another session of this account was faster
            for letter, _ in given:
                self._post.discard(letter)
            letter, signature = given[0]
            return letter.sender, signature
        raise PermissionDeniedError(
            "Nobody has approved that yet.", remedy="Ask whoever was asked; an approval holds for 30 minutes."
        )

    def _requests(self, topic: Topic) -> list[tuple[Letter, Request]]:
        found = []
        for letter in self._post.read(topic):
            request = self._request(letter)
            if request is not None:
                found.append((letter, request))
            else:
                self._post.discard(letter)
        return found

    def _request(self, letter: Letter) -> Request | None:
        """Return what a letter asks, if that can be read and shown, is its sender's own, and holds now."""
        with suppress(IntegrityError):
            request = Request.unpacked(letter.body)
            left = request.expires - self._now()
            is_own = letter.topic is not Topic.PENDING or letter.sender == self._account.account_id
            if request.facts and letter.sender == request.requester and is_own and 0 < left <= EXPIRY + _SKEW:
                return request
        return None

    def _signature(self, letter: Letter, request: Request) -> bytes | None:
        """Return the signature in a letter that approves exactly this, by an account that may; else nothing."""
        with suppress(WorkbenchError, TypeError, ValueError):  # whatever others write into their letters
            request_id, signature = unpack(letter.body)
            if request_id == request.request_id and self._is_approver(
                request, letter.sender, self._standings.roles_of(letter.sender)
            ):
                by, permission = self._standings.keys_of(letter.sender), request.permission
                check_countersignature(
                    signature, by=by, store=self._store, permission=permission, message=request.message
                )
                return bytes(signature)
        return None

    def _find(self, topic: Topic, request: Request) -> Letter:
        for letter, found in self._requests(topic):
            if found == request:  # all of it: what was looked at is what is signed
                return letter
        raise NotFoundError(
            "There is no such request, or it has expired.", remedy="Ask again: one holds for 30 minutes."
        )

    @staticmethod
    def _is_approver(request: Request, account_id: bytes, roles: tuple[str, ...]) -> bool:
        """Whether an account may approve: not who asks, and not who is alone concerned."""
        if account_id == request.requester or request.subjects == (account_id,):
            return False
        try:
            require(request.approval, roles=roles)
        except PermissionDeniedError:
            return False
        return True
