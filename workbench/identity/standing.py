"""A standing: which roles an account has and whether it is in use, signed by whoever granted that.

The first one an account signs for itself, when it is made. Every later one is signed by an account that may grant the
roles, and countersigned by another one where a privileged role comes in (R04, R05). On a laptop that is *advisory*: who
can write to the file can make an account of any role there. What no signature changes is *crypto*: a role brings no key
to what others wrote. In team mode the *server* decides besides who may write a standing.

A standing isn't sealed, since every account has to read every other's: whoever has the store learns which roles an
account has, of which they know no more than random bytes.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from workbench.crypto import SIGNATURE_BYTES, KeyPairs, PublicKeys
from workbench.errors import IntegrityError, PermissionDeniedError, StoreVersionError
from workbench.identity.countersigning import check_countersignature
from workbench.identity.roles import PRIVILEGED, ROLES, check_roles, require, scopes
from workbench.storage import pack, unpack

NUMBERS = {role: number for number, role in enumerate(ROLES, start=1)}
"""How a role stands in a standing. Numbers are for ever, as the order of the roles is: they are signed."""

_BY_NUMBER = {number: role for role, number in NUMBERS.items()}
_MAGIC = b"JWB1 standing"
_NOBODY = bytes(16)


@dataclass(frozen=True, slots=True)
class Standing:
    """What one account may do, from one change to the next.

    Parameters
    ----------
    account_id : bytes
        Whose.
    serial : int
        1 for the first; each change counts one up, so that none of before can be put back.
    roles : tuple of str
        Of the table; empty for an account that may do nothing but see to itself.
    is_active : bool
        False for an account that was disabled: nobody signs in to it.
    since : int
        POSIX seconds, UTC.
    granter, approver : bytes
        Account ids; the approver's is zeros where nobody approved.
    signatures : bytes
        Ed25519, of both; the approver's is zeros where nobody approved.
    """

    account_id: bytes
    serial: int
    roles: tuple[str, ...]
    is_active: bool
    since: int
    granter: bytes
    approver: bytes = _NOBODY
    signatures: bytes = bytes(2 * SIGNATURE_BYTES)

    @property
    def is_approved(self) -> bool:
        """Whether a second account signed it too."""
        return self.approver != _NOBODY

    def message(self, store: bytes) -> bytes:
        """Return what is signed: all but the signatures and who approves, bound to the store."""
        return _MAGIC + store + self._body()

    @classmethod
    def of_message(cls, message: bytes) -> "Standing":
        """Return the standing that a message is of, without signatures.

        Raises
        ------
        IntegrityError
            When it is none's.
        """
        if not message.startswith(_MAGIC):
            raise IntegrityError("An account's standing can't be read: it was altered.")
        body = message[len(_MAGIC) + len(_NOBODY) :]
        return cls.unpacked(pack(body, _NOBODY, bytes(2 * SIGNATURE_BYTES)))

    def signed(self, key_pairs: KeyPairs, *, store: bytes) -> "Standing":
        """Return this with the granter's signature."""
        signature = key_pairs.sign(self.message(store))
        return replace(self, signatures=signature + self.signatures[SIGNATURE_BYTES:])

    def countersigned(self, signature: bytes, *, approver: bytes) -> "Standing":
        """Return this with an approver's signature; see `workbench.identity.countersigning`."""
        return replace(self, approver=approver, signatures=self.signatures[:SIGNATURE_BYTES] + signature)

    @property
    def packed(self) -> bytes:
        """What the store keeps; `unpacked` is the inverse."""
        return pack(self._body(), self.approver, self.signatures)

    @classmethod
    def unpacked(cls, packed: bytes) -> "Standing":
        """Return a standing that was packed.

        Raises
        ------
        IntegrityError
            When it isn't one.
        """
        try:
            body, approver, signatures = unpack(packed)
            account_id, serial, numbers, is_active, since, granter = unpack(body)
            roles = tuple(_BY_NUMBER[number] for number in numbers)
            standing = cls(account_id, serial, roles, is_active, since, granter, approver, signatures)
            is_sound = (
                all(isinstance(one, bytes) and len(one) == len(_NOBODY) for one in (account_id, granter, approver))
                and isinstance(signatures, bytes)
                and len(signatures) == 2 * SIGNATURE_BYTES
                and type(serial) is int
                and type(is_active) is bool
                and type(since) is int
                and (standing.is_approved or signatures[SIGNATURE_BYTES:] == bytes(SIGNATURE_BYTES))
                and standing.packed == packed
            )
        except (KeyError, TypeError, ValueError, StoreVersionError):
            is_sound = False
        if not is_sound:
            raise IntegrityError("An account's standing can't be read: it was altered.")
        return standing

    def _body(self) -> bytes:
        numbers = [NUMBERS[role] for role in self.roles]
        return pack(self.account_id, self.serial, numbers, self.is_active, self.since, self.granter)


