import random
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from workbench.analytics import ContentFrame, content_frame, pack_segment, unpack_segments
from workbench.analytics.segments import SEGMENT_TURNS
from workbench.errors import IntegrityError
from workbench.records import TURN_COLUMNS, Entity, Minimised, Prompt, Pseudonyms, Turn, TurnId, Usage
from workbench.storage import encode, turn_row

CANARY = "canarywords"
START = datetime(2026, 11, 23, tzinfo=UTC)
ENTITY = Entity(0, 1, "PERSON", "name", 1.0)


def turn(number=0, *, text="reply", prompt="prompt", form=None, model="m", created=None, entities=0, usage=(1, 2)):
    return Turn(
        TurnId(f"{number:032x}"),
        created or START + timedelta(minutes=number),
        Prompt(prompt, form),
        Minimised(prompt, entities=(ENTITY,) * entities),
        text,
        "complete",
        Usage(*usage),
        {"model": model, "label": f"by {model}"},
        Pseudonyms(),
    )


def row_by_row(turns):
    """Return the frame of the same turns from rows, as `History.frame` defines it."""
    rows = [
        (
            t.id, t.created, t.prompt.form or "", t.model, t.label, t.outcome, t.prompt.text, t.minimised.text, t.text,
            len(t.minimised.entities), t.usage.input_tokens, t.usage.output_tokens,
        )
        for t in turns
    ]  # fmt: skip
    return content_frame(rows, columns=TURN_COLUMNS)


def rows_of(turns):
    return [turn_row(encode(turn)) for turn in turns]


def pack(turns):
    return pack_segment(rows_of(turns))


def unpack(bodies, tail=(), **options):
    return unpack_segments(bodies, rows_of(tail), **options)


def assert_same(ours, theirs):
    pd.testing.assert_frame_equal(ours, theirs, check_exact=True, check_column_type=True, check_freq=True)
    assert type(ours) is type(theirs) is ContentFrame
    assert [repr(dtype) for dtype in ours.dtypes] == [repr(dtype) for dtype in theirs.dtypes]
    for name in ours.columns:
        assert ours[name].tolist() == theirs[name].tolist()  # as Python values too: a surrogate is equal to itself only


anything = st.text(st.characters(exclude_categories=()), max_size=30)  # lone surrogates too
word = st.text(max_size=12)
tokens = st.integers(0, 2**63 - 1)
zones = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.integers(-62135596800 + 2 * 86400, 253402300799 - 2 * 86400).map(  # of the years 1 to 9999, by the second
    lambda seconds: datetime(1970, 1, 1, 0, 0, 0, seconds % 10**6, tzinfo=UTC) + timedelta(seconds=seconds)
)
moments = st.builds(datetime.astimezone, moments, st.just(UTC) | zones)
turns_of_any_text = st.lists(
    st.builds(
        turn, st.integers(0, 2**128 - 1), text=anything, prompt=anything, form=st.none() | word, model=anything,
        created=moments, entities=st.integers(0, 3), usage=st.tuples(tokens, tokens),
    ),
    max_size=8,
)  # fmt: skip


@given(st.lists(turns_of_any_text, max_size=3), turns_of_any_text)
@example([], [])
@example([[turn(text="\ud800"), turn(text="\xed\xa0\x80")]], [turn(text="\ud83d\ude00"), turn(text="\U0001f600")])
@settings(deadline=None)
def test_segments_and_a_tail_give_the_frame_of_their_rows(segments, tail):
    frame = unpack([pack(turns) for turns in segments], tail)
    assert_same(frame, row_by_row([*(one for turns in segments for one in turns), *tail]))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\0",
        "a\0b",
        "👩‍👩‍👧‍👦",
        "שלום عليكم",
        "e\u0301",
        "\ufeff",
        "\uffff\U0010ffff",
        "\ud800",
        "a\udc80b",
        "é\ud800\0",
    ],
    ids=ascii,
)
def test_any_string_survives(text):
    turns = [turn(1, text=text, prompt="plain"), turn(2, text="plain", prompt=text)]
    frame = unpack([pack(turns)])
    assert frame.text.tolist() == [text, "plain"]
    assert frame.minimised.tolist() == ["plain", text]
    assert frame.text.dtype == "str"


