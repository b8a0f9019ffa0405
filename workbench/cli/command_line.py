"""The command line's parser, and what its exit status means."""

import argparse
from collections.abc import Sequence
from importlib.metadata import version

from workbench.cli import accounts, backups, demo, factors, keys, lab, measuring, team
from workbench.cli.output import tell
from workbench.errors import WorkbenchError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status: 0 done, 1 a `WorkbenchError` was shown, 2 the command was misspelt."""
    parser = _parser()
    chosen, rest = parser.parse_known_args(arguments)
    if rest and chosen.command != "lab":
        parser.error(f"unrecognised: {' '.join(rest)}")
    chosen.rest = rest
    try:
        status: int = chosen.run(chosen)
    except WorkbenchError as error:
        tell(f"workbench: {error}")
        return 1
    except KeyboardInterrupt:
        tell("workbench: stopped; what was sealed stays.")
        return 130
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="workbench", description="Compose with Claude in private.")
    parser.add_argument("--version", action="version", version=f"workbench {version('workbench')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for group in (accounts, factors, keys, team, backups, demo, lab, measuring):
        group.add(commands)
    return parser
