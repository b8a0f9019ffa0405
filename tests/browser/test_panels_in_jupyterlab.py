"""What only the real JupyterLab can show: reloads, busy kernels, its own keys."""

import re

import pytest

pytestmark = pytest.mark.browser

CELLS = [
    'from workbench import Workbench\n\nbench = Workbench.demo(students=0)\nsession = bench.sign_in("ada")',
    "from workbench.generation import OfflinePoet\n\nsession.use_model(OfflinePoet(delay=0.3))",
    "session.prompt_panel()",
]
UNLOCK = 'if session.is_locked:\n    session.unlock(passphrase=bench._known["ada"])'
NEWS = """async () => {
    const answer = await fetch("/lab/api/settings/@jupyterlab/apputils-extension:notification");
    return (await answer.json()).schema.properties;
}"""
BUSY = """
import time

until = time.monotonic() + 60
while time.monotonic() < until and not session.is_locked:
    session.announce("model")  # the panel sends from this cell, and ipykernel would route all answers behind it
    time.sleep(0.2)
"""
PROMPT = "A sonnet on the harvest for Clara Whitfield"


@pytest.fixture(scope="module")
def opened(open_notebook):
    return open_notebook("panels.ipynb", CELLS)


@pytest.fixture
def writing(opened):
    """Return a notebook whose panel is writing a long, slow reply; it ends locked."""
    opened.run_apart(UNLOCK)
    panel = opened.panel("Compose")
    panel.get_by_label("Form").select_option(label="Sonnet")
    panel.get_by_label("Your prompt").press_sequentially(PROMPT)
    panel.locator("mark", has_text="PERSON_1").wait_for()
    panel.get_by_label("Your prompt").press("Control+Enter")
    panel.get_by_role("log").get_by_text("for Clara Whitfield").wait_for()
    yield opened
    opened.run_apart("session.lock()")


def test_jupyterlab_asks_nobody_for_news_nor_whether_it_may(opened):
    """`workbench lab` sets the defaults: no box above the page, and no request that makes its server ask a site."""
    opened.panel("Compose").wait_for()
    asked = []
    opened.page.on("request", lambda request: asked.append(request.url))
    opened.reload()
    opened.panel("Compose").wait_for()
    opened.page.wait_for_timeout(2000)  # the box comes once everything else has been restored
    assert [url for url in asked if "/lab/api/" in url]  # requests are seen at all
    assert not [url for url in asked if re.search(r"/lab/api/(?:news|update)\b", url)]
    assert opened.page.get_by_text("Jupyter news").count() == 0
    defaults = opened.page.evaluate(NEWS)
    assert (defaults["fetchNews"]["default"], defaults["checkForUpdates"]["default"]) == ("false", False)


def test_a_reload_in_the_middle_of_a_reply_brings_everything_back(writing):
    writing.reload()
    panel = writing.panel("Compose")
    panel.get_by_role("log").get_by_text("for Clara Whitfield").wait_for()
    assert panel.get_by_label("Your prompt").input_value() == PROMPT
    assert panel.get_by_label("Form").input_value() == "sonnet"
    assert panel.locator("mark", has_text="PERSON_1").is_visible()
    assert panel.get_by_text("Writing…").is_visible()
    shown = panel.get_by_role("log").inner_text()
    writing.page.wait_for_function("n => document.querySelector('.wb-verse').innerText.length > n", arg=len(shown) + 9)
    assert panel.get_by_role("log").inner_text().startswith(shown)


def test_a_running_cell_holds_up_neither_the_reply_nor_stop_nor_lock(writing):
    panel = writing.panel("Compose")
    writing.start_apart(BUSY)
    shown = panel.get_by_role("log").inner_text()
    writing.page.wait_for_function("n => document.querySelector('.wb-verse').innerText.length > n", arg=len(shown) + 9)
    panel.get_by_role("button", name="Stop").press("Enter")
    panel.get_by_text("Stopped. What had come is sealed in your history.").wait_for(timeout=5000)
    assert writing.is_running_apart()
    panel.get_by_role("button", name="Lock").press("Enter")
    panel.get_by_text("Locked").wait_for(timeout=5000)
    writing.page.wait_for_function("window.apart === 'ended'")
    assert "Whitfield" not in writing.page.content()


def test_keys_in_the_panel_are_not_jupyterlab_s(writing):
    cells = writing.page.locator(".jp-Notebook .jp-CodeCell")
    before = cells.count()
    field = writing.panel("Compose").get_by_label("Your prompt")
    for key in ("Shift+Enter", "Alt+Enter", "Escape", "b", "a"):
        field.press(key)
    assert cells.count() == before
    assert field.input_value().startswith(f"{PROMPT}\n")
    assert field.input_value().endswith("ba")
