import sqlite3
import struct

import pytest
from history_in_memory import document
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import StoreError
from workbench.storage.search.query import Filters, match_expression
from workbench.storage.search.shard import Shard

ANY = Filters()
TEXTS = [
    "winter rain on the window",
    "rain rain rain",
    "the sea in winter",
    "snow",
    "a winter's tale of rain and the sea",
]


@pytest.fixture
def shard():
    shard = Shard(first=100)
    shard.add(document(100 + number, text, model="ab"[number % 2]) for number, text in enumerate(TEXTS))
    yield shard
    shard.close()


def found(shard, query, filters=ANY):
    return list(shard.newest(match_expression(query), filters))


def test_the_newest_come_first(shard):
    assert found(shard, "rain ") == [104, 101, 100]


def test_how_often_a_word_occurs_counts(shard):
    (place, score), *others = shard.best('"rain"', ANY, limit=10, offset=0)
    assert place == 101
    assert score > max(score for _, score in others)


def test_a_score_is_the_sum_of_what_each_word_adds(shard):
    both = dict(shard.best('"rain" "winter"', ANY, limit=10, offset=0))
    rain, winter = shard.scores('"rain"', both), shard.scores('"winter"', both)
    assert both == pytest.approx({place: rain[place] + winter[place] for place in both})
    assert len(both) == 2


def test_what_is_given_twice_is_held_once(shard):
    shard.add([document(101, "rain rain rain")])
    assert found(shard, "rain ") == [104, 101, 100]
    assert (shard.count('"rain"'), shard.rows(), len(shard)) == (3, 5, 5)


@pytest.mark.parametrize("which", [101, (101).to_bytes(16, "big")])
def test_what_is_removed_is_not_found(shard, which):
    assert shard.remove(which) == 101
    assert shard.remove(which) is None
    assert found(shard, "rain ") == [104, 100]
    assert [place for place, _ in shard.best('"rain"', ANY, limit=10, offset=0)] == [100, 104]


@pytest.mark.parametrize(
    ("filters", "places"),
    [
        (Filters(model="a"), [104, 100]),
        (Filters(model="b"), [101]),
        (Filters(since=101), [104, 101]),
        (Filters(until=104), [101, 100]),
        (Filters(since=101, until=104, model="a"), []),
        (Filters(form="haiku"), []),
    ],
)
def test_filters_leave(shard, filters, places):
    assert found(shard, "rain ", filters) == places
    assert sorted(place for place, _ in shard.best('"rain"', filters, limit=10, offset=0)) == sorted(places)


def test_a_shard_knows_which_times_it_holds(shard):
    assert shard.may_hold(Filters(since=104))
    assert not shard.may_hold(Filters(since=104.5))
    assert not shard.may_hold(Filters(until=100))


def test_time_order_needs_no_sorting(shard):
    for condition in (ANY, Filters(model="a")):
        source, values = shard._matching('"rain"', condition)
        plan = shard._connection.execute(
            f"EXPLAIN QUERY PLAN SELECT words.rowid {source} ORDER BY words.rowid DESC", values
        ).fetchall()
        assert "TEMP B-TREE" not in str(plan)


def test_what_fails_half_way_leaves_nothing(shard):
    def two_then_a_fault():
        yield document(110, "rain")
        raise StoreError("no more")

    with pytest.raises(StoreError, match="no more"):
        shard.add(two_then_a_fault())
    assert found(shard, "rain ") == [104, 101, 100]


@given(st.lists(st.text(st.characters(), max_size=40), max_size=8))
def test_a_body_gives_the_shard_back(texts):
    shard = Shard(first=1)
    shard.add(document(number, text, "rain") for number, text in enumerate(texts, 1))
    again = Shard.from_body(shard.body(), first=1)
    for query in ("rain ", *texts):
        if expression := match_expression(query):
            assert again.best(expression, ANY, limit=9, offset=0) == shard.best(expression, ANY, limit=9, offset=0)
    again.add([document(50, "rain")])
    assert found(again, "rain ")[0] == 50
    shard.close()
    again.close()


def image_of(script):
    connection = sqlite3.connect(":memory:")
    connection.executescript(script)
    image = connection.serialize()
    connection.close()
    return image


def forged(shard, image, **other):
    magic, form, version, _ = struct.unpack_from(">4sB15sQ", shard.body())
    header = {"magic": magic, "form": form, "version": version, "size": len(image)} | other
    return struct.pack(">4sB15sQ", *header.values()) + image


FORGERIES = {
    "nothing": lambda shard: b"",
    "half of it": lambda shard: shard.body()[:-50],
    "more than it": lambda shard: shard.body() + b"x",
    "noise": lambda shard: bytes(range(256)) * 20,
    "no database": lambda shard: forged(shard, b"x" * 8192),
    "another database": lambda shard: forged(shard, image_of("CREATE TABLE turn (number INTEGER PRIMARY KEY)")),
    "a trigger": lambda shard: forged(
        shard,
        shard._connection.execute("CREATE TRIGGER t AFTER DELETE ON turn BEGIN SELECT 1; END")
        and shard._connection.serialize(),
    ),
    "another format": lambda shard: forged(shard, shard._connection.serialize(), form=2),
    "another SQLite": lambda shard: forged(shard, shard._connection.serialize(), version=b"3.0.0"),
    "another size": lambda shard: forged(shard, shard._connection.serialize(), size=4096),
}


def test_a_forgery_with_nothing_forged_is_read(shard):
    Shard.from_body(forged(shard, shard._connection.serialize()), first=100).close()


@pytest.mark.parametrize("forgery", FORGERIES)
def test_what_is_no_shard_is_refused(shard, forgery):
    body = FORGERIES[forgery](shard)
    with pytest.raises(StoreError):
        Shard.from_body(body, first=100)


def test_an_image_that_was_altered_before_it_was_sealed_gives_an_error_of_ours_or_an_answer(shard):
    image = shard._connection.serialize()
    for position in range(0, len(image), 101):
        altered = bytearray(image)
        altered[position] ^= 0x55
        try:
            again = Shard.from_body(forged(shard, bytes(altered)), first=100)
        except StoreError:
            continue
        try:
            for place in again.newest('"rain"', ANY):
                again.record_id(place)
            again.best('"rain"', ANY, limit=5, offset=0)
        except StoreError:
            pass
        again.close()


def test_nothing_of_a_shard_can_spill_into_a_file(shard):
    again = Shard.from_body(shard.body(), first=100)
    for one in (shard, again):
        assert one._connection.execute("PRAGMA temp_store").fetchall() == [(2,)]  # memory
        assert one._connection.execute("PRAGMA journal_mode").fetchall() == [("memory",)]
        assert one._connection.execute("PRAGMA trusted_schema").fetchall() == [(0,)]
    again.close()


def test_a_representation_shows_nothing(shard):
    assert "rain" not in repr(shard)
    assert "rain" not in repr(document(1, "rain", "rain", form="rain"))
