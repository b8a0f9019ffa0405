"""Roles granted, taken, approved and felt, between the sessions of several people."""

import pytest
from everybody import EVERYBODY

from workbench.errors import (
    AuthenticationError,
    LockedError,
    NotFoundError,
    PermissionDeniedError,
    StepUpRequiredError,
)


def test_a_role_taken_away_elsewhere_counts_from_the_next_action(people, passphrase):
    """R03; ASVS 8.3.2: at most one call late."""
    rita, adam = people("rita"), people("adam")
    assert rita.ask("rain").text
    adam.people.revoke("rita", "researcher", passphrase=passphrase)
    with pytest.raises(PermissionDeniedError):
        rita.ask("snow")
    with pytest.raises(PermissionDeniedError):
        len(rita.history)
    adam.people.grant("rita", "researcher", passphrase=passphrase)
    assert rita.ask("snow").text
    assert len(rita.history) == 2
    assert "authz_role_changed" in rita.audit.frame().event.tolist()


def test_an_analyst_who_becomes_a_researcher_has_a_history_from_then_on(people, passphrase):
    ann, adam = people("ann"), people("adam")
    with pytest.raises(PermissionDeniedError):
        ann.ask("rain")
    adam.people.grant("ann", "researcher", passphrase=passphrase)
    assert ann.ask("rain").text
    ann.lock()
    again = people("ann")
    assert len(again.history) == 1
    again.verify()


def test_a_denial_is_in_the_audit_log(people):
    ann = people("ann")
    with pytest.raises(PermissionDeniedError):
        ann.ask("rain")
    assert ann.audit.frame().event.tolist()[-1] == "authz_fail"


def test_a_role_is_granted_only_with_a_fresh_proof_for_exactly_that(people, passphrase):
    """A20: another name, another role or a second time takes another proof."""
    adam = people("adam")
    with pytest.raises(StepUpRequiredError):
        adam.people.grant("rita", "analyst")
    with pytest.raises(AuthenticationError):
        adam.people.grant("rita", "analyst", passphrase="not the passphrase at all")
    adam.step_up("role:grant", passphrase=passphrase, account="rita", how="grant", roles="analyst")
    with pytest.raises(StepUpRequiredError):
        adam.people.grant("rita", "educator")
    adam.people.grant("rita", "analyst")
    with pytest.raises(StepUpRequiredError):
        adam.people.grant("rita", "analyst")
    assert adam.people.find("rita").roles == ("researcher", "analyst")


@pytest.mark.parametrize("name", ["rita", "ann", "sam", "otto", "petra"])
def test_nobody_else_grants_roles(people, passphrase, name):
    adam = people("adam")
    other = people(name)
    target = next(one for one in ("rita", "ann") if one != name)
    with pytest.raises(PermissionDeniedError):
        other.people.grant(target, "educator", passphrase=passphrase)
    assert adam.people.find(target).roles == (EVERYBODY[target],)


def test_an_educator_makes_students_and_nothing_else(people, passphrase):
    ed = people("ed")
    ed.people.grant("ann", "student", passphrase=passphrase)
    with pytest.raises(PermissionDeniedError, match="students"):
        ed.people.grant("ann", "researcher", passphrase=passphrase)


def test_a_privileged_role_takes_a_second_person(people, passphrase):
    """R05: the approver is neither who asks nor who receives; an approval is used once."""
    ann, adam, petra = people("ann"), people("adam"), people("petra")
    request = adam.people.grant("ann", "privacy officer", passphrase=passphrase)
    with pytest.raises(PermissionDeniedError, match="approved"):
        adam.people.finish(request)
    assert adam.approvals.open() == []
    (asked,) = petra.approvals.open()
    assert asked.facts["roles"] == "analyst, privacy officer"
    with pytest.raises(StepUpRequiredError):
        petra.approvals.approve(asked)
    petra.approvals.approve(asked, passphrase=passphrase)
    assert petra.approvals.open() == []
    adam.people.finish(request)
    assert ann.people is not None
    assert adam.people.find("ann").roles == ("analyst", "privacy officer")
    with pytest.raises(NotFoundError):
        adam.people.finish(request)
    ann.notices.list()
    assert ann._opened.account.roles == ("analyst", "privacy officer")


def test_a_second_admin_approves_too_and_not_of_another_change(people, passphrase):
    """R05: what was approved for one account holds for no other."""
    adam, eve = people("adam"), people("eve")
    first = adam.people.grant("ann", "auditor", passphrase=passphrase)
    second = adam.people.grant("rita", "privacy officer", passphrase=passphrase)
    eve.approvals.approve(next(one for one in eve.approvals.open() if one == first), passphrase=passphrase)
    with pytest.raises(PermissionDeniedError):
        adam.people.finish(second)
    adam.people.finish(first)
    assert adam.people.find("ann").roles == ("analyst", "auditor")
    assert adam.people.find("rita").roles == ("researcher",)


def test_without_a_second_person_nobody_becomes_privileged(bench, passphrase):
    """R05."""
    for name in ("ann", "adam"):
        bench.create_account(name, passphrase=passphrase, roles=(EVERYBODY[name],))
    adam = bench.sign_in("adam", passphrase=passphrase)
    with pytest.raises(PermissionDeniedError, match="nobody"):
        adam.people.grant("ann", "auditor", passphrase=passphrase)


def test_duties_are_kept_apart_when_roles_are_granted(people, passphrase):
    """R04."""
    adam = people("adam")
    for name, role in (("rita", "admin"), ("otto", "privacy officer"), ("otto", "admin")):
        with pytest.raises(PermissionDeniedError, match="apart"):
            adam.people.grant(name, role, passphrase=passphrase)


def test_a_disabled_account_ends_everywhere_and_is_signed_in_to_by_nobody(people, passphrase):
    """ASVS 7.4.2."""
    rita, adam = people("rita"), people("adam")
    adam.people.disable("rita", passphrase=passphrase)
    with pytest.raises((LockedError, PermissionDeniedError)):
        rita.ask("rain")
    assert rita.is_locked
    with pytest.raises(PermissionDeniedError, match="disabled"):
        people("rita")
    adam.people.enable("rita", passphrase=passphrase)
    assert people("rita").ask("rain").text


def test_whose_roles_were_changed_is_told(people, passphrase):
    """A21: in-app always."""
    rita, adam = people("rita"), people("adam")
    adam.people.grant("rita", "educator", passphrase=passphrase)
    (notice,) = rita.notices.list()
    assert (notice.event, notice.facts["roles"]) == ("authz_role_changed", "researcher,educator")
    rita.notices.dismiss(notice)
    assert rita.notices.list() == []
    with pytest.raises(NotFoundError):
        rita.notices.dismiss(notice)


def test_there_is_no_list_of_names(people):
    adam = people("adam")
    assert {person.name for person in adam.people.list()} == {""}
    assert len(adam.people.list()) == len(EVERYBODY)
    with pytest.raises(NotFoundError):
        adam.people.find("nobody")
