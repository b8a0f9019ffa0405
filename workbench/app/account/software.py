"""Whether the software that keeps the account is up to date, as far as this machine can say without asking anyone."""

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from importlib import metadata
from typing import Literal

State = Literal["pass", "warn", "fail", "unknown"]

PYTHON_ENDS = {
    (3, 11): date(2027, 10, 31),  # PEP 664
    (3, 12): date(2028, 10, 31),  # PEP 693
    (3, 13): date(2029, 10, 31),  # PEP 719
    (3, 14): date(2030, 10, 31),  # PEP 745
}
"""Until when a Python gets security fixes."""

SOON = 180  # days before the end of support in which it is said

WATCHED = ("cryptography", "anthropic", "jupyterlab", "ipywidgets", "anywidget")
"""What an attacker would come through first; `workbench` itself names the oldest version that it takes."""


@dataclass(frozen=True, slots=True)
class SoftwareCheck:
    """One line of the list.

    Parameters
    ----------
    name : str
        What was looked at.
    state : str
        ``"pass"``, ``"warn"``, ``"fail"``, or ``"unknown"``: never a pass that wasn't looked at.
    detail : str
        A sentence.
    """

    name: str
    state: State
    detail: str


def software_status(*, today: date, version: Callable[[str], str] = metadata.version) -> list[SoftwareCheck]:
    """Return what is known of this installation, and what isn't; nothing is sent.

    Parameters
    ----------
    today : date
        To compare with the ends of support.
    version : callable
        The installed version of a package.
    """
    return [_python(today), *_packages(version), _advisories()]


def _python(today: date) -> SoftwareCheck:
    running = sys.version_info[:2]
    name, ends = f"Python {running[0]}.{running[1]}", PYTHON_ENDS.get(running)
    if ends is None:
        return SoftwareCheck(name, "unknown", "This workbench doesn't know until when it gets security fixes.")
    if today > ends:
        return SoftwareCheck(name, "fail", f"It gets no security fixes since {ends:%d %B %Y}. Install a newer Python.")
    state: State = "warn" if (ends - today).days < SOON else "pass"
    return SoftwareCheck(name, state, f"It gets security fixes until {ends:%B %Y}.")


def _packages(version: Callable[[str], str]) -> Iterator[SoftwareCheck]:
    oldest = _oldest_taken()
    for package in WATCHED:
        try:
            installed = version(package)
        except metadata.PackageNotFoundError:
            yield SoftwareCheck(package, "fail", "It isn't installed. Run: pip install --upgrade workbench.")
            continue
        needed = oldest.get(package, "")
        if _numbers(installed) < _numbers(needed):
            detail = f"{installed} is older than {needed}, which is needed. Run: pip install --upgrade {package}."
            yield SoftwareCheck(package, "fail", detail)
        else:
            yield SoftwareCheck(package, "pass", f"{installed} is installed; {needed or 'any'} or newer is needed.")


def _advisories() -> SoftwareCheck:
    return SoftwareCheck(
        "Known vulnerabilities",
        "unknown",
        "Not looked up: that would ask another machine. Run: pip install --upgrade workbench, then pip-audit --strict.",
    )


def _oldest_taken() -> dict[str, str]:
    """Return package → the oldest version that the workbench takes, as its own metadata say."""
    try:
        required = metadata.requires("workbench") or []
    except metadata.PackageNotFoundError:
        return {}
    found = (re.match(r"([A-Za-z0-9_.-]+)\s*(?:\[[^\]]*\])?\s*[^;]*?>=\s*([0-9.]+)", one) for one in required)
    return {match[1].lower(): match[2] for match in found if match}


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])
