"""The accounts of a store, for who may make them and grant roles. The store keeps no list of names: one knows whom."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbench.app.account.notices import notify_if_possible
from workbench.app.opened import Opened
from workbench.errors import InputError, IntegrityError, NotFoundError, PermissionDeniedError
from workbench.identity import ROLES, Code, Request, Standing
from workbench.records import Confidential

if TYPE_CHECKING:
    from workbench.app.session import Session


@dataclass(frozen=True, slots=True)
class Person(Confidential):
    """One account, as others see it.

    Parameters
    ----------
    account_id : str
        32 hexadecimal digits.
    name : str
        As it was looked up; empty where it was found by its roles.
    roles : tuple of str
        What it may do.
    is_active : bool
        False for a disabled one.
    fingerprint : str
        Of its public keys, 64 hexadecimal digits: compare it by another channel before you trust it with anything.
    """

    account_id: str
    name: str = field(repr=False)
    roles: tuple[str, ...]
    is_active: bool
    fingerprint: str = field(repr=False)


class People:
    """Other accounts, to whom roles are granted and from whom they are taken.

    Parameters
    ----------
    session : Session
        Whose; it also checks the permissions.
    """

    def __init__(self, session: "Session") -> None:
        self._session = session

    def find(self, name: str) -> Person:
        """Return the account of that name.

        Parameters
        ----------
        name : str
            Exactly as it signs in.

        Raises
        ------
        NotFoundError
            When there is none.
        PermissionDeniedError
            When no role of yours makes accounts.
        """
        opened = self._session.opened("user:create")
        return self._person(opened, self._id(opened, name), name)

    def list(self) -> list[Person]:
        """Return every account that has a standing, by id; without names, which the store doesn't know.

        Raises
        ------
        PermissionDeniedError
            When no role of yours makes accounts.
        """
        opened = self._session.opened("user:create")
        return [self._person(opened, row[0], "") for row in opened.access.standings.rows.all()]

    def grant(self, name: str, *roles: str, passphrase: str | None = None, code: Code = None) -> Request | None:
        """Give an account more roles.

        Parameters
        ----------
        name : str
            Whose.
        *roles : str
            Of the table.
        passphrase, code : str, optional
            The proof that it takes, unless `Session.step_up` was given it.

        Returns
        -------
        Request or None
            What another account has to approve first, where a privileged role comes in or stays; then call `finish`.

        Raises
        ------
        NotFoundError
            When there is no account of that name.
        PermissionDeniedError
            When you may not grant that, the roles exclude each other, or it is your own account.
        StepUpRequiredError
            When the proof is missing.
        InputError
            When no role was named.
        """
        return self._change(name, "grant", roles, passphrase, code)

    def revoke(self, name: str, *roles: str, passphrase: str | None = None, code: Code = None) -> Request | None:
        """Take roles from an account; its open sessions lose them with their next action.

        Parameters, what is returned, and errors as `grant`.
        """
        return self._change(name, "revoke", roles, passphrase, code)

    def disable(self, name: str, *, passphrase: str | None = None, code: Code = None) -> None:
        """Let nobody sign in to an account, and end its open sessions; nothing of it is deleted.

        Parameters
        ----------
        name : str
            Whose.
        passphrase, code : str, optional
            The proof that it takes, as for `grant`.

        Raises
        ------
        NotFoundError, PermissionDeniedError, StepUpRequiredError
            As `grant`.
        """
        self._change(name, "disable", (), passphrase, code)

    def enable(self, name: str, *, passphrase: str | None = None, code: Code = None) -> Request | None:
        """Let an account be signed in to again.

        Parameters
        ----------
        name : str
            Whose.
        passphrase, code : str, optional
            The proof that it takes, as for `grant`.

        Returns
        -------
        Request or None
            As `grant`.

        Raises
        ------
        NotFoundError, PermissionDeniedError, StepUpRequiredError
            As `grant`.
        """
        return self._change(name, "enable", (), passphrase, code)

    def finish(self, request: Request) -> None:
        """Put a change in force that another account has approved.

        Parameters
        ----------
        request : Request
            As `grant`, `revoke` or `enable` returned it, or as it stands in ``session.approvals.pending()``.

        Raises
        ------
        PermissionDeniedError
            When nobody has approved it yet.
        NotFoundError
            When the request has expired or was used.
        """
        opened = self._session.opened("user:create")
        if request.permission != "role:grant":
            raise PermissionDeniedError("That request isn't for a change of roles.")
        with opened.vaults.transaction():  # an approval of what then can't be done isn't used up
            approver, signature = opened.access.approvals().take(request)
            standing = opened.access.standings.signed(opened.account, Standing.of_message(request.message))
            self._put_in_force(opened, standing.countersigned(signature, approver=approver))

    def _change(
        self, name: str, how: str, roles: tuple[str, ...], passphrase: str | None, code: Code
    ) -> Request | None:
        if how in {"grant", "revoke"} and not roles:
            raise InputError("No role was named.", remedy=f"Choose from: {', '.join(ROLES)}.")
        facts = {"account": name, "how": how, "roles": ",".join(roles)}
        if passphrase is not None:
            self._session.step_up("role:grant", passphrase=passphrase, code=code, **facts)
        opened = self._session.opened("role:grant", **facts)
        subject, standings = self._id(opened, name), opened.access.standings
        now = standings.of(subject)
        held = now.roles if now else ()
        wanted: Iterable[str] = held
        if how == "grant":
            wanted = (*held, *(role for role in roles if role not in held))
        elif how == "revoke":
            wanted = [role for role in held if role not in roles]
        is_active = {"disable": False, "enable": True}.get(how)
        standing, needs_second = standings.drafted(opened.account, subject, roles=wanted, is_active=is_active)
        if needs_second:
            message = standings.message_of(standing)
            return opened.access.approvals().ask("role:grant", message, subjects=(subject,))
        self._put_in_force(opened, standing)
        return None

    def _put_in_force(self, opened: Opened, standing: Standing) -> None:
        with opened.vaults.transaction():
            opened.access.standings.put_in_force(standing)
            if not standing.is_active:
                opened.access.end_sessions_of(standing.account_id)
            facts = {"roles": ",".join(standing.roles), "state": "in use" if standing.is_active else "disabled"}
            notify_if_possible(opened, standing.account_id, "authz_role_changed", **facts)
            opened.audit.record("authz_role_changed", subject=standing.account_id.hex(), **facts)

    @staticmethod
    def _id(opened: Opened, name: str) -> bytes:
        account_id = opened.accounts.id_of(name)
        if account_id is None:
            raise NotFoundError("There is no account of that name.", remedy="Check the name.")
        return account_id

    @staticmethod
    def _person(opened: Opened, account_id: bytes, name: str) -> Person:
        standings = opened.access.standings
        fingerprint = standings.keys_of(account_id).fingerprint.hex()
        roles: tuple[str, ...] = ()
        is_active = False  # of a standing that can't be read: nobody signs in with it
        with suppress(IntegrityError):
            standing = standings.of(account_id)
            roles, is_active = (standing.roles, standing.is_active) if standing else ((), True)
        return Person(account_id.hex(), name, roles, is_active, fingerprint)
