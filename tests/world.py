"""A store with people of each role; each signs in when a test first asks for them."""

import contextlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from storage.attacker import quick_derivation

from workbench.app import Session, Workbench

ROLES = {
    "olga": "owner",
    "rita": "researcher",
    "ron": "researcher",
    "ann": "analyst",
    "ed": "educator",
    "eva": "educator",
    "sam": "student",
    "sue": "student",
    "otto": "auditor",
    "petra": "privacy officer",
    "pim": "privacy officer",
    "adam": "admin",
    "alba": "admin",
}
PASSPHRASE = "quiet orchard lantern seven rivers"


@dataclass
class World:
    """The people of one store."""

    bench: Workbench
    location: str | Path
    sessions: dict[str, Session] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)
    late: timedelta = timedelta(0)  # by how much the clock of all sessions goes before

    def __post_init__(self) -> None:
        """Give every session the hand-set clock."""
        self.bench.session_type = partial(Session, now=lambda: datetime.now(UTC) + self.late)

    def wait(self, **time: int) -> None:
        """Let time go by for those who sign in again, or do something meanwhile."""
        self.late += timedelta(**time)

    def create(self, *names: str) -> None:
        """Make accounts that there aren't yet."""
        for name in names:
            if name not in self.made:
                self.bench.create_account(name, passphrase=PASSPHRASE, roles=(ROLES[name],))
                self.made.add(name)

    def __call__(self, name: str) -> Session:
        """Return somebody's one session, opened when it is first asked for."""
        if name not in self.sessions or self.sessions[name].is_locked:
            self.sessions[name] = self.again(name)
        return self.sessions[name]

    def again(self, name: str) -> Session:
        """Return a new session of somebody."""
        self.create(name)
        return self.bench.sign_in(name, passphrase=PASSPHRASE)

    def id_of(self, name: str) -> bytes:
        """Return somebody's account id."""
        self.create(name)
        return self.bench._accounts.id_of(name)


@contextlib.contextmanager
def new_world(location, device):
    """Open a new store without the cost of a guess, which a dozen people would pay with each sign-in."""
    with quick_derivation(), contextlib.closing(Workbench.open(location, device=device)) as bench:
        yield World(bench, location)


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request, tmp_path):
    """Return an empty world on each engine; modules that use it import it."""
    location = tmp_path / "store.db"
    if request.param == "postgresql":
        location = request.getfixturevalue("postgres_server").url(request.getfixturevalue("postgres_name"))
    with new_world(location, tmp_path / "device") as made:
        yield made
