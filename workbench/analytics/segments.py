"""Turns as columns: a segment is a run of turns packed once, from which a frame is read without reading any record.

A record costs a decryption, a decompression and a dozen Python objects; a segment costs the first two once for 256
turns, and the third not at all: the frame's text *is* the segment's bytes. Segments are a cache. They hold what the
records hold, so they are sealed like them, and whoever doubts one drops it and packs the turns again.

Nothing is compressed: unfolding costs more than all the rest, and a cache is there to be quick. What was sent is kept
only where it isn't what was typed. The frame's text lies in the segments' own memory, which is as large as the text.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from operator import eq
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workbench.analytics.columns import ANY_TEXT, AS_TEXT
from workbench.analytics.content import ContentFrame
from workbench.errors import IntegrityError
from workbench.records import TURN_COLUMNS

SEGMENT_TURNS = 256
"""How many turns make a segment: about 1 MB at 4 kB a turn, so that one erased turn costs little to pack again."""

Row = tuple[Any, ...]
"""What a frame shows of one turn: `TURN_COLUMNS` in their order, ``created`` as µs since 1970, UTC."""

_VERSION = b"2"
_ARROW = {"str": pa.large_string(), "datetime64[us, UTC]": pa.timestamp("us", tz="UTC"), "int64": pa.int64()}
_TEXTS = [name for name, dtype in TURN_COLUMNS.items() if dtype == "str"]
_SCHEMA = pa.schema(
    [
        *(pa.field(name, _ARROW[dtype], nullable=False) for name, dtype in TURN_COLUMNS.items()),
        pa.field("escaped", pa.uint8(), nullable=False),  # bit n: the turn's n-th text is escaped
        pa.field("unchanged", pa.bool_(), nullable=False),  # what was sent is what was typed, and stands there only
    ]
)
_END = (
    b"\xff\xff\xff\xff\0\0\0\0"  # of an IPC stream, which readers let a writer leave out (Arrow columnar format, IPC)
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SURROGATE = re.compile("[\ud800-\udfff]")
_MALFORMED = "A segment of turns is malformed, or of another version."
_REBUILD = "Drop the segment and pack its turns again; the records are untouched."


def pack_segment(rows: Sequence[Row]) -> bytes:
    """Return turns as the body of a segment, in the order given: an Arrow IPC stream of one batch.

    It holds content in the clear: seal it before it is written anywhere.

    Parameters
    ----------
    rows : sequence of tuple
        A turn each, as `Row` says; `SEGMENT_TURNS` of them, or fewer where some were erased; may be empty.
    """
    batch = _batch(rows)
    span = " ".join(map(str, _span(batch)))
    metadata = {b"workbench.segment": _VERSION, b"workbench.created": span.encode("ascii")}
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, _SCHEMA.with_metadata(metadata)) as writer:
        writer.write_batch(batch)
    body: bytes = sink.getvalue().to_pybytes()
    return body


def unpack_segments(
    bodies: Iterable[bytes | memoryview],
    tail: Iterable[Row] = (),
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> ContentFrame:
    """Return one row per turn, in the order given: those of the segments, then those of the tail.

    Columns: those of `TURN_COLUMNS`; ``created`` is datetime64 in microseconds, UTC; ``entities`` is the number of
    spans replaced. A column that holds a lone surrogate is of Python's strings, any other of Arrow's; both are ``str``.

    Parameters
    ----------
    bodies : iterable of bytes or memoryview
        What `pack_segment` returned, opened; each is asked for once.
    tail : iterable of tuple
        Turns that no segment holds yet.
    since, until : datetime, optional
        Keep turns from `since` on and before `until`; both with a time zone. A segment that lies outside is skipped
        unread.

    Raises
    ------
    IntegrityError
        When a body isn't a segment, or is of another version: drop it, and pack its turns again.
    """
    first, end = _microseconds(since), _microseconds(until)
    batches = [_opened(body, first, end) for body in bodies]
    rest = iter(tail)
    while rows := list(islice(rest, SEGMENT_TURNS)):  # whose strings make room for the next ones'
        batches.append(_batch(rows))
    table = pa.Table.from_batches([_within(batch, first, end) for batch in batches], _SCHEMA)
    sent = pc.if_else(table["unchanged"], table["prompt"], table["minimised"])
    table = table.set_column(table.schema.get_field_index("minimised"), _SCHEMA.field("minimised"), sent)
    frame = table.select(list(TURN_COLUMNS)).to_pandas(types_mapper=AS_TEXT)
    escaped = table["escaped"].to_numpy()
    for bit, name in enumerate(_TEXTS):
        marked = np.flatnonzero(escaped & (1 << bit))
        if marked.size:
            frame[name] = _unescaped(table[name], marked)
    return ContentFrame(frame)


def _batch(rows: Sequence[Row]) -> Any:
    """Return rows as one batch of the schema."""
    columns = dict(zip(TURN_COLUMNS, zip(*rows, strict=True) if rows else [()] * len(TURN_COLUMNS), strict=True))
    escaped = np.zeros(len(rows), dtype=np.uint8)
    unchanged = np.fromiter(map(eq, columns["prompt"], columns["minimised"]), dtype=bool, count=len(rows))
    sent = columns["minimised"]
    columns["minimised"] = tuple("" if same else text for same, text in zip(unchanged, sent, strict=True))
    arrays = {}
    for name, values in columns.items():
        try:
            arrays[name] = pa.array(values, _ARROW[TURN_COLUMNS[name]])
        except UnicodeEncodeError:
            continue  # a lone surrogate; what follows isn't chained to the error, which holds the words
    for name in columns.keys() - arrays.keys():
        marked = np.array([_SURROGATE.search(value) is not None for value in columns[name]])
        escaped |= marked.astype(np.uint8) << _TEXTS.index(name)
        pairs = zip(columns[name], marked, strict=True)
        arrays[name] = pa.array([_escape(value) if mark else value for value, mark in pairs], pa.large_string())
    is_escaped = escaped >> _TEXTS.index("prompt") & unchanged
    escaped |= is_escaped.astype(np.uint8) << _TEXTS.index("minimised")
    arrays |= {"escaped": pa.array(escaped), "unchanged": pa.array(unchanged)}
    return pa.record_batch([arrays[name] for name in _SCHEMA.names], schema=_SCHEMA)


def _escape(text: str) -> str:
    """Return any string as one that UTF-8 can hold: its bytes, lone surrogates included, each as a character."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


