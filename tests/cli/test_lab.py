from workbench import cli


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
