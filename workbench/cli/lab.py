"""``workbench lab``: JupyterLab on the first lesson, without its question whether it may fetch news."""

import argparse
import os
from pathlib import Path
from typing import Any

LESSON = Path("notebooks/01_first_prompt.ipynb")
SETTINGS = Path(__file__).parent / "settings"
"""Defaults of JupyterLab's settings: it asks neither its site for news nor PyPI for releases.

Settings that a person chooses go first.
"""


def add(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the command of this file."""
    lab = commands.add_parser(
        "lab",
        help="open JupyterLab on the first lesson; a notebook and options of JupyterLab may follow",
        usage="workbench lab [-h] [NOTEBOOK] [OPTION ...]",
        epilog="The options are JupyterLab's: jupyter lab --help lists them.",
    )
    lab.set_defaults(run=_lab)


def _lab(chosen: argparse.Namespace) -> int:
    from jupyterlab.labapp import main as jupyterlab  # noqa: PLC0415 - heavy

    options = [*chosen.rest]
    if not any(option.endswith(".ipynb") for option in options) and LESSON.exists():
        options.insert(0, str(LESSON))
    if os.name == "posix" and os.geteuid() == 0 and "--allow-root" not in options:
        options.append("--allow-root")  # a container's only user; JupyterLab listens on this machine only, with a token
    places = filter(None, (str(SETTINGS), os.environ.get("JUPYTER_CONFIG_PATH")))
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(places)
    jupyterlab(options)
    return 0
