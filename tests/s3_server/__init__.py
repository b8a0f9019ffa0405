"""A server that speaks S3 on this machine (moto's, in a process of its own), and connections to it that break."""

from s3_server.canned import Canned
from s3_server.relay import Relay
from s3_server.server import KEY, PAGE, SECRET, TOKEN, Server, running_server

__all__ = ["KEY", "PAGE", "SECRET", "TOKEN", "Canned", "Relay", "Server", "running_server"]
