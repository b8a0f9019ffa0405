"""``workbench backup``, ``restore`` and ``backups``: what they print, and what they refuse."""

import os
import re
import shlex

import pytest

from workbench import cli
from workbench.app import Workbench


@pytest.fixture
def store(tmp_path, passphrase):
    path = tmp_path / "store.db"
    bench = Workbench.open(path)
    bench.create_account("ada", passphrase=passphrase)
    bench.close()
    return path


def secret(content):
    """Return a descriptor from which a line can be read."""
    reader, writer = os.pipe()
    os.write(writer, content.encode() + b"\n")
    os.close(writer)
    return str(reader)


def back_up(store, place, passphrase, *more):
    return cli.main(["backup", str(place), str(store), "--name", "ada", "--passphrase-fd", secret(passphrase), *more])


def test_a_store_is_backed_up_listed_and_restored(store, tmp_path, passphrase, capsys):
    place, keys = tmp_path / "place", ("--keys-url", str(tmp_path / "keys"))
    assert back_up(store, place, passphrase, *keys) == 0
    (backup_id,) = re.findall(r"The backup (\S+) is made and verified", capsys.readouterr().out)
    assert cli.main(["backups", str(place), *keys]) == 0
    assert re.match(rf"{backup_id}\s+\d+ records .* keys until \d{{4}}-\d\d-\d\d\n", capsys.readouterr().out)
    assert cli.main(["backups", str(place)]) == 0
    assert "keys none" in capsys.readouterr().out
    assert cli.main(["restore", str(place), str(tmp_path / "new.db"), *keys, "--backup", backup_id]) == 0
    said = capsys.readouterr().out
    assert backup_id in said
    assert f"workbench accept-rollback {shlex.quote(str(tmp_path / 'new.db'))}\n" in said
    bench = Workbench.open(tmp_path / "new.db")
    bench.sign_in("ada", passphrase=passphrase, accept_rollback=True).lock()
    bench.close()


def test_what_can_not_be_done_is_said_with_a_remedy(store, tmp_path, passphrase, capsys):
    place = tmp_path / "place"
    assert cli.main(["backups", str(place)]) == 0
    assert "no backup" in capsys.readouterr().out
    assert cli.main(["restore", str(place), str(tmp_path / "new.db")]) == 1
    assert "workbench backups URL" in capsys.readouterr().err
    assert back_up(tmp_path / "none.db", place, passphrase) == 1
    assert not (tmp_path / "none.db").exists()
    assert back_up(store, "gopher://place", passphrase) == 1
    assert back_up(store, place, passphrase, "--keep-days", "0") == 1
    assert back_up(store, place, passphrase) == 0
    capsys.readouterr()
    assert cli.main(["restore", str(place), str(store)]) == 1
    assert "never replaces" in capsys.readouterr().err


def test_a_restored_store_on_a_new_machine_takes_a_recovery_code(tmp_path, passphrase, monkeypatch, capsys):
    bench = Workbench.open(tmp_path / "store.db")
    codes = bench.create_account("ada", passphrase=passphrase).recovery_codes
    bench.close()
    assert back_up(tmp_path / "store.db", tmp_path / "place", passphrase) == 0
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "new machine"))
    new = str(tmp_path / "new.db")
    assert cli.main(["restore", str(tmp_path / "place"), new]) == 0
    given = ["--code-fd", secret(codes[0]), "--passphrase-fd", secret(passphrase + " anew")]
    assert cli.main(["recover", new, "--name", "ada", "--accept-rollback", *given]) == 0
    bench = Workbench.open(new)
    bench.sign_in("ada", passphrase=passphrase + " anew").lock()
    bench.close()
