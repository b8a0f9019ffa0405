from hypothesis import given
from hypothesis import strategies as st

from workbench.widgets.chunks import INTERVAL, Chunks


class Clock:
    def __init__(self):
        self.time = 0.0

    def __call__(self):
        return self.time


def test_pieces_that_come_quickly_are_joined():
    clock = Clock()
    chunks = Chunks(clock)
    assert chunks.feed("a ") == "a "
    assert chunks.feed("b ") is None
    clock.time += INTERVAL
    assert chunks.feed("c") == "b c"
    assert chunks.flush() is None


@given(st.lists(st.tuples(st.text(max_size=5), st.floats(0, 0.1))), st.integers(0, 20))
def test_nothing_is_lost_and_what_was_missed_can_be_had_again(pieces, missed):
    clock = Clock()
    chunks = Chunks(clock)
    sent = []
    for piece, pause in pieces:
        clock.time += pause
        sent.append(chunks.feed(piece))
    sent = [chunk for chunk in [*sent, chunks.flush()] if chunk is not None]
    assert "".join(sent) == "".join(piece for piece, _ in pieces)
    assert len(chunks) == len(sent)
    assert chunks.since(missed) == "".join(sent[missed:])


def test_a_thousand_pieces_in_a_second_become_at_most_34_messages():
    clock = Clock()
    chunks = Chunks(clock)
    sent = 0
    for _ in range(1000):
        clock.time += 0.001
        sent += chunks.feed("x") is not None
    assert sent <= 34
