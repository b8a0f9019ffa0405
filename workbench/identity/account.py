"""An account while it is unlocked, and what its sealed profile says."""

from dataclasses import dataclass, field
from typing import Any

from workbench.crypto import KEY_BYTES, KeyPairs, KeyRing, Kind, expand, unwrap, wrap, wrapped_place
from workbench.errors import IntegrityError
from workbench.identity.proof import UNPROVED, Proof
from workbench.identity.totp import Totp
from workbench.records import Confidential
from workbench.storage import Vaults, pack, unpack

_PAIRS_BYTES = 128
_EARLIER: list[Any] = [
    0,
    True,
    None,
]  # what a profile says that was sealed before there were standings, or second factors


@dataclass(frozen=True, slots=True)
class PrivateKeys(Confidential):
    """What the root key wraps: the account's key pairs, and the key of its anchors.

    Parameters
    ----------
    key_pairs : KeyPairs
        To be sealed to, to sign with.
    anchor_key : bytes
        Authenticates what a device keeps of the store; it stays the same through every rotation.
    """

    key_pairs: KeyPairs = field(repr=False)
    anchor_key: bytes = field(repr=False)

    def wrapped(self, root_key: bytes, *, store: bytes, account: bytes) -> bytes:
        """Return them wrapped under the root key."""
        place = wrapped_place(b"private keys", store=store, owner=account)
        return wrap(self.key_pairs.packed + self.anchor_key, under=expand(root_key, label=b"private keys"), place=place)

    @classmethod
    def unwrapped(cls, wrapped: bytes, root_key: bytes, *, store: bytes, account: bytes) -> "PrivateKeys":
        """Return the inverse of `wrapped`.

        Raises
        ------
        IntegrityError
            When they were altered, moved, or are under another root key.
        """
        place = wrapped_place(b"private keys", store=store, owner=account)
        packed = unwrap(wrapped, under=expand(root_key, label=b"private keys"), place=place)
        if len(packed) != _PAIRS_BYTES + KEY_BYTES:
            raise IntegrityError("An account's private keys aren't keys: they were altered.")
        return cls(KeyPairs(packed[:_PAIRS_BYTES]), packed[_PAIRS_BYTES:])


@dataclass(frozen=True, slots=True)
class Profile(Confidential):
    """What an account says of itself; its newest version in the account's vault holds.

    Parameters
    ----------
    name : str
        As it was given.
    roles : tuple of str
        Keys of `workbench.identity.ROLES`.
    slots : frozenset of bytes
        The ids of the ways in that are in force: one that was taken away and put back into the store is refused.
    serial : int
        Of the standing that the roles are from; 0 in a store that knew of none. An older one is refused.
    is_active : bool
        False for an account that was disabled.
    totp : Totp, optional
        The authenticator app, if one is enrolled.
    """

    name: str = field(repr=False)
    roles: tuple[str, ...]
    slots: frozenset[bytes] = field(repr=False)
    serial: int = 0
    is_active: bool = True
    totp: Totp | None = field(default=None, repr=False)

    def write(self, vaults: Vaults) -> None:
        """Seal this as the newest version."""
        members = (self.name, list(self.roles), sorted(self.slots), self.serial, self.is_active)
        factors = (self.totp.packed,) if self.totp else ()
        vaults[Kind.PROFILE].append(pack(*members, *factors))

    @classmethod
    def read(cls, vaults: Vaults) -> "Profile":
        """Return the newest version.

        Raises
        ------
        IntegrityError
            When it was altered, or there is none.
        """
        members = unpack(vaults[Kind.PROFILE].latest())
        try:
            name, roles, slots, *later = members
            serial, is_active, packed = [*later, *_EARLIER[len(later) :]]
            totp = None if packed is None else Totp.unpacked(packed)
            return cls(name, tuple(roles), frozenset(slots), serial, is_active, totp)
        except (TypeError, ValueError):
            raise IntegrityError("An account's profile can't be read: it was altered.") from None


@dataclass(frozen=True, slots=True)
class Account(Confidential):
    """An unlocked account.

    Parameters
    ----------
    account_id : bytes
        16 random bytes.
    profile : Profile
        Name, roles, ways in.
    root_key : bytes
        What the slots wrap; needed again only to change them.
    private_keys : PrivateKeys
        Key pairs and anchor key.
    key_ring : KeyRing
        The data keys that were used so far.
    vaults : Vaults
        The sealed records.
    proof : Proof
        How it was unlocked, and what had failed before.
    """

    account_id: bytes
    profile: Profile
    root_key: bytes = field(repr=False)
    private_keys: PrivateKeys = field(repr=False)
    key_ring: KeyRing = field(repr=False)
    vaults: Vaults = field(repr=False)
    proof: Proof = UNPROVED

    @property
    def name(self) -> str:
        """As it was given."""
        return self.profile.name

    @property
    def roles(self) -> tuple[str, ...]:
        """What the account may do."""
        return self.profile.roles
