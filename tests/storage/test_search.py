import os
import random
import statistics
import threading
from collections import Counter

import pytest
from history_in_memory import MemoryCache, MemoryRows, document
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError, IntegrityError, LockedError, StoreError
from workbench.storage import SearchIndex
from workbench.storage.search import index as search
from workbench.storage.search import shard_builder

RAIN, SEA, SNOW = 1, 2, 3
TURNS = [
    document(RAIN, "A haiku on winter rain", "rain on the window", form="haiku", model="offline"),
    document(SEA, "Four lines on the sea", "the señora's winter coat by the shore", model="claude"),
    document(SNOW, "Snow", "the first snow; rain tomorrow, O'Neill says", form="haiku", model="claude"),
]
LONG = 30  # seconds; nothing here takes them


@pytest.fixture
def rows():
    return MemoryRows(TURNS)


@pytest.fixture
def cache():
    return MemoryCache()


@pytest.fixture
def opened():
    """Open indexes, and close them after the test."""
    indexes = []

    def open_index(cache, rows, *, is_ready=True, **options):
        index = SearchIndex(cache, rows, **options)
        indexes.append(index)
        index.open()
        if is_ready:
            assert index.ready.wait(LONG)
        return index

    yield open_index
    for index in indexes:
        index.close()


@pytest.fixture
def index(cache, rows, opened):
    return opened(cache, rows)


@pytest.fixture
def seal_at_once(monkeypatch):
    monkeypatch.setattr(shard_builder, "SEAL_EVERY", 1)


def places(index, query, **options):
    return [hit.place for hit in index.search(query, **options)]


def settled(index):
    """Wait until the background has nothing left to do."""
    for _ in range(LONG * 100):
        if not index._coverage.to_build:
            return
        threading.Event().wait(0.01)
    raise AssertionError("The background isn't done.")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("winter rain", [RAIN]),
        ("RAIN", [RAIN, SNOW]),
        ("senora", [SEA]),
        ("señora", [SEA]),
        ("wint", [RAIN, SEA]),
        ("win* coat", [SEA]),
        ("wint rain", []),
        ('"winter coat"', [SEA]),
        ('"WINTER cöat"', [SEA]),
        ('"coat winter"', []),
        ('"winter rain rain"', []),
        ("O'Neill", [SNOW]),
        ("_ rain", [RAIN, SNOW]),
        ("", []),
        ("!?", []),
        ("nothing", []),
        ("record_id", []),
        ("offline", []),
    ],
)
def test_a_query_finds(index, query, found):
    assert sorted(places(index, query)) == found
    assert places(index, query, order="newest") == found[::-1]


def test_the_best_comes_first(index):
    hits = index.search("rain")
    assert [hit.place for hit in hits] == [RAIN, SNOW]
    assert hits[0].score > hits[1].score > 0
    assert hits[0].record_id == RAIN.to_bytes(16, "big")


@pytest.mark.parametrize("order", ["rank", "newest"])
@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"form": "haiku"}, [RAIN, SNOW]),
        ({"model": "claude"}, [SNOW]),
        ({"since": 2.0}, [SNOW]),
        ({"until": 2.0}, [RAIN]),
        ({"since": 1.0, "until": 3.0}, [RAIN]),
        ({"form": "haiku", "model": "offline"}, [RAIN]),
        ({"form": "sonnet"}, []),
    ],
)
def test_filters_leave(index, order, asked, found):
    assert sorted(places(index, "rain", order=order, **asked)) == found


@pytest.mark.parametrize("options", [{"order": "worst"}, {"order": None}])
def test_what_cannot_be_asked_is_refused(index, options):
    with pytest.raises(InputError):
        index.search("rain", **options)


