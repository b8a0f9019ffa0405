"""Who belongs to a team: one login of the server for each person, and no login that the policies don't bind."""

from dataclasses import dataclass

from workbench.errors import InputError, NotFoundError, PermissionDeniedError
from workbench.storage.engines.database import Database
from workbench.storage.team.setting_up import MEMBER, OWNER

LONGEST_LOGIN = 63
"""Bytes: PostgreSQL cuts longer names off (NAMEDATALEN)."""

_COUNTERS = ("failures", "free_at", "step")
_DATA = "pg_read_all_data pg_write_all_data pg_read_server_files pg_write_server_files pg_execute_server_program"

# Whoever passes by the policies, or could come to: postgresql.org/docs/current/ddl-rowsecurity.html
_IS_TOO_POWERFUL = f"""
    SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolreplication OR pg_has_role(role.oid, '{OWNER}', 'MEMBER')
        OR EXISTS (SELECT 1 FROM pg_roles AS great WHERE great.rolname = ANY (string_to_array('{_DATA}', ' '))
            AND pg_has_role(role.oid, great.oid, 'MEMBER'))
        OR (SELECT pg_has_role(role.oid, datdba, 'MEMBER') FROM pg_database WHERE datname = current_database())
        OR NOT rolcanlogin
    FROM pg_roles AS role WHERE rolname = ?
"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class TeamMember:
    """One member, as an admin or an auditor sees them.

    Parameters
    ----------
    login : str
        Of the server.
    is_active : bool
        False once removed.
    has_account : bool
        Whether they have made one.
    roles : tuple of str
        That the server knows.
    share : bool or None
        Whether the second factor holds; None before it was enrolled.
    failures : int
        Wrong codes in a row; at 100 the factor is switched off.
    """

    login: str
    is_active: bool
    has_account: bool
    roles: tuple[str, ...]
    share: bool | None
    failures: int


def add_member(database: Database, login: str, *, password: str | None = None, account_id: bytes | None = None) -> None:
    """Let a login in, made if the server has none of that name; as `Team.add`."""
    _check_name(login)
    with database.transaction():
        database.lock_opening()
        rows = database.rows(_IS_TOO_POWERFUL, (login,))
        if not rows:
            _run(database, "CREATE ROLE %I LOGIN", login)
        elif rows[0][0]:
            raise PermissionDeniedError(
                "That role of the server passes by the policies that hold a team apart, or doesn't log in.",
                remedy="Add a login that isn't superuser, owner of the database, or a role that reads all data.",
            )
        if password is not None:
            # The server has no use for the password itself, and its log might keep it.
            _run(database, "ALTER ROLE %I PASSWORD %L", login, database.password_verifier(login, password))
        _run(database, f"GRANT {MEMBER} TO %I", login)
        database.write(
            "INSERT INTO workbench_team.team_member (login) VALUES (?)"
            " ON CONFLICT (login) DO UPDATE SET is_active = true",
            (login,),
        )
        ((number, bound),) = database.rows(
            "SELECT number, account_id FROM workbench_team.team_member WHERE login = ?", (login,)
        )
        for counter in _COUNTERS:
            name = f"workbench_team.{counter}_{number}"
            database.write(f"CREATE SEQUENCE IF NOT EXISTS {name} AS bigint MINVALUE 0 START 0")
            database.rows(
                "SELECT workbench_team.close('SEQUENCE', ?::text, relacl)::text FROM pg_class WHERE oid = ?::regclass",
                (name, name),
            )
        if account_id is not None and bound != account_id:
            _bind(database, login, account_id, is_bound=bound is not None)
        database.write("SELECT workbench_team.note('user_created', 'success', ?)", (account_id,))


def remove_member(database: Database, login: str) -> None:
    """Keep a login out from its next statement on; as `Team.remove`."""
    _check_name(login)
    with database.transaction():
        if not database.write("UPDATE workbench_team.team_member SET is_active = false WHERE login = ?", (login,)):
            raise NotFoundError("The team has no such member.", remedy="Look at 'workbench team status'.")
        database.write("DELETE FROM workbench_team.team_role WHERE login = ?", (login,))
        database.write(
            "SELECT workbench_team.note('user_removed', 'success', account_id) FROM workbench_team.team_member"
            " WHERE login = ?",
            (login,),
        )


def members_of(database: Database) -> list[TeamMember]:
    """Return everyone, by login; as `Team.members`."""
    rows = database.rows(
        "SELECT login::text, is_active, has_account, roles, share, failures FROM workbench_team.members()"
    )
    return [TeamMember(row[0], row[1], row[2], tuple(row[3]), row[4], row[5]) for row in rows]


def _check_name(login: str) -> None:
    if not login or "\0" in login or len(login.encode("utf-8", "replace")) > LONGEST_LOGIN:
        raise InputError(f"That can't be a login: 1 to {LONGEST_LOGIN} bytes, none of them NUL.")


def _run(database: Database, command: str, *words: str) -> None:
    """Run a command in which the server itself quotes names (%I) and values (%L)."""
    marks = ", ".join(["?::text"] * (1 + len(words)))
    database.rows(f"SELECT workbench_team.run({marks})::text", (command, *words))


def _bind(database: Database, login: str, account_id: bytes, *, is_bound: bool) -> None:
    taken = database.rows("SELECT 1 FROM workbench_team.team_member WHERE account_id = ?", (account_id,))
    if is_bound or taken:
        raise PermissionDeniedError(
            "The login has an account, or the account a login.", remedy="A login keeps the account that it was given."
        )
    database.write("UPDATE workbench_team.team_member SET account_id = ? WHERE login = ?", (account_id, login))
