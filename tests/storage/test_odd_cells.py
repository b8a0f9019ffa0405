"""One badly typed or altered cell, in any column of any table: a WorkbenchError for it, and the rest still opens."""

import shutil
import sqlite3

import pytest

from workbench.app import Workbench
from workbench.errors import IntegrityError, WorkbenchError

ODD = ["5", "'text'", "CAST(x'ff' AS TEXT)", "zeroblob(2000)"]
OF_A_RECORD = ["record_id", "key_id", "version", "sealed"]
TURNS = "place / 1099511627776 = 2"  # the second vault of the store's only account; 2 to the power of 40
AUDIT = "place / 1099511627776 = 4"


def edit(path, statement):
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA foreign_keys = OFF")
    assert connection.execute(statement).rowcount
    connection.close()


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    """Return a folder with a store of one account and two turns, and its device."""
    folder = tmp_path_factory.mktemp("pristine")
    bench = Workbench.open(folder / "bench.db", device=folder / "device")
    bench.create_account("ada", passphrase="quiet orchard lantern seven rivers")
    session = bench.sign_in("ada", passphrase="quiet orchard lantern seven rivers")
    session.ask("rain")
    session.ask("snow")
    session.lock()
    bench.close()
    return folder


@pytest.fixture
def path(pristine, tmp_path):
    return shutil.copytree(pristine, tmp_path / "copy") / "bench.db"


def open_bench(path):
    return Workbench.open(path, device=path.parent / "device")


@pytest.mark.parametrize("value", ODD)
@pytest.mark.parametrize("column", OF_A_RECORD)
def test_an_odd_cell_of_one_turn_leaves_the_other_readable(path, passphrase, column, value):
    edit(path, f"UPDATE record SET {column} = {value} WHERE place = (SELECT max(place) FROM record WHERE {TURNS})")
    bench = open_bench(path)
    session = bench.sign_in("ada", passphrase=passphrase)
    assert [turn.prompt.text for turn in session.history] == ["rain"]
    assert session.history.frame().prompt.tolist() == ["rain"]
    assert [turn.prompt.text for turn in session.history.search("rain")] == ["rain"]
    session.history.damaged()
    bench.close()


@pytest.mark.parametrize("column", ["record_id", "sealed"])
def test_a_turn_that_was_emptied_or_hidden_shows_in_verify(path, passphrase, column):
    edit(path, f"UPDATE record SET {column} = NULL WHERE place = (SELECT max(place) FROM record WHERE {TURNS})")
    bench = open_bench(path)
    session = bench.sign_in("ada", passphrase=passphrase)
    with pytest.raises(IntegrityError):
        session._opened.vaults.verify()
    bench.close()


@pytest.mark.parametrize("column", ["leaf", "head"])
@pytest.mark.parametrize("value", ["5", "'text'", "zeroblob(32)"])
def test_an_odd_leaf_or_head_shows_in_verify(path, passphrase, column, value):
    edit(path, f"UPDATE record SET {column} = {value} WHERE place = (SELECT min(place) FROM record WHERE {AUDIT})")
    bench = open_bench(path)
    with pytest.raises(IntegrityError):
        bench.sign_in("ada", passphrase=passphrase).audit.verify()
    bench.close()


@pytest.mark.parametrize("value", ["-1", "'text'", "zeroblob(16)"])
@pytest.mark.parametrize(
    "cell",
    [
        "store SET format",
        "store SET store_id",
        "store SET name_salt",
        "account SET name_tag",
        "account SET public_keys",
        "account SET wrapped_keys",
        "slot SET packed",
        "data_key SET epoch",
        "data_key SET wrapped",
        "vault SET epoch",
        "vault SET number",
        "vault_grant SET epoch",
        "vault_grant SET sealed",
        "checkpoint SET size",
        "checkpoint SET frontier",
        "checkpoint SET note",
    ],
)
def test_an_odd_cell_elsewhere_is_a_workbench_error_and_nothing_else(path, passphrase, cell, value):
    where = " WHERE number = 2" if cell == "vault SET number" else ""
    edit(path, f"UPDATE {cell} = {value}{where}")
    refused = 0
    try:
        bench = open_bench(path)
    except WorkbenchError:
        return
    try:
        session = bench.sign_in("ada", passphrase=passphrase)
        refused += 2 - len(session.history.recent())
    except WorkbenchError:
        refused += 1
    finally:
        bench.close()
    assert refused
