import errno
import io
import json
import os
import pty
import re
import shlex
import subprocess
import sys
from contextlib import contextmanager

import pytest

from workbench import benchmark, cli
from workbench.app import Workbench
from workbench.errors import AuthenticationError


def run_workbench(*arguments, **options):
    command = [sys.executable, "-m", "workbench.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


@contextmanager
def descriptor_of(content):
    """Lend a descriptor that gives the content, to one program."""
    reading, writing = os.pipe()
    os.write(writing, content)
    os.close(writing)
    try:
        yield reading
    finally:
        os.close(reading)


def make_account(store, passphrase, **options):
    with descriptor_of(passphrase.encode() + b"\n") as secret:
        return run_workbench("init", store, "--name", "ada", "--passphrase-fd", secret, pass_fds=(secret,), **options)


def codes_in(text):
    return re.findall(r"^    ((?:\w{5}-){4}\w{5})$", text, re.MULTILINE)


def assert_refused(done, status=1):
    assert done.returncode == status
    assert re.fullmatch(r"workbench: .+\n", done.stderr)
    assert "Traceback" not in done.stderr


def test_init_reads_the_passphrase_from_a_descriptor_and_makes_the_owners_account(tmp_path, passphrase):
    store = tmp_path / "bench.db"
    done = make_account(store, passphrase)
    assert done.returncode == 0, done.stderr
    assert len(codes_in(done.stdout)) == 10
    assert passphrase not in done.stdout + done.stderr
    bench = Workbench.open(store)
    assert bench.sign_in("ada", passphrase=passphrase).ask("rain").text
    bench.close()


def converse(arguments, dialogue):
    """Answer a program's questions at a real terminal; return its status and all that the terminal showed."""
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, "-m", "workbench.cli", *map(str, arguments)])
    shown = b""
    for prompt, answer in dialogue:
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
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown.decode().replace("\r\n", "\n")


def test_init_asks_unseen_and_asks_again_when_the_passphrase_is_weak(tmp_path, passphrase):
    """A real terminal: what is typed isn't echoed."""
    dialogue = [
        (b"Name: ", "ada"),
        (b"New passphrase", "canaryshort"),
        (b"Once more", "canaryshort"),
        (b"New passphrase", passphrase),
        (b"Once more", passphrase + "x"),
        (b"New passphrase", passphrase),
        (b"Once more", passphrase),
    ]
    status, shown = converse(["init", tmp_path / "bench.db"], dialogue)
    assert status == 0
    assert len(codes_in(shown)) == 10
    assert "isn't strong enough" in shown
    assert "The two differ" in shown
    assert passphrase not in shown
    assert "canaryshort" not in shown


def test_recover_asks_for_the_code_and_the_passphrase_unseen(tmp_path, passphrase):
    store, new = tmp_path / "bench.db", "copper bells under seven rivers"
    code = codes_in(make_account(store, passphrase).stdout)[0]
    dialogue = [
        (b"Recovery code: ", code.lower()),
        (b"New passphrase", "canaryshort"),
        (b"Once more", "canaryshort"),
        (b"New passphrase", new),
        (b"Once more", new),
    ]
    status, shown = converse(["recover", store, "--name", "ada"], dialogue)
    assert status == 0
    assert "isn't strong enough" in shown
    assert "used up" in shown
    for secret in (code.lower(), "canaryshort", new):
        assert secret not in shown
    bench = Workbench.open(store)
    assert not bench.sign_in("ada", passphrase=new).is_locked
    bench.close()


def test_init_twice_for_one_name_is_refused_with_a_remedy(tmp_path, passphrase):
    assert make_account(tmp_path / "b.db", passphrase).returncode == 0
    done = make_account(tmp_path / "b.db", passphrase)
    assert_refused(done)
    assert "already" in done.stderr


def test_a_descriptor_that_is_not_open_is_refused(tmp_path):
    assert_refused(run_workbench("init", tmp_path / "b.db", "--name", "ada", "--passphrase-fd", 99))


def test_a_passphrase_that_is_not_utf_8_is_refused_without_showing_it(tmp_path):
    with descriptor_of("canary café in the orchard".encode("latin-1")) as secret:
        done = run_workbench("init", tmp_path / "b.db", "--name", "ada", "--passphrase-fd", secret, pass_fds=(secret,))
    assert_refused(done)
    assert "canary" not in done.stderr


@pytest.mark.parametrize(("named", "option"), [((), "--name"), (("--name", "ada"), "--passphrase-fd")])
def test_without_a_terminal_init_says_which_option_to_use(tmp_path, named, option):
    done = run_workbench("init", tmp_path / "b.db", *named, stdin=subprocess.DEVNULL, start_new_session=True)
    assert done.returncode == 1
    assert option in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def in_shell(line, **values):
    """Run a line of sh in which {workbench} is the command line under test."""
    command = f"{shlex.quote(sys.executable)} -m workbench.cli"
    quoted = {name: shlex.quote(str(value)) for name, value in values.items()}
    line = line.format(workbench=command, **quoted)
    return subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("output", [">/dev/full", ">&-"], ids=["a full disk", "closed"])
