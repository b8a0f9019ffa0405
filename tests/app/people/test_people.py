"""Roles granted, taken, approved and felt, between the sessions of several people."""

import asyncio
from dataclasses import replace

import pytest
from everybody import EVERYBODY
from storage.attacker import quick_derivation

from workbench.app import Workbench
from workbench.crypto import Topic
from workbench.errors import (
    AuthenticationError,
    InputError,
    LockedError,
    NotFoundError,
    PermissionDeniedError,
    StepUpRequiredError,
)
from workbench.storage import pack


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
    (notice,) = [one for one in rita.notices.list() if one.event == "authz_role_changed"]
    assert notice.facts["roles"] == "researcher,educator"
    rita.notices.dismiss(notice)
    assert notice not in rita.notices.list()
    with pytest.raises(NotFoundError):
        rita.notices.dismiss(notice)


def test_there_is_no_list_of_names(people):
    adam = people("adam")
    assert {person.name for person in adam.people.list()} == {""}
    assert len(adam.people.list()) == len(EVERYBODY)
    with pytest.raises(NotFoundError):
        adam.people.find("nobody")


@pytest.fixture(params=["sqlite", "postgresql"])
def benches(request, tmp_path, passphrase):
    """Return a function that opens one store of each engine once more, as another kernel would."""
    location, opened = tmp_path / "shared.db", []
    if request.param == "postgresql":
        location = request.getfixturevalue("postgres_server").url(request.getfixturevalue("postgres_name"))

    def open_bench():
        opened.append(Workbench.open(location))
        return opened[-1]

    with quick_derivation():
        bench = open_bench()
        for name in ("rita", "ann", "adam", "eve"):
            bench.create_account(name, passphrase=passphrase, roles=(EVERYBODY[name],))
        yield open_bench
    for bench in opened:
        bench.close()


@pytest.fixture
def elsewhere(benches, passphrase):
    """Return a function that signs somebody in, each in a kernel of their own."""
    return lambda name: benches().sign_in(name, passphrase=passphrase)


def test_on_either_engine_a_role_taken_away_counts_from_the_next_action(elsewhere, passphrase):
    """R03; ASVS 8.3.2: at most one call late, in whatever kernel."""
    rita, other, adam = elsewhere("rita"), elsewhere("rita"), elsewhere("adam")
    assert rita.ask("rain").text
    adam.people.revoke("rita", "researcher", passphrase=passphrase)
    for session in (rita, other):
        with pytest.raises(PermissionDeniedError):
            session.ask("snow")
        with pytest.raises(PermissionDeniedError):
            len(session.history)
    adam.people.grant("rita", "researcher", "educator", passphrase=passphrase)
    for session in (rita, other):
        assert session.ask("snow").text
        assert session.roles == ("researcher", "educator")


def test_on_either_engine_an_account_is_disabled_and_its_sessions_end(elsewhere, passphrase):
    """A19, R03."""
    rita, adam = elsewhere("rita"), elsewhere("adam")
    adam.people.disable("rita", passphrase=passphrase)
    with pytest.raises(LockedError):
        rita.ask("rain")
    assert rita.is_locked
    with pytest.raises(PermissionDeniedError, match="disabled"):
        elsewhere("rita")


def test_on_either_engine_a_privileged_role_takes_two_kernels_people(elsewhere, passphrase):
    """R05."""
    ann, adam, eve = elsewhere("ann"), elsewhere("adam"), elsewhere("eve")
    request = adam.people.grant("ann", "auditor", passphrase=passphrase)
    assert ann.approvals.open() == []
    (asked,) = eve.approvals.open()
    eve.approvals.approve(asked, passphrase=passphrase)
    adam.people.finish(request)
    ann.notices.list()
    assert ann.roles == ("analyst", "auditor")
    assert [notice.event for notice in ann.notices.list()] == ["authz_role_changed"]


def test_an_approval_of_a_change_that_came_too_late_is_kept_and_does_nothing(people, passphrase):
    """R05: it is of what the account was then."""
    adam, eve, petra = people("adam"), people("eve"), people("petra")
    request = adam.people.grant("ann", "auditor", passphrase=passphrase)
    petra.approvals.approve(request, passphrase=passphrase)
    eve.people.grant("ann", "educator", passphrase=passphrase)
    for _ in range(2):
        with pytest.raises(LockedError, match="meanwhile"):
            adam.people.finish(request)
    assert adam.people.find("ann").roles == ("analyst", "educator")
    assert adam.approvals.pending() == [request]


def test_a_request_for_something_else_is_not_finished_here(people):
    adam, petra = people("adam"), people("petra")
    asked = adam._opened.access.approvals().ask("hold:place", pack(("hold", "2026-W47")))
    petra._opened.access.approvals().approve(asked)
    with pytest.raises(PermissionDeniedError):
        adam.people.finish(asked)
    assert adam.approvals.pending() == [asked]


