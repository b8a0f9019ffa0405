"""Accounts: made, unlocked by a passphrase, opened again by a recovery code.

Unlocking is *crypto*: there is no comparison to get round. The passphrase, stretched by Argon2id, unwraps the account
key, and without that key the account's records are noise.
"""

import json
import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from workbench.crypto import (
    FLOOR,
    RFC_9106_LOW_MEMORY,
    Context,
    DataKey,
    Slot,
    SlotKind,
    Table,
    derive,
    new_data_key,
    open_slot,
    seal,
    seal_slot,
    unseal,
)
from workbench.errors import (
    AccountExistsError,
    AuthenticationError,
    IntegrityError,
    PermissionDeniedError,
    WeakPassphraseError,
)
from workbench.identity.passphrase import check, normalise
from workbench.identity.qr_code import QrCode, qr_code
from workbench.identity.recovery_codes import canonical, new_recovery_codes
from workbench.identity.roles import ROLES
from workbench.records import Confidential
from workbench.storage import AccountRow, AccountRows, Database

LONGEST_NAME = 64  # code points


@dataclass(frozen=True, slots=True)
class Enrolment(Confidential):
    """What a new account is given once, and never again.

    Parameters
    ----------
    recovery_codes : tuple of str
        Ten; each opens the account once. Keep them on paper, apart from the machine.
    totp_uri : str, optional
        For an authenticator app; ``None`` as long as no second factor is enrolled.
    """

    recovery_codes: tuple[str, ...] = field(repr=False)
    totp_uri: str | None = field(default=None, repr=False)

    def __repr__(self) -> str:
        """Tell how many codes there are."""
        return f"Enrolment(<{len(self.recovery_codes)} recovery codes>)"

    def qr_code(self) -> QrCode:
        """Return a drawing that carries the codes to a phone, a line each; a panel shows it, nothing keeps it."""
        return qr_code("\n".join(self.recovery_codes))


@dataclass(frozen=True, slots=True)
class Account(Confidential):
    """An unlocked account.

    Parameters
    ----------
    account_id : bytes
        16 random bytes.
    name : str
        As it was given.
    roles : tuple of str
        Keys of `workbench.identity.ROLES`.
    account_key : DataKey
        Wraps the data keys.
    """

    account_id: bytes
    name: str = field(repr=False)
    roles: tuple[str, ...]
    account_key: DataKey = field(repr=False)


