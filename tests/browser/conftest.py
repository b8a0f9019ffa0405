"""One JupyterLab and one Chromium for the tests of this folder; each test opens notebooks of its own."""

from pathlib import Path

import pytest
from lab_server import Browser, Lab, Notebook
from playwright.sync_api import sync_playwright

SCREENSHOTS = Path(__file__).parents[2] / "artefacts" / "screenshots"


@pytest.fixture(scope="session")
def screenshots():
    """Return the folder that CI keeps; git ignores it."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    return SCREENSHOTS


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    with Lab(tmp_path_factory.mktemp("lab") / "lab") as lab:
        yield lab


@pytest.fixture(scope="session")
def playwright():
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright, tmp_path_factory):
    with Browser(playwright, tmp_path_factory.mktemp("browser") / "profile", size=(1280, 1250)) as browser:
        yield browser


@pytest.fixture(scope="module")
def open_notebook(lab, browser, screenshots):
    """Return a function that opens a notebook with these cells in a tab, and runs them; its end is photographed."""
    pages = {}

    def open_(name, cells):
        pages[name] = browser.page()
        notebook = Notebook(lab, pages[name], name=name, cells=cells)
        notebook.run_all()
        return notebook

    yield open_
    for name, page in pages.items():
        page.screenshot(path=screenshots / f"{name}-end.png")
        page.close()
