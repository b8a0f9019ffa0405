"""Find a Chromium for the browser tests, or get one: ``python tests/browser/chromium.py`` prints its path."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
REMEDY = "Install one that is on the PATH as chromium or google-chrome; the browser tests are not skipped without it."


def find():
    """Return the path of a Chromium that starts: the system's own first, then Playwright's; or None."""
    of_the_system = next(filter(_starts, filter(None, map(shutil.which, NAMES))), None)
    found = of_the_system or next(filter(_starts, [_of_playwright()]), None)
    return Path(found) if found else None


def ensure():
    """Return the path of a Chromium, after fetching Playwright's own or, as root, the system's, where there is none.

    Raises
    ------
    FileNotFoundError
        When there is none and none can be got.
    """
    found = find()
    for command in () if found else _fetches():
        subprocess.run(command, check=False, stdout=sys.stderr)
        if found := find():
            break
    if found is None:
        raise FileNotFoundError(f"There is no Chromium, and none could be fetched. {REMEDY}")
    return found


def _fetches():
    """Return the commands that can get one, in the order to be tried."""
    commands = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        commands += [
            [sys.executable, "-m", "playwright", "install-deps", "chromium"],
            ["apt-get", "install", "--yes", "--quiet", "chromium"],
        ]
    return commands


def _of_playwright():
    """Return where Playwright keeps its own; it tells the path whether or not the file is there."""
    asking = "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)"
    # In a process of its own: two of Playwright's can't live in one thread.
    done = subprocess.run([sys.executable, "-c", asking], check=False, capture_output=True, text=True)
    return done.stdout.strip()


def _starts(path):
    """Tell whether it runs: on some systems the name is a stub that asks for a package."""
    try:
        done = subprocess.run([path, "--version"], check=False, capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


if __name__ == "__main__":
    try:
        print(ensure())  # noqa: T201 - a command line
    except FileNotFoundError as error:
        sys.exit(str(error))
