"""The server: made anew for the run, stopped by its process id, its folder removed."""

import contextlib
import itertools
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import psycopg
import trustme

from postgres_server.programs import NoPostgresError, account, as_account, programs
from postgres_server.tls_front import TlsFront

TLS_NAME = "db.example"
"""The name in the server's certificate; tests give the address themselves, with hostaddr."""

_SECONDS = 60.0


class PostgresServer:
    """A PostgreSQL cluster of its own.

    Parameters
    ----------
    folder : Path
        Receives everything; its path must be short enough for a socket's (107 bytes).
    place : Path
        PostgreSQL's programs.
    """

    def __init__(self, folder, place):
        self.folder = folder
        self.place = place
        self.password = secrets.token_urlsafe(12) + "%/@ '"  # whoever quotes it wrongly fails
        self.authority = folder / "authority.pem"
        self.other_authority = folder / "other.pem"
        self._data = folder / "data"
        self._log = folder / "log"
        self._process = None
        self._front = None
        self.port = _free_port()
        self._numbers = itertools.count(1)
        self._make()

    @property
    def has_own_tls(self):
        """Whether this build of PostgreSQL speaks TLS; pip's doesn't, and then a front does so for it."""
        configured = subprocess.run(
            [self.place / "pg_config", "--configure"], capture_output=True, text=True, check=True
        ).stdout
        return "--with-openssl" in configured or "--with-ssl" in configured

    @property
    def pid(self):
        """The process that every backend descends from."""
        return self._process.pid

    def url(self, database, *, way="socket", host=None, **options):
        """Return the address of a database.

        Parameters
        ----------
        database : str
            Its name.
        way : {"socket", "tcp", "tls"}
            Over TCP a password is asked for. ``tls`` leads to a port that speaks TLS, though not only.
        host : str, optional
            The name to give.
        options
            More for the query.
        """
        if way == "socket":
            options = {"host": str(self.folder), "port": self.port, **options}
            start = f"postgresql://postgres@/{database}"
        else:
            port = self.tls_port if way == "tls" else self.port
            start = f"postgresql://postgres:{quote(self.password, safe='')}@{host or '127.0.0.1'}:{port}/{database}"
        query = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in options.items())
        return f"{start}?{query}" if query else start

    @contextlib.contextmanager
    def database(self):
        """Make an empty database, give its name, and drop it."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        with self.administrator() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        try:
            yield name
        finally:
            with self.administrator() as connection:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def administrator(self, database="postgres"):
        """Return a connection of the superuser."""
        return psycopg.connect(
            host=str(self.folder), port=self.port, user="postgres", dbname=database, autocommit=True, sslmode="disable"
        )

    def start(self):
        """Start the server and wait until it answers."""
        for _ in range(3):  # another program may take the port in between
            if self._start():
                return
            self.port = _free_port()
        raise NoPostgresError(self._log.read_text(errors="replace")[-2000:])

    def stop(self):
        """Stop the server at once: its data goes anyway."""
        if self._front is not None:
            self._front.stop()
            self._front = None
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)
            try:
                self._process.wait(_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = None

    def _make(self):
        self._data.mkdir(mode=0o700)
        secret = self.folder / "password"
        secret.write_text(self.password)
        for path in (self.folder, self._data, secret):
            self._hand_over(path)
        subprocess.run(
            [
                *(self.place / "initdb", "-D", self._data, "-U", "postgres", "--pwfile", secret, "--no-sync"),
                *("--auth-local=trust", "--auth-host=scram-sha-256", "--encoding=UTF8", "--locale=C"),
            ],
            capture_output=True,
            check=True,
            **as_account(),
        )
        secret.unlink()
        known, other = trustme.CA(), trustme.CA()
        known.cert_pem.write_to_path(self.authority)
        other.cert_pem.write_to_path(self.other_authority)
        leaf = known.issue_cert(TLS_NAME)
        leaf.private_key_pem.write_to_path(self._data / "server.key")
        leaf.cert_chain_pems[0].write_to_path(self._data / "server.crt")
        for name in ("server.key", "server.crt"):
            (self._data / name).chmod(0o600)
            self._hand_over(self._data / name)
        self._leaf = leaf

    def _hand_over(self, path):
        if os.geteuid() == 0:
            os.chown(path, account().pw_uid, account().pw_gid)

    def _start(self):
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.folder,
            "ssl": "on" if self.has_own_tls else "off",
            "fsync": "off",  # the tests' data may go with the machine
            "full_page_writes": "off",
            "max_connections": "100",
            "shared_buffers": "32MB",
            "logging_collector": "off",
        }
        command = [self.place / "postgres", "-D", self._data]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **as_account()
            )
        end = time.monotonic() + _SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            with contextlib.suppress(psycopg.Error), self.administrator():
                self._front = None if self.has_own_tls else TlsFront(self._leaf, self.port)
                self.tls_port = self.port if self._front is None else self._front.port
                return True
            time.sleep(0.02)
        self.stop()
        return False


@contextlib.contextmanager
def running_server(places=None):
    """Run the first PostgreSQL that starts; fail where none does.

    Parameters
    ----------
    places : callable, optional
        Given a folder for copies, returns the folders with PostgreSQL's programs; by default the system's and pip's.
    """
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    folder.chmod(0o755)
    failures = []
    try:
        for number, place in enumerate((places or programs)(folder)):
            home = folder / str(number)
            home.mkdir()
            try:
                server = PostgresServer(home, place)
                server.start()
            except (OSError, subprocess.SubprocessError, NoPostgresError) as error:
                failures.append(f"{place}: {error}")
                continue
            try:
                yield server
            finally:
                server.stop()
            return
        raise NoPostgresError("\n".join(failures) or "There is no PostgreSQL: pip install --group tests brings one.")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
