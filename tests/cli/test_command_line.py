import pytest

from workbench import cli


@pytest.mark.parametrize("arguments", [[], ["compose"], ["demo", "--passphrase", "x"], ["init", "--passphrase", "x"]])
def test_a_misspelt_command_and_a_passphrase_as_an_argument_are_refused(arguments):
    with pytest.raises(SystemExit) as raised:
        cli.main(arguments)
    assert raised.value.code == 2
