import os

import pytest
from jupyterlab_server.settings_utils import _get_overrides

from workbench import cli
from workbench.cli.lab import SETTINGS


@pytest.fixture(autouse=True)
def _given_back(monkeypatch):
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/elsewhere")  # which the command adds to; put back after each test


def test_lab_opens_for_a_containers_root_too(monkeypatch):
    given = []
    monkeypatch.setattr("jupyterlab.labapp.main", given.append)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    cli.main(["lab", "--no-browser"])
    cli.main(["lab", "--allow-root"])
    assert [options.count("--allow-root") for options in given] == [1, 1]


def test_lab_passes_the_notebook_and_further_options_on(monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    given = []
    monkeypatch.setattr("jupyterlab.labapp.main", given.append)
    assert cli.main(["lab", "--no-browser", "--port", "8899"]) == 0
    assert cli.main(["lab", "poems.ipynb", "--no-browser"]) == 0
    assert given == [
        ["notebooks/01_first_prompt.ipynb", "--no-browser", "--port", "8899"],
        ["poems.ipynb", "--no-browser"],
    ]


def test_jupyterlab_fetches_no_news_and_does_not_ask_whether_it_may(monkeypatch, tmp_path):
    monkeypatch.setattr("jupyterlab.labapp.main", lambda _: None)
    cli.main(["lab", "--no-browser"])
    assert os.environ["JUPYTER_CONFIG_PATH"].split(os.pathsep) == [str(SETTINGS), "/elsewhere"]
    settings, fault = _get_overrides(str(tmp_path))
    assert settings["@jupyterlab/apputils-extension:notification"] == {
        "fetchNews": "false",
        "checkForUpdates": False,  # else its server asks PyPI, whatever the setting's description says
    }
    assert not fault
