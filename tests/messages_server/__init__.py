"""A Messages API on this machine, over real TLS, that says what it is told to say and keeps every byte it is sent."""

from messages_server.certificates import Authority
from messages_server.channel import Connection
from messages_server.scripted import Scripted
from messages_server.server import MessagesServer, Request, running_server

__all__ = ["Authority", "Connection", "MessagesServer", "Request", "Scripted", "running_server"]
