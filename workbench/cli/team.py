"""``workbench team``: a PostgreSQL database set up for several people, and who they are."""

import argparse
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

from workbench.app.asking import ask_app_code, read_secret
from workbench.cli.output import require_output, write
from workbench.errors import NotFoundError, PermissionDeniedError, WorkbenchError
from workbench.identity import Accounts, TotpEnrolment
from workbench.storage import Database, open_database
from workbench.storage.team import ROLES, Team, TeamMember, TeamRequest, activate_share, enrol_share

_HELP = {
    "init": "let the server decide whose rows are whose; run by the database's owner, as often as one likes",
    "add": "let a login in, made if the server has none of that name",
    "remove": "keep a login out from its next statement on",
    "grant": "give a login a role; one that oversees others takes a second person's approval",
    "revoke": "take a role from a login; as grant",
    "rebind": "let a login enrol its second factor anew; takes a second person's approval",
    "approve": "approve what another asked for, within 30 minutes",
    "status": "list who belongs to the team, and what waits for approval",
    "enrol": "enrol this login's second factor: an authenticator app, whose codes the server asks for",
}


def add(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the command of this file."""
    team = commands.add_parser("team", help="set up a PostgreSQL database for several people, and say who they are")
    tasks = team.add_subparsers(dest="task", required=True, metavar="TASK")
    made = {task: tasks.add_parser(task, help=text, description=text) for task, text in _HELP.items()}
    for task in made.values():
        task.add_argument("url", help="postgresql://login@host/database")
    for name in ("grant", "revoke"):
        made[name].add_argument("role", choices=ROLES, help="which")
    for name in ("add", "remove", "grant", "revoke", "rebind"):
        made[name].add_argument("login", help="whose; a role of the server that logs in")
    made["add"].add_argument("--password-fd", type=int, metavar="N", help="read its password from this file descriptor")
    made["add"].add_argument(
        "--name", help="the account that is theirs already, in a store that is older than its team"
    )
    made["approve"].add_argument("number", type=int, help="of the request, as status lists it")
    made["enrol"].add_argument("--code-fd", type=int, metavar="N", help="read the first code from this file descriptor")
    team.set_defaults(run=_team)


def _team(chosen: argparse.Namespace) -> int:
    if chosen.task == "enrol":
        return _enrol(chosen)
    with _opened(chosen.url) as database:
        sentence = _DO[chosen.task](Team(database), database, chosen)
    if not write(sentence):
        raise WorkbenchError("It is done, but that could not be printed.", remedy="Look at 'workbench team status'.")
    return 0


def _init(team: Team, _database: Database, _chosen: argparse.Namespace) -> str:
    team.set_up()
    return "The database is a team's. Add its members: workbench team add URL LOGIN.\n"


def _add(team: Team, database: Database, chosen: argparse.Namespace) -> str:
    password = None if chosen.password_fd is None else read_secret(chosen.password_fd)
    team.add(chosen.login, password=password, account_id=_account(database, chosen.name))
    return "The login is a member. It needs a role before it makes an account: workbench team grant.\n"


def _remove(team: Team, _database: Database, chosen: argparse.Namespace) -> str:
    team.remove(chosen.login)
    return "The login is out; what its account holds stays, and is its own again if it is added.\n"


def _grant(team: Team, _database: Database, chosen: argparse.Namespace) -> str:
    return _waiting_or(team.grant(chosen.role, chosen.login), "The login has the role.\n")


def _revoke(team: Team, _database: Database, chosen: argparse.Namespace) -> str:
    return _waiting_or(team.revoke(chosen.role, chosen.login), "The login has the role no more.\n")


def _rebind(team: Team, _database: Database, chosen: argparse.Namespace) -> str:
    return _waiting_or(team.rebind(chosen.login), "The login may enrol anew: workbench team enrol.\n")


def _approve(team: Team, _database: Database, chosen: argparse.Namespace) -> str:
    team.approve(chosen.number)
    return "Approved, and done.\n"


def _status(team: Team, _database: Database, _chosen: argparse.Namespace) -> str:
    lines = [_member(member) for member in team.members()]
    with suppress(PermissionDeniedError):  # an auditor sees who is there, and approves nothing
        lines += [_request(request) for request in team.requests()]
    return "".join(f"{line}\n" for line in lines) or "The team has no members yet.\n"


_DO = {
    "init": _init,
    "add": _add,
    "remove": _remove,
    "grant": _grant,
    "revoke": _revoke,
    "rebind": _rebind,
    "approve": _approve,
    "status": _status,
}


def _enrol(chosen: argparse.Namespace) -> int:
    require_output("nothing was enrolled")
    with _opened(chosen.url) as database:
        ((login,),) = database.rows("SELECT session_user::text")
        enrolment = TotpEnrolment(enrol_share(database), login)
        if not write(
            f"Scan this with an authenticator app, or type the secret into it: {enrolment.secret}\n\n"
            f"{enrolment.terminal_qr_code()}\n{enrolment.uri}\n\n"
        ):
            raise WorkbenchError("The secret could not be shown whole; nothing was enrolled.", remedy="Try again.")
        activate_share(database, ask_app_code() if chosen.code_fd is None else read_secret(chosen.code_fd))
    done = (
        "The factor is active: the server gives out its half of a new passphrase's key for a code alone. An account "
        "that is there already takes it with its next passphrase or root key.\n"
    )
    if not write(done):
        raise WorkbenchError("It is done, but that could not be printed.", remedy="Sign in with a code.")
    return 0


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    """Lend the store, which is made on first use."""
    with closing(open_database(url)) as database:
        yield database


def _account(database: Database, name: str | None) -> bytes | None:
    if name is None:
        return None
    account_id = Accounts(database).id_of(name)
    if account_id is None:
        raise NotFoundError("There is no account of that name.", remedy="Leave --name out: the login makes its own.")
    return account_id


def _waiting_or(number: int | None, done: str) -> str:
    if number is None:
        return done
    return f"A second person has 30 minutes to approve it: workbench team approve URL {number}\n"


def _member(member: TeamMember) -> str:
    words = [", ".join(member.roles) or "no role", "has an account" if member.has_account else "no account yet"]
    words.append({None: "no second factor", False: "second factor not active", True: "second factor"}[member.share])
    if member.failures:
        words.append(f"{member.failures} wrong code{'s in a row' if member.failures > 1 else ''}")
    if not member.is_active:
        words = ["removed"]
    return f"{member.login!r}: {'; '.join(words)}"


def _request(request: TeamRequest) -> str:
    role = f" {request.role}" if request.role else ""
    minutes = -(-request.seconds_left // 60)
    return (
        f"{request.number}: {request.what}{role} for {request.login!r}, asked by {request.requester!r}; {minutes} min"
    )
