import re
from datetime import UTC, datetime, timedelta, timezone
from typing import get_args

import pytest

from workbench.errors import InputError
from workbench.incidents import RULES, TEMPLATES, NoticeName, alerts, letter, notices_of
from workbench.incidents.notices import EVENT_NOTICES, NOT_ME
from workbench.records import AuditEntry

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
TIME = "2026-11-24T09:30:00.000Z"
CANARY = "canary-9f2c"


def test_every_notice_has_words_and_comes_of_something():
    """A21: no notice is without words, and none is never sent."""
    assert set(TEMPLATES) == set(get_args(NoticeName))
    assert {rule.notice for rule in RULES} | {name for _, name in EVENT_NOTICES} == set(TEMPLATES)


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_notice_holds_no_content_and_says_what_to_do(name):
    """A21: fixed words, no name, no link, no number but the time; and what to do."""
    sent = letter(name, time=NOW)
    template = TEMPLATES[name]
    assert sent.subject == f"Workbench: {template.subject}"
    assert template.text in sent.body
    assert template.advice in sent.body
    assert "When: 2026-11-24 09:30 UTC." in sent.body
    fixed = f"{sent.subject}\n{sent.body.replace('2026-11-24 09:30', '')}"
    assert not re.search(r"[0-9@{}<>%]|://|www\.", fixed)
    assert sent.subject.isprintable()
    assert len(sent.subject) <= 78, "RFC 5322, 2.1.1: one line"
    assert fixed.isascii()


def test_a_notice_of_an_act_of_the_account_says_what_to_do_if_it_was_another_s():
    """A21: open the account panel and choose "This wasn't me"."""
    others = {"failed_sign_ins_everywhere", "integrity_failed", "break_glass_used"}
    assert {name for name in TEMPLATES if NOT_ME not in letter(name, time=NOW).body} == others


@pytest.mark.parametrize(
    ("event", "facts", "names"),
    [
        ("authn_factor_added", {}, ("factor_added",)),
        ("authn_factor_removed", {}, ("factor_removed",)),
        ("authn_recovery_code_used", {}, ("recovery_code_used",)),
        ("authn_recovery_codes_replaced", {}, ("recovery_codes_replaced",)),
        ("authn_password_change", {}, ("passphrase_changed",)),
        ("authn_login_fail_max", {}, ("account_locked",)),
        ("authz_role_changed", {}, ("role_changed",)),
        ("break_glass_used", {}, ("break_glass_used",)),
        ("session_revoked", {"scope": "all"}, ("signed_out_everywhere",)),
        ("session_revoked", {}, ()),
        ("authn_login_success", {}, ()),
        ("export", {}, ()),
    ],
)
def test_an_event_brings_its_notice(event, facts, names):
    """A21: factors added and removed, recovery, lock, role, break-glass, signed out everywhere."""
    entry = AuditEntry(TIME, event, "success", CANARY, {**facts, "canary": CANARY})
    assert notices_of(entry) == names


@pytest.mark.parametrize("event", ["authn_factor_added", "authn_password_change", "authz_role_changed"])
def test_what_was_tried_in_vain_is_no_change(event):
    assert notices_of(AuditEntry(TIME, event, "failure")) == ()


def test_an_alert_and_an_event_that_say_the_same_are_one_notice():
    """A21: a factor removed is an event and an alert (S10); its person gets one notice."""
    entry = AuditEntry(TIME, "authn_factor_removed", "success")
    raised = [alert.notice for alert in alerts([entry])]
    assert raised == ["factor_removed"]
    assert notices_of(entry, raised=raised) == ("factor_removed",)


def test_the_alerts_that_a_person_is_to_get_have_notices():
    """A21: a new device, a success after failures, a wrong second factor after the right passphrase."""
    assert {"new_device", "success_after_failures", "second_factor_failed"} <= {rule.notice for rule in RULES}


def test_the_time_is_told_in_utc():
    there = NOW.astimezone(timezone(timedelta(hours=-7)))
    assert letter("new_device", time=there) == letter("new_device", time=NOW)


def test_no_other_words_can_be_sent():
    with pytest.raises(InputError):
        letter(CANARY, time=NOW)
    with pytest.raises(InputError):
        letter("new_device", time=NOW.replace(tzinfo=None))
