"""How a database becomes a team's: its tables go to a role that nobody logs in as, and members get rows, not tables.

Run by the database's owner, as often as they like: each run puts everything as it should be, in one transaction.
"""

from importlib.resources import files

from workbench.errors import StoreError, StoreVersionError
from workbench.storage.engines.database import Database

VERSION = 1
"""Of the team's own tables and functions; a database of a newer one is left as it is."""

OWNER, MEMBER = "workbench_owner", "workbench_member"
"""The roles of the server that own everything, and that every member's login belongs to; nobody logs in as either."""

_OLDEST = 140_000  # of servers: 14 is the first that replaces triggers in place
_SCRIPTS = (
    "members",
    "codes",
    "roles",
    "audit",
    "gate",
    "standings",
    "loans",
    "policies",
)  # each builds on those before


def set_up(database: Database) -> None:
    """Make a database a team's, or put one right again.

    Raises
    ------
    StoreError
        When it isn't PostgreSQL 14 or newer, the login may not do it, or accounts of format 1 still wait to be moved.
    StoreVersionError
        When a newer workbench set it up; it is left as it was.
    """
    require_postgres(database)
    with database.transaction():
        database.lock_opening()
        _refuse_newer(database)
        _refuse_waiting(database)
        for role in (OWNER, MEMBER):
            _make_role(database, role)
        if not database.rows("SELECT 1 FROM pg_roles WHERE rolname = current_user AND rolsuper"):
            database.write(f"GRANT {OWNER} TO CURRENT_USER")  # who isn't superuser has to be, to give tables away
        database.write(f"CREATE SCHEMA IF NOT EXISTS workbench_team AUTHORIZATION {OWNER}")
        database.write(f"ALTER SCHEMA workbench OWNER TO {OWNER}")
        for script in _SCRIPTS:
            database.write(files(__package__).joinpath("sql", f"{script}.sql").read_text("utf-8"))
        database.write(
            "INSERT INTO workbench_team.team (only_row, version) VALUES (1, ?)"
            " ON CONFLICT (only_row) DO UPDATE SET version = excluded.version",
            (VERSION,),
        )
        database.write("SELECT workbench_team.note('sys_team_set_up', 'success', NULL)")


def require_postgres(database: Database) -> None:
    """Return when the database is PostgreSQL, 14 or newer.

    Raises
    ------
    StoreError
        When it isn't.
    """
    if database.engine != "postgresql":
        raise StoreError("A team needs PostgreSQL: a file has no server.", remedy="Give a postgresql:// address.")
    ((number,),) = database.rows("SELECT current_setting('server_version_num')::int4")
    if number < _OLDEST:
        raise StoreError("Team mode needs PostgreSQL 14 or newer.", remedy="Upgrade the server.")


def _refuse_newer(database: Database) -> None:
    if not database.rows("SELECT 1 FROM pg_tables WHERE schemaname = 'workbench_team' AND tablename = 'team'"):
        return
    rows = database.rows("SELECT version FROM workbench_team.team")
    if rows and rows[0][0] > VERSION:
        raise StoreVersionError("A newer workbench set this team up.")


def _refuse_waiting(database: Database) -> None:
    """Refuse a store with tables of format 1: a member couldn't reach them, and so not move what is theirs."""
    if any(name.endswith("_1") for name in database.tables()):
        raise StoreError(
            "Accounts of an older workbench wait to be moved.", remedy="Sign in to each of them once, then try again."
        )


def _make_role(database: Database, role: str) -> None:
    rows = database.rows("SELECT rolcanlogin OR rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = ?", (role,))
    if not rows:
        database.write(f"CREATE ROLE {role} NOLOGIN")
    elif rows[0][0]:
        raise StoreError(
            "A role of the server has a name that the team needs, and may log in or pass by its policies.",
            remedy=f"Rename it: {OWNER} and {MEMBER} are roles that nobody logs in as.",
        )
