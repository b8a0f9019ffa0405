"""The main job in the real JupyterLab, by keyboard, in both themes."""

import pytest
from lab_server import main_job

pytestmark = pytest.mark.browser

PROMPT = "A haiku on the first frost for Clara Whitfield, clara.whitfield@example.org"


def test_from_a_new_store_to_a_poem_that_is_found_again_and_locked(open_notebook, screenshots):
    notebook = open_notebook("main_job.ipynb", main_job.cells("main_job.db"))
    assert len(main_job.create_account(notebook, name="ada", passphrase="quiet orchard lantern seven rivers")) == 10

    preview, reply = main_job.compose(notebook, prompt=PROMPT, form="Haiku")
    assert "Nothing leaves this machine" in preview
    assert "A haiku on the first frost for PERSON_1, EMAIL_1" in preview
    assert "Clara" not in preview
    assert "example.org" not in preview
    assert reply.startswith("for Clara Whitfield")
    assert notebook.panel("Compose").get_by_text("— offline poet, not Claude").is_visible()

    detail = main_job.look_up(notebook, query="first fro")
    for shown in (reply, PROMPT, "A haiku on the first frost for PERSON_1, EMAIL_1", "— offline poet, not Claude"):
        assert shown in detail

    for theme in ("Light", "Dark"):
        notebook.theme(f"JupyterLab {theme}")
        notebook.page.screenshot(path=screenshots / f"main-job-{theme.lower()}.png", animations="disabled")

    notebook.panel("Compose").get_by_role("button", name="Lock").press("Enter")
    for title in ("Compose", "History"):
        notebook.panel(title).get_by_text("Locked").wait_for()
    page = notebook.page.content()
    for gone in ("Clara", "example.org", "EMAIL_1", *reply.splitlines()[2:]):
        assert gone not in page

    sign_in = notebook.panel("Sign in")
    sign_in.get_by_label("Passphrase").press_sequentially("quiet orchard lantern")
    sign_in.get_by_label("Passphrase").press("Enter")
    sign_in.get_by_role("alert").get_by_text("The name, the passphrase or the code is wrong.").wait_for()
    sign_in.get_by_label("Passphrase").press_sequentially("quiet orchard lantern seven rivers")
    sign_in.get_by_label("Passphrase").press("Enter")
    notebook.panel("History").get_by_role("option", name="A haiku on the first frost").wait_for()
    assert notebook.panel("Compose").get_by_label("Your prompt").input_value() == ""

    notebook.restart_kernel()
    for title in ("Sign in", "Compose", "History"):
        notebook.panel(title).get_by_text("The kernel has ended, and the keys with it.").wait_for()
    assert "Clara" not in notebook.page.content()
