"""``workbench …``: thin calls of the methods that notebooks use. Secrets are asked for, never taken as arguments."""

from workbench.cli.command_line import main

__all__ = ["main"]
