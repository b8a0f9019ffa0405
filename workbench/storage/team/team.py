"""A team as its owner and its admins see to it."""

from workbench.errors import StoreError
from workbench.storage.engines.database import Database
from workbench.storage.team import members, roles
from workbench.storage.team.setting_up import require_postgres, set_up


class Team:
    """Who belongs to a database's team, and what the server lets them do.

    Parameters
    ----------
    database : Database
        The store; opened by the database's owner to add and remove members, by an admin for the rest.

    Raises
    ------
    StoreError
        When it isn't PostgreSQL.
    """

    def __init__(self, database: Database) -> None:
        require_postgres(database)
        self._database = database

    def set_up(self) -> None:
        """Make the database a team's, or put it right again; as often as one likes.

        Raises
        ------
        StoreError
            When the login may not do it.
        StoreVersionError
            When a newer workbench set it up.
        """
        set_up(self._database)

    def add(self, login: str, *, password: str | None = None, account_id: bytes | None = None) -> None:
        """Let a login in, made if the server has none of that name.

        Parameters
        ----------
        login : str
            1 to 63 bytes.
        password : str, optional
            Its new one; the server is given a verifier of it only. Without one, nothing of how it signs in changes.
        account_id : bytes, optional
            The account that is theirs already, in a store that was used before it was a team's.

        Raises
        ------
        PermissionDeniedError
            When the login passes by the policies, or account or login belong to another.
        StoreError
            When the database is no team's, or this login may not do it.
        """
        self._require_team()
        members.add_member(self._database, login, password=password, account_id=account_id)

    def remove(self, login: str) -> None:
        """Keep a login out from its next statement on; its account stays, and is theirs again when they are added.

        Raises
        ------
        NotFoundError
            When there is no such member.
        StoreError
            As `add`.
        """
        self._require_team()
        members.remove_member(self._database, login)

    def grant(self, role: str, login: str) -> int | None:
        """Give a member a role; return the number of a request where a second person has to approve it.

        Raises
        ------
        PermissionDeniedError
            When this login is no admin, asks for itself, or the roles exclude each other.
        NotFoundError
            When there is no such member.
        """
        self._require_team()
        return roles.ask(self._database, "grant", login, role)

    def revoke(self, role: str, login: str) -> int | None:
        """Take a role from a member; as `grant`."""
        self._require_team()
        return roles.ask(self._database, "revoke", login, role)

    def rebind(self, login: str) -> int | None:
        """Let a member enrol a second factor anew, whose share stays the same; as `grant`, always with approval."""
        self._require_team()
        return roles.ask(self._database, "rebind", login, None)

    def approve(self, number: int) -> None:
        """Approve what another asked for.

        Raises
        ------
        PermissionDeniedError
            When one asked for it oneself, or it is about oneself, or no role allows it.
        NotFoundError
            When there is no such request, or it has run out or was approved.
        """
        self._require_team()
        roles.approve(self._database, number)

    def requests(self) -> list[roles.TeamRequest]:
        """Return what waits for approval.

        Raises
        ------
        PermissionDeniedError
            When this login may not approve.
        """
        self._require_team()
        return roles.open_requests(self._database)

    def members(self) -> list[members.TeamMember]:
        """Return everyone, by login.

        Raises
        ------
        PermissionDeniedError
            When this login oversees nobody.
        """
        self._require_team()
        return members.members_of(self._database)

    def _require_team(self) -> None:
        if not self._database.rows("SELECT 1 FROM pg_namespace WHERE nspname = 'workbench_team'"):
            raise StoreError("That database is no team's yet.", remedy="Its owner runs: workbench team init URL.")
