"""Bodies of records as format 1 had them: JSON in ASCII, with the body's version as a member."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from workbench.crypto import Kind
from workbench.errors import IntegrityError
from workbench.records import AuditEntry, Entity, Minimised, Prompt, Pseudonyms, Turn, TurnId, Usage, UsageEvent
from workbench.storage.codec import encode

_VERSION = 1


def converted(body: bytes, kind: Kind) -> bytes:
    """Return the same record as a body of today's version.

    Raises
    ------
    IntegrityError
        When it is no such record, or holds what today's bodies can't.
    """
    try:
        members = json.loads(body)
        if members.pop("body") == _VERSION:
            return encode(_READERS[kind](members))
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError):
        pass
    raise IntegrityError("A record of format 1 can't be read: whoever sealed it didn't follow the format.")


def _turn(members: Mapping[str, Any]) -> Turn:
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


_READERS: Mapping[Kind, Any] = {
    Kind.TURN: _turn,
    Kind.USAGE_EVENT: lambda members: UsageEvent(**members),
    Kind.AUDIT_ENTRY: lambda members: AuditEntry(**members),
}
