import random
import secrets

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyarrow.parquet import encryption

from workbench.analytics import events_frame, read_usage, write_usage
from workbench.analytics.usage_frames import COLUMNS
from workbench.errors import InputError, IntegrityError
from workbench.records import UsageEvent

KEY, PLACE = bytes(range(32)), b"store-vault-cache"


def event(day="2026-11-23", form="haiku", model="offline-poet", numbers=(1, 2, 3), redactions=None):
    return UsageEvent(
        day=day,
        feature="compose",
        form=form,
        model=model,
        outcome="complete",
        input_tokens=numbers[0],
        output_tokens=numbers[1],
        milliseconds=numbers[2],
        redactions=redactions or {},
    )


FRAME = events_frame([event(), event(form="sonnet"), event("2026-11-24", model="another")])
CONTENT = write_usage(FRAME, key=KEY, place=PLACE)


def read(content, *, key=KEY, place=PLACE, columns=None):
    return read_usage(content, key=key, place=place, columns=columns)


def assert_same(ours, theirs):
    pd.testing.assert_frame_equal(ours, theirs, check_exact=True, check_categorical=True)
    assert [repr(dtype) for dtype in ours.dtypes] == [repr(dtype) for dtype in theirs.dtypes]
    for name in ours.columns:
        assert ours[name].astype(object).tolist() == theirs[name].astype(object).tolist()


days = st.dates(pd.Timestamp.min.date() + pd.Timedelta(days=1), pd.Timestamp.max.date()).map(str)
words = st.text(st.characters(exclude_categories=()), max_size=8)
numbers = st.integers(-(2**63), 2**63 - 1)
events = st.lists(
    st.builds(
        event, days, words, words, st.tuples(numbers, numbers, numbers),
        st.dictionaries(st.sampled_from(["PERSON", "EMAIL"]), st.integers(0, 9)),
    )
)  # fmt: skip


@given(events, st.binary(min_size=32, max_size=32), st.binary(min_size=1, max_size=40))
@example([], KEY, b"\0")
@example([event(form="\ud800"), event(form="a\0"), event(form="")], KEY, PLACE)
@settings(deadline=None)
def test_what_was_written_is_read(events, key, place):
    frame = events_frame(events)
    assert_same(read(write_usage(frame, key=key, place=place), key=key, place=place), frame)


def test_categories_keep_their_order_and_those_that_no_row_has():
    frame = FRAME.copy()
    frame["form"] = frame.form.cat.set_categories(["zebra", "sonnet", "ode", "haiku"])
    frame.loc[1, "model"] = np.nan
    assert_same(read(write_usage(frame, key=KEY, place=PLACE)), frame)


def test_a_frame_longer_than_a_row_group_is_read_whole():
    frame = events_frame([event(form="b"), event(form="a")] * 3)
    many = frame.take(np.arange(2**20 + 5) % 6).reset_index(drop=True)  # a row group holds 2^20 rows
    pd.testing.assert_frame_equal(read(write_usage(many, key=KEY, place=PLACE)), many, check_exact=True)


def test_columns_come_in_the_order_they_are_asked_for():
    for wanted in (["redactions", "day"], ["form"], []):
        assert_same(read(CONTENT, columns=wanted), FRAME[wanted])
    for unknown in (["redactions", "words"], ["day", "day"]):
        with pytest.raises(InputError):
            read(CONTENT, columns=unknown)


def test_neither_names_nor_values_nor_the_place_show():
    shown = [*COLUMNS, "haiku", "sonnet", "offline-poet", "another", "complete", "compose", "workbench"]
    assert CONTENT.startswith(b"PARE")
    for word in shown:
        assert word.encode() not in CONTENT
    assert PLACE not in CONTENT
    assert KEY not in CONTENT


def test_two_files_of_one_frame_differ():
    assert write_usage(FRAME, key=KEY, place=PLACE) != CONTENT


def test_another_key_or_place_is_refused():
    for key, place in ((bytes(32), PLACE), (KEY, PLACE + b"2"), (KEY, b"\0"), (KEY, PLACE[:-1])):
        with pytest.raises(IntegrityError, match="Drop the file"):
            read(CONTENT, key=key, place=place)


@pytest.mark.parametrize(("key", "place"), [(bytes(16), PLACE), (b"", PLACE), (KEY, b"")])
def test_a_key_of_another_length_and_an_empty_place_are_refused(key, place):
    with pytest.raises(InputError):
        read(CONTENT, key=key, place=place)
    with pytest.raises(InputError):
        write_usage(FRAME, key=key, place=place)


def test_every_flipped_byte_of_a_small_file_is_refused():
    content = write_usage(events_frame([event()]), key=KEY, place=PLACE)
    chance = random.Random(3)  # noqa: S311 - seeded, so that a failure comes again
    silent = []
    for place in range(len(content)):
        for mask in (1 << chance.randrange(8), chance.randrange(1, 256)):
            altered = bytearray(content)
            altered[place] ^= mask
            try:
                read(bytes(altered))
            except IntegrityError:
                continue
            silent.append((place, mask))
    assert silent == []


def test_every_bit_of_what_is_not_encrypted_is_guarded():
    length = int.from_bytes(CONTENT[-8:-4], "little")
    footer = len(CONTENT) - 8 - length
    for place in (*range(4), *range(footer, footer + 20), *range(len(CONTENT) - 8, len(CONTENT))):
        for mask in range(1, 256):
            altered = bytearray(CONTENT)
            altered[place] ^= mask
            with pytest.raises(IntegrityError):
                read(bytes(altered))


