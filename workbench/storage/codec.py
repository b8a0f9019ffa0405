"""Records to bytes and back, before sealing and after opening.

JSON with sorted keys, in ASCII (so that any Python string survives, lone surrogates included). The first member is the
body's version; readers refuse what they don't know.
"""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from workbench.errors import StoreVersionError
from workbench.records import (
    AuditEntry,
    Entity,
    Minimised,
    Prompt,
    Pseudonyms,
    Turn,
    TurnId,
    Usage,
    UsageEvent,
)

BODY_VERSION = 1
Record = TypeVar("Record", Turn, UsageEvent, AuditEntry)


def encode(record: Turn | UsageEvent | AuditEntry) -> bytes:
    """Return the body of a record; `decode` is its inverse."""
    members: dict[str, Any] = _turn_members(record) if isinstance(record, Turn) else _plain_members(record)
    return json.dumps({"body": BODY_VERSION, **members}, sort_keys=True, separators=(",", ":")).encode("ascii")


def decode(body: bytes, kind: type[Record]) -> Record:
    """Return the record of an opened body.

    Raises
    ------
    StoreVersionError
        When the body is of a version that this program doesn't read.
    """
    members = json.loads(body)
    if members.pop("body", None) != BODY_VERSION:
        raise StoreVersionError("A record was written by a newer workbench.")
    build: Callable[..., Any] = _turn if kind is Turn else kind
    record: Record = build(**members)
    return record


def _plain_members(record: UsageEvent | AuditEntry) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


def _turn_members(turn: Turn) -> dict[str, Any]:
    return {
        "id": turn.id,
        "created": turn.created.isoformat(),
        "prompt": [turn.prompt.text, turn.prompt.form, turn.prompt.seed],
        "minimised": turn.minimised.text,
        "entities": [[e.start, e.end, e.kind, e.rule, e.confidence] for e in turn.minimised.entities],
        "text": turn.text,
        "outcome": turn.outcome,
        "usage": [turn.usage.input_tokens, turn.usage.output_tokens, turn.usage.is_estimated],
        "manifest": dict(turn.manifest),
        "pseudonyms": dict(turn.pseudonyms.originals),
    }


def _turn(**members: Any) -> Turn:
    entities = tuple(Entity(*entity) for entity in members["entities"])
    return Turn(
        id=TurnId(members["id"]),
        created=datetime.fromisoformat(members["created"]),
        prompt=Prompt(*members["prompt"]),
        minimised=Minimised(members["minimised"], entities=entities),
        text=members["text"],
        outcome=members["outcome"],
        usage=Usage(*members["usage"]),
        manifest=members["manifest"],
        pseudonyms=Pseudonyms(members["pseudonyms"]),
    )
