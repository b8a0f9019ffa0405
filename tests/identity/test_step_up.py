import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import StepUpRequiredError
from workbench.identity import SessionClock, StepUps, digest_of

FACTS = st.dictionaries(
    st.text(max_size=8), st.text(max_size=8) | st.integers(0, 9) | st.binary(max_size=8), max_size=3
)
NAMES = st.text(max_size=8)


@pytest.fixture
def step_ups(clocks):
    return StepUps(SessionClock(clocks, roles=("owner",)))


def is_refused(step_ups, action="role:grant", **facts):
    try:
        step_ups.spend(action, facts)
    except StepUpRequiredError:
        return True
    return False


@given(NAMES, FACTS, NAMES, FACTS)
def test_two_actions_have_one_digest_only_when_they_are_the_same(action, facts, other, others):
    """A20: bound to the action and everything that it is about."""
    is_same = (action, facts) == (other, others)
    assert (digest_of(action, facts) == digest_of(other, others)) == is_same
    assert digest_of(action, dict(reversed(facts.items()))) == digest_of(action, facts)


def test_a_proof_is_good_once(step_ups):
    """A20: one use."""
    step_ups.add("role:grant", {"account": "rita"})
    assert not is_refused(step_ups, account="rita")
    assert is_refused(step_ups, account="rita")


def test_a_proof_is_for_one_action_and_all_its_facts(step_ups):
    """A20: this action and its digest."""
    step_ups.add("role:grant", {"account": "rita", "count": 1})
    assert is_refused(step_ups, account="rita")
    assert is_refused(step_ups, account="rita", count="1")
    assert is_refused(step_ups, account="rita", count=2)
    assert is_refused(step_ups, account="rita", count=1, more="")
    assert is_refused(step_ups, "account:erase", account="rita", count=1)
    assert not is_refused(step_ups, account="rita", count=1)


@pytest.mark.parametrize(("seconds", "refused"), [(0, False), (299, False), (300, True), (301, True), (4000, True)])
def test_a_proof_is_good_for_five_minutes(step_ups, clocks, seconds, refused):
    """A20: five minutes."""
    step_ups.add("role:grant", {})
    clocks.wait(seconds)
    assert is_refused(step_ups) == refused
    assert is_refused(step_ups)


def test_setting_the_clock_back_prolongs_no_proof(step_ups, clocks):
    """A20: also when the proof was given while the clock was ahead."""
    clocks.wall += 3600
    step_ups.add("role:grant", {})
    clocks.wall -= 7200
    clocks.steady += 299
    step_ups.add("account:erase", {})
    assert not is_refused(step_ups)
    step_ups.add("role:grant", {})
    clocks.steady += 300
    assert is_refused(step_ups)
    assert is_refused(step_ups, "account:erase")


def test_a_laptop_that_slept_has_no_fresh_proof(step_ups, clocks):
    """A20: the clock that only goes on stands still meanwhile."""
    step_ups.add("role:grant", {})
    clocks.wall += 300
    assert is_refused(step_ups)


def test_no_representation_tells_of_a_proof(step_ups):
    step_ups.add("role:grant", {"account": "canary"})
    assert "canary" not in repr(step_ups)
    assert repr(vars(step_ups)).count("canary") == 0
