"""Ways in and keys exchanged: what was good before opens nothing, whatever is put back into the store."""

import dataclasses

import pytest

from workbench.crypto import Kind
from workbench.errors import AuthenticationError, IntegrityError, LockedError, WeakPassphraseError
from workbench.identity import (
    Accounts,
    change_passphrase,
    renew_key_pairs,
    renew_root_key,
    replace_recovery_codes,
)
from workbench.identity.throttle import Authenticator
from workbench.storage import Device, open_database

ANOTHER = "seven rivers under slow copper bells"
THIRD = "nine lanterns over a frozen harbour"


def nothing():
    """Write no audit entry."""


@pytest.fixture
def codes(accounts, passphrase):
    return accounts.create("ada", passphrase=passphrase, roles=("owner",)).recovery_codes


@pytest.fixture
def account(accounts, codes, passphrase):
    account = accounts.unlock("ada", passphrase=passphrase)
    account.vaults[Kind.TURN].append(b"a haiku")
    account.vaults.checkpoint()
    return account


@pytest.fixture
def unlock_elsewhere(database, device_folder):
    """Return what another kernel of the same machine does: a connection, accounts and keys of its own."""
    opened = []

    def unlock(passphrase):
        other = open_database(database.path)
        opened.append(other)
        accounts = Accounts(other, device=Device(device_folder))
        return accounts, accounts.unlock("ada", passphrase=passphrase)

    yield unlock
    for other in opened:
        other.close()


def rows(database):
    """Return what holds an account's ways in and keys."""
    tables = ("slot", "account", "vault_grant", "checkpoint", "vault", "data_key")
    return {table: database.rows(f"SELECT * FROM {table}") for table in tables}


def put_back(database, before, *tables):
    """Put older rows back into the store, as whoever can write to it may."""
    for table in tables:
        for row in before[table]:
            key = {"slot": "slot_id", "account": "account_id"}[table]
            database.write(f"DELETE FROM {table} WHERE {key} = ?", (row[0],)) if table == "slot" else None
            if table == "slot":
                database.write("INSERT INTO slot VALUES (?, ?, ?)", row)
            else:
                database.write(
                    "UPDATE account SET public_keys = ?, wrapped_keys = ? WHERE account_id = ?",
                    (row[2], row[3], row[0]),
                )


def read(account):
    return [body for _, body in account.vaults[Kind.TURN].scan()]


def test_a_new_passphrase_opens_and_the_old_one_opens_nothing(accounts, account, passphrase):
    after = change_passphrase(accounts, account, current=passphrase, new=ANOTHER, note=nothing)
    with pytest.raises(AuthenticationError):
        accounts.unlock("ada", passphrase=passphrase)
    again = accounts.unlock("ada", passphrase=ANOTHER)
    assert read(again) == [b"a haiku"]
    assert again.profile == after.profile


def test_the_recovery_codes_stay_good_when_the_passphrase_changes(accounts, account, codes, passphrase):
    change_passphrase(accounts, account, current=passphrase, new=ANOTHER, note=nothing)
    assert read(accounts.recover("ada", code=codes[0], new_passphrase=THIRD)) == [b"a haiku"]


@pytest.mark.parametrize("current", [ANOTHER, "", None, "half \ud83d a character"])
def test_a_wrong_current_passphrase_changes_nothing(accounts, account, database, passphrase, current):
    before = rows(database)
    for attempt in (
        lambda: change_passphrase(accounts, account, current=current, new=THIRD, note=nothing),
        lambda: replace_recovery_codes(accounts, account, passphrase=current, note=nothing),
        lambda: renew_root_key(accounts, account, passphrase=current, note=nothing),
    ):
        with pytest.raises(AuthenticationError):
            attempt()
    assert rows(database) == before
    accounts.unlock("ada", passphrase=passphrase)


def test_a_weak_new_passphrase_changes_nothing(accounts, account, database, passphrase):
    before = rows(database)
    with pytest.raises(WeakPassphraseError):
        change_passphrase(accounts, account, current=passphrase, new="short", note=nothing)
    assert rows(database) == before


def test_an_old_passphrases_slot_that_was_put_back_is_refused(accounts, account, database, passphrase):
    before = rows(database)
    after = change_passphrase(accounts, account, current=passphrase, new=ANOTHER, note=nothing)
    put_back(database, before, "slot")
    with pytest.raises(IntegrityError, match="put back"):
        accounts.unlock("ada", passphrase=passphrase)
    with pytest.raises(IntegrityError, match="put back"):
        change_passphrase(accounts, after, current=passphrase, new=THIRD, note=nothing)


