"""Take the README's pictures anew, in the real JupyterLab: ``python tests/browser/screenshots.py``."""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))  # as pytest's pythonpath does

from lab_server import Browser, Lab, Notebook, main_job  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402

IMAGES = ROOT / "docs" / "images"
PROMPT = "A couplet on the first frost for Clara Whitfield, clara.whitfield@example.org"
LARGEST = 250_000  # bytes of one picture in the repository


PASSPHRASE = "quiet orchard lantern seven rivers"


def take(folder):
    """Write one picture of each notebook for each theme."""
    with (
        sync_playwright() as playwright,
        Lab(folder / "lab") as lab,
        Browser(playwright, folder / "profile", size=(1280, 1180)) as browser,
    ):
        _main_job(lab, browser)
        _account(lab, browser)


def _main_job(lab, browser):
    notebook = Notebook(lab, browser.page(), name="first_prompt.ipynb", cells=main_job.cells("workbench.db"))
    notebook.run_all()
    main_job.create_account(notebook, name="ada", passphrase=PASSPHRASE)
    for prompt, form in (
        ("A limerick on a librarian for Tom Ashdown", "Limerick"),
        ("A haiku on winter rain", "Haiku"),
        (PROMPT, "Couplet"),
    ):
        notebook.panel("Compose").get_by_label("Your prompt").fill("")
        main_job.compose(notebook, prompt=prompt, form=form)
    history = notebook.panel("History")
    history.get_by_role("option", name="A couplet on the first frost").click()
    history.get_by_text("What the model was given").wait_for()
    notebook.page.locator(".jp-Notebook").evaluate("node => { node.scrollTop = 0 }")
    _shoot(notebook, "workbench")


def _account(lab, browser):
    opened, signed_in, *_ = main_job.cells("workbench.db")
    cells = (opened, signed_in, "session.account_panel()")
    notebook = Notebook(lab, browser.page(), name="account.ipynb", cells=cells)
    notebook.run_all()
    sign_in = notebook.panel("Sign in")
    sign_in.get_by_label("Name").fill("ada")
    sign_in.get_by_label("Passphrase", exact=True).fill(PASSPHRASE)
    sign_in.get_by_label("Passphrase", exact=True).press("Enter")
    sign_in.get_by_text("Signed in as").wait_for()
    account = notebook.panel("Account")
    account.get_by_text("What happened").wait_for()
    account.scroll_into_view_if_needed()
    _shoot(notebook, "account")


def _shoot(notebook, name):
    for theme in ("Light", "Dark"):
        notebook.theme(f"JupyterLab {theme}")
        path = IMAGES / f"{name}-{theme.lower()}.png"
        notebook.page.screenshot(path=path, animations="disabled")
        if path.stat().st_size > LARGEST:
            sys.exit(f"{path} has {path.stat().st_size:,} bytes; at most {LARGEST:,} belong in the repository.")
        print(path.relative_to(ROOT))  # noqa: T201 - a command line


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        take(Path(folder))