def test_a_megabyte_of_text_survives():
    text = "ü" * 500_000 + "😀" * 250_000
    assert unpack([pack([turn(text=text)])]).text[0] == text


def test_many_segments_keep_the_order_given():
    turns = [turn(number) for number in range(3 * SEGMENT_TURNS + 7)]
    cut = [turns[start : start + SEGMENT_TURNS] for start in range(0, len(turns), SEGMENT_TURNS)]
    frame = unpack((pack(part) for part in cut[:-1]), cut[-1])
    assert frame.id.tolist() == [one.id for one in turns]
    assert frame.index.equals(pd.RangeIndex(len(turns)))


def test_a_frame_of_one_segment_can_be_written_to():
    frame = unpack([pack([turn(1), turn(2)])])
    frame.loc[0, "entities"] = 7
    frame.loc[0, "created"] = pd.Timestamp(0, tz="UTC")
    frame.loc[0, "text"] = "another"
    assert frame.iloc[0][["entities", "text"]].tolist() == [7, "another"]


@given(
    st.lists(st.lists(st.integers(-3, 3), max_size=5), max_size=4),
    st.none() | st.integers(-4, 4),
    st.none() | st.integers(-4, 4),
)
@settings(deadline=None)
def test_dates_cut_segments_as_they_cut_rows(groups, since, until):
    def moment(minutes):
        return None if minutes is None else START + timedelta(minutes=minutes)

    groups = [[turn(n + 9, created=moment(n)) for n in numbers] for numbers in groups]  # clocks go back, too
    *segments, tail = groups or [[]]
    first, end = moment(since), moment(until)
    frame = unpack(map(pack, segments), tail, since=first, until=end)
    kept = [
        one
        for group in groups
        for one in group
        if (first is None or one.created >= first) and (end is None or one.created < end)
    ]
    assert_same(frame, row_by_row(kept))


def test_a_segment_outside_the_dates_is_skipped_unread():
    body = pack([turn(1), turn(2)])
    cut = body[: len(body) // 2]  # its columns are gone, its facts are there
    assert unpack([cut], until=START).empty
    assert unpack([cut], since=START + timedelta(days=1)).empty
    with pytest.raises(IntegrityError):
        unpack([cut], since=START)


def test_every_truncation_and_every_addition_is_refused():
    body = pack([turn(1, text=CANARY), turn(2)])
    for length in range(len(body)):
        with pytest.raises(IntegrityError):
            unpack([body[:length]])
    for added in (b"\0", b"\xff\xff\xff\xff\0\0\0\0", body):
        with pytest.raises(IntegrityError):
            unpack([body + added])


def stream(schema, arrays, batches=1, metadata=None):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema.with_metadata(metadata)) as writer:
        for _ in range(batches):
            writer.write_batch(pa.record_batch(arrays, schema=schema))
    return sink.getvalue().to_pybytes()


