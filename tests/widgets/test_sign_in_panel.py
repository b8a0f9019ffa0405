import time

import pytest
import time_machine

from workbench.crypto import one_time_code
from workbench.widgets import SignInPanel

NAME = "Ottoline"


@pytest.fixture
def known_view(bench, passphrase, open_view):
    """Return the sign-in panel of a store with one account, and its recovery codes."""
    codes = bench.create_account(NAME, passphrase=passphrase).recovery_codes
    return open_view(SignInPanel(bench, bench.session_type(bench._database, device=bench._device, name=NAME))), codes


def test_a_new_store_asks_for_an_owner(sign_in_view):
    sign_in_view.ask("ready")
    assert sign_in_view.received == [
        {"event": "state", "locked": True, "name": "", "empty": True, "codes": [], "drawing": None}
    ]


def test_strength_is_told_with_its_reasons_and_without_the_passphrase(sign_in_view):
    sign_in_view.ask("strength", passphrase="hunter2hunter2", name=NAME)
    strength = sign_in_view.wait_for("strength")
    assert strength["accepted"] is False
    assert strength["reasons"]
    assert strength["guesses"] > 0
    assert "hunter2" not in str(strength)


def test_a_suggestion_is_accepted_and_not_kept(sign_in_view, bench):
    """A07: the kernel draws it, the view shows it, and the panel forgets it."""
    sign_in_view.ask("suggest")
    suggestion = sign_in_view.wait_for("suggestion")["passphrase"]
    assert len(suggestion.split(" ")) == 6
    assert bench.strength(suggestion).is_accepted
    assert suggestion not in str(vars(sign_in_view.panel)) + str(sign_in_view.panel.get_state())
    sign_in_view.ask("create", name=NAME, passphrase=suggestion)
    assert sign_in_view.wait_for("state", locked=False)


def test_creating_the_owner_signs_in_and_shows_ten_codes_until_they_are_kept(sign_in_view, passphrase):
    sign_in_view.ask("create", name=NAME, passphrase=passphrase)
    state = sign_in_view.wait_for("state", locked=False)
    assert (state["name"], len(state["codes"]), state["empty"]) == (NAME, 10, False)
    sign_in_view.received.clear()
    sign_in_view.ask("ready")
    assert sign_in_view.received[0]["codes"] == state["codes"]
    sign_in_view.ask("kept")
    assert sign_in_view.received[1]["codes"] == []
    assert sign_in_view.panel._enrolment is None


def test_a_weak_passphrase_is_refused_beside_the_form(sign_in_view, bench):
    sign_in_view.ask("create", name=NAME, passphrase="password")
    error = sign_in_view.wait_for("error", about="create")
    assert "six random words" in error["remedy"]
    assert bench.is_empty


def test_a_second_owner_is_not_made_by_a_panel_that_opened_before_the_first(sign_in_view, bench, passphrase):
    bench.create_account("somebody", passphrase=passphrase)
    sign_in_view.ask("create", name=NAME, passphrase=passphrase)
    assert sign_in_view.wait_for("error", about="create")["message"] == "By now the store has an account."


def test_the_right_passphrase_unlocks(known_view, passphrase):
    view, _ = known_view
    view.ask("sign_in", name=NAME, passphrase=passphrase)
    assert view.wait_for("state", locked=False)["name"] == NAME
    assert not view.panel._session.is_locked


@pytest.mark.parametrize(("name", "secret"), [(NAME, "wrong wrong wrong wrong"), ("nobody", None)])
def test_a_wrong_name_and_a_wrong_passphrase_are_told_alike(known_view, passphrase, name, secret):
    view, _ = known_view
    view.ask("sign_in", name=name, passphrase=secret or passphrase)
    error = view.wait_for("error", about="sign_in")
    assert error["message"] == "The name, the passphrase or the code is wrong."
    assert view.panel._session.is_locked


def test_a_recovery_code_opens_and_sets_a_new_passphrase(known_view):
    view, codes = known_view
    view.ask("recover", name=NAME, code=codes[3], second="", passphrase="nine violet harbours drifting")
    assert view.wait_for("state", locked=False)
    view.ask("lock")
    view.ask("sign_in", name=NAME, passphrase="nine violet harbours drifting")
    assert view.wait_for("state", locked=False, count=2)


def test_locking_drops_recovery_codes_that_were_not_kept(sign_in_view, passphrase):
    sign_in_view.ask("create", name=NAME, passphrase=passphrase)
    sign_in_view.wait_for("state", locked=False)
    sign_in_view.ask("lock")
    assert sign_in_view.wait_for("state", locked=True, empty=False)["codes"] == []
    assert sign_in_view.panel._enrolment is None


def test_no_passphrase_stays_in_the_panel(sign_in_view, passphrase):
    sign_in_view.ask("strength", passphrase=passphrase, name=NAME)
    sign_in_view.wait_for("strength")
    sign_in_view.ask("create", name=NAME, passphrase=passphrase)
    sign_in_view.wait_for("state", locked=False)
    assert passphrase not in str(vars(sign_in_view.panel)) + str(vars(sign_in_view.panel._strengths))
    assert passphrase not in str(sign_in_view.received)


@pytest.fixture
def app_view(bench, passphrase, open_view):
    """Return the sign-in panel of an account with an authenticator app, the app, and the recovery codes."""
    codes = bench.create_account(NAME, passphrase=passphrase).recovery_codes
    with time_machine.travel("2026-11-24T12:00:05+00:00", tick=False) as clock:
        session = bench.sign_in(NAME, passphrase=passphrase)
        key = session.factors.enrol().key

        def show():
            clock.shift(30)
            return one_time_code(key, step=int(time.time()) // 30).decode()

        session.factors.activate(show(), passphrase=passphrase)
        session.lock()
        yield open_view(SignInPanel(bench, bench.session_type(bench._database, device=bench._device))), show, codes


def test_a_code_is_asked_for_in_a_second_step_and_only_after_the_right_passphrase(app_view, passphrase):
    """A11, A16."""
    view, show, _ = app_view
    view.ask("sign_in", name=NAME, passphrase="wrong wrong wrong wrong")
    view.wait_for("error", about="sign_in")
    assert view.events("code_needed") == []
    view.ask("sign_in", name=NAME, passphrase=passphrase)
    assert view.wait_for("code_needed") == {"event": "code_needed"}
    assert view.panel._session.is_locked
    view.ask("sign_in_with_code", name=NAME, passphrase=passphrase, code=show())
    assert view.wait_for("state", locked=False)["name"] == NAME


def test_a_wrong_code_is_told_like_a_wrong_passphrase_and_a_recovery_code_signs_in(app_view, passphrase):
    """A14, A16."""
    view, _, codes = app_view
    view.ask("sign_in_with_code", name=NAME, passphrase=passphrase, code="12345")
    assert view.wait_for("error", about="sign_in")["message"] == "The name, the passphrase or the code is wrong."
    view.ask("sign_in_with_code", name=NAME, passphrase=passphrase, code=codes[2])
    assert view.wait_for("state", locked=False)
    assert passphrase not in str(vars(view.panel))
    assert codes[2] not in str(view.received)


def test_throttling_is_told_with_how_long_to_wait(known_view, passphrase):
    """A12."""
    view, _ = known_view
    for number in range(5):
        view.ask("sign_in", name=NAME, passphrase="wrong wrong wrong wrong")
        view.wait_for("error", about="sign_in", count=number + 1)
    view.ask("sign_in", name=NAME, passphrase=passphrase)
    error = view.wait_for("error", about="sign_in", count=6)
    assert "Wait" in error["remedy"]
    assert "seconds" in error["remedy"]
