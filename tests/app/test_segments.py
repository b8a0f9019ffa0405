"""Frames from sealed segments: the same as from records, whatever becomes of the segments."""

import pytest

from workbench.analytics import SEGMENT_TURNS
from workbench.app.segments import Segments
from workbench.crypto import Kind
from workbench.errors import StoreError
from workbench.records import Minimised, Prompt, Pseudonyms, Turn, TurnId, Usage
from workbench.storage import encode

TURNS = 2 * SEGMENT_TURNS + 30


@pytest.fixture
def opened(session):
    """Return what a session with two segments' worth of turns, and some more, has open."""
    opened = session._opened
    turn = session.ask("rain")
    session.history.delete(turn.id)
    with opened.vaults.transaction():
        for number in range(TURNS):
            one = Turn(
                TurnId(f"{number:032x}"),
                turn.created,
                Prompt(f"prompt {number}"),
                Minimised(f"prompt {number}"),
                f"reply {number}",
                "complete",
                Usage(),
                {"model": "m", "label": "l"},
                Pseudonyms(),
            )
            opened.turns.append(encode(one), record_id=bytes.fromhex(one.id))
    return opened


def cached(opened):
    return list(opened.turns.caches(Kind.SEGMENT).load())


def prompts(session):
    return session.history.frame().prompt.tolist()


EVERY = [f"prompt {number}" for number in range(TURNS)]


def test_the_first_frame_makes_segments_and_the_next_is_the_same(session, opened):
    first = session.history.frame()
    assert [body.count for body in cached(opened)] == [SEGMENT_TURNS] * 2
    assert first.prompt.tolist() == EVERY
    assert session.history.frame().equals(first)


def test_new_turns_are_in_the_next_frame(session, opened):
    assert prompts(session) == EVERY
    session.ask("snow")
    assert prompts(session) == [*EVERY, "snow"]


@pytest.mark.parametrize("number", [0, SEGMENT_TURNS - 1, SEGMENT_TURNS, TURNS - 1])
def test_an_erased_turn_is_gone_and_its_segment_is_made_again(session, opened, number):
    prompts(session)
    before = {body.body for body in cached(opened)}
    session.history.delete(f"{number:032x}")
    assert prompts(session) == [prompt for prompt in EVERY if prompt != f"prompt {number}"]
    after = cached(opened)
    assert len(after) == 2
    assert len(before & {body.body for body in after}) == (2 if number == TURNS - 1 else 1)
    assert all(f"prompt {number} ".encode() not in body.body for body in after)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE cache SET sealed = zeroblob(100) WHERE kind = 49 AND first_place % 256 = 2",
        "UPDATE cache SET last_place = last_place - 1 WHERE kind = 49",
        "UPDATE cache SET living = 7 WHERE kind = 49",
        "UPDATE cache SET first_place = 'text' WHERE kind = 49",
        "DELETE FROM cache WHERE first_place = (SELECT min(first_place) FROM cache WHERE kind = 49)",
        "DELETE FROM cache",
        "DELETE FROM data_key WHERE key_id IN (SELECT key_id FROM cache)",
    ],
)
def test_a_missing_or_altered_segment_is_made_again(bench, session, opened, statement):
    prompts(session)
    bench._database.write(statement)
    assert prompts(session) == EVERY
    assert prompts(session) == EVERY
    assert [body.count for body in cached(opened)] == [SEGMENT_TURNS] * 2


def test_a_segment_that_is_none_is_dropped_and_the_records_are_read(session, opened):
    prompts(session)
    caches = opened.turns.caches(Kind.SEGMENT)
    body = next(caches.load())
    caches.store(first=body.first, last=body.last, count=body.count, body=b"no Arrow")
    assert prompts(session) == EVERY
    assert len(cached(opened)) == 2


def test_a_damaged_turn_is_left_out_and_the_others_are_there(bench, session, opened):
    bench._database.write("UPDATE record SET sealed = zeroblob(100) WHERE record_id = ?", (bytes.fromhex(f"{5:032x}"),))
    assert prompts(session) == [prompt for prompt in EVERY if prompt != "prompt 5"]


def test_a_store_that_cannot_be_written_goes_without_segments(session, opened, monkeypatch):
    def refuse(*_arguments):
        raise StoreError("The disk is full; nothing was written.")

    monkeypatch.setattr("workbench.storage.caches.Caches.store_all", refuse)
    assert prompts(session) == EVERY
    assert cached(opened) == []


def test_dates_cut_what_segments_hold(session, opened):
    prompts(session)
    assert len(session.history.frame(since="2000-01-01")) == TURNS
    assert len(session.history.frame(until="2000-01-01")) == 0


def test_two_sessions_make_the_same_segments(session, opened, bench, passphrase):
    other = bench.sign_in("ada", passphrase=passphrase)
    assert prompts(session) == prompts(other) == EVERY
    assert len(cached(opened)) == 2
    assert Segments(opened.turns).bodies_and_tail()[1]
