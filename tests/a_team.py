"""A team on a real PostgreSQL, as its tests use it: the database's owner, and members with logins of their own."""

import contextlib
import hmac
import itertools
import secrets
import struct
import time
from dataclasses import dataclass

import psycopg
from psycopg import sql

from workbench.crypto import KeyPairs, KeyRing, new_key_pairs
from workbench.storage import AccountRow, AccountRows, Vaults, new_vaults, open_database
from workbench.storage.team import Team

_NUMBERS = itertools.count(1)


def code_of(secret, *, steps=0, now=None):
    """Return what an authenticator shows (RFC 6238), some steps from now."""
    step = int(time.time() if now is None else now) // 30 + steps
    mac = hmac.digest(secret, struct.pack(">Q", step), "sha1")
    place = mac[19] & 15
    return f"{(struct.unpack('>I', mac[place : place + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def wrong_code(secret):
    """Return a code that is none of the next and the last few."""
    near = {code_of(secret, steps=steps) for steps in range(-4, 5)}
    return next(code for code in map("{:06d}".format, itertools.count()) if code not in near)


@dataclass
class StorageAccount:
    """An account as far as storage knows one."""

    account_id: bytes
    key_pairs: KeyPairs
    database: object

    def vaults(self):
        return Vaults(
            self.database, account_id=self.account_id, key_pairs=self.key_pairs, key_ring=KeyRing(), anchors=None
        )


class ATeam:
    """A database in team mode."""

    def __init__(self, server, name, stack):
        self.server = server
        self.name = name
        self.owner_url = server.url(name)
        self._stack = stack
        self._logins = {}
        self.owner = stack.enter_context(contextlib.closing(open_database(self.owner_url)))
        self.team = Team(self.owner)
        self.team.set_up()
        self.administrator = stack.enter_context(server.administrator(name))

    def add(self, *people, roles=()):
        """Add members; their logins are the server's, so each test has its own."""
        for person in people:
            self._logins[person] = f"{person}_{next(_NUMBERS)}"
            self.team.add(self.login(person))
            for role in roles:
                self.give(person, role)

    def give(self, person, role):
        """Grant a role, however many it takes."""
        self.administrator.execute(
            "INSERT INTO workbench_team.team_role VALUES (%s, %s) ON CONFLICT DO NOTHING", (self.login(person), role)
        )

    def login(self, person):
        return self._logins[person]

    def url(self, person, **options):
        return self.server.url(self.name, **options).replace("postgres@", f"{self.login(person)}@")

    def open(self, person):
        """Return the store as a member opens it."""
        return self._stack.enter_context(contextlib.closing(open_database(self.url(person))))

    def connect(self, person):
        """Return a connection of a member that types SQL."""
        return self._stack.enter_context(psycopg.connect(self.url(person), autocommit=True))

    def as_member(self, person):
        return Team(self.open(person))

    def account(self, person):
        """Make a member's account."""
        database, account_id, key_pairs = self.open(person), secrets.token_bytes(16), new_key_pairs()
        with database.transaction():
            row = AccountRow(account_id, key_pairs.public.packed, b"wrapped", ())
            assert AccountRows(database).add(row, name_tag=secrets.token_bytes(32))
            new_vaults(database, account_id=account_id, key_pairs=key_pairs)
        return StorageAccount(account_id, key_pairs, database)

    def counter(self, person, what):
        ((number,),) = self.administrator.execute(
            "SELECT number FROM workbench_team.team_member WHERE login = %s", (self.login(person),)
        ).fetchall()
        return self.administrator.execute(f"SELECT last_value FROM workbench_team.{what}_{number}").fetchone()[0]

    def set_counter(self, person, what, value):
        self.administrator.execute(
            "SELECT workbench_team.count_to(%s, number, %s) FROM workbench_team.team_member WHERE login = %s",
            (what, value, self.login(person)),
        )

    def logins(self):
        return list(self._logins.values())


@contextlib.contextmanager
def a_team(server):
    """Make a database in team mode, and remove it with its logins."""
    logins = []
    try:
        with server.database() as name, contextlib.ExitStack() as stack:
            team = ATeam(server, name, stack)
            try:
                yield team
            finally:
                logins = team.logins()
    finally:
        with server.administrator() as connection:
            for login in logins:
                connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(login)))