def test_sampled_flips_of_a_large_file_are_refused():
    chance = random.Random(4)  # noqa: S311 - as above
    rows = [event(f"2026-11-{chance.randint(1, 30):02}", numbers=[chance.getrandbits(40) for _ in range(3)])] * 1000
    rows += [event(numbers=[chance.getrandbits(40) for _ in range(3)]) for _ in range(5000)]
    content = write_usage(events_frame(rows), key=KEY, place=PLACE)
    for _ in range(600):
        altered = bytearray(content)
        altered[chance.randrange(len(altered))] ^= 1 << chance.randrange(8)
        with pytest.raises(IntegrityError):
            read(bytes(altered))


def test_every_truncation_and_every_insertion_is_refused():
    footer = len(CONTENT) - 8 - int.from_bytes(CONTENT[-8:-4], "little")
    for length in range(len(CONTENT)):
        with pytest.raises(IntegrityError):
            read(CONTENT[:length])
    for place in (0, 4, footer, footer + 16, len(CONTENT) - 8, len(CONTENT)):
        for added in (b"\0", b"junk" * 4, CONTENT):
            with pytest.raises(IntegrityError):
                read(CONTENT[:place] + added + CONTENT[place:])


def test_pages_of_another_file_under_the_same_key_are_refused():
    other = write_usage(FRAME, key=KEY, place=PLACE)
    footer = len(CONTENT) - 8 - int.from_bytes(CONTENT[-8:-4], "little")
    assert len(other) == len(CONTENT)
    with pytest.raises(IntegrityError):
        read(other[:footer] + CONTENT[footer:])


FACTS = {"workbench.usage": "1", "workbench.categories": '{"feature":["x"],"form":[],"model":[],"outcome":[]}'}


def table(facts=FACTS, **changed):
    """Return a table of one row as `write_usage` makes it, but for a change."""
    kinds = {"datetime64[ns]": pa.timestamp("ns"), "category": pa.int32(), "int64": pa.int64()}
    columns = {name: pa.array([0]).cast(kinds[dtype]) for name, dtype in COLUMNS.items()}
    columns |= {name: pa.array([-1], pa.int32()) for name in ("form", "model", "outcome")} | changed
    fields = [pa.field(name, values.type, nullable=name == "day") for name, values in columns.items()]
    return pa.table(list(columns.values()), schema=pa.schema(fields, facts))


def sealed(data, *, encrypted=True, prefix=PLACE, stored=False, footer=False, algorithm="AES_GCM_V1"):
    properties = encryption.create_encryption_properties(
        KEY, aad_prefix=prefix, store_aad_prefix=stored, plaintext_footer=footer, encryption_algorithm=algorithm
    )
    sink = pa.BufferOutputStream()
    pq.write_table(data, sink, encryption_properties=properties if encrypted else None)
    return sink.getvalue().to_pybytes()


def test_a_file_of_weaker_or_no_encryption_is_refused():
    assert len(read(sealed(table()))) == 1
    weaker = {
        "in plaintext": sealed(table(), encrypted=False),
        "with a readable footer": sealed(table(), footer=True),
        "in a mode that doesn't authenticate pages": sealed(table(), algorithm="AES_GCM_CTR_V1"),
        "with its place inside": sealed(table(), stored=True),
        "for no place": sealed(table(), prefix=None),
    }
    for name, content in weaker.items():
        with pytest.raises(IntegrityError):
            pytest.fail(f"A file {name} was read: {read(content).shape}")


def test_another_schema_or_version_is_refused():
    words = FACTS["workbench.categories"]
    whole = table()
    fields = list(whole.schema)
    loose = pa.schema([field.with_nullable(nullable=True) for field in fields], FACTS)
    null = pa.array([None], pa.int64())
    others = {
        "another version": table(FACTS | {"workbench.usage": "2"}),
        "no version": table({"some": "fact"}),
        "no fact": table({}),
        "no categories": table({"workbench.usage": "1"}),
        "categories that aren't JSON": table(FACTS | {"workbench.categories": "{"}),
        "categories of another shape": table(FACTS | {"workbench.categories": "[]"}),
        "a code without a word": table(FACTS | {"workbench.categories": words.replace('"x"', "")}),
        "words twice": table(FACTS | {"workbench.categories": words.replace('"x"', '"x","x"')}),
        "numbers for words": table(FACTS | {"workbench.categories": words.replace('"x"', "1")}),
        "a column less": whole.drop_columns(["day"]),
        "another order": whole.select(list(reversed(COLUMNS))),
        "another type": table(redactions=pa.array(["1"])),
        "a number that is missing": pa.table([*whole.columns[:-1], null], schema=loose),
    }
    for name, data in others.items():
        with pytest.raises(IntegrityError):
            pytest.fail(f"{name} was read: {read(sealed(data)).shape}")


def test_only_a_usage_frame_is_written():
    ordered = FRAME.assign(form=FRAME.form.cat.as_ordered())
    counted = FRAME.assign(form=pd.Categorical([1, 2, 1]))
    for frame in (FRAME[["day"]], FRAME[FRAME.columns[::-1]], FRAME.astype({"form": "str"}), ordered, counted):
        with pytest.raises(InputError):
            write_usage(frame, key=KEY, place=PLACE)


def test_a_refusal_holds_no_word_of_the_library():
    with pytest.raises(IntegrityError) as refused:
        read(CONTENT, key=secrets.token_bytes(32))
    assert refused.value.__context__ is None