def test_enabling_a_privileged_account_takes_two(people, passphrase):
    """R05."""
    adam, eve = people("adam"), people("eve")
    assert adam.people.disable("otto", passphrase=passphrase) is None
    request = adam.people.enable("otto", passphrase=passphrase)
    with pytest.raises(PermissionDeniedError, match="disabled"):
        people("otto")
    eve.approvals.approve(request, passphrase=passphrase)
    adam.people.finish(request)
    assert people("otto").roles == ("auditor",)


def test_an_educator_disables_students_alone(people, passphrase):
    """R01: role:grant has scope class."""
    ed = people("ed")
    for name in ("ann", "adam", "rita"):
        with pytest.raises(PermissionDeniedError):
            ed.people.disable(name, passphrase=passphrase)
    ed.people.disable("sam", passphrase=passphrase)
    with pytest.raises(PermissionDeniedError, match="disabled"):
        people("sam")
    ed.people.enable("sam", passphrase=passphrase)
    assert people("sam").ask("rain").text


def test_an_approval_takes_a_fresh_proof_for_exactly_that_request(people, passphrase):
    """A20, R05: whatever its sender calls it."""
    adam, eve = people("adam"), people("eve")
    first = adam.people.grant("ann", "auditor", passphrase=passphrase)
    second = adam.people.grant("rita", "auditor", passphrase=passphrase)
    eve.step_up("role:approve", passphrase=passphrase, digest=first.digest)
    with pytest.raises(StepUpRequiredError):
        eve.approvals.approve(second)
    with pytest.raises(NotFoundError):
        eve.approvals.approve(replace(second, permission="account:self"))
    eve.approvals.approve(first)
    with pytest.raises(StepUpRequiredError):
        eve.approvals.approve(first)


def test_a_declined_request_is_noted_and_gone(people, passphrase):
    adam, eve = people("adam"), people("eve")
    request = adam.people.grant("ann", "auditor", passphrase=passphrase)
    eve.approvals.decline(request)
    assert eve.approvals.open() == []
    assert "approval_declined" in eve.audit.frame().event.tolist()
    with pytest.raises(NotFoundError):
        eve.approvals.decline(request)


@pytest.mark.parametrize("body", [b"", b"garbage", b"\x91\x03", pack(), pack(5, 5), pack("event", ["ab", 5])])
def test_a_letter_that_is_no_notice_hides_none(people, passphrase, body):
    """Any account can send one."""
    rita, adam, ann = people("rita"), people("adam"), people("ann")
    ann._opened.access.post().send(rita._opened.account.account_id, Topic.NOTICE, body)
    adam.people.grant("rita", "educator", passphrase=passphrase)
    assert {notice.event for notice in rita.notices.list()} == {"readers_changed", "authz_role_changed"}


def test_a_request_that_copies_anothers_words_is_told_apart_by_its_digest(people, passphrase):
    """R05, A20: what stands for a request is all of it, who asks too; the panel approves by that digest."""
    rita, ann, petra = people("rita"), people("ann"), people("petra")
    words = pack(("hold", "2026-W47"))
    asked = rita._opened.access.approvals().ask("hold:place", words)
    copied = replace(asked, request_id=bytes(16), requester=ann._opened.account.account_id)
    ann._opened.access.post().send(petra._opened.account.account_id, Topic.REQUEST, copied.packed())
    first, second = petra.approvals.open()
    assert first.digest != second.digest
    petra.step_up("hold:place", passphrase=passphrase, digest=asked.digest)
    with pytest.raises(StepUpRequiredError):
        petra.approvals.approve(copied)
    petra.approvals.approve(asked)
    assert petra.approvals.open() == [copied]


@pytest.mark.parametrize("how", ["role", "session"])
def test_a_stream_that_was_made_before_sends_nothing_once_the_right_to_it_is_gone(people, passphrase, how):
    """R03, A19: the right is looked at when something is sent."""
    rita, adam, again = people("rita"), people("adam"), people("rita")
    stream = rita.stream("rain")
    if how == "role":
        adam.people.revoke("rita", "researcher", passphrase=passphrase)
    else:
        again.sessions.revoke_others()

    async def read():
        return [piece async for piece in stream]

    with pytest.raises(PermissionDeniedError if how == "role" else LockedError):
        asyncio.run(read())
    entries = people("rita")._opened.audit.entries()
    assert not {"llm_request", "llm_reply"} & {entry.event for entry in entries}


@pytest.mark.parametrize("how", ["grant", "revoke"])
def test_a_change_that_names_no_role_is_refused_before_any_proof_is_looked_at(people, how):
    adam = people("adam")
    with pytest.raises(InputError, match="No role") as raised:
        getattr(adam.people, how)("rita")
    assert "researcher" in raised.value.remedy


@pytest.mark.parametrize("action", ["role:grunt", "prompt:create", "what I would rather not have in a log", 3])
def test_a_proof_for_what_takes_none_is_refused_and_its_name_is_in_no_log(people, passphrase, action):
    """A20: a proof is for one action of the table."""
    adam = people("adam")
    with pytest.raises(InputError) as raised:
        adam.step_up(action, passphrase=passphrase)
    assert "role:grant" in raised.value.remedy
    assert "authn_step_up" not in adam.audit.frame().event.tolist()