class Accounts:
    """The accounts of a store.

    Parameters
    ----------
    database : Database
        The store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rows = AccountRows(database)

    def count(self) -> int:
        """Return how many there are."""
        return self._rows.count()

    def create(self, name: str, *, passphrase: str, roles: Iterable[str]) -> Enrolment:
        """Make an account and return its recovery codes.

        Raises
        ------
        WeakPassphraseError
            When the passphrase doesn't hold.
        AccountExistsError
            When the name is taken, whatever its case.
        PermissionDeniedError
            When a role isn't in the table.
        """
        name = _clean(name)
        roles = tuple(dict.fromkeys(roles))
        unknown = [role for role in roles if role not in ROLES]
        if unknown or not roles:
            raise PermissionDeniedError(
                "An account needs roles from the table.", remedy=f"Choose from: {', '.join(ROLES)}."
            )
        check(passphrase, name=name)
        account_id, account_key, codes = secrets.token_bytes(16), new_data_key(), new_recovery_codes()
        profile = json.dumps({"name": name, "roles": roles}).encode("ascii")
        row = AccountRow(
            account_id,
            version=1,
            profile=seal(profile, data_key=account_key, context=self._context(Table.ACCOUNT, account_id, account_id)),
            slots=(
                self._slot(account_id, account_key, normalise(passphrase), SlotKind.PASSPHRASE),
                *(self._slot(account_id, account_key, canonical(code), SlotKind.RECOVERY_CODE) for code in codes),
            ),
        )
        if not self._rows.add(row, name_tag=self._name_tag(name)):
            raise AccountExistsError("There is an account of that name already.")
        return Enrolment(codes)

    def unlock(self, name: str, *, passphrase: str) -> Account:
        """Return the account that the passphrase opens.

        Raises
        ------
        AuthenticationError
            When there is no such account or the passphrase is another; both take the same work (ASVS 6.3.8).
        """
        row = self._rows.find(self._name_tag(name))
        try:
            secret = normalise(passphrase)
        except WeakPassphraseError:  # no account has one like it
            row, secret = None, b""
        if row is None:
            derive(secret, salt=secrets.token_bytes(16), parameters=RFC_9106_LOW_MEMORY)
            raise _refused()
        account_key, _ = self._open(row, secret, SlotKind.PASSPHRASE)
        return self._account(row, account_key)

    def recover(self, name: str, *, code: str, new_passphrase: str) -> Account:
        """Open an account with a recovery code, which is used up, and give it a new passphrase.

        Raises
        ------
        AuthenticationError
            When there is no such account, or the code is wrong or used up.
        WeakPassphraseError
            When the new passphrase doesn't hold; the code stays good.
        """
        row = self._rows.find(self._name_tag(name))
        if row is None:
            raise _refused()
        account_key, used = self._open(row, canonical(code), SlotKind.RECOVERY_CODE)
        account = self._account(row, account_key)
        check(new_passphrase, name=account.name)
        old = tuple(slot for slot in row.slots if _is_of_kind(slot, SlotKind.PASSPHRASE))
        fresh = self._slot(row.account_id, account_key, normalise(new_passphrase), SlotKind.PASSPHRASE)
        if not self._rows.replace_slots(row.account_id, remove=(used, *old), add=(fresh,)):
            raise _refused()  # another kernel used the code at the same moment
        return account

    def _open(self, row: AccountRow, secret: bytes, kind: SlotKind) -> tuple[DataKey, Slot]:
        """Return the account key and the slot of this kind that the secret opens; a damaged slot stops no other."""
        damage: IntegrityError | None = None
        has_refused = False
        for slot in row.slots:
            try:
                if slot.kind is kind:
                    context = self._context(Table.SLOT, row.account_id, slot.slot_id)
                    return open_slot(slot, secret=secret, context=context), slot
            except AuthenticationError:
                has_refused = True
            except IntegrityError as error:
                damage = error
        if damage is not None and not has_refused:
            raise damage
        raise _refused()

    def _account(self, row: AccountRow, account_key: DataKey) -> Account:
        context = self._context(Table.ACCOUNT, row.account_id, row.account_id, row.version)
        profile = json.loads(unseal(row.profile, data_key=account_key, context=context))
        return Account(row.account_id, profile["name"], tuple(profile["roles"]), account_key)

    def _slot(self, account_id: bytes, account_key: DataKey, secret: bytes, kind: SlotKind) -> Slot:
        context = self._context(Table.SLOT, account_id, secrets.token_bytes(16))
        return seal_slot(account_key, secret=secret, kind=kind, context=context)

    def _context(self, table: Table, owner: bytes, record: bytes, version: int = 1) -> Context:
        return Context(self._database.store_id, table, owner, record, version)

    def _name_tag(self, name: str) -> bytes:
        """Return what stands for a name in the store; guessing a name from it costs an Argon2id each."""
        name = name if isinstance(name, str) else ""
        folded = unicodedata.normalize("NFC", name.strip()).casefold().encode("utf-8", "replace")
        return derive(folded, salt=self._database.name_salt, parameters=FLOOR)


def _clean(name: str) -> str:
    """Return a name without the spaces around it; refuse an empty, overlong or unprintable one."""
    name = unicodedata.normalize("NFC", name.strip()) if isinstance(name, str) else ""
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise AuthenticationError(
            "That name can't be used.", remedy=f"Use 1 to {LONGEST_NAME} printable characters, without line breaks."
        )
    return name


def _is_of_kind(slot: Slot, kind: SlotKind) -> bool:
    try:
        return slot.kind is kind
    except IntegrityError:
        return False


def _refused() -> AuthenticationError:
    """Return the one error for a wrong name, passphrase or code alike."""
    return AuthenticationError("The name, the passphrase or the code is wrong.")
