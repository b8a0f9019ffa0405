import contextlib
import shutil

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

from workbench.app import Workbench
from workbench.errors import AuthenticationError

ANOTHER = "copper bells under seven rivers"


@pytest.fixture
def store(tmp_path, store_of_ada, device_folder):
    """Return the file of a store with ada's account and a turn, and put its device where commands look for it."""
    path = tmp_path / "bench.db"
    shutil.copyfile(store_of_ada / "bench.db", path)
    shutil.copytree(store_of_ada / "device", device_folder)
    return path


def run_signed_in(*arguments, passphrase, then=()):
    """Run a command that reads its secrets, a line each, from one descriptor."""
    lines = "".join(f"{secret}\n" for secret in (passphrase, *then))
    with descriptor_of(lines.encode()) as secrets:
        options = ["--name", "ada", "--passphrase-fd", secrets]
        if then:
            options += ["--new-passphrase-fd", secrets]
        return run_workbench(*arguments, *options, pass_fds=(secrets,))


def history_and_audit(store, passphrase):
    with contextlib.closing(Workbench.open(store)) as bench:
        session = bench.sign_in("ada", passphrase=passphrase)
        texts = [turn.text for turn in session.history.recent()]
        entries = session.opened("audit:verify").audit.entries()
        session.lock()
    return texts, [(entry.event, entry.facts.get("level"), entry.outcome) for entry in entries]


@pytest.mark.parametrize("level", ["vault", "data", "identity"])
def test_rotate_exchanges_the_keys_of_a_level_and_notes_it(store, passphrase, level):
    with contextlib.closing(Workbench.open(store)) as bench:
        text = bench.sign_in("ada", passphrase=passphrase).ask("rain").text
    done = run_signed_in("rotate", level, store, passphrase=passphrase)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    texts, entries = history_and_audit(store, passphrase)
    assert texts == [text]
    assert ("crypto_key_rotated", level, "success") in entries


@pytest.mark.parametrize("level", ["root", "recovery-codes"])
def test_rotate_shows_new_codes_and_those_of_before_are_void(tmp_path, passphrase, level):
    store = tmp_path / "b.db"
    old = codes_in(make_account(store, passphrase).stdout)
    done = run_signed_in("rotate", level, store, passphrase=passphrase)
    assert done.returncode == 0, done.stderr
    new = codes_in(done.stdout)
    assert len(set(new) - set(old)) == 10
    assert_refused(recover(store, old[0], ANOTHER))
    assert recover(store, new[0], ANOTHER).returncode == 0


def test_rotate_passphrase_reads_both_from_descriptors(store, passphrase):
    done = run_signed_in("rotate", "passphrase", store, passphrase=passphrase, then=(ANOTHER,))
    assert done.returncode == 0, done.stderr
    assert ANOTHER not in done.stdout + done.stderr
    _, entries = history_and_audit(store, ANOTHER)
    assert ("authn_password_change", None, "success") in entries
    with contextlib.closing(Workbench.open(store)) as bench, pytest.raises(AuthenticationError):
        bench.sign_in("ada", passphrase=passphrase)


def test_rotate_passphrase_asks_unseen_and_again_when_it_is_weak(store, passphrase):
    dialogue = [
        (b"Passphrase: ", passphrase),
        (b"New passphrase", "canaryshort"),
        (b"Once more", "canaryshort"),
        (b"New passphrase", ANOTHER),
        (b"Once more", ANOTHER),
    ]
    status, shown = converse(["rotate", "passphrase", store, "--name", "ada"], dialogue)
    assert status == 0
    assert "isn't strong enough" in shown
    for secret in (passphrase, ANOTHER, "canaryshort"):
        assert secret not in shown


@pytest.mark.parametrize("level", ["vault", "root", "recovery-codes"])
def test_rotate_with_a_wrong_passphrase_exchanges_nothing(store, passphrase, level):
    assert_refused(run_signed_in("rotate", level, store, passphrase=ANOTHER))
    assert history_and_audit(store, passphrase)[1][-1][0] == "authn_login_success"


def test_rotate_makes_no_codes_when_standard_output_takes_nothing(store, tmp_path, passphrase):
    secret = tmp_path / "secret"
    secret.write_text(passphrase)
    line = "{workbench} rotate root {store} --name ada --passphrase-fd 3 3<{secret} >/dev/full"
    done = in_shell(line, store=store, secret=secret)
    assert_refused(done)
    assert "nothing was exchanged" in done.stderr
    assert not any(level == "root" for _, level, _ in history_and_audit(store, passphrase)[1])


@pytest.mark.parametrize("command", [("rotate", "data"), ("verify",), ("accept-rollback",)])
def test_no_command_makes_a_store_where_there_is_none(tmp_path, command):
    assert_refused(run_workbench(*command, tmp_path / "misspelt.db", "--name", "ada"))
    assert not list(tmp_path.iterdir())


def test_verify_counts_what_it_looked_at_and_notes_it(store, passphrase):
    done = run_signed_in("verify", store, passphrase=passphrase)
    assert done.returncode == 0, done.stderr
    assert "All is as it was sealed" in done.stdout
    assert ("integrity_verified", None, "success") in history_and_audit(store, passphrase)[1]


def test_verify_finds_a_record_that_was_altered(store, passphrase):
    with contextlib.closing(Workbench.open(store)) as bench:
        session = bench.sign_in("ada", passphrase=passphrase)
        session.ask("rain")
        session.lock()
        turn = bench._database.rows("SELECT place, sealed FROM record ORDER BY length(sealed) DESC LIMIT 1")[0]
        bench._database.write("UPDATE record SET sealed = ? WHERE place = ?", (turn[1][:-1] + b"\0", turn[0]))
    assert_refused(run_signed_in("verify", store, passphrase=passphrase))


def test_accept_rollback_says_what_it_took_and_notes_it(store, tmp_path, passphrase):
    older = tmp_path / "older.db"
    shutil.copyfile(store, older)
    with contextlib.closing(Workbench.open(store)) as bench:
        session = bench.sign_in("ada", passphrase=passphrase)
        session.ask("rain")
        session.lock()
    for file in tmp_path.glob("bench.db*"):
        file.unlink()
    shutil.copyfile(older, store)
    assert_refused(run_signed_in("verify", store, passphrase=passphrase))
    done = run_signed_in("accept-rollback", store, passphrase=passphrase)
    assert done.returncode == 0, done.stderr
    assert "Accepted" in done.stdout
    assert "older than this device has seen it" in done.stdout
    assert ("integrity_rollback_accepted", None, "success") in history_and_audit(store, passphrase)[1]
    again = run_signed_in("accept-rollback", store, passphrase=passphrase)
    assert "nothing to accept" in again.stdout


def test_a_store_may_be_an_address_and_its_password_is_not_shown(postgres_server, postgres_name, passphrase):
    address = postgres_server.url(postgres_name)
    done = make_account(address, passphrase)
    assert done.returncode == 0, done.stderr
    assert len(codes_in(done.stdout)) == 10
    assert address not in done.stdout
    done = run_signed_in("rotate", "data", address, passphrase=passphrase)
    assert done.returncode == 0, done.stderr
    assert run_signed_in("verify", address, passphrase=passphrase).returncode == 0


def test_a_misspelt_level_is_refused_and_the_known_ones_are_listed():
    done = run_workbench("rotate", "everything")
    assert done.returncode == 2
    for level in ("passphrase", "recovery-codes", "vault", "data", "identity", "root"):
        assert level in done.stderr
