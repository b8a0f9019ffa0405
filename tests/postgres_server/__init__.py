"""A real PostgreSQL on this machine: on a socket, on the loopback interface, behind TLS; as long as the tests run."""

from postgres_server import programs
from postgres_server.server import TLS_NAME, PostgresServer, running_server

__all__ = ["TLS_NAME", "PostgresServer", "programs", "running_server"]
