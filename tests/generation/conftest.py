"""What the tests of Claude share: a server, a client for it, and a quiet environment."""

import asyncio
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import aclosing
from pathlib import Path

import pytest
from messages_server import Authority, MessagesServer

import workbench
from workbench.generation import Claude, Reply

KEY = "sk-ant-test-k3y-canary"
"""An invented API key; no test may find it anywhere but in the Authorization header."""


@pytest.fixture(autouse=True)
def quiet_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Take away what the machine's own environment says about Claude and proxies, and put loggers back afterwards."""
    for name in list(os.environ):
        if name.startswith(("ANTHROPIC_", "SSL", "OTEL_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    names = ("anthropic", "anthropic._base_client", "httpx2", "httpcore2")
    levels = {name: logging.getLogger(name).level for name in names}
    yield
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="session")
def ca_bundle(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return authority.write_bundle(tmp_path_factory.mktemp("authority") / "authority.pem")


@pytest.fixture
def server(authority: Authority) -> Iterator[MessagesServer]:
    with MessagesServer(authority.server_context()) as server:
        yield server


@pytest.fixture
def claude(server: MessagesServer, ca_bundle: Path) -> Claude:
    return Claude(api_key=KEY, base_url=server.base_url, ca_bundle=ca_bundle)


@pytest.fixture(scope="session")
def read_all() -> Callable[[Reply], list[str]]:
    """Return a function that reads a whole answer in an event loop of its own."""

    async def collect(reply: Reply) -> list[str]:
        async with aclosing(reply.__aiter__()) as pieces:
            return [piece async for piece in pieces]

    return lambda reply: asyncio.run(collect(reply))


@pytest.fixture(scope="session")
def run_python() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs a script in a fresh Python, with further variables in its environment."""

    def run(script: str, **variables: str) -> subprocess.CompletedProcess[str]:
        root = str(Path(workbench.__file__).parents[1])
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": root, **variables}
        return subprocess.run(
            [sys.executable, "-c", script],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )

    return run
