"""A real PostgreSQL on this machine: on a socket, on the loopback interface, behind TLS; as long as the tests run."""

from postgres_server.server import PostgresServer, running_server

__all__ = ["PostgresServer", "running_server"]