def _unescaped(strings: Any, marked: Any) -> "pd.Series[Any]":
    """Return a column of Arrow's strings in Python's memory, the escaped ones of it as they were."""
    values = strings.to_numpy()
    for place in marked:
        try:
            values[place] = values[place].encode("latin-1").decode("utf-8", "surrogatepass")
        except UnicodeError:
            break  # the refusal isn't chained to the error, which holds the words
    else:
        return pd.Series(values, dtype=ANY_TEXT)
    raise IntegrityError(_MALFORMED, remedy=_REBUILD)


def _opened(body: bytes | memoryview, first: int | None, end: int | None) -> Any:
    """Return the batch of a body; an empty one, unread, when all of it lies outside."""
    source = pa.BufferReader(body)
    try:
        reader = pa.ipc.open_stream(source)
        metadata = reader.schema.metadata or {}
        if metadata.get(b"workbench.segment") == _VERSION and reader.schema.equals(_SCHEMA):
            span = tuple(int(moment) for moment in metadata[b"workbench.created"].split())
            oldest, newest = span
            if (end is not None and oldest >= end) or (first is not None and newest < first):
                return _batch(())
            (batch,) = reader
            batch.validate(full=True)  # offsets within bounds, strings valid UTF-8: 0.03 s for 100 000 turns
            is_whole = body[-len(_END) :] == _END and source.tell() == len(body)
            if is_whole and span == _span(batch) and not any(column.null_count for column in batch.columns):
                return batch
    except (pa.ArrowException, OSError, ValueError, KeyError):
        pass  # Arrow's words about a body may quote it
    raise IntegrityError(_MALFORMED, remedy=_REBUILD)


def _within(batch: Any, first: int | None, end: int | None) -> Any:
    """Return the rows of a batch that lie within; the batch itself when all do."""
    created = _created(batch)
    kept = np.ones(len(created), dtype=bool)
    if first is not None:
        kept &= created >= first
    if end is not None:
        kept &= created < end
    return batch if kept.all() else batch.filter(pa.array(kept))


def _span(batch: Any) -> tuple[int, int]:
    """Return the oldest and the newest moment of a batch, which needn't be its first and last: clocks go back."""
    created = _created(batch)
    return (int(created.min()), int(created.max())) if len(created) else (0, 0)


def _created(batch: Any) -> Any:
    """Return the moments of a batch in microseconds since 1970, over the same memory."""
    return batch.column("created").view(pa.int64()).to_numpy()


def _microseconds(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - _EPOCH) // timedelta(microseconds=1)
