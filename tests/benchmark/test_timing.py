import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.benchmark.timing import FEWEST_BLOCKS, Taken, compare, interleave, summed

BLOCKS = st.lists(st.lists(st.floats(1e-9, 1e3), min_size=1, max_size=4).map(tuple), min_size=1, max_size=5).map(tuple)


def test_every_side_does_every_load_and_none_always_follows_the_same_other():
    done = []
    sides = {name: lambda load, name=name: done.append((load, name)) or [1.0] for name in "abc"}
    interleave(sides, range(7), seconds=100)
    assert {load for load, _ in done} == set(range(7))
    for load in range(7):
        assert {name for number, name in done if number == load} == set("abc")
    firsts = [done[3 * load][1] for load in range(3)]
    assert set(firsts) == set("abc")


def test_the_first_block_warms_up_and_is_not_counted():
    taken = interleave({"a": lambda load: [float(load)]}, range(4), seconds=100)
    assert taken["a"].blocks == ((1.0,), (2.0,), (3.0,))
    assert len(taken["a"].cpu) == 3


def test_a_part_that_takes_too_long_ends_after_the_fewest_blocks():
    taken = interleave({"a": lambda load: [1.0]}, range(1000), seconds=0)
    assert len(taken["a"].blocks) == FEWEST_BLOCKS


def test_no_load_is_taken_and_then_dropped():
    """What is drawn from a stream of turns lands in every store, or their counts would differ."""
    stream = iter(range(1000))
    done = []
    interleave({"a": lambda load: done.append(load) or [1.0]}, stream, seconds=0)
    assert next(stream) == len(done)


def test_a_comparison_gives_totals_medians_and_the_spread_of_blocks():
    plain, ours = compare(
        {
            "ours": Taken(((2.0, 4.0), (8.0, 10.0)), cpu=(3.0, 9.0)),
            "plain": Taken(((1.0, 1.0), (2.0, 2.0)), cpu=(1.0, 1.0)),
        }
    )
    assert (plain.subject, plain.ratio, plain.lowest, plain.highest) == ("plain", 1.0, 1.0, 1.0)
    assert ours.count == 4
    assert ours.p50 == 6.0
    assert ours.mean == 6.0
    assert ours.ratio == 4.0
    assert ours.p50_ratio == 4.0
    assert ours.cpu_ratio == 6.0
    assert (ours.lowest, ours.highest) == (3.0, 4.5)


@given(BLOCKS, st.floats(0.01, 100))
def test_whoever_takes_so_many_times_as_long_has_that_ratio(blocks, factor):
    slower = tuple(tuple(second * factor for second in block) for block in blocks)
    _, timing = compare({"plain": Taken(blocks, (1.0,)), "slow": Taken(slower, (factor,))})
    assert timing.ratio == pytest.approx(factor)
    assert timing.p50_ratio == pytest.approx(factor)
    assert timing.cpu_ratio == pytest.approx(factor)
    assert timing.lowest == pytest.approx(timing.highest)


def test_times_of_actions_in_a_row_are_added_one_by_one():
    parts = [{"a": Taken(((1.0, 2.0), (3.0, 4.0)), (5.0, 6.0))}, {"a": Taken(((10.0, 20.0),), (7.0,))}]
    assert summed(parts) == {"a": Taken(((11.0, 22.0),), (12.0,))}


def test_a_side_that_takes_fewer_actions_is_compared_by_the_action():
    plain = Taken(((1.0, 1.0, 1.0, 1.0),), (4.0,))
    _, slow = compare({"plain": plain, "slow": Taken(((5.0,),), (5.0,))})
    assert (slow.ratio, slow.cpu_ratio, slow.count) == (5.0, 5.0, 1)