def test_new_recovery_codes_take_the_place_of_all_ten(accounts, account, codes, passphrase):
    _, enrolment = replace_recovery_codes(accounts, account, passphrase=passphrase, note=nothing)
    assert len(set(enrolment.recovery_codes) - set(codes)) == 10
    for code in codes:
        with pytest.raises(AuthenticationError):
            accounts.recover("ada", code=code, new_passphrase=ANOTHER)
        accounts.throttle.reset(account.account_id, Authenticator.RECOVERY_CODE)  # else the sixth would have to wait
    accounts.unlock("ada", passphrase=passphrase)
    assert read(accounts.recover("ada", code=enrolment.recovery_codes[9], new_passphrase=ANOTHER)) == [b"a haiku"]


def test_an_old_code_hidden_from_the_exchange_and_put_back_later_is_refused(
    accounts, account, database, codes, passphrase
):
    before = rows(database)
    database.write("DELETE FROM slot WHERE slot_id <> ?", (next(s[0] for s in before["slot"] if s[2][1] == 1),))
    replace_recovery_codes(accounts, account, passphrase=passphrase, note=nothing)
    put_back(database, before, "slot")
    for code in codes:
        with pytest.raises(IntegrityError, match="put back"):
            accounts.recover("ada", code=code, new_passphrase=ANOTHER)


def test_a_fresh_root_key_comes_with_new_codes_and_the_same_passphrase(accounts, account, codes, passphrase):
    after, enrolment = renew_root_key(accounts, account, passphrase=passphrase, note=nothing)
    assert after.root_key != account.root_key
    again = accounts.unlock("ada", passphrase=passphrase)
    assert again.root_key == after.root_key
    assert again.private_keys == account.private_keys
    assert read(again) == [b"a haiku"]
    with pytest.raises(AuthenticationError):
        accounts.recover("ada", code=codes[0], new_passphrase=ANOTHER)
    accounts.recover("ada", code=enrolment.recovery_codes[0], new_passphrase=ANOTHER)


def test_old_ways_in_put_back_after_a_fresh_root_key_open_nothing(accounts, account, database, codes, passphrase):
    before = rows(database)
    renew_root_key(accounts, account, passphrase=passphrase, note=nothing)
    put_back(database, before, "slot")
    database.write(  # without the new ones, which would open first
        f"DELETE FROM slot WHERE slot_id NOT IN ({', '.join('?' * len(before['slot']))})",
        tuple(row[0] for row in before["slot"]),
    )
    with pytest.raises(IntegrityError):
        accounts.unlock("ada", passphrase=passphrase)
    with pytest.raises(IntegrityError):
        accounts.recover("ada", code=codes[0], new_passphrase=ANOTHER)


def test_a_whole_old_account_put_back_after_a_fresh_root_key_is_refused(accounts, account, database, passphrase):
    before = rows(database)
    renew_root_key(accounts, account, passphrase=passphrase, note=nothing)
    put_back(database, before, "slot", "account")
    database.write(
        f"DELETE FROM slot WHERE slot_id NOT IN ({', '.join('?' * len(before['slot']))})",
        tuple(row[0] for row in before["slot"]),
    )
    with pytest.raises(IntegrityError, match="put back"):
        accounts.unlock("ada", passphrase=passphrase)


def test_fresh_key_pairs_open_every_vault_and_sign_every_checkpoint(accounts, account, database, passphrase):
    before = rows(database)
    after = renew_key_pairs(accounts, account, note=nothing)
    assert after.private_keys.key_pairs != account.private_keys.key_pairs
    assert after.private_keys.anchor_key == account.private_keys.anchor_key
    now = rows(database)
    assert not set(now["vault_grant"]) & set(before["vault_grant"])
    assert len(now["checkpoint"]) == 4, "a log without a checkpoint gets one"
    assert not {row[3] for row in now["checkpoint"]} & {row[3] for row in before["checkpoint"]}
    after.vaults[Kind.TURN].append(b"the session goes on")
    after.vaults.verify()
    after.vaults.close()
    again = accounts.unlock("ada", passphrase=passphrase)
    assert read(again) == [b"the session goes on", b"a haiku"]
    again.vaults.verify()


def test_old_key_pairs_put_back_are_refused(accounts, account, database, passphrase):
    before = rows(database)
    renew_key_pairs(accounts, account, note=nothing)
    put_back(database, before, "account")
    with pytest.raises(IntegrityError):
        accounts.unlock("ada", passphrase=passphrase)


