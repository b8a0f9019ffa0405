import sys

import pytest
from browser import chromium


def program(folder, name, *, status=0):
    path = folder / name
    path.write_text(f"#!/bin/sh\nexit {status}\n")
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(chromium, "_of_playwright", lambda: "")
    monkeypatch.setattr(chromium, "_fetches", list)
    return tmp_path


def test_the_first_that_starts_is_taken(folder):
    program(folder, "chromium", status=1)  # a stub that asks for a package
    program(folder, "google-chrome")
    assert chromium.ensure() == folder / "google-chrome"


def test_playwright_s_own_is_taken_when_the_system_has_none(folder, monkeypatch):
    own = program(folder, "chrome-of-playwright")
    monkeypatch.setattr(chromium, "_of_playwright", lambda: str(own))
    assert chromium.ensure() == own


def test_where_there_is_none_one_is_fetched(folder, monkeypatch):
    fetch = f"import pathlib as p; f = p.Path({str(folder)!r}, 'chromium'); f.write_text('#!/bin/sh'); f.chmod(0o755)"
    monkeypatch.setattr(chromium, "_fetches", lambda: [[sys.executable, "-c", ""], [sys.executable, "-c", fetch]])
    assert chromium.ensure() == folder / "chromium"


def test_where_none_can_be_fetched_that_is_an_error_with_a_remedy_and_no_skip():
    with pytest.raises(FileNotFoundError, match="Install one that is on the PATH"):
        chromium.ensure()
