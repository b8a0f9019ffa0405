"""The published store of format 1, ``tests/vectors/format_1.db``, and what must be found in it."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from workbench.crypto import Kind
from workbench.records import AuditEntry, Turn, UsageEvent
from workbench.storage import decode

VECTORS = Path(__file__).parents[1] / "vectors"
TYPES = {Kind.TURN: Turn, Kind.USAGE_EVENT: UsageEvent, Kind.AUDIT_ENTRY: AuditEntry}


@dataclass(frozen=True)
class Account:
    """One of its people, who are invented."""

    name: str
    roles: tuple[str, ...]
    passphrase: str
    codes: tuple[str, ...]
    used: tuple[str, ...]
    account_id: bytes
    bodies: dict[Kind, dict[bytes, bytes]]
    """The JSON of each record, by id, oldest first."""


def accounts():
    """Return who is in it, with everything that they had."""
    listed = json.loads((VECTORS / "format_1.json").read_text("ascii"))["accounts"]
    return [
        Account(
            account["name"],
            tuple(account["roles"]),
            account["passphrase"],
            tuple(account["codes"]),
            tuple(account["used"]),
            bytes.fromhex(account["account_id"]),
            {Kind[kind]: dict(map(_split, lines)) for kind, lines in account["records"].items()},
        )
        for account in listed
    ]


def copy_to(path):
    """Put a store of format 1 there, and return its path."""
    shutil.copyfile(VECTORS / "format_1.db", path)
    path.chmod(0o600)
    return path


def fields(kind, body):
    """Return the members of today's body under the names that they had in format 1."""
    record = decode(body, TYPES[kind])
    if not isinstance(record, Turn):
        return {"body": 1} | {name: getattr(record, name) for name in record.__dataclass_fields__}
    return {
        "body": 1,
        "id": record.id,
        "created": record.created.isoformat(),
        "prompt": [record.prompt.text, record.prompt.form, record.prompt.seed],
        "minimised": record.minimised.text,
        "entities": [[e.start, e.end, e.kind, e.rule, e.confidence] for e in record.minimised.entities],
        "text": record.text,
        "outcome": record.outcome,
        "usage": [record.usage.input_tokens, record.usage.output_tokens, record.usage.is_estimated],
        "manifest": dict(record.manifest),
        "pseudonyms": dict(record.pseudonyms.originals),
    }


def _split(line):
    record_id, _, body = line.partition(" ")
    return bytes.fromhex(record_id), body.encode("ascii")
