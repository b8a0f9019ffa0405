"""Four eyes: one account asks, another one approves exactly that, within thirty minutes, and it is done once (R05).

The approval is the approver's signature over the bytes that say what is to be done, and what the approver is shown is
read from the same bytes; whatever takes effect on it checks the signature again. Sources: OWASP Transaction
Authorization 2.3, 2.6.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

from workbench.crypto import Letter, Topic
from workbench.errors import IntegrityError, NotFoundError, PermissionDeniedError
from workbench.identity.account import Account
from workbench.identity.countersigning import check_countersignature, countersign
from workbench.identity.post import Post
from workbench.identity.roles import require
from workbench.identity.standing import Standing
from workbench.identity.standings import Standings
from workbench.records import Confidential
from workbench.storage import Database, pack, unpack

EXPIRY = 30 * 60  # seconds


@dataclass(frozen=True, slots=True)
class Request(Confidential):
    """What one account asks another to approve.

    Parameters
    ----------
    request_id : bytes
        16 random bytes.
    permission : str
        What would be done.
    approval : str
        The permission that approves it.
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
    approval: str
    requester: bytes
    subjects: tuple[bytes, ...]
    expires: int
    message: bytes = field(repr=False)

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
            return {str(name): str(value) for name, value in unpack(self.message)}
        except (TypeError, ValueError):
            raise IntegrityError("A request for approval can't be read: it was altered.") from None

    @property
    def digest(self) -> str:
        """64 hexadecimal digits that stand for what is to be done."""
        return sha256(self.message).hexdigest()

    def packed(self) -> bytes:
        """Return this as a letter's body; `unpacked` is the inverse."""
        members = (self.request_id, self.permission, self.approval, self.requester, list(self.subjects))
        return pack(*members, self.expires, self.message)

    @classmethod
    def unpacked(cls, body: bytes) -> "Request":
        """Return a request.

        Raises
        ------
        IntegrityError
            When it isn't one.
        """
        try:
            request_id, permission, approval, requester, subjects, expires, message = unpack(body)
            return cls(request_id, permission, approval, requester, tuple(subjects), int(expires), message)
        except (TypeError, ValueError):
            raise IntegrityError("A request for approval can't be read: it was altered.") from None


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

    def ask(
        self,
        permission: str,
        message: bytes,
        *,
        approval: str,
        subjects: tuple[bytes, ...] = (),
    ) -> Request:
        """Send a request to every account that may approve it.

        Raises
        ------
        PermissionDeniedError
            When there is none.
        """
        me = self._account.account_id
        expires = int(self._now()) + EXPIRY
        request = Request(secrets.token_bytes(16), permission, approval, me, subjects, expires, message)
        approvers = [
            account_id
            for account_id, _, _ in self._standings.rows.all()
            if self._is_approver(request, account_id, self._standings.roles_of(account_id))
        ]
        if not approvers:
            raise PermissionDeniedError("There is nobody who could approve that.", remedy="Ask an admin to add one.")
        for approver in approvers:
            self._post.send(approver, Topic.REQUEST, request.packed())
        self._post.send(me, Topic.PENDING, request.packed())
        return request

    def open(self) -> list[Request]:
        """Return what this account is asked to approve, and may; what has expired is thrown away."""
        return [request for _, request in self._requests(Topic.REQUEST)]

    def approve(self, request_id: bytes, *, permission: str = "role:approve") -> Request:
        """Sign a request, and send the signature to who asked.

        Raises
        ------
        NotFoundError
            When there is no such request, or it has expired.
        PermissionDeniedError
            When this account may not approve it: its own request, one about itself alone, or of another role.
        """
        letter, request = self._find(Topic.REQUEST, request_id)
        if request.approval != permission or letter.sender != request.requester:
            raise PermissionDeniedError("That request isn't of the kind that this approves.")
        if not self._is_approver(request, self._account.account_id, self._account.roles):
            raise PermissionDeniedError("Whoever asks, or is alone concerned, doesn't approve.")
        key_pairs, store = self._account.private_keys.key_pairs, self._store
        signature = countersign(key_pairs, store=store, permission=request.permission, message=request.message)
        self._post.send(request.requester, Topic.APPROVAL, pack(request.request_id, signature))
        self._post.discard(letter)
        return request

    def decline(self, request_id: bytes) -> None:
        """Throw a request away.

        Raises
        ------
        NotFoundError
            When there is none.
        """
        letter, _ = self._find(Topic.REQUEST, request_id)
        self._post.discard(letter)

    def pending(self) -> list[Request]:
        """Return what this account has asked and not yet used, and has not expired."""
        return [request for _, request in self._requests(Topic.PENDING)]

    def take(self, request_id: bytes) -> tuple[Request, bytes, bytes]:
        """Use an approval up: return what was asked, who approved it, and their signature.

        Raises
        ------
        NotFoundError
            When there is no such request, it has expired, or was used.
        PermissionDeniedError
            When nobody who may has approved it.
        """
        kept, request = self._find(Topic.PENDING, request_id)
        for letter in self._post.read(Topic.APPROVAL):
            approved, signature = _approval(letter)
            roles = self._standings.roles_of(letter.sender)
            if approved != request_id or not self._is_approver(request, letter.sender, roles):
                continue
            by = self._standings.keys_of(letter.sender)
            check_countersignature(
                signature, by=by, store=self._store, permission=request.permission, message=request.message
            )
            if not self._post.discard(kept):
                break  # another session of this account was faster
            self._post.discard(letter)
            return request, letter.sender, signature
        raise PermissionDeniedError(
            "Nobody has approved that yet.", remedy="Ask whoever was asked; an approval holds for 30 minutes."
        )

    def _requests(self, topic: Topic) -> list[tuple[Letter, Request]]:
        found = []
        for letter in self._post.read(topic):
            request = Request.unpacked(letter.body)
            if request.expires <= self._now():
                self._post.discard(letter)
            elif letter.sender == request.requester:
                found.append((letter, request))
        return found

    def _find(self, topic: Topic, request_id: bytes) -> tuple[Letter, Request]:
        for letter, request in self._requests(topic):
            if request.request_id == request_id:
                return letter, request
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


def _approval(letter: Letter) -> tuple[bytes, bytes]:
    try:
        request_id, signature = unpack(letter.body)
    except (TypeError, ValueError):
        return b"", b""
    return request_id, signature
