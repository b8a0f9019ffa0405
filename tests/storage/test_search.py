import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import LockedError
from workbench.storage import SearchIndex

RAIN, SEA, SNOW = b"r" * 16, b"s" * 16, b"w" * 16


@pytest.fixture
def index():
    index = SearchIndex()
    index.add(
        [
            (RAIN, "A haiku on winter rain", "rain on the window"),
            (SEA, "Four lines on the sea", "the señora's winter coat by the shore"),
            (SNOW, "Snow", "the first snow; rain tomorrow, O'Neill says"),
        ]
    )
    yield index
    index.close()


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
        ('"coat winter"', []),
        ("O'Neill", [SNOW]),
        ("", []),
        ("!?", []),
        ("nothing", []),
        ("record_id", []),
    ],
)
def test_a_query_finds(index, query, found):
    assert sorted(index.search(query, limit=10)) == sorted(found)


def test_the_best_comes_first(index):
    assert index.search("rain", limit=10)[0] == RAIN


def test_no_more_than_the_limit(index):
    assert len(index.search("rain", limit=1)) == 1


def test_what_is_removed_is_not_found(index):
    index.remove(RAIN)
    assert index.search("rain", limit=10) == [SNOW]


def test_a_closed_index_says_that_the_session_is_locked(index):
    index.close()
    with pytest.raises(LockedError):
        index.search("rain", limit=1)


@given(st.text(st.characters(), max_size=40))
def test_nothing_that_can_be_typed_is_read_as_syntax(query):
    index = SearchIndex()
    index.add([(RAIN, query, "rain")])
    assert isinstance(index.search(query, limit=5), list)
    index.close()


@given(st.text(st.characters(categories=["L"]), min_size=1, max_size=20))
def test_a_word_that_was_written_is_found(word):
    index = SearchIndex()
    index.add([(RAIN, word, "")])
    found = index.search(f"{word} ", limit=5)
    index.close()
    assert found == [RAIN]