words = st.sampled_from(["rain", "sea", "snow", "winter", "tale", "Winter’s", "señora"])
texts = st.lists(words, max_size=12).map(" ".join)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(texts, min_size=1, max_size=25),
    st.integers(1, 30),
    st.lists(words, min_size=1, max_size=3),
    st.sampled_from([1, (5 << 40) + 1]),
    st.data(),
)
def test_any_split_into_shards_finds_the_same(written, span, asked, first, data):
    turns = [document(place, text) for place, text in enumerate(written, first)]
    late = data.draw(st.integers(0, len(turns)))
    query = " ".join(asked) + " "
    answers = []
    for width in (10_000, span):
        rows = MemoryRows(turns[:late])
        index = SearchIndex(MemoryCache(), rows, span=width)
        index.open()
        index.ready.wait(LONG)
        rows.write(*turns[late:])
        answers.append((sorted(places(index, query, limit=-1)), places(index, query, limit=-1, order="newest")))
        index.close()
    assert answers[0] == answers[1]
    assert answers[0][0] == answers[0][1][::-1]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(texts, min_size=1, max_size=25), st.integers(1, 9), st.integers(1, 5), st.sampled_from(["rank", "newest"])
)
def test_pages_follow_each_other_without_a_gap_or_a_repeat(written, span, size, order):
    index = SearchIndex(MemoryCache(), MemoryRows(document(n, text) for n, text in enumerate(written, 1)), span=span)
    index.open()
    index.ready.wait(LONG)
    whole = places(index, "rain ", limit=-1, order=order)
    pages = [places(index, "rain ", limit=size, offset=offset, order=order) for offset in range(0, len(whole), size)]
    index.close()
    assert [place for page in pages for place in page] == whole
    assert len(set(whole)) == len(whole)


def test_pages_of_a_long_answer_follow_each_other_too(cache, opened):
    chance = random.Random(7)  # noqa: S311 - an example
    rows = MemoryRows(document(n, " ".join(chance.choices(["rain", "sea", "snow"], k=20))) for n in range(1, 1_500))
    index = opened(cache, rows, span=500)
    whole = places(index, "rain sea ", limit=-1)
    paged = [place for offset in range(0, 1_500, 70) for place in places(index, "rain sea ", limit=70, offset=offset)]
    assert paged == whole
    assert sorted(whole) == sorted(places(index, "rain sea ", limit=-1, order="newest"))
    assert len(whole) > 1_400


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(), max_size=40))
def test_nothing_that_can_be_typed_is_read_as_syntax(query):
    index = SearchIndex(MemoryCache(), MemoryRows([document(1, query, "rain")]))
    for order in ("rank", "newest"):
        assert isinstance(index.search(query, limit=5, order=order), list)
    index.close()


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(categories=["L"]), min_size=1, max_size=20))
def test_a_word_that_was_written_is_found(word):
    index = SearchIndex(MemoryCache(), MemoryRows([document(1, word)]))
    index.open()
    index.ready.wait(LONG)
    assert places(index, f"{word} ") == [1]
    index.close()


def test_what_this_session_writes_is_found_at_once(index):
    index.add(document(4, "a rainbow"))
    assert places(index, "rainbow") == [4]


def test_what_other_kernels_write_is_found_by_the_next_search(index, rows):
    rows.write(document(4, "a rainbow"), document(5, "another rainbow"))
    index.add(document(5, "another rainbow"))
    assert places(index, "rainbow", order="newest") == [5, 4]


def test_much_that_others_wrote_is_left_to_the_background(cache, rows, opened, monkeypatch):
    monkeypatch.setattr(search, "CATCH_UP", 10)
    index = opened(cache, rows, span=20)
    rows.write(*(document(n, "a rainbow") for n in range(4, 104)))
    index.search("rainbow")
    assert index.ready.wait(LONG)
    assert places(index, "rainbow", limit=-1, order="newest") == list(range(103, 3, -1))


@pytest.mark.usefixtures("seal_at_once")
def test_a_second_unlock_reads_the_shards_and_not_the_rows(cache, rows, opened):
    opened(cache, rows).close()
    assert {(body.first, body.last, body.count) for body in cache.bodies.values()} == {(0, 3, 3)}
    rows.read = 0
    index = opened(cache, rows)
    assert places(index, "rain") == [RAIN, SNOW]
    assert rows.read == 1  # the oldest, to know where the history begins


def test_a_small_history_is_not_sealed(cache, rows, opened):
    opened(cache, rows)
    assert not cache.bodies


