import pytest
from a_team import a_team
from postgres_server import programs, running_server


@pytest.fixture(scope="session", params=["installed", "pip"])
def team_server(request):
    """Return each of the servers that the tests know: the system's, where there is one, and pip's, without pgcrypto."""
    if request.param == "installed":
        yield request.getfixturevalue("postgres_server")
        return
    with running_server(lambda folder: [programs.of_pip(folder)]) as server:
        yield server


@pytest.fixture
def team(team_server):
    with a_team(team_server) as team:
        yield team


@pytest.fixture
def pair(team):
    """Return a team of alice and bob, each with an account, vaults and a few rows of every table."""
    team.add("alice", "bob", roles=("researcher",))
    return team, team.account("alice"), team.account("bob")
