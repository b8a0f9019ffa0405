import os
import pty
import re
import subprocess
import sys

import pytest

from workbench import cli
from workbench.app import Workbench


def run_workbench(*arguments, **options):
    command = [sys.executable, "-m", "workbench.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def test_init_reads_the_passphrase_from_a_descriptor_and_makes_the_owners_account(tmp_path, passphrase):
    reading, writing = os.pipe()
    os.write(writing, passphrase.encode() + b"\n")
    os.close(writing)
    store = tmp_path / "bench.db"
    done = run_workbench("init", store, "--name", "ada", "--passphrase-fd", reading, pass_fds=(reading,))
    os.close(reading)
    assert done.returncode == 0, done.stderr
    assert len(re.findall(r"^    (?:\w{5}-){4}\w{5}$", done.stdout, re.MULTILINE)) == 10
    assert passphrase not in done.stdout + done.stderr
    bench = Workbench.open(store)
    assert bench.sign_in("ada", passphrase=passphrase).ask("rain").text
    bench.close()


def test_init_asks_unseen_and_asks_again_when_the_passphrase_is_weak(tmp_path, passphrase):
    """A real terminal: what is typed isn't echoed."""
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, "-m", "workbench.cli", "init", str(tmp_path / "bench.db")])
    shown = b""
    for prompt, answer in [
        (b"Name: ", "ada"),
        (b"New passphrase", "canaryshort"),
        (b"Once more", "canaryshort"),
        (b"New passphrase", passphrase),
        (b"Once more", passphrase + "x"),
        (b"New passphrase", passphrase),
        (b"Once more", passphrase),
    ]:
        seen = b""
        while prompt not in seen:
            seen += os.read(terminal, 4096)
        shown += seen
        os.write(terminal, answer.encode() + b"\n")
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # Linux says so when the other end closes
            break
        if not piece:
            break
        shown += piece
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert b"isn't strong enough" in shown
    assert b"The two differ" in shown
    assert passphrase.encode() not in shown
    assert b"canaryshort" not in shown


def test_init_twice_for_one_name_is_refused_with_a_remedy(tmp_path, passphrase):
    for expected in (0, 1):
        reading, writing = os.pipe()
        os.write(writing, passphrase.encode())
        os.close(writing)
        done = run_workbench(
            "init", tmp_path / "b.db", "--name", "ada", "--passphrase-fd", reading, pass_fds=(reading,)
        )
        os.close(reading)
        assert done.returncode == expected
    assert "already" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "content", "count"),
    [
        ("prompts.csv", 'id,prompt\n1,A haiku on rain\n2,"Two lines,\nfor Mary Shelley"\n3,\n', 2),
        ("prompts.csv", "prompt,form\nsnow in the orchard,limerick\n", 1),
        ("prompts.txt", "A haiku on rain\n\nA limerick on a cat\n", 2),
    ],
)
def test_demo_runs_the_prompts_of_a_file_and_proves_that_no_word_is_kept(tmp_path, name, content, count):
    path = tmp_path / name
    path.write_text(content)
    done = run_workbench("demo", path)
    assert done.returncode == 0, done.stderr
    assert f"Prompts: {count} given, {count} kept." in done.stdout
    assert "found: 0." in done.stdout
    assert "offline poet, not Claude" in done.stdout
    assert "Shelley" not in done.stdout.split("answered")[0]


@pytest.mark.parametrize("content", ["id,text\n1,rain\n", "prompt\n\n", ""])
def test_demo_refuses_a_file_without_prompts(tmp_path, content):
    path = tmp_path / "prompts.csv"
    path.write_text(content)
    done = run_workbench("demo", path)
    assert done.returncode == 1
    assert "workbench: The file" in done.stderr
    assert "Traceback" not in done.stderr


def test_demo_without_a_file_uses_the_bundled_dozen(capsys):
    assert cli.main(["demo", "--show", "0"]) == 0
    assert "Prompts: 12 given, 12 kept." in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["compose"], ["demo", "--passphrase", "x"], ["init", "--passphrase", "x"]])
def test_a_misspelt_command_and_a_passphrase_as_an_argument_are_refused(arguments):
    with pytest.raises(SystemExit) as raised:
        cli.main(arguments)
    assert raised.value.code == 2


def test_lab_passes_the_notebook_and_further_options_on(monkeypatch):
    given = []
    monkeypatch.setattr("jupyterlab.labapp.main", given.append)
    assert cli.main(["lab", "--no-browser", "--port", "8899"]) == 0
    assert cli.main(["lab", "poems.ipynb", "--no-browser"]) == 0
    assert given == [
        ["notebooks/01_first_prompt.ipynb", "--no-browser", "--port", "8899"],
        ["poems.ipynb", "--no-browser"],
    ]
