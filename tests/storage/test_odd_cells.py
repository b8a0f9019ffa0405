"""One badly typed or altered cell, in any column of any table: a WorkbenchError for it, and the rest still opens."""

import sqlite3

import pytest

from workbench.app import Workbench
from workbench.errors import IntegrityError, WorkbenchError

ODD = ["5", "'text'", "CAST(x'ff' AS TEXT)", "zeroblob(2000)"]
OF_A_RECORD = ["record_id", "owner_id", "kind", "version", "envelope"]


def edit(path, statement):
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA foreign_keys = OFF")
    for trigger in ("audit_keeps_entries", "audit_alters_nothing"):
        connection.execute(f"DROP TRIGGER {trigger}")
    connection.execute(statement)
    connection.close()


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    """Return the bytes of a store with one account and two turns, and the passphrase."""
    path = tmp_path_factory.mktemp("pristine") / "bench.db"
    bench = Workbench.open(path)
    bench.create_account("ada", passphrase="quiet orchard lantern seven rivers")
    session = bench.sign_in("ada", passphrase="quiet orchard lantern seven rivers")
    session.ask("rain")
    session.ask("snow")
    session.lock()
    bench.close()
    return path.read_bytes()


@pytest.fixture
def path(tmp_path, pristine):
    path = tmp_path / "bench.db"
    path.write_bytes(pristine)
    return path


@pytest.mark.parametrize("value", ODD)
@pytest.mark.parametrize("column", OF_A_RECORD)
def test_an_odd_cell_of_one_turn_leaves_the_other_readable(path, passphrase, column, value):
    target = "(SELECT max(sequence) FROM record WHERE kind = 16)"
    edit(path, f"UPDATE record SET {column} = {value} WHERE sequence = {target}")  # noqa: S608 - the test's own words
    bench = Workbench.open(path)
    session = bench.sign_in("ada", passphrase=passphrase)
    assert [turn.prompt.text for turn in session.history] == ["rain"]
    assert session.history.frame().prompt.tolist() == ["rain"]
    assert [turn.prompt.text for turn in session.history.search("rain")] == ["rain"]
    session.history.damaged()
    session.ask("wind")
    bench.close()


@pytest.mark.parametrize("value", ["5", "'text'", "NULL"])
def test_an_odd_head_of_the_audit_chain_shows_in_verify_and_locks_no_one_out(path, passphrase, value):
    edit(path, f"UPDATE record SET head = {value} WHERE sequence = (SELECT max(sequence) FROM record WHERE kind = 18)")  # noqa: S608 - the test's own words
    bench = Workbench.open(path)
    session = bench.sign_in("ada", passphrase=passphrase)
    assert len(session.history.recent()) == 2
    with pytest.raises(IntegrityError):
        session.audit.verify()
    bench.close()


@pytest.mark.parametrize("value", ["-1", "'text'"])
@pytest.mark.parametrize(
    "cell",
    [
        "store SET format",
        "store SET store_id",
        "store SET name_salt",
        "account SET name_tag",
        "account SET version",
        "account SET profile",
        "slot SET packed",
        "data_key SET wrapped",
    ],
)
def test_an_odd_cell_elsewhere_is_a_workbench_error_and_nothing_else(path, passphrase, cell, value):
    edit(path, f"UPDATE {cell} = {value}")
    refused = 0
    try:
        bench = Workbench.open(path)
    except WorkbenchError:
        return
    try:
        session = bench.sign_in("ada", passphrase=passphrase)
        readable = len(session.history.recent())
        refused += 2 - readable
        session.history.damaged()
    except WorkbenchError:
        refused += 1
    finally:
        bench.close()
    assert refused