def test_other_columns_types_facts_or_versions_are_refused():
    batch = pa.ipc.open_stream(pack([turn(1)])).read_next_batch()
    schema, facts = batch.schema.remove_metadata(), dict(batch.schema.metadata)
    arrays = list(batch.columns)
    assert len(unpack([stream(schema, arrays, metadata=facts)])) == 1
    text = schema.get_field_index("text")
    null = pa.array([None], pa.large_string())
    others = {
        "another version": stream(schema, arrays, metadata=facts | {b"workbench.segment": b"1"}),
        "no version": stream(schema, arrays),
        "no span": stream(schema, arrays, metadata={b"workbench.segment": b"2"}),
        "another span": stream(schema, arrays, metadata=facts | {b"workbench.created": b"1 2"}),
        "a span in words": stream(schema, arrays, metadata=facts | {b"workbench.created": b"a b"}),
        "a span of one": stream(schema, arrays, metadata=facts | {b"workbench.created": b"1"}),
        "a null": stream(schema, [null if n == text else a for n, a in enumerate(arrays)], metadata=facts),
        "no batch": stream(schema, arrays, batches=0, metadata=facts),
        "two batches": stream(schema, arrays, batches=2, metadata=facts),
        "a column less": stream(schema.remove(text), arrays[:text] + arrays[text + 1 :], metadata=facts),
        "another order": stream(pa.schema(list(schema)[::-1]), arrays[::-1], metadata=facts),
        "another name": stream(schema.set(text, schema.field(text).with_name("words")), arrays, metadata=facts),
        "another type": stream(
            schema.set(text, pa.field("text", pa.string(), nullable=False)),
            [a.cast(pa.string()) if n == text else a for n, a in enumerate(arrays)],
            metadata=facts,
        ),
        "not UTF-8": stream(
            schema,
            [
                pa.LargeStringArray.from_buffers(1, pa.array([0, 1]).buffers()[1], pa.py_buffer(b"\xff"))
                if n == text
                else a
                for n, a in enumerate(arrays)
            ],
            metadata=facts,
        ),
        "an escape that isn't one": stream(
            schema,
            [pa.array(["\u0416"], pa.large_string()) if n == text else a for n, a in enumerate(arrays[:-2])]
            + [pa.array([0xFF], pa.uint8()), arrays[-1]],
            metadata=facts,
        ),
        "no stream": b"",
        "text": b"segment",
    }
    for name, body in others.items():
        with pytest.raises(IntegrityError, match="Drop the segment"):
            pytest.fail(f"{name} was read: {unpack([body]).shape}")


def test_an_altered_body_is_read_or_refused_and_never_crashes():
    body = pack([turn(1, text="\ud800"), turn(2, text=CANARY)])
    chance = random.Random(3)  # noqa: S311 - seeded, so that a failure comes again
    for _ in range(3000):
        altered = bytearray(body)
        for _ in range(chance.randint(1, 3)):
            altered[chance.randrange(len(altered))] = chance.randrange(256)
        try:
            frame = unpack([bytes(altered)])
        except IntegrityError as error:
            assert error.__context__ is None  # noqa: PT017 - what it was raised in
        else:
            assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == TURN_COLUMNS


def test_a_refusal_holds_no_word_of_the_body():
    body = pack([turn(1, text="\ud800", prompt=CANARY)])
    altered = body.replace(CANARY.encode(), b"\xff" + CANARY[1:].encode())
    with pytest.raises(IntegrityError) as refused:
        unpack([altered])
    seen = refused.value
    while seen is not None:
        assert CANARY[1:] not in f"{seen!r} {seen.args} {vars(seen)}"
        seen = seen.__context__


def test_the_failure_to_open_a_body_is_passed_on_as_it_is():
    def bodies():
        yield pack([turn(1)])
        raise IntegrityError("A cache was altered.")

    with pytest.raises(IntegrityError, match="A cache was altered"):
        unpack(bodies())


@pytest.mark.parametrize("text", [CANARY, CANARY + "\ud800"], ids=ascii)
def test_what_a_notebook_would_save_shows_lengths(text):
    frame = unpack([pack([turn(1, text=text, prompt=text)] * 3)])
    for shown in (
        frame,
        frame["text"],
        frame.iloc[0],
        frame.head(1),
        frame.set_index("prompt"),
        frame["text"].str.upper(),
    ):
        assert CANARY not in (repr(shown) + str(getattr(shown, "_repr_html_", str)())).lower()
    assert f"<{len(text)} characters>" in repr(frame[["text"]])


def test_the_dtype_doesnt_follow_what_the_reader_set_for_frames_of_their_own():
    program = (
        "import pandas as pd\n"
        "pd.set_option('mode.string_storage', 'python')\n"
        "from workbench.analytics import unpack_segments\n"
        "print(repr(unpack_segments([]).text.array.dtype.storage))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "'pyarrow'"


def test_numbers_are_int64_and_moments_microseconds_even_when_there_is_no_turn():
    frame = unpack([pack([])])
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == TURN_COLUMNS
    assert frame.entities.to_numpy().dtype == np.int64