@pytest.mark.usefixtures("seal_at_once")
@pytest.mark.parametrize("damage", ["missing", "corrupt", "moved", "erased since", "written since"])
def test_a_cache_that_does_not_fit_is_built_anew(cache, opened, damage):
    rows = MemoryRows(document(n, f"rain number{n}") for n in range(1, 36))
    opened(cache, rows, span=10).close()
    assert sorted(cache.bodies) == [0, 10, 20, 30]
    body = cache.bodies[10]
    expected = set(range(1, 36))
    if damage == "missing":
        del cache.bodies[10]
    elif damage == "corrupt":
        cache.store(first=10, last=19, count=10, body=body.body[:-9])
    elif damage == "moved":
        cache.store(first=11, last=20, count=10, body=body.body)
        del cache.bodies[10]
    elif damage == "erased since":
        rows.erase(15)
        expected.discard(15)
    else:
        cache.store(first=30, last=32, count=3, body=cache.bodies[30].body)
        rows.write(document(36, "rain"), document(45, "rain"))
        expected |= {36, 45}
    index = opened(cache, rows, span=10)
    settled(index)
    assert set(places(index, "rain ", limit=-1)) == expected
    assert Counter(places(index, "rain ", limit=-1, order="newest")) == Counter(expected)
    assert places(index, "number14") == [14]
    index.close()
    assert not [first for first in cache.bodies if first % 10]
    rows.read = 0
    opened(cache, rows, span=10)
    assert rows.read <= 3  # all is sealed again, but for what is newer than the newest shard


@pytest.mark.usefixtures("seal_at_once")
def test_a_damaged_record_does_not_make_its_shard_stale(cache, rows, opened):
    rows.damaged.add(SEA)
    assert places(opened(cache, rows), "winter") == [RAIN]
    rows.read = 0
    assert places(opened(cache, rows), "winter") == [RAIN]
    assert rows.read == 1


@pytest.mark.usefixtures("seal_at_once")
@pytest.mark.parametrize("which", [RAIN, RAIN.to_bytes(16, "big")])
def test_what_is_erased_disappears_at_once_from_answers_and_cache(cache, rows, opened, which):
    index = opened(cache, rows)
    before = cache.bodies[0].body
    rows.erase(RAIN)
    index.remove(which)
    assert places(index, "rain") == [SNOW]
    assert cache.dropped == [0]
    settled(index)
    assert places(index, "rain") == [SNOW]
    index.close()
    assert cache.bodies[0].count == 2
    assert cache.bodies[0].body != before


@pytest.mark.usefixtures("seal_at_once")
def test_what_is_erased_while_its_shard_is_built_is_neither_found_nor_kept(cache, rows, opened):
    index = opened(cache, rows)
    rows.may_go_on.clear()
    rows.write(document(4, "thaw"))
    index.remove(99)  # any reason to build
    with index._lock:
        index._coverage.to_build.add(0)
        index._builder.start()
    assert rows.is_waiting.wait(LONG)
    rows.erase(RAIN)  # which the build has read, or will read from the copy that it holds
    index.remove(RAIN)
    rows.may_go_on.set()
    settled(index)
    assert places(index, "rain") == [SNOW]
    index.close()
    assert cache.bodies[0].count == 3


def test_what_is_erased_while_a_search_reads_it_does_not_come_back(index, rows):
    turn = document(4, "a rainbow")
    index.remove(turn.record_id)
    index.add(turn)
    assert places(index, "rainbow") == []


@pytest.mark.usefixtures("seal_at_once")
def test_a_shard_that_cannot_be_dropped_is_an_error_and_still_not_found(cache, rows, opened):
    index = opened(cache, rows)
    cache.is_read_only = True
    rows.erase(RAIN)
    with pytest.raises(StoreError):
        index.remove(RAIN)
    assert SNOW in places(index, "rain") or index.ready.is_set()


@pytest.mark.usefixtures("seal_at_once")
def test_a_store_that_cannot_be_written_is_searched_all_the_same(cache, rows, opened):
    cache.is_read_only = True
    assert places(opened(cache, rows), "rain") == [RAIN, SNOW]
    assert not cache.bodies


def test_windows_that_fill_up_are_sealed(cache, rows, opened):
    index = opened(cache, rows, span=10)
    for place in range(4, 26):
        rows.write(document(place, "a rainbow"))
        index.add(rows.by_place[place])
        assert places(index, "rainbow", limit=1, order="newest") == [place]
    settled(index)
    assert places(index, "rainbow", limit=-1, order="newest") == list(range(25, 3, -1))
    index.close()
    assert {(body.first, body.last) for body in cache.bodies.values()} == {(0, 9), (10, 19)}


@pytest.mark.parametrize("fault", [IntegrityError("The store was altered."), ValueError("canary-9f2c")])
def test_what_stops_the_background_is_raised_by_the_next_search_and_begun_again(cache, rows, opened, fault):
    rows.fault = fault
    index = opened(cache, rows)
    rows.fault = None
    with pytest.raises((IntegrityError, StoreError)) as raised:
        index.search("rain")
    assert "canary" not in repr(raised.value)
    assert raised.value.__context__ is None
    index.ready.wait(LONG)
    assert places(index, "rain") == [RAIN, SNOW]


