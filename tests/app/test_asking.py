import getpass
import os
import subprocess
import sys
import traceback
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.app.asking import (
    LONGEST_LINE,
    ask_app_code,
    ask_name,
    ask_new_passphrase,
    ask_passphrase,
    ask_recovery_code,
    read_secret,
)
from workbench.errors import AuthenticationError


@contextmanager
def descriptor_of(content):
    reading, writing = os.pipe()
    os.write(writing, content)
    os.close(writing)
    try:
        yield reading
    finally:
        os.close(reading)


lines = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), min_size=1)


@given(lines, lines, st.sampled_from(["\n", "\r\n"]))
def test_each_secret_takes_one_line_of_the_descriptor_and_leaves_the_next(first, second, end):
    with descriptor_of(f"{first}{end}{second}".encode()) as descriptor:
        assert read_secret(descriptor) == first
        assert read_secret(descriptor) == second


def _refusal(descriptor):
    with pytest.raises(AuthenticationError) as raised:
        read_secret(descriptor)
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None
    assert f"{descriptor}<FILE" in raised.value.remedy
    return raised.value


@pytest.mark.parametrize(
    "content",
    ["canary café orchard".encode("latin-1"), b"", b"\n", b"canary" * LONGEST_LINE],
    ids=["Latin-1", "empty", "an empty line", "a line without end"],
)
def test_a_descriptor_without_a_secret_is_refused_and_the_error_carries_nothing_of_it(content):
    with descriptor_of(content) as descriptor:
        error = _refusal(descriptor)
    shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "canary" not in shown


@pytest.mark.parametrize("descriptor", [-1, 9999, 2**70])
def test_a_descriptor_that_is_not_open_is_refused(descriptor):
    _refusal(descriptor)


def test_a_descriptor_that_is_open_for_writing_only_is_refused(tmp_path):
    with (tmp_path / "written").open("wb") as file:
        _refusal(file.fileno())


def test_a_new_passphrase_is_asked_for_until_it_is_typed_twice_alike(monkeypatch, capsys):
    answers = iter(["one", "another", "seven rivers", "seven rivers"])
    monkeypatch.setattr(getpass, "getpass", lambda _question: next(answers))
    assert ask_new_passphrase() == "seven rivers"
    assert capsys.readouterr().err == "The two differ.\n"


def test_what_is_typed_is_returned_as_it_is(monkeypatch):
    monkeypatch.setattr(getpass, "getpass", lambda _question: " spaces too ")
    assert ask_passphrase() == ask_recovery_code() == " spaces too "


def test_the_question_for_the_name_stays_out_of_standard_output():
    asking = "from workbench.app.asking import ask_name; print(repr(ask_name()))"
    done = subprocess.run([sys.executable, "-c", asking], input="ada\n", capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("'ada'\n", "Name: ")


def test_an_empty_name_is_asked_for_again_before_any_passphrase_is(monkeypatch):
    answers = iter(["", "  ", "ada"])
    monkeypatch.setattr("builtins.input", lambda _question: next(answers))
    assert ask_name() == "ada"


def _raise(error):
    raise error


@pytest.mark.parametrize(
    "error",
    [
        EOFError(),
        OSError(25, "Inappropriate ioctl for device"),
        UnicodeDecodeError("utf-8", b"canary\xe9", 6, 7, "invalid"),
        RuntimeError("input(): lost sys.stdin"),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize(
    ("ask", "option"),
    [
        (ask_name, "--name"),
        (ask_passphrase, "--passphrase-fd"),
        (ask_new_passphrase, "--passphrase-fd"),
        (ask_recovery_code, "--code-fd"),
        (ask_app_code, "--code-fd"),
    ],
)
def test_where_no_one_can_be_asked_the_error_names_another_way_and_carries_nothing(ask, option, error, monkeypatch):
    monkeypatch.setattr(getpass, "getpass", lambda _question: _raise(error))
    monkeypatch.setattr("builtins.input", lambda _question: _raise(error))
    with pytest.raises(AuthenticationError) as raised:
        ask()
    assert option in raised.value.remedy
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None


def test_a_terminal_that_would_show_the_passphrase_is_not_read():
    """Without a terminal getpass would warn, and read standard input with its echo as it is."""
    asking = "from workbench.app.asking import ask_passphrase; ask_passphrase()"
    done = subprocess.run(
        [sys.executable, "-c", asking],
        input="canary\n",
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )
    assert done.returncode == 1
    assert "AuthenticationError: No answer could be read from a terminal." in done.stderr
    assert "canary" not in done.stdout + done.stderr
    assert "GetPassWarning" not in done.stderr
