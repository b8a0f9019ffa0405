from dataclasses import replace
from typing import get_args

import pytest

from workbench.errors import InputError
from workbench.incidents import RULES, TEMPLATES
from workbench.incidents.rules import Action, RuleId

ASSURANCE = {
    # rule, scope → events of which one is enough to name it, threshold, window in seconds, action (section 9)
    ("S01", "account"): ({"authn_login_fail"}, 5, 600, "throttle"),
    ("S01", "store"): ({"authn_login_fail"}, 20, 600, "throttle"),
    ("S02", "account"): ({"authn_login_fail", "authn_factor_fail"}, 2, 600, "notify"),
    ("S03", "account"): ({"authn_login_fail"}, 3, None, "notify"),
    ("S04", "account"): ({"authn_login_success", "authn_recovery_code_used"}, 1, None, "step_up"),
    ("S09", "account"): ({"authz_fail"}, 10, 600, "alert"),
    ("S11", "account"): ({"authn_login_success", "authn_recovery_code_used"}, 1, 90 * 86_400, "step_up"),
}


def test_the_rules_are_those_of_the_criteria():
    """S01, S02, S03, S04, S09, S11: thresholds, windows and actions of section 9."""
    found = {
        (rule.id, rule.scope): ({sign.event for sign in rule.signs}, rule.threshold, rule.window, rule.action)
        for rule in RULES
        if rule.id != "S10"
    }
    assert found == ASSURANCE


def test_the_changes_that_alert_are_those_of_the_criteria():
    """S10: privilege change, factor removed, detector off, check failed, clock back; at the first."""
    rows = [rule for rule in RULES if rule.id == "S10"]
    assert {rule.action for rule in rows} == {"alert"}
    assert {rule.threshold for rule in rows} == {1}
    assert {sign.event for rule in rows for sign in rule.signs} == {
        "authz_role_changed", "authn_factor_removed", "detector_disabled", "integrity_failed", "integrity_verified",
        "integrity_rollback_accepted", "clock_moved_back",
    }  # fmt: skip
    assert [rule.window for rule in rows if rule.pattern == "backwards"] == [120]


def test_the_same_alert_is_quiet_for_an_hour_but_a_device_is_new_once():
    assert {rule.id for rule in RULES if rule.quiet == 3_600} == set(get_args(RuleId)) - {"S04"}


def test_every_rule_says_something_in_closed_words():
    for rule in RULES:
        assert rule.text == TEMPLATES[rule.notice].text
        assert rule.action in get_args(Action)


@pytest.mark.parametrize(
    "changes",
    [{"threshold": 0}, {"window": -1}, {"window": None}, {"quiet": -1}, {"then": RULES[0].signs}],
)
def test_a_rule_that_could_never_speak_is_refused(changes):
    with pytest.raises(InputError):
        replace(RULES[0], **changes)
