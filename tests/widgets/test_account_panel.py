import json
import time
from types import SimpleNamespace

import pytest

from workbench.crypto import STEP_SECONDS, one_time_code
from workbench.widgets.account_panel import SHOWN
from workbench.widgets.account_rows import request_rows

ANOTHER = "seven lanterns beside the quiet mill"


def code_of(panel, steps=0):
    return one_time_code(panel._totp.key, step=int(time.time() // STEP_SECONDS) + steps).decode()


def test_the_account_is_shown_with_what_happened_and_who_is_in(account_view, session):
    session.ask("rain")
    account_view.ask("ready")
    account = account_view.wait_for("account")
    assert (account["name"], account["roles"]) == ("ada", ["owner"])
    assert account["activity"][0]["what"] == "A reply came"
    assert len(account["activity"]) <= SHOWN
    (one,) = account["sessions"]
    assert one["is_this"]
    assert account["factors"] == {"totp": "off", "since": None, "codes": 10, "device": True}
    assert account["alerts"] == account["notices"] == account["requests"] == []
    assert {check["state"] for check in account["software"]} <= {"pass", "warn", "fail", "unknown"}


def test_no_trait_holds_anything_of_the_account(account_view):
    account_view.ask("ready")
    (one,) = account_view.wait_for("account")["sessions"]
    account_view.ask("enrol")
    account_view.wait_for("done", about="enrol")
    kept = json.dumps(account_view.panel.get_state(), default=str)
    for shown in (one["id"], one["device"], account_view.panel._totp.secret):
        assert shown not in kept


def test_another_session_is_ended_from_the_panel(account_view, bench_of_ada, passphrase):
    """A19."""
    other = bench_of_ada.sign_in("ada", passphrase=passphrase)
    account_view.ask("ready")
    listed = account_view.wait_for("account")["sessions"]
    (one,) = [row for row in listed if not row["is_this"]]
    account_view.ask("end_session", session=one["id"], passphrase="not the right one at all")
    assert "wrong" in account_view.wait_for("error", about="sessions")["message"]
    account_view.ask("end_session", session=one["id"], passphrase=passphrase)
    account_view.wait_for("done", about="sessions")
    with pytest.raises(Exception, match="ended"):
        other.ask("rain")
    assert other.is_locked


def test_the_passphrase_is_changed_and_a_wrong_one_is_an_error_beside_the_form(
    account_view, bench_of_ada, session, passphrase
):
    account_view.ask("change_passphrase", passphrase="not the right one at all", code="", new=ANOTHER)
    assert "wrong" in account_view.wait_for("error", about="passphrase")["message"]
    account_view.ask("change_passphrase", passphrase=passphrase, code="", new=ANOTHER)
    account_view.wait_for("done", about="passphrase")
    session.lock()
    bench_of_ada.sign_in("ada", passphrase=ANOTHER).lock()


def test_a_weak_new_passphrase_says_why(account_view, passphrase):
    account_view.ask("strength", passphrase="passwordpassword")
    weighed = account_view.wait_for("strength")
    assert not weighed["accepted"]
    assert weighed["reasons"]
    account_view.ask("change_passphrase", passphrase=passphrase, code="", new="passwordpassword")
    assert account_view.wait_for("error", about="passphrase")


def test_an_app_is_set_up_used_and_removed(account_view, bench_of_ada, session, passphrase):
    """A10: it counts once a code has shown that the app holds the secret."""
    account_view.ask("enrol")
    account_view.wait_for("done", about="enrol")
    shown = account_view.panel._state()["totp"]
    assert set(shown) == {"secret", "drawing"}
    account_view.ask("activate", passphrase=passphrase, code="000000", current="")
    account_view.wait_for("error", about="totp")
    code = code_of(account_view.panel)
    key = account_view.panel._totp.key
    account_view.ask("activate", passphrase=passphrase, code=code, current="")
    account_view.wait_for("done", about="totp")
    assert session.factors.status().totp == "on"
    assert account_view.panel._state()["totp"] is None
    later = one_time_code(key, step=int(time.time() // STEP_SECONDS) + 1).decode()
    account_view.ask("remove", passphrase=passphrase, code=later)
    account_view.wait_for("done", about="totp", count=2)
    assert session.factors.status().totp == "off"


def test_new_codes_are_shown_until_they_are_kept_or_the_session_locks(account_view, session, passphrase):
    account_view.ask("new_codes", passphrase=passphrase, code="")
    account_view.wait_for("done", about="codes")
    assert len(account_view.panel._state()["codes"]) == 10
    account_view.ask("kept")
    assert account_view.panel._state()["codes"] == ()
    account_view.ask("new_codes", passphrase=passphrase, code="")
    account_view.wait_for("done", about="codes", count=2)
    session.lock()
    assert account_view.panel._enrolment is None


def test_this_was_not_me_ends_the_others_and_renews_every_way_in(account_view, bench_of_ada, session, passphrase):
    other = bench_of_ada.sign_in("ada", passphrase=passphrase)
    account_view.ask("not_me", passphrase=passphrase, code="", new=ANOTHER)
    account_view.wait_for("done", about="not_me")
    assert len(account_view.panel._state()["codes"]) == 10
    with pytest.raises(Exception, match="ended"):
        other.ask("rain")
    assert session.ask("rain").text
    assert session.activity().event.tolist().count("account_secured") == 1
    session.lock()
    with pytest.raises(Exception, match="wrong"):
        bench_of_ada.sign_in("ada", passphrase=passphrase)
    bench_of_ada.sign_in("ada", passphrase=ANOTHER).lock()


def test_a_locked_panel_shows_nothing(account_view, session):
    account_view.ask("ready")
    account_view.wait_for("account")
    session.lock()
    assert account_view.events("state")[-1]["locked"]
    count = len(account_view.events("account"))
    account_view.ask("look")
    time.sleep(0.2)
    assert len(account_view.events("account")) == count


@pytest.mark.parametrize(
    ("permission", "what"),
    [
        ("role:grant", "Change what an account may do"),
        ("break-glass:request", "Open somebody's history"),
        ("hold:place", "hold:place"),
    ],
)
def test_what_one_is_asked_to_approve_is_said_in_words(permission, what):
    request = SimpleNamespace(digest="d", permission=permission, facts={"roles": "auditor"}, requester=bytes(16))
    (row,) = request_rows([request])
    assert row == {"id": "d", "what": what, "facts": "roles: auditor", "requester": "00000000"}
