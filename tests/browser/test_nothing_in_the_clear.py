"""Nothing that is typed into the panels, and nothing that they show, is on the disk afterwards."""

import re

import pytest
from lab_server import Browser, Lab, Notebook, main_job
from lab_server.scan import found_in, scan

pytestmark = pytest.mark.browser

NAME = "ottolinewick"
PASSPHRASE = "bramblegate thirteen unhurried pelicans"
PROMPT = "A quatrain on snowdrift for Clara Vexlinghurst, keepsake vellichorious"
SECRETS = {NAME, "bramblegate", "unhurried", "snowdrift", "Vexlinghurst", "vellichorious"}

# Put where leaks happen, so that the same scan must find them.
PRINTED, SHOWN, TYPED, IN_FIRST_CELL, IN_LATER_CELL = (
    f"marker{word}" for word in ("printed", "shownbyvalue", "typedinthepage", "firstcell", "latercell")
)
CONTROLS = [f'print("{PRINTED[:6]}" + "{PRINTED[6:]}")', f'import ipywidgets; ipywidgets.HTML(value="{SHOWN}")']


def typed_into_a_plain_page(browser, folder):
    """Type a marker into a page whose text field leaves the browser its form memory."""
    (folder / "plain.html").write_text("<textarea></textarea>")
    page = browser.page()
    page.goto((folder / "plain.html").as_uri())
    page.locator("textarea").press_sequentially(TYPED)
    return page


def test_words_that_the_page_showed_are_nowhere_on_the_disk(playwright, tmp_path):
    """A24: passphrase, codes and words are in no saved notebook, nor in any other file.

    Covers home, work, runtime and temporary folders, the browser's profile and the server's log.

    Not covered: deleted blocks, swap and memory; Firefox; brotli, zstd and snappy streams.
    """
    folder = tmp_path / "all"
    folder.mkdir()
    with Lab(folder / "lab") as lab, Browser(playwright, folder / "profile") as browser:
        control = typed_into_a_plain_page(browser, folder)
        first, *others = main_job.cells("bench.db")
        cells = [f"{first}\n# {IN_FIRST_CELL}", *others, *CONTROLS]
        notebook = Notebook(lab, browser.page(), name="compose.ipynb", cells=cells)
        notebook.run_all()
        suggestion = main_job.suggest(notebook)
        codes = main_job.create_account(notebook, name=NAME, passphrase=PASSPHRASE)
        preview, reply = main_job.compose(notebook, prompt=PROMPT, form="Quatrain")
        detail = main_job.look_up(notebook, query="vellicho")
        notebook.run_apart(f"kept = '{IN_LATER_CELL}'")

        assert NAME in notebook.panel("Sign in").inner_text()
        assert "Vexlinghurst" in reply
        assert "vellichorious" in preview
        assert PROMPT in detail
        control.wait_for_timeout(3000)  # Chromium writes what is being typed after 2 seconds or so
        notebook.save()
        assert len(suggestion.split(" ")) == 6
        secrets = SECRETS | {suggestion} | set(codes) | {line for line in reply.splitlines() if len(line) > 12}
        for path in lab.work.glob("bench.db*"):  # before the store closes: its write-ahead log is still there
            assert not found_in(path.read_bytes(), secrets)
        assert (lab.work / "bench.db-wal").stat().st_size > 0

    hits = scan(folder, [*secrets, PRINTED, SHOWN, TYPED, IN_FIRST_CELL, IN_LATER_CELL])
    assert {word: places for word, places in hits.items() if word in secrets and places} == {}

    notebook_files = {"lab/work/compose.ipynb (utf-8)", "lab/work/.ipynb_checkpoints/compose-checkpoint.ipynb (utf-8)"}
    assert notebook_files <= hits[PRINTED]
    assert notebook_files <= hits[SHOWN]
    assert any(re.match(r"profile/Default/Sessions/.*utf-16", place) for place in hits[TYPED])
    assert any("history.sqlite" in place for place in hits[IN_FIRST_CELL])
    assert hits[IN_LATER_CELL] == set()  # kernel_hygiene: no cell after the one that opened the store
