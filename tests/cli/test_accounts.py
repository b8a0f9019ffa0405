import errno
import io
import os
import re
import subprocess
import sys

import pytest
from command_line import (
    assert_refused,
    codes_in,
    converse,
    descriptor_of,
    in_shell,
    make_account,
    recover,
    run_workbench,
)

from workbench import cli
from workbench.app import Workbench
from workbench.errors import AuthenticationError


def test_init_reads_the_passphrase_from_a_descriptor_and_makes_the_owners_account(tmp_path, passphrase):
    store = tmp_path / "bench.db"
    done = make_account(store, passphrase)
    assert done.returncode == 0, done.stderr
    assert len(codes_in(done.stdout)) == 10
    assert passphrase not in done.stdout + done.stderr
    bench = Workbench.open(store)
    assert bench.sign_in("ada", passphrase=passphrase).ask("rain").text
    bench.close()


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


def test_passphrase_prints_one_that_init_takes_and_nothing_else(tmp_path):
    """A07: the output is the passphrase alone, so that it can go through a pipe; the advice is beside it."""
    done = run_workbench("passphrase")
    assert done.returncode == 0
    assert re.fullmatch(r"[a-z]{4,8}(?: [a-z]{4,8}){5}\n", done.stdout)
    assert "kept nowhere" in done.stderr
    assert done.stdout.strip() not in done.stderr
    assert make_account(tmp_path / "bench.db", done.stdout.strip()).returncode == 0


def test_a_passphrase_that_cannot_be_printed_is_an_error():
    done = in_shell("{workbench} passphrase >&-")
    assert done.returncode == 1
    assert "could not be printed" in done.stderr
