"""Overlaps: the surest keeps its words, the loser keeps the rest."""

from hypothesis import given
from hypothesis import strategies as st

from workbench.privacy.spans import CHECKED, resolve
from workbench.records import Entity

KINDS = ["PERSON", "EMAIL", "CREDIT_CARD"]


def entity(start, end, kind, confidence):
    return Entity(start, end, kind, "test", confidence)


def spans(entities):
    return [(one.start, one.end, one.kind) for one in entities]


def test_a_checked_span_wins_over_a_longer_doubtful_one_that_keeps_what_is_left():
    text = "call 4111111111111111 now"
    found = [entity(0, 25, "PERSON", 0.5), entity(5, 21, "CREDIT_CARD", CHECKED)]
    assert spans(resolve(text, found)) == [(0, 4, "PERSON"), (5, 21, "CREDIT_CARD"), (22, 25, "PERSON")]


def test_of_two_equally_sure_spans_the_longer_wins():
    assert spans(resolve("abcdef", [entity(0, 3, "PERSON", 0.8), entity(0, 6, "EMAIL", 0.8)])) == [(0, 6, "EMAIL")]


def test_overlapping_spans_of_one_kind_become_one():
    found = [entity(0, 4, "PERSON", 0.6), entity(2, 6, "PERSON", 0.9)]
    assert resolve("abcdef", found) == [entity(0, 6, "PERSON", 0.9)]


def test_touching_spans_of_one_kind_stay_two():
    found = [entity(0, 3, "PERSON", 0.6), entity(3, 6, "PERSON", 0.6)]
    assert spans(resolve("abcdef", found)) == [(0, 3, "PERSON"), (3, 6, "PERSON")]


def test_a_remainder_of_punctuation_only_is_dropped():
    found = [entity(0, 5, "PERSON", 0.5), entity(1, 4, "EMAIL", 0.9)]
    assert spans(resolve("(abc)", found)) == [(1, 4, "EMAIL")]


found_anywhere = st.lists(
    st.builds(
        lambda start, length, kind, confidence: entity(start, start + length, kind, confidence),
        st.integers(0, 40),
        st.integers(1, 20),
        st.sampled_from(KINDS),
        st.sampled_from([0.5, 0.8, CHECKED]),
    ),
    max_size=12,
)


@given(found_anywhere)
def test_every_letter_that_was_found_stays_covered_once(found):
    kept = resolve("x" * 60, found)
    covered = [place for one in kept for place in range(one.start, one.end)]
    assert sorted(set(covered)) == sorted(covered)
    assert set(covered) == {place for one in found for place in range(one.start, one.end)}


@given(found_anywhere)
def test_nothing_doubtful_takes_a_letter_of_something_checked(found):
    kept = resolve("x" * 60, found)
    checked = {place for one in found if one.confidence == CHECKED for place in range(one.start, one.end)}
    assert not any(one.confidence < CHECKED and checked & set(range(one.start, one.end)) for one in kept)
