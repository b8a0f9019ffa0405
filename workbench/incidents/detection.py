"""Entries of the audit log in, alerts out: the rules applied, and nothing remembered but what they need."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from workbench.errors import InputError, IntegrityError
from workbench.incidents.notices import NoticeName
from workbench.incidents.patterns import watcher_of
from workbench.incidents.rules import RULES, Action, Rule, RuleId, Scope
from workbench.records import AuditEntry


@dataclass(frozen=True, slots=True)
class Alert:
    """One suspicion; fixed words and numbers, no content, no name.

    Parameters
    ----------
    rule : str
        The id of the rule, for example ``"S04"``.
    time : str
        That of the entry that completed it.
    text : str
        What happened, in a sentence.
    action : str
        What is to be done.
    evidence : int
        How many entries stand behind it.
    notice : str
        Which notice tells a person of it.
    """

    rule: RuleId
    time: str
    text: str
    action: Action
    evidence: int
    notice: NoticeName


class Detector:
    """Looks at a log as it grows: feed it every entry, oldest first, and each new one as it is written.

    Parameters
    ----------
    rules : sequence of Rule
        Which rules.
    scope : str
        ``"account"`` for the log of one account, ``"store"`` for those of all, merged by time.

    Raises
    ------
    InputError
        When none of the rules is of that scope: nothing would ever be found.
    """

    def __init__(self, rules: Sequence[Rule] = RULES, *, scope: Scope = "account") -> None:
        self._watchers = [(rule, watcher_of(rule)) for rule in rules if rule.scope == scope]
        if not self._watchers:
            raise InputError("There is no rule to detect anything by.", remedy="Leave rules= out for the defaults.")
        self._last: dict[tuple[RuleId, NoticeName], datetime] = {}

    def see(self, entry: AuditEntry) -> list[Alert]:
        """Return the alerts that an entry raises.

        Raises
        ------
        IntegrityError
            When its time isn't one.
        """
        time = _time_of(entry)
        found = []
        for rule, watcher in self._watchers:
            evidence = watcher.evidence(entry, time=time)
            if evidence and not self._is_quiet(rule, time):
                self._last[rule.id, rule.notice] = time
                found.append(Alert(rule.id, entry.time, rule.text, rule.action, evidence, rule.notice))
        return found

    def _is_quiet(self, rule: Rule, time: datetime) -> bool:
        """Tell whether the same was said just now; a clock set back far doesn't silence what follows."""
        last = self._last.get((rule.id, rule.notice))
        return last is not None and abs((time - last).total_seconds()) < rule.quiet


def alerts(entries: Iterable[AuditEntry], rules: Sequence[Rule] = RULES, *, scope: Scope = "account") -> list[Alert]:
    """Return every alert that a log gives rise to, oldest first; the same log gives the same alerts.

    Parameters
    ----------
    entries : iterable of AuditEntry
        Oldest first, as `workbench.audit.AuditLog.entries` returns them.
    rules : sequence of Rule
        Which rules.
    scope : str
        As for `Detector`.

    Raises
    ------
    InputError
        When none of the rules is of that scope.
    IntegrityError
        When the time of an entry isn't one.
    """
    detector = Detector(rules, scope=scope)
    return [alert for entry in entries for alert in detector.see(entry)]


def _time_of(entry: AuditEntry) -> datetime:
    time = None
    with suppress(ValueError):
        time = datetime.fromisoformat(entry.time)
    if time is None or time.tzinfo is None:
        raise IntegrityError("An entry of the audit log has no readable time.")
    return time
