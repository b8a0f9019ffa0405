import sys

import pytest

from workbench import cli
from workbench.cli.output import tell


@pytest.mark.parametrize("arguments", [[], ["compose"], ["demo", "--passphrase", "x"], ["init", "--passphrase", "x"]])
def test_a_misspelt_command_and_a_passphrase_as_an_argument_are_refused(arguments):
    with pytest.raises(SystemExit) as raised:
        cli.main(arguments)
    assert raised.value.code == 2


def test_a_missing_store_is_named_with_the_command_that_makes_one(tmp_path, capsys):
    assert cli.main(["verify", str(tmp_path / "poems.db")]) == 1
    said = capsys.readouterr().err
    assert "poems.db" in said
    assert "workbench init" in said


@pytest.mark.parametrize("command", ["rotate", "totp"])
def test_what_is_missing_is_named_by_a_word_that_the_help_has(command, capsys):
    with pytest.raises(SystemExit):
        cli.main([command])
    assert "required: WHAT" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        cli.main([command, "--help"])
    assert "  WHAT " in capsys.readouterr().out


@pytest.mark.parametrize(("is_terminal", "lines"), [(True, 4), (False, 1)])
def test_a_sentence_is_broken_between_words_on_a_terminal_and_nowhere_else(monkeypatch, capsys, is_terminal, lines):
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal)
    sentence = "A sentence that is longer than a line, " * 3 + "with-a-word-that-is-much-longer-than-forty-columns"
    tell(sentence)
    said = capsys.readouterr().err
    assert said.split() == sentence.split()
    assert said.count("\n") >= lines
    assert (said.count("\n") == 1) is not is_terminal
