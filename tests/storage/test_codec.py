from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import IntegrityError, StoreVersionError
from workbench.records import AuditEntry, Entity, Minimised, Prompt, Pseudonyms, Turn, TurnId, Usage, UsageEvent
from workbench.storage import decode, encode

texts = st.text(st.characters(), max_size=200)  # any code point, lone surrogates and NUL included
words = st.text(st.characters(codec="ascii"), max_size=20)
numbers = st.integers(0, 2**40)

turns = st.builds(
    Turn,
    id=st.binary(min_size=16, max_size=16).map(lambda b: TurnId(b.hex())),
    created=st.datetimes().map(lambda moment: moment.replace(tzinfo=UTC)),
    prompt=st.builds(Prompt, texts, st.none() | words, st.none() | st.integers(-(2**63), 2**63 - 1)),
    minimised=st.builds(
        lambda text, entities: Minimised(text, entities=tuple(entities)),
        texts,
        st.lists(st.builds(Entity, numbers, numbers, st.just("PERSON"), words, st.floats(0, 1)), max_size=3),
    ),
    text=texts,
    outcome=st.sampled_from(["complete", "stopped", "failed", "refused"]),
    usage=st.builds(Usage, numbers, numbers, st.booleans()),
    manifest=st.dictionaries(words, words, max_size=3),
    pseudonyms=st.builds(Pseudonyms, st.dictionaries(words, texts, max_size=3)),
)
events = st.builds(
    UsageEvent,
    day=st.dates().map(str),
    feature=words,
    form=words,
    model=words,
    outcome=st.just("complete"),
    input_tokens=numbers,
    output_tokens=numbers,
    milliseconds=numbers,
    redactions=st.dictionaries(words, numbers, max_size=3),
)
entries = st.builds(AuditEntry, words, words, words, words, st.dictionaries(words, words, max_size=3))


@given(turns)
def test_a_turn_comes_back_as_it_went(turn):
    back = decode(encode(turn), Turn)
    assert back == turn
    assert back.minimised.entities == turn.minimised.entities
    assert type(back.minimised) is Minimised


@given(events)
def test_a_usage_event_comes_back_as_it_went(event):
    assert decode(encode(event), UsageEvent) == event


@given(entries)
def test_an_audit_entry_comes_back_as_it_went(entry):
    assert decode(encode(entry), AuditEntry) == entry


def test_equal_records_have_equal_bytes():
    event = UsageEvent("2026-11-23", "compose", "haiku", "m", "complete", 1, 2, 3, {"B": 1, "A": 2})
    again = UsageEvent("2026-11-23", "compose", "haiku", "m", "complete", 1, 2, 3, {"A": 2, "B": 1})
    assert encode(event) == encode(again)


def test_a_body_of_a_newer_version_is_refused():
    with pytest.raises(StoreVersionError):
        decode(b"\x91\x03", UsageEvent)


@given(st.binary(max_size=60), st.sampled_from([Turn, UsageEvent, AuditEntry]))
def test_bytes_that_are_no_body_are_refused_and_nothing_else_happens(body, kind):
    with pytest.raises((IntegrityError, StoreVersionError)):
        decode(body, kind)


@given(turns, st.data())
def test_a_body_cut_short_is_refused(turn, data):
    body = encode(turn)
    with pytest.raises(IntegrityError):
        decode(body[: data.draw(st.integers(0, len(body) - 1))], Turn)
