"""Records to bytes and back, before sealing and after opening.

MessagePack with sorted keys; a body is an array whose first member is the body's version, and readers refuse what they
don't know. Text is UTF-8 in which a lone surrogate, which Python can hold, passes as its three bytes.
``docs/format.md`` lists the members.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgpack

from workbench.errors import IntegrityError, StoreVersionError
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

BODY_VERSION = 2  # 1 was JSON, which `workbench.storage.upgrades.body_1` still reads
Record = TypeVar("Record", Turn, UsageEvent, AuditEntry)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def pack(*members: Any) -> bytes:
    """Return a body of plain members: numbers, text, bytes, arrays, maps."""
    packed: bytes = msgpack.packb([BODY_VERSION, *members], use_bin_type=True, unicode_errors="surrogatepass")
    return packed


def unpack(body: bytes) -> list[Any]:
    """Return the members of a body.

    Raises
    ------
    StoreVersionError
        When the body is of a version that this program doesn't read.
    IntegrityError
        When it isn't a body: whoever sealed it didn't follow the format.
    """
    members: Any = None
    with suppress(ValueError, TypeError, RecursionError, msgpack.UnpackException):
        members = msgpack.unpackb(body, unicode_errors="surrogatepass", strict_map_key=True)
    if not isinstance(members, list) or not members or type(members[0]) is not int:
        raise IntegrityError("A record's content can't be read: whoever sealed it didn't follow the format.")
    if members[0] != BODY_VERSION:
        raise StoreVersionError("A record was written by a newer workbench.")
    return members[1:]


def encode(record: Turn | UsageEvent | AuditEntry) -> bytes:
    """Return the body of a record; `decode` is its inverse."""
    if isinstance(record, Turn):
        return pack(*_turn_members(record))
    if isinstance(record, UsageEvent):
        return pack(
            record.day,
            record.feature,
            record.form,
            record.model,
            record.outcome,
            record.input_tokens,
            record.output_tokens,
            record.milliseconds,
            _sorted(record.redactions),
        )
    return pack(record.time, record.event, record.outcome, record.subject, _sorted(record.facts))


def decode(body: bytes, kind: type[Record]) -> Record:
    """Return the record of an opened body.

    Raises
    ------
    StoreVersionError
        When the body is of a version that this program doesn't read.
    IntegrityError
        When its members aren't those of such a record.
    """
    members = unpack(body)
    try:
        made: Any = _turn(*members) if kind is Turn else kind(*members)
    except (TypeError, ValueError, OverflowError):
        made = None
    if made is None:
        raise IntegrityError("A record's content is of another kind than its place says.")
    record: Record = made
    return record


def turn_row(body: bytes) -> tuple[Any, ...]:
    """Return what a frame shows of a turn, without making the turn: a third of the time.

    Returns
    -------
    tuple
        id (hexadecimal), created (µs since 1970, UTC), form, model, label, outcome, prompt, minimised, text, entities
        (their number), input tokens, output tokens.

    Raises
    ------
    StoreVersionError, IntegrityError
        As `decode`.
    """
    members = unpack(body)
    try:
        turn_id, created, (prompt, form, _), minimised, entities, text, outcome, usage, manifest, _ = members
        return (
            turn_id.hex(),
            created,
            form or "",
            manifest["model"],
            manifest["label"],
            outcome,
            prompt,
            prompt if minimised is None else minimised,
            text,
            len(entities),
            usage[0],
            usage[1],
        )
    except (TypeError, ValueError, KeyError, IndexError, AttributeError):
        pass
    raise IntegrityError("A record's content is of another kind than its place says.")


def _sorted(mapping: Mapping[str, Any]) -> dict[str, Any]:
    return {name: mapping[name] for name in sorted(mapping)}


def _turn_members(turn: Turn) -> tuple[Any, ...]:
    return (
        bytes.fromhex(turn.id),
        (turn.created - _EPOCH) // _MICROSECOND,
        (turn.prompt.text, turn.prompt.form, turn.prompt.seed),
        None if turn.minimised.text == turn.prompt.text else turn.minimised.text,
        [(e.start, e.end, e.kind, e.rule, e.confidence) for e in turn.minimised.entities],
        turn.text,
        turn.outcome,
        (turn.usage.input_tokens, turn.usage.output_tokens, turn.usage.is_estimated),
        _sorted(turn.manifest),
        _sorted(turn.pseudonyms.originals),
    )


def _turn(  # noqa: PLR0913, PLR0917 - a turn's members, in their order
    turn_id: bytes,
    created: int,
    prompt: list[Any],
    minimised: str | None,
    entities: list[Any],
    text: str,
    outcome: Any,
    usage: list[Any],
    manifest: dict[str, str],
    pseudonyms: dict[str, str],
) -> Turn:
    return Turn(
        id=TurnId(turn_id.hex()),
        created=_EPOCH + timedelta(microseconds=created),
        prompt=Prompt(*prompt),
        minimised=Minimised(
            prompt[0] if minimised is None else minimised, entities=tuple(Entity(*entity) for entity in entities)
        ),
        text=text,
        outcome=outcome,
        usage=Usage(*usage),
        manifest=manifest,
        pseudonyms=Pseudonyms(pseudonyms),
    )
