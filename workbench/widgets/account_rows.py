"""What the account panel sends to its view of each thing that it lists: words, times and ids."""

from collections.abc import Iterable
from typing import Any

from workbench.app.account.notices import Notice
from workbench.app.account.software import SoftwareCheck
from workbench.app.sharing.overseers import Reader
from workbench.audit import WORDS, in_words
from workbench.identity import Request, SessionInfo, Strength
from workbench.incidents import Alert
from workbench.records import AuditEntry

Row = dict[str, Any]

ASKED = {
    "role:grant": "Change what an account may do",
    "break-glass:request": "Open somebody's history",
}
"""What is asked for, in words, by its permission."""


def alert_rows(alerts: Iterable[Alert]) -> list[Row]:
    """Return what looks wrong."""
    return [{"time": alert.time, "text": alert.text, "rule": alert.rule} for alert in alerts]


def notice_rows(notices: Iterable[Notice]) -> list[Row]:
    """Return what others did to the account."""
    return [
        {
            "id": notice.notice_id,
            "time": notice.time.isoformat(),
            "what": WORDS.get(notice.event, notice.event.replace("_", " ")),
            "facts": ", ".join(f"{name}: {value}" for name, value in notice.facts.items()),
            "sender": notice.sender[:8],
        }
        for notice in notices
    ]


def request_rows(requests: Iterable[Request]) -> list[Row]:
    """Return what the account is asked to approve."""
    return [
        {
            "id": request.digest,
            "what": ASKED.get(request.permission, request.permission),
            "facts": ", ".join(f"{name}: {value}" for name, value in request.facts.items()),
            "requester": request.requester.hex()[:8],
        }
        for request in requests
    ]


def reader_rows(readers: Iterable[Reader]) -> list[Row]:
    """Return who can read the account's records."""
    return [
        {
            "account": reader.account_id[:8],
            "roles": ", ".join(reader.roles) or "no role",
            "kind": f"{reader.kind}s".replace("audit entrys", "audit entries"),
            "alone": reader.is_alone,
        }
        for reader in readers
    ]


def session_rows(sessions: Iterable[SessionInfo]) -> list[Row]:
    """Return the open sessions."""
    return [
        {
            "id": info.session_id,
            "device": info.device,
            "first": info.first_seen.isoformat(),
            "last": info.last_seen.isoformat(),
            "is_this": info.is_this,
        }
        for info in sessions
    ]


def activity_rows(entries: Iterable[AuditEntry]) -> list[Row]:
    """Return entries of the audit log in words."""
    return [
        {"time": entry.time, "what": in_words(entry), "failed": entry.outcome == "failure", "event": entry.event}
        for entry in entries
    ]


def last_of(entries: Iterable[AuditEntry], event: str) -> str | None:
    """Return when an event last succeeded, among entries that are newest first."""
    return next((entry.time for entry in entries if entry.event == event and entry.outcome == "success"), None)


def software_rows(checks: Iterable[SoftwareCheck]) -> list[Row]:
    """Return whether the software is up to date."""
    return [{"name": check.name, "state": check.state, "detail": check.detail} for check in checks]


def strength_row(strength: Strength) -> Row:
    """Return how strong a passphrase is, and why."""
    return {
        "score": strength.score,
        "accepted": strength.is_accepted,
        "guesses": strength.guesses_log10,
        "reasons": strength.reasons,
    }