def test_an_exchange_that_fails_leaves_the_session_as_it_was(accounts, account, passphrase):
    def full():
        raise OSError

    for exchange in (
        lambda: renew_key_pairs(accounts, account, note=full),
        lambda: renew_root_key(accounts, account, passphrase=passphrase, note=full),
        lambda: change_passphrase(accounts, account, current=passphrase, new=ANOTHER, note=full),
    ):
        with pytest.raises(OSError):
            exchange()
        account.vaults[Kind.TURN].append(b"on it goes")
        account.vaults.checkpoint()
        accounts.unlock("ada", passphrase=passphrase).vaults.verify()


def test_another_session_is_told_to_sign_in_again_once_the_key_pairs_are_exchanged(
    accounts, account, passphrase, unlock_elsewhere
):
    others, other = unlock_elsewhere(passphrase)
    other.vaults[Kind.TURN].append(b"before")
    renew_key_pairs(accounts, account, note=nothing)
    for use in (
        lambda: other.vaults[Kind.TURN].append(b"after"),
        other.vaults.checkpoint,
        other.vaults.verify,
        other.vaults.rotate,
        lambda: renew_key_pairs(others, other, note=nothing),
        lambda: change_passphrase(others, other, current=passphrase, new=ANOTHER, note=nothing),
    ):
        with pytest.raises(LockedError, match="Sign in again"):
            use()
    again = accounts.unlock("ada", passphrase=passphrase)
    again.vaults.verify()
    assert read(again) == [b"before", b"a haiku"]


def test_a_session_of_before_a_fresh_root_key_goes_on_and_exchanges_nothing(
    accounts, account, passphrase, unlock_elsewhere
):
    others, other = unlock_elsewhere(passphrase)
    renew_root_key(accounts, account, passphrase=passphrase, note=nothing)
    other.vaults[Kind.TURN].append(b"goes on")
    other.vaults.checkpoint()
    for use in (
        lambda: renew_key_pairs(others, other, note=nothing),
        lambda: renew_root_key(others, other, passphrase=passphrase, note=nothing),
        lambda: replace_recovery_codes(others, other, passphrase=passphrase, note=nothing),
        lambda: change_passphrase(others, other, current=passphrase, new=ANOTHER, note=nothing),
    ):
        with pytest.raises(LockedError, match="Sign in again"):
            use()
    assert read(accounts.unlock("ada", passphrase=passphrase)) == [b"goes on", b"a haiku"]


def test_a_session_with_an_older_profile_locks_no_one_out(accounts, account, codes, passphrase, unlock_elsewhere):
    others, other = unlock_elsewhere(passphrase)
    change_passphrase(accounts, account, current=passphrase, new=ANOTHER, note=nothing)
    _, enrolment = replace_recovery_codes(others, other, passphrase=ANOTHER, note=nothing)
    accounts.unlock("ada", passphrase=ANOTHER)
    accounts.recover("ada", code=enrolment.recovery_codes[0], new_passphrase=THIRD)
    accounts.unlock("ada", passphrase=THIRD)


def test_what_was_exchanged_stays_in_step_in_every_order(accounts, account, passphrase):
    steps = {
        "root": lambda one: renew_root_key(accounts, one, passphrase=passphrase, note=nothing)[0],
        "pairs": lambda one: renew_key_pairs(accounts, one, note=nothing),
        "codes": lambda one: replace_recovery_codes(accounts, one, passphrase=passphrase, note=nothing)[0],
    }
    for names in (("root", "pairs", "codes"), ("codes", "pairs", "root"), ("pairs", "root", "pairs")):
        for name in names:
            account = steps[name](account)
    again = accounts.unlock("ada", passphrase=passphrase)
    assert read(again) == [b"a haiku"]
    assert dataclasses.asdict(again.profile) == dataclasses.asdict(account.profile)


def test_signing_in_while_the_key_pairs_are_exchanged_is_no_alarm(accounts, account, passphrase, monkeypatch):
    find = accounts.rows.find
    before = find(accounts.name_tag("ada"))
    renew_key_pairs(accounts, account, note=nothing)
    monkeypatch.setattr(accounts.rows, "find", lambda _tag: before)  # what had been read by then
    with pytest.raises(LockedError, match="Sign in again"):
        accounts.unlock("ada", passphrase=passphrase)


def test_a_checkpoint_that_the_old_pairs_signed_is_refused_in_the_same_session_too(accounts, account, database):
    before = rows(database)["checkpoint"]
    after = renew_key_pairs(accounts, account, note=nothing)
    for vault_id, *cells in before:
        database.write("UPDATE checkpoint SET size = ?, frontier = ?, note = ? WHERE vault_id = ?", (*cells, vault_id))
    with pytest.raises(IntegrityError):
        after.vaults.checkpoint()
