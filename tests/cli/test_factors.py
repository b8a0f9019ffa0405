"""``workbench totp``, and the code that other commands then ask for."""

import base64
import contextlib
import os
import re
import shutil
import subprocess
import sys
import time

import pytest
from command_line import assert_refused, codes_in, converse, descriptor_of, in_shell, make_account, run_workbench

from workbench.app import Workbench
from workbench.crypto import one_time_code
from workbench.errors import AuthenticationError


class App:
    """An authenticator app, which shows each code once; where the next isn't good yet, it waits."""

    def __init__(self, secret):
        self.key = base64.b32decode(secret.replace(" ", ""))
        self.step = 0

    def show(self):
        while self.step > time.time() // 30:  # the one after the present is good already
            time.sleep(0.2)
        self.step = max(self.step + 1, int(time.time()) // 30)
        return one_time_code(self.key, step=self.step).decode()


@contextlib.contextmanager
def pipe():
    reading, writing = os.pipe()
    try:
        yield reading, lambda text: os.write(writing, text.encode())
    finally:
        os.close(reading)
        os.close(writing)


def enrol(store, passphrase, *, name="ada"):
    """Enrol as a person does: read the secret from the terminal, type the code that the app makes of it."""
    with pipe() as (secrets, write), pipe() as (codes, type_code):
        write(f"{passphrase}\n")
        options = ["--name", name, "--passphrase-fd", str(secrets), "--code-fd", str(codes)]
        command = [sys.executable, "-m", "workbench.cli", "totp", "enrol", str(store), *options]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, pass_fds=(secrets, codes)
        )
        shown = ""
        while "otpauth://" not in shown:
            line = process.stdout.readline()
            assert line, process.stderr.read()
            shown += line
        app = App(re.search(r"type the secret into it: ([A-Z2-7 ]+)\n", shown)[1])
        type_code(app.show() + "\n")
        rest, errors = process.communicate()
    return process.returncode, shown + rest, errors, app


def run_with_code(*arguments, passphrase, code):
    with descriptor_of(f"{passphrase}\n".encode()) as secrets, descriptor_of(f"{code}\n".encode()) as codes:
        options = ["--name", "ada", "--passphrase-fd", secrets, "--code-fd", codes]
        return run_workbench(*arguments, *options, pass_fds=(secrets, codes))


@pytest.fixture
def store(tmp_path, store_of_ada, device_folder):
    path = tmp_path / "bench.db"
    shutil.copyfile(store_of_ada / "bench.db", path)
    shutil.copytree(store_of_ada / "device", device_folder)
    return path


def test_enrol_shows_secret_drawing_and_budget_and_later_commands_ask_for_the_code(store, passphrase):
    """A10, A11, A13."""
    status, shown, errors, app = enrol(store, passphrase)
    assert status == 0, errors
    assert "0.03%" in shown
    assert shown.count("█") + shown.count("▀") + shown.count("▄") > 200
    with descriptor_of(f"{passphrase}\n".encode()) as secrets:
        assert_refused(run_workbench("verify", store, "--name", "ada", "--passphrase-fd", secrets, pass_fds=(secrets,)))
    code = app.show()
    done = run_with_code("verify", store, passphrase=passphrase, code=code)
    assert done.returncode == 0, done.stderr
    assert_refused(run_with_code("verify", store, passphrase=passphrase, code=code))


def test_a_wrong_code_enrols_nothing(store, passphrase):
    """A10."""
    assert_refused(run_with_code("totp", "enrol", store, passphrase=passphrase, code="12345"))
    with contextlib.closing(Workbench.open(store)) as bench:
        bench.sign_in("ada", passphrase=passphrase).lock()


def test_remove_takes_a_recovery_code_too(tmp_path, passphrase):
    """A14: a lost phone."""
    store = tmp_path / "new.db"
    codes = codes_in(make_account(store, passphrase).stdout)
    status, _, errors, _ = enrol(store, passphrase)
    assert status == 0, errors
    done = run_with_code("totp", "remove", store, passphrase=passphrase, code=f"{codes[0]}\n{codes[1]}")
    assert done.returncode == 0, done.stderr
    assert "removed" in done.stdout
    with contextlib.closing(Workbench.open(store)) as bench:
        session = bench.sign_in("ada", passphrase=passphrase)
        assert session.factors.status().recovery_codes_left == 8
        session.lock()


def test_a_terminal_is_asked_for_the_code_unseen_and_only_where_it_is_needed(tmp_path, passphrase):
    store = tmp_path / "new.db"
    codes = codes_in(make_account(store, passphrase).stdout)
    status, shown = converse(["verify", store, "--name", "ada"], [(b"Passphrase: ", passphrase)])
    assert (status, "Code of" in shown) == (0, False)
    assert enrol(store, passphrase)[0] == 0
    dialogue = [(b"Passphrase: ", passphrase), (b"Code of the authenticator app", codes[0])]
    status, shown = converse(["verify", store, "--name", "ada"], dialogue)
    assert status == 0
    assert codes[0] not in shown


def test_no_secret_is_made_when_standard_output_takes_nothing(store, tmp_path, passphrase):
    secret = tmp_path / "secret"
    secret.write_text(passphrase)
    line = "{workbench} totp enrol {store} --name ada --passphrase-fd 3 3<{secret} >/dev/full"
    done = in_shell(line, store=store, secret=secret)
    assert_refused(done)
    assert "nothing was enrolled" in done.stderr
    with contextlib.closing(Workbench.open(store)) as bench:
        bench.sign_in("ada", passphrase=passphrase).lock()


def test_rotate_takes_a_further_code(tmp_path, passphrase):
    """A11: the one that signed in isn't good for it."""
    store = tmp_path / "new.db"
    codes = codes_in(make_account(store, passphrase).stdout)
    status, _, errors, app = enrol(store, passphrase)
    assert status == 0, errors
    assert_refused(run_with_code("rotate", "vault", store, passphrase=passphrase, code=f"{codes[0]}\n{codes[0]}"))
    done = run_with_code("rotate", "vault", store, passphrase=passphrase, code=f"{codes[1]}\n{app.show()}")
    assert done.returncode == 0, done.stderr


def test_a_store_of_another_account_is_not_told_apart(store, passphrase):
    """A16."""
    told = set()
    for name in ("ada", "nobody"):
        with descriptor_of(b"copper bells under seven rivers\n") as secrets:
            options = ["--name", name, "--passphrase-fd", secrets]
            done = run_workbench("verify", store, *options, pass_fds=(secrets,))
        assert_refused(done)
        told.add(done.stderr)
    assert len(told) == 1
    with contextlib.closing(Workbench.open(store)) as bench, pytest.raises(AuthenticationError):
        bench.sign_in("nobody", passphrase=passphrase)
