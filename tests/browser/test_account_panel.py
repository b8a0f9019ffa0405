"""The account panel in the real JupyterLab, worked by keyboard: an app set up, a session ended, "This wasn't me"."""

import base64
import time

import pytest

from workbench.crypto import STEP_SECONDS, one_time_code

pytestmark = pytest.mark.browser

CELLS = [
    (
        'from workbench import Workbench\n\nbench = Workbench.open("account.db")\n'
        'bench.create_account("ada", passphrase="quiet orchard lantern seven rivers")\n'
        'other = bench.sign_in("ada", passphrase="quiet orchard lantern seven rivers")'
    ),
    'session = bench.sign_in("ada")',
    "session.account_panel()",
]
PASSPHRASE = "quiet orchard lantern seven rivers"
ANOTHER = "seven lanterns beside the quiet mill"


@pytest.fixture(scope="module")
def notebook(open_notebook):
    return open_notebook("account.ipynb", CELLS)


def test_the_panel_works_by_keyboard_alone(notebook):
    page = notebook.page
    sign_in = notebook.panel("Sign in")
    sign_in.get_by_label("Passphrase", exact=True).press_sequentially(PASSPHRASE)
    page.keyboard.press("Enter")
    panel = notebook.panel("Account")
    panel.get_by_text("What happened").wait_for()

    panel.get_by_role("button", name="Set up an app").press("Enter")
    panel.get_by_label("The six digits").wait_for()
    secret = base64.b32decode(panel.locator("figcaption code").inner_text().replace(" ", ""))
    page.keyboard.type(one_time_code(secret, step=int(time.time() // STEP_SECONDS)).decode())  # it has the focus
    panel.get_by_label("Your passphrase").press_sequentially(PASSPHRASE)
    page.keyboard.press("Enter")
    panel.get_by_text("Authenticator app, since").wait_for()

    panel.get_by_role("button", name="End", exact=True).press("Enter")
    page.keyboard.type(PASSPHRASE)  # the form's first field has the focus
    page.keyboard.press("Enter")
    panel.get_by_text("Ended.").wait_for()
    assert panel.get_by_role("button", name="End", exact=True).count() == 0

    panel.get_by_role("button", name="This wasn't me").press("Enter")
    page.keyboard.type(ANOTHER)
    panel.get_by_label("Passphrase, once more").press_sequentially(ANOTHER)
    panel.get_by_label("Your passphrase").press_sequentially(PASSPHRASE)
    code = one_time_code(secret, step=int(time.time() // STEP_SECONDS) + 1).decode()
    panel.get_by_label("Code of your app, or a recovery code").press_sequentially(code)
    page.keyboard.press("Enter")
    panel.get_by_text("Your new recovery codes").wait_for()
    assert panel.get_by_role("listitem").count() == 10
    page.keyboard.press("Enter")  # "I have kept them" has the focus
    panel.get_by_text("Everything else was ended, and every way in is new.").wait_for()
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        notebook.theme(theme)
        assert panel.get_by_role("button", name="This wasn't me").is_visible()
    notebook.save()
    written = notebook.path.read_text()
    assert ANOTHER not in written
    assert base64.b32encode(secret).decode()[:8] not in written
    assert "Authenticator app" not in written
