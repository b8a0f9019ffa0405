"""Panels without a kernel: what a view would send is handed in, what it would get is collected."""

import json
import shutil
import time

import pytest
from scripted_model import ScriptedModel

from workbench.app import Workbench
from workbench.widgets import AccountPanel, HistoryBrowser, PromptPanel, SignInPanel


class View:
    """The browser's half of a panel, as far as messages go."""

    def __init__(self, panel):
        self.panel = panel
        self.received = []
        panel.send = self.receive
        panel.ended = False

    def receive(self, content, buffers=None):
        self.received.append(json.loads(json.dumps(content)))

    def ask(self, action, **arguments):
        self.panel._handle_custom_msg({"action": action, **arguments}, [])

    def events(self, event):
        return [message for message in self.received if message["event"] == event]

    def wait_for(self, event, *, count=1, **wanted):
        """Return the count-th message of that event with these members, as soon as it has come."""
        until = time.monotonic() + 20
        while time.monotonic() < until:
            found = [message for message in self.events(event) if wanted.items() <= message.items()]
            if len(found) >= count:
                return found[count - 1]
            time.sleep(0.005)
        raise AssertionError(f"no {event} with {wanted}; there were {[message['event'] for message in self.received]}")

    def prompt(self, text, *, form=None, number=1):
        """Type a prompt and wait for its preview."""
        self.ask("edit", text=text, form=form, number=number, view="view-1")
        return self.wait_for("preview", number=number)["preview"]


@pytest.fixture
def bench_of_ada(store_of_ada, tmp_path):
    folder = shutil.copytree(store_of_ada, tmp_path / "ada")
    bench = Workbench.open(folder / "bench.db", device=folder / "device")
    yield bench
    bench.close()


@pytest.fixture
def session(bench_of_ada, passphrase):
    return bench_of_ada.sign_in("ada", passphrase=passphrase)


@pytest.fixture
def model(session):
    model = ScriptedModel()
    session.use_model(model)
    return model


@pytest.fixture
def open_view():
    """Return a function that opens a panel's view; the panels are closed afterwards."""
    opened = []

    def open_(panel):
        opened.append(panel)
        return View(panel)

    yield open_
    for panel in opened:
        panel.close()


@pytest.fixture
def prompt_view(session, model, open_view):
    return open_view(PromptPanel(session))


@pytest.fixture
def history_view(session, open_view):
    return open_view(HistoryBrowser(session))


@pytest.fixture
def account_view(session, open_view):
    return open_view(AccountPanel(session))


@pytest.fixture
def sign_in_view(bench, open_view):
    """Return the sign-in panel of a store that has no account yet."""
    return open_view(SignInPanel(bench, bench.session_type(bench._database, device=bench._device)))
