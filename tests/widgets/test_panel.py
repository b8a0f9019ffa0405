"""What holds for every panel: which messages it takes, what it tells of an error, what its traits hold."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ipykernel.comm.comm import BaseComm

from workbench.errors import GenerationError, WorkbenchError
from workbench.widgets import AccountPanel, HistoryBrowser, PromptPanel, SignInPanel
from workbench.widgets.panel import _pin, explained

CANARY = "canary-9f2c"


class Comm:
    """A comm of ipykernel 7.4, as far as routing goes."""

    def _reply_subshell_for(self, data, default):
        return "another shell"


class NoSession:
    """Has nothing that a refused message could reach."""

    def subscribe(self, listener):
        return lambda: None


PANELS = {
    "account": lambda bench, session: AccountPanel(session),
    "prompt": lambda bench, session: PromptPanel(session),
    "history": lambda bench, session: HistoryBrowser(session),
    "sign in": SignInPanel,
}


@pytest.fixture(params=PANELS)
def view(request, bench_of_ada, session, open_view):
    return open_view(PANELS[request.param](bench_of_ada, session))


@pytest.fixture(params=PANELS)
def bare_view(request, open_view):
    return open_view(PANELS[request.param](None, NoSession()))


@pytest.mark.parametrize(
    "message",
    [
        None,
        "ready",
        [],
        {},
        {"action": None},
        {"action": "__init__"},
        {"action": "_ready"},
        {"action": "close"},
        {"action": "ready", "more": 1},
        {"action": "edit", "text": CANARY},
        {"action": "edit", "text": CANARY, "form": "epic", "number": 1, "view": ""},
        {"action": "edit", "text": CANARY, "form": None, "number": True, "view": ""},
        {"action": "edit", "text": CANARY, "form": None, "number": -1, "view": ""},
        {"action": "ask", "text": [CANARY], "form": None},
        {"action": "ask", "text": f"{CANARY}\ud800", "form": None},
        {"action": "ask", "text": CANARY * 100_000, "form": None},
        {"action": "open", "turn": CANARY * 20},
        {"action": "search", "query": {"text": CANARY}},
        {"action": "sign_in", "name": "ada", "passphrase": None},
    ],
)
def test_a_message_that_is_not_in_the_table_is_refused_and_not_quoted(bare_view, message):
    bare_view.panel._handle_custom_msg(message, [])
    (answer,) = bare_view.received
    assert answer["event"] == "error"
    assert answer["remedy"] == "Reload the page and run the cell again."
    assert CANARY not in str(answer)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    message=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=6,
    )
)
def test_no_message_whatever_raises_into_the_kernel(bare_view, message):
    bare_view.received.clear()
    bare_view.panel._handle_custom_msg(message, [])
    assert [answer["event"] for answer in bare_view.received] == ["error"]


def test_a_view_that_opens_asks_and_gets_the_state(view):
    view.ask("ready")
    assert view.received[0]["event"] == "state"
    assert view.received[0]["locked"] is False
    assert view.received[0]["name"] == "ada"


def test_lock_locks_the_session_and_every_view_is_told(view, session):
    view.ask("lock")
    assert session.is_locked
    assert view.wait_for("state", locked=True)


def test_a_closed_panel_follows_the_session_no_longer(view, session):
    view.panel.close()
    session.lock()
    assert view.received == []


def test_the_repr_tells_the_class_and_nothing_that_changes(view):
    assert repr(view.panel) == f"{type(view.panel).__name__}()"


def test_a_panel_in_a_cell_shows_its_name_beside_the_view(view):
    data, _ = view.panel._repr_mimebundle_()
    assert data["text/plain"] == repr(view.panel)


def test_the_traits_are_the_same_before_and_after_use(view):
    """No content in any trait: what a notebook could save of a panel is its code, style and layout."""
    before = view.panel.get_state()
    for action in ("ready", "lock"):
        view.ask(action)
    view.ask("edit", text=CANARY, form=None, number=1, view="v")
    view.ask("search", query=CANARY)
    view.ask("sign_in", name=CANARY, passphrase=CANARY)
    assert view.panel.get_state() == before
    assert CANARY not in str(before)


def test_errors_of_the_workbench_are_told_with_their_remedy():
    assert explained(GenerationError("It failed.", remedy="Try later.")) == {
        "message": "It failed.",
        "remedy": "Try later.",
    }


def test_other_errors_are_told_by_their_type_only():
    told = explained(ValueError(f"could not parse {CANARY}"))
    assert "ValueError" in told["message"]
    assert CANARY not in str(told)


def test_messages_go_to_the_shell_that_jupyterlab_asks_for():
    """Not to the one that the panel published from: Stop would wait for a running cell."""
    comm = Comm()
    _pin(comm)
    assert comm._reply_subshell_for({}, "the asked one") == "the asked one"


def test_the_kernel_still_routes_messages_as_the_panels_expect():
    """The way is private to ipykernel: when it goes, Stop must be measured anew beside a running cell."""
    assert hasattr(BaseComm, "_reply_subshell_for")


def test_every_action_of_every_panel_names_the_check_of_each_argument():
    for panel in (AccountPanel, PromptPanel, HistoryBrowser, SignInPanel):
        for action in panel.actions.values():
            names = action.run.__code__.co_varnames[1 : action.run.__code__.co_argcount]
            assert set(names) == set(action.takes)


def test_an_unknown_action_is_an_error_of_the_workbench():
    from workbench.widgets.actions import UnknownActionError  # noqa: PLC0415 - the only use

    assert issubclass(UnknownActionError, WorkbenchError)
