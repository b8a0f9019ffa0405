import getpass
import os
import subprocess
import sys
import time

import pytest

from workbench import Session, Workbench
from workbench.crypto import one_time_code
from workbench.errors import AuthenticationError, StoreError


@pytest.fixture
def bench(tmp_path, passphrase):
    bench = Workbench.open(tmp_path / "bench.db")
    bench.create_account("ada", passphrase=passphrase)
    yield bench
    bench.close()


def test_a_program_signs_in_with_a_secret_or_something_that_asks_for_it(bench, passphrase):
    for secret in (passphrase, lambda: passphrase):
        session = bench.sign_in("ada", passphrase=secret)
        assert type(session) is Session
        assert not session.is_locked


def test_a_terminal_is_asked_unseen(bench, passphrase, monkeypatch):
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: passphrase)
    monkeypatch.setattr("builtins.input", lambda _prompt: "ada")
    assert not bench.sign_in().is_locked
    assert not bench.sign_in("ada").is_locked


def test_an_account_without_a_second_factor_takes_no_code(bench, passphrase):
    with pytest.raises(AuthenticationError):
        bench.sign_in("ada", passphrase=passphrase, code="123456")


def test_a_new_account_asks_for_its_passphrase_twice(bench, monkeypatch, capsys):
    new = "seven rivers under copper bells"
    answers = iter([new, "another one altogether", new, new])
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: next(answers))
    bench.create_account("bob")
    assert "differ" in capsys.readouterr().err
    assert not bench.sign_in("bob", passphrase=new).is_locked


def test_a_url_is_refused_with_a_remedy():
    with pytest.raises(StoreError) as raised:
        Workbench.open("mysql://localhost/bench")
    assert "path" in raised.value.remedy


def test_the_panels_show_no_content_in_their_representation(bench, passphrase):
    session = bench.sign_in("ada", passphrase=passphrase)
    session.ask("canary in the orchard")
    for panel in (session.prompt_panel(), session.history_browser()):
        assert "canary" not in repr(panel)
        assert "0x" not in repr(panel)


def test_an_empty_passphrase_of_a_program_is_wrong_and_asks_no_one(bench, monkeypatch):
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: pytest.fail("a program was asked"))
    with pytest.raises(AuthenticationError):
        bench.sign_in("ada", passphrase="")


@pytest.mark.parametrize("way", ["open", "demo"])
def test_every_bench_keeps_later_cells_out_of_ipythons_history(tmp_path, way):
    make = f"Workbench.open({str(tmp_path / 'b.db')!r})" if way == "open" else "Workbench.demo(students=0)"
    program = (
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        f"shell.run_cell({f'from workbench import Workbench; bench = {make}'!r})\n"
        "print('enabled:', shell.history_manager.enabled)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "IPYTHONDIR": str(tmp_path / "ipython")},
    )
    assert done.stdout.splitlines()[-1] == "enabled: False"


def test_a_terminal_is_asked_for_a_code_only_where_the_account_has_a_second_factor(bench, passphrase, monkeypatch):
    asked = []

    def answer(question):
        asked.append(question)
        return passphrase if question == "Passphrase: " else codes.pop()

    monkeypatch.setattr(getpass, "getpass", answer)
    codes = list(bench.create_account("bob", passphrase=passphrase).recovery_codes)
    session = bench.sign_in("bob")
    assert asked == ["Passphrase: "]
    key = session.factors.enrol().key
    code = one_time_code(key, step=int(time.time()) // 30).decode()
    session.factors.activate(code, passphrase=passphrase)
    assert not bench.sign_in("bob").is_locked
    assert len(asked) == 3
    assert "authenticator app" in asked[-1]
