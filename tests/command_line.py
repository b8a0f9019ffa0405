"""The command line as its tests use it: started as a program, in a shell, or at a real terminal."""

import os
import pty
import re
import shlex
import subprocess
import sys
from contextlib import contextmanager


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


def in_shell(line, **values):
    """Run a line of sh in which {workbench} is the command line under test."""
    command = f"{shlex.quote(sys.executable)} -m workbench.cli"
    quoted = {name: shlex.quote(str(value)) for name, value in values.items()}
    line = line.format(workbench=command, **quoted)
    return subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=False)


def recover(store, code, passphrase, *, name="ada"):
    with descriptor_of(f"{code}\n{passphrase}\n".encode()) as secrets:
        options = ("--name", name, "--code-fd", secrets, "--passphrase-fd", secrets)
        return run_workbench("recover", store, *options, pass_fds=(secrets,))