def test_what_is_there_is_found_before_all_is(cache, opened):
    rows = MemoryRows(document(n, "rain") for n in range(1, 31))
    rows.may_go_on.clear()
    index = opened(cache, rows, is_ready=False, span=10, patience=0)
    assert rows.is_waiting.wait(LONG)
    assert places(index, "rain") == []
    assert index.progress < 1
    index.add(document(31, "rain"))
    assert places(index, "rain") == [31]
    rows.write(document(31, "rain"))
    rows.may_go_on.set()
    assert index.ready.wait(LONG)
    assert index.progress == 1
    assert places(index, "rain", limit=-1, order="newest") == list(range(31, 0, -1))


def test_a_closed_index_says_that_the_session_is_locked(index):
    index.close()
    index.close()
    for action in (
        lambda: index.search("rain"),
        lambda: index.add(document(9)),
        lambda: index.remove(1),
        index.catch_up,
        index.open,
    ):
        with pytest.raises(LockedError):
            action()


def test_closing_stops_a_build_at_the_next_document(cache, opened):
    rows = MemoryRows(document(n, "rain") for n in range(1, 3_000))
    rows.may_go_on.clear()
    index = opened(cache, rows, is_ready=False)
    assert rows.is_waiting.wait(LONG)
    worker = index._builder._thread
    closing = threading.Thread(target=index.close)
    closing.start()
    while not index._is_closed:
        threading.Event().wait(0.001)
    rows.may_go_on.set()
    closing.join(LONG)
    assert not closing.is_alive()
    assert not worker.is_alive()
    assert rows.read <= shard_builder.BATCH + 1
    assert not cache.bodies


def test_a_forked_child_is_refused_and_does_not_hang(index):
    """The parent's thread may hold the lock at the fork, and isn't there in the child."""
    with index._lock:
        child = os.fork()
        if child == 0:
            refused = 0
            for action in (lambda: index.search("rain"), lambda: index.add(document(9)), lambda: index.remove(1)):
                try:
                    action()
                except StoreError:
                    refused += 1
            index.close()
            os._exit(refused)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 3
    assert places(index, "rain") == [RAIN, SNOW]


def test_threads_add_search_and_erase_together(cache, opened):
    rows = MemoryRows([document(1, "rain")])
    index = opened(cache, rows, span=50)
    faults = []
    lock = threading.Lock()

    def write():
        for _ in range(100):
            with lock:
                turn = document(rows.newest() + 1, "rain")
                rows.write(turn)
            index.add(turn)

    def look():
        for order in ["rank", "newest"] * 40:
            found = places(index, "rain", limit=-1, order=order)
            if len(set(found)) != len(found):
                faults.append(found)

    def guarded(action):
        try:
            action()
        except Exception as fault:  # noqa: BLE001 - whatever it is, the test shows it
            faults.append(fault)

    threads = [threading.Thread(target=guarded, args=(action,)) for action in (write, write, look, look)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    assert not faults
    settled(index)
    assert places(index, "rain", limit=-1, order="newest") == list(range(201, 0, -1))
    rows.erase(100)
    index.remove(100)
    settled(index)
    assert places(index, "rain", limit=-1, order="newest") == [n for n in range(201, 0, -1) if n != 100]


def overlap(one, other):
    return len(set(one) & set(other)) / max(1, len(one))


def test_the_order_over_shards_is_that_of_one_index(opened):
    """A history in which each stretch of time has its own subject, which a shard alone would take for common."""
    chance = random.Random(11)  # noqa: S311 - an example
    vocabulary = [f"w{n}" for n in range(400)]
    weights = [1 / (n + 3) for n in range(400)]
    turns = []
    for place in range(1, 3_000):
        subject = [f"subject{place // 600}"] * chance.choice([0, 1, 1, 2, 4]) + [f"subject{chance.randrange(5)}"]
        turns.append(
            document(place, " ".join(chance.choices(vocabulary, weights, k=chance.choice([20, 40])) + subject))
        )
    whole, split = (opened(MemoryCache(), MemoryRows(turns), span=span) for span in (10_000, 600))
    queries = [f"subject{n} " for n in range(5)] + [f"subject{n % 5} w{20 + n} " for n in range(10)]
    agreement = [overlap(places(whole, query, limit=10), places(split, query, limit=10)) for query in queries]
    assert statistics.mean(agreement) > 0.9