class State(Protocol):
    """What a change starts from: a `Standing`, or the subject's own sealed profile."""

    @property
    def roles(self) -> tuple[str, ...]:
        """Of the table."""

    @property
    def is_active(self) -> bool:
        """Whether the account is in use."""


def check_granted(
    standing: Standing,
    *,
    store: bytes,
    before: State,
    keys_of: Callable[[bytes], PublicKeys],
    roles_of: Callable[[bytes], tuple[str, ...]],
) -> None:
    """Return when a standing was granted by those who may.

    Parameters
    ----------
    standing : Standing
        Which.
    store : bytes
        The store's id.
    before : State
        The account's roles and state before it.
    keys_of, roles_of : callable
        The public keys, and the roles, of an account.

    Raises
    ------
    IntegrityError
        When a signature doesn't hold.
    PermissionDeniedError
        When the granter or the approver may not grant that, or are too few (R05).
    """
    message, signatures = standing.message(store), standing.signatures
    keys_of(standing.granter).verify(signatures[:SIGNATURE_BYTES], message)
    if standing.is_approved:
        countersignature, by = signatures[SIGNATURE_BYTES:], keys_of(standing.approver)
        check_countersignature(countersignature, by=by, store=store, permission="role:grant", message=message)
    if standing.roles:
        check_roles(standing.roles)
    check_granter(standing, before=before, roles=roles_of(standing.granter))
    if needs_approval(standing, granter_roles=roles_of(standing.granter)):
        if not standing.is_approved:
            raise PermissionDeniedError("A privileged role takes a second person's approval.")
        check_approver(standing, approver=standing.approver, roles=roles_of(standing.approver))


def check_granter(standing: Standing, *, before: State, roles: tuple[str, ...]) -> None:
    """Return when the granter's roles let them make this change.

    Raises
    ------
    PermissionDeniedError
        When they don't, or it is the granter's own account.
    """
    if standing.granter == standing.account_id:
        raise PermissionDeniedError("Nobody grants roles to themselves.", remedy="Ask another admin.")
    require("role:grant", roles=roles)
    if "all" in scopes("role:grant", roles=roles):
        return
    if not set(standing.roles) ^ set(before.roles) <= {"student"}:
        raise PermissionDeniedError("This account may make students, and grant no other role.")
    if standing.is_active != before.is_active and not {*standing.roles, *before.roles} <= {"student"}:
        raise PermissionDeniedError("This account may disable and enable students, and nobody else.")


def needs_approval(standing: Standing, *, granter_roles: tuple[str, ...]) -> bool:
    """Whether a second person has to sign: where a privileged role is left in use, and no laptop's owner grants it.

    Whatever the account had before: it may not have looked since a change that was approved.
    """
    is_privileged = bool((PRIVILEGED | {"owner"}) & set(standing.roles))
    return is_privileged and standing.is_active and "owner" not in granter_roles


def check_approver(standing: Standing, *, approver: bytes, roles: tuple[str, ...]) -> None:
    """Return when an account may approve this change.

    Raises
    ------
    PermissionDeniedError
        When it is the granter's or the subject's own, or its roles don't allow it.
    """
    if approver in {standing.granter, standing.account_id}:
        raise PermissionDeniedError(
            "Who grants a role, or receives it, doesn't approve it.", remedy="Ask a third person."
        )
    require("role:approve", roles=roles)


def first_standing(account_id: bytes, roles: tuple[str, ...], *, since: int) -> Standing:
    """Return what a new account says of itself; it signs that too."""
    return Standing(account_id, 1, roles, is_active=True, since=since, granter=account_id)