def test_init_makes_no_account_when_standard_output_takes_nothing(tmp_path, passphrase, output):
    store, secret, status = tmp_path / "b.db", tmp_path / "secret", tmp_path / "status"
    secret.write_text(passphrase)
    line = f"{{workbench}} init {{store}} --name ada --passphrase-fd 3 3<{{secret}} {output}; echo $? >{{status}}"
    done = in_shell(line, store=store, secret=secret, status=status)
    assert int(status.read_text()) == 1
    assert re.fullmatch(r"workbench: Standard output takes nothing, .+ no account was made.+\n", done.stderr)
    assert not store.exists()


class FullAfterAll(io.StringIO):
    """An output that fills up before the codes come."""

    def write(self, text):
        if text:
            raise OSError(errno.ENOSPC, "No space left on device")
        return 0


def test_init_says_so_when_writing_the_codes_fails(tmp_path, passphrase, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdout", FullAfterAll())
    with descriptor_of(passphrase.encode()) as secret:
        assert cli.main(["init", str(tmp_path / "b.db"), "--name", "ada", "--passphrase-fd", str(secret)]) == 1
    shown = capsys.readouterr().err
    assert "recovery codes were not shown whole" in shown
    assert "workbench rotate recovery-codes" in shown
    assert codes_in(shown) == []


def test_the_codes_reach_a_pipe_that_is_read_to_its_end_and_nothing_stands_before_them(tmp_path, passphrase):
    secret = tmp_path / "secret"
    secret.write_text(passphrase)
    line = "echo ada | {workbench} init {store} --passphrase-fd 3 3<{secret} | cat"
    done = in_shell(line, store=tmp_path / "b.db", secret=secret)
    assert done.stdout.startswith("The store ")
    assert len(codes_in(done.stdout)) == 10
    assert done.stderr == "Name: "


def test_the_codes_are_shown_even_where_the_stores_name_can_not_be(tmp_path, passphrase):
    done = make_account(tmp_path / "Gedichte für Ada.db", passphrase, env=os.environ | {"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0, done.stderr
    assert len(codes_in(done.stdout)) == 10


def recover(store, code, passphrase, *, name="ada"):
    with descriptor_of(f"{code}\n{passphrase}\n".encode()) as secrets:
        options = ("--name", name, "--code-fd", secrets, "--passphrase-fd", secrets)
        return run_workbench("recover", store, *options, pass_fds=(secrets,))


def test_recover_gives_a_new_passphrase_and_uses_the_code_up(tmp_path, passphrase):
    store, new = tmp_path / "b.db", "copper bells under seven rivers"
    code, other, *_ = codes_in(make_account(store, passphrase).stdout)
    done = recover(store, code, new)
    assert done.returncode == 0, done.stderr
    assert new not in done.stdout + done.stderr
    assert code not in done.stdout + done.stderr
    bench = Workbench.open(store)
    assert not bench.sign_in("ada", passphrase=new).is_locked
    with pytest.raises(AuthenticationError):
        bench.sign_in("ada", passphrase=passphrase)
    bench.close()
    assert_refused(recover(store, code, passphrase))
    assert_refused(recover(store, other, "weak"))
    assert_refused(recover(store, other, passphrase, name="bob"))
    assert recover(store, other, passphrase).returncode == 0


def test_recover_makes_no_store_where_there_is_none(tmp_path):
    done = run_workbench("recover", tmp_path / "misspelt.db", "--name", "ada")
    assert_refused(done)
    assert not list(tmp_path.iterdir())


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


def test_demo_says_so_when_its_report_can_not_be_written(tmp_path):
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("A haiku on rain\n")
    done = in_shell("{workbench} demo {prompts} >/dev/full", prompts=prompts)
    assert done.returncode == 1
    assert "workbench: The prompts were answered, but the report could not be written whole." in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_demo_refuses_an_unknown_form_before_it_sends_anything(tmp_path):
    prompts = tmp_path / "prompts.csv"
    prompts.write_text("prompt,form\nrain,haiku\nsnow,epic\n")
    done = run_workbench("demo", prompts)
    assert_refused(done)
    assert "haiku, couplet" in done.stderr
    assert done.stdout == ""


def test_demo_without_a_file_uses_the_bundled_dozen(capsys):
    assert cli.main(["demo", "--show", "0"]) == 0
    assert "Prompts: 12 given, 12 kept." in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["compose"], ["demo", "--passphrase", "x"], ["init", "--passphrase", "x"]])
def test_a_misspelt_command_and_a_passphrase_as_an_argument_are_refused(arguments):
    with pytest.raises(SystemExit) as raised:
        cli.main(arguments)
    assert raised.value.code == 2


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


def test_benchmark_prints_a_table_or_one_json_object(monkeypatch, capsys):
    report = benchmark.Report("storage", {"turns": 7}, (), (benchmark.Figure("fsync_ms", "Fsync, ms", 0.5),))
    monkeypatch.setattr(benchmark, "measure_storage", lambda sizes, tell: report)
    assert cli.main(["benchmark", "storage", "--quick", "--json"]) == 0
    members = json.loads(capsys.readouterr().out)
    assert members == {"benchmark": "storage", "turns": 7, "fsync_ms": 0.5, "timings": {}, "notes": []}
    assert cli.main(["benchmark", "storage"]) == 0
    assert "Fsync, ms" in capsys.readouterr().out


def test_a_benchmark_of_an_unknown_name_is_refused_and_the_known_ones_are_listed(capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(["benchmark", "poetry"])
    assert caught.value.code == 2
    assert "storage" in capsys.readouterr().err
