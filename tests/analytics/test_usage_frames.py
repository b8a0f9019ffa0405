import pytest

from workbench.analytics import counts_frame, events_frame, joined
from workbench.records import UsageEvent


def event(form="haiku", **changes):
    values = {
        "day": "2026-11-23",
        "feature": "compose",
        "form": form,
        "model": "offline-poet",
        "outcome": "complete",
        "input_tokens": 1,
        "output_tokens": 2,
        "milliseconds": 3,
        "redactions": {"PERSON": 1, "EMAIL": 2},
    }
    return UsageEvent(**(values | changes))


def test_one_row_per_event_with_redactions_summed():
    frame = events_frame([event(), event("sonnet")])
    assert frame.form.tolist() == ["haiku", "sonnet"]
    assert frame.redactions.tolist() == [3, 3]
    assert str(frame.day.dtype).startswith("datetime64")


def test_counts_come_most_frequent_first_and_ties_by_name():
    frame = counts_frame(events_frame([event("sonnet"), event("limerick"), event(), event("limerick")]), by="form")
    assert frame.form.tolist() == ["limerick", "haiku", "sonnet"]
    assert frame.turns.tolist() == [2, 1, 1]
    assert frame.output_tokens.tolist() == [4, 2, 2]


@pytest.mark.parametrize("by", ["form", "model", "outcome", "day"])
def test_no_event_makes_an_empty_frame(by):
    frame = counts_frame(events_frame([]), by=by)
    assert list(frame.columns) == [by, "turns", "output_tokens", "redactions"]
    assert frame.empty


def test_names_that_are_not_utf_8_are_counted_too():
    frame = counts_frame(events_frame([event(model="a\ud800"), event(model="a\ud800"), event(model="a")]), by="model")
    assert frame.model.tolist() == ["a\ud800", "a"]
    assert frame.turns.tolist() == [2, 1]


@pytest.mark.parametrize("cut", [0, 1, 2, 3])
def test_frames_joined_are_the_frame_of_all(cut):
    events = [event("sonnet"), event(model="another"), event("limerick", day="2026-11-24")]
    frame = joined([events_frame(events[:cut]), events_frame(events[cut:])])
    whole = events_frame(events)
    assert frame.astype("str").equals(whole.astype("str"))
    assert list(frame.dtypes.astype(str)) == list(whole.dtypes.astype(str))
