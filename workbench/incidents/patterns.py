"""The ways in which a rule looks at entries, one class for each; they hold times and opaque ids, and never an entry."""

from collections import deque
from collections.abc import Mapping
from datetime import datetime
from typing import Final, Protocol

from workbench.incidents.rules import Pattern, Rule
from workbench.incidents.signs import matches_any
from workbench.records import AuditEntry

_MOST = 1000  # times that one entry stands for


class Watcher(Protocol):
    """Looks at the entries of one log, in their order."""

    def evidence(self, entry: AuditEntry, *, time: datetime) -> int:
        """Return how many entries stand behind the suspicion that this one completes; 0 when it completes none."""


class _Count:
    """So many within so long. A clock set back makes entries count for longer, never for less long."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._times: deque[datetime] = deque()

    def evidence(self, entry: AuditEntry, *, time: datetime) -> int:
        if not matches_any(self._rule.signs, entry):
            return 0
        self._times.extend([time] * _count(entry))
        while (time - self._times[0]).total_seconds() > _window(self._rule):
            self._times.popleft()
        return len(self._times) if len(self._times) >= self._rule.threshold else 0


class _SuccessAfter:
    """A success, with so many failures since the one before it, however slowly they came."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._failures = 0

    def evidence(self, entry: AuditEntry, *, time: datetime) -> int:  # noqa: ARG002 - the order says it all
        if matches_any(self._rule.signs, entry):
            self._failures += _count(entry)
            return 0
        if not matches_any(self._rule.then, entry):
            return 0
        failures, self._failures = self._failures, 0
        return failures + 1 if failures >= self._rule.threshold else 0


class _FirstSeen:
    """A device that isn't the log's first and wasn't seen before; sign-ins that name none share one."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._devices: set[str] = set()

    def evidence(self, entry: AuditEntry, *, time: datetime) -> int:  # noqa: ARG002 - the order says it all
        if not matches_any(self._rule.signs, entry):
            return 0
        device = entry.facts.get("device", "")
        is_first, is_new = not self._devices, device not in self._devices
        self._devices.add(device)
        return int(is_new and not is_first)


class _Gap:
    """One, with none for longer than so long before it."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._last: datetime | None = None

    def evidence(self, entry: AuditEntry, *, time: datetime) -> int:
        if not matches_any(self._rule.signs, entry):
            return 0
        last, self._last = self._last, time
        return 2 if last is not None and (time - last).total_seconds() > _window(self._rule) else 0


class _Backwards:
    """An entry whose time lies too far before an earlier one's; from there it begins anew.

    A clock that is set back by less than the pause since the last entry doesn't show.
    """

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._latest: datetime | None = None

    def evidence(self, entry: AuditEntry, *, time: datetime) -> int:  # noqa: ARG002 - every entry counts
        latest = self._latest
        if latest is not None and (latest - time).total_seconds() > _window(self._rule):
            self._latest = time
            return 2
        self._latest = time if latest is None else max(latest, time)
        return 0


_WATCHERS: Final[Mapping[Pattern, type[_Count | _SuccessAfter | _FirstSeen | _Gap | _Backwards]]] = {
    "count": _Count,
    "success_after": _SuccessAfter,
    "first_seen": _FirstSeen,
    "gap": _Gap,
    "backwards": _Backwards,
}


def watcher_of(rule: Rule) -> Watcher:
    """Return a fresh watcher for a rule."""
    return _WATCHERS[rule.pattern](rule)


def _count(entry: AuditEntry) -> int:
    """Return how many times an entry stands for: what fails while an account is locked is counted, and told later."""
    count = entry.facts.get("count", "1")
    return min(int(count), _MOST) if count.isdecimal() and count.isascii() else 1


def _window(rule: Rule) -> int:
    return rule.window or 0
