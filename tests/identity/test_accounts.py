import sqlite3
import unicodedata
from collections import Counter

import pytest
from storage.attacker import quick_derivation

from workbench.errors import (
    AccountExistsError,
    AuthenticationError,
    IntegrityError,
    PermissionDeniedError,
    WeakPassphraseError,
)
from workbench.identity import names

ANOTHER = "seven rivers under slow copper bells"


@pytest.mark.parametrize("name", ["admin", "root", "owner", "ada", "workbench", "postgres"])
def test_a_fresh_store_has_no_account_and_no_passphrase_that_opens_one(accounts, database, name):
    """A17: no default account; ASVS 5.0, 6.3.2."""
    for table in ("account", "slot", "standing", "vault", "record", "session"):
        assert database.rows(f"SELECT count(*) FROM {table}") == [(0,)], table
    with quick_derivation():
        for passphrase in ("", name, "password", "workbench"):
            with pytest.raises(AuthenticationError):
                accounts.unlock(name, passphrase=passphrase)
    assert accounts.count() == 0


def test_the_passphrase_opens_the_account(accounts, passphrase):
    accounts.create("Ada Lovelace", passphrase=passphrase, roles=("owner", "researcher"))
    account = accounts.unlock("Ada Lovelace", passphrase=passphrase)
    assert (account.name, account.roles) == ("Ada Lovelace", ("owner", "researcher"))


def test_a_name_is_found_whatever_its_case_and_its_composition(accounts, passphrase):
    accounts.create("Zoë", passphrase=passphrase, roles=("owner",))
    for name in ("zoë", "ZOË", " Zoë ", unicodedata.normalize("NFD", "Zoë")):
        assert accounts.unlock(name, passphrase=passphrase).name == "Zoë"


def test_a_composed_and_a_decomposed_passphrase_are_the_same(accounts):
    """A03: NFC is the only transformation."""
    composed = "café lantern seven rivers orchard"
    accounts.create("ada", passphrase=composed, roles=("owner",))
    accounts.unlock("ada", passphrase=unicodedata.normalize("NFD", composed))
    with pytest.raises(AuthenticationError):
        accounts.unlock("ada", passphrase=composed + " ")


def test_wrong_name_passphrase_and_code_are_one_error(accounts, passphrase):
    accounts.create("ada", passphrase=passphrase, roles=("owner",))
    messages = set()
    for attempt in (
        lambda: accounts.unlock("ada", passphrase=ANOTHER),
        lambda: accounts.unlock("bob", passphrase=passphrase),
        lambda: accounts.recover("ada", code="00000-00000-00000-00000-00000", new_passphrase=ANOTHER),
        lambda: accounts.recover("bob", code="00000-00000-00000-00000-00000", new_passphrase=ANOTHER),
    ):
        with pytest.raises(AuthenticationError) as raised:
            attempt()
        messages.add(str(raised.value))
    assert len(messages) == 1


def test_an_unknown_name_costs_the_same_derivations_as_a_wrong_passphrase(accounts, passphrase, monkeypatch):
    """A16, by counting the work and not the time, which this machine can't measure."""
    accounts.create("ada", passphrase=passphrase, roles=("owner",))
    work = Counter()
    derive = names.derive

    def counted(secret, **parameters):
        work[parameters["parameters"]] += 1
        return derive(secret, **parameters)

    monkeypatch.setattr(names, "derive", counted)
    monkeypatch.setattr("workbench.crypto.slot.derive", counted)
    costs = []
    for name in ("ada", "bob"):
        work.clear()
        with pytest.raises(AuthenticationError):
            accounts.unlock(name, passphrase=ANOTHER)
        costs.append(dict(work))
    assert costs[0] == costs[1]


def test_a_recovery_code_opens_once_and_sets_a_new_passphrase(accounts, passphrase):
    code = accounts.create("ada", passphrase=passphrase, roles=("owner",)).recovery_codes[3]
    before = accounts.unlock("ada", passphrase=passphrase)
    after = accounts.recover("ada", code=code.lower().replace("-", " "), new_passphrase=ANOTHER)
    assert after.root_key == before.root_key
    assert accounts.unlock("ada", passphrase=ANOTHER).root_key == before.root_key
    with pytest.raises(AuthenticationError):
        accounts.unlock("ada", passphrase=passphrase)
    with pytest.raises(AuthenticationError):
        accounts.recover("ada", code=code, new_passphrase=passphrase)


def test_a_weak_new_passphrase_leaves_the_code_good(accounts, passphrase):
    code = accounts.create("ada", passphrase=passphrase, roles=("owner",)).recovery_codes[0]
    with pytest.raises(WeakPassphraseError):
        accounts.recover("ada", code=code, new_passphrase="short")
    accounts.recover("ada", code=code, new_passphrase=ANOTHER)


def test_ten_different_codes_are_given_and_none_shows_in_a_repr(accounts, passphrase):
    enrolment = accounts.create("ada", passphrase=passphrase, roles=("owner",))
    assert len(set(enrolment.recovery_codes)) == 10
    assert all(code not in repr(enrolment) for code in enrolment.recovery_codes)


def test_a_taken_name_is_refused_and_its_account_is_untouched(accounts, passphrase):
    accounts.create("ada", passphrase=passphrase, roles=("owner",))
    with pytest.raises(AccountExistsError):
        accounts.create("ADA", passphrase=ANOTHER, roles=("owner",))
    accounts.unlock("ada", passphrase=passphrase)
    assert accounts.count() == 1


@pytest.mark.parametrize("roles", [(), ("emperor",), ("owner", "emperor")])
def test_roles_outside_the_table_are_refused(accounts, passphrase, roles):
    with pytest.raises(PermissionDeniedError):
        accounts.create("ada", passphrase=passphrase, roles=roles)


@pytest.mark.parametrize("name", ["", "   ", "a" * 65, "two\nlines", "nul\x00", "bell\x07"])
def test_a_name_that_cannot_be_printed_in_a_line_is_refused(accounts, passphrase, name):
    with pytest.raises(AuthenticationError):
        accounts.create(name, passphrase=passphrase, roles=("owner",))


def test_the_store_holds_no_name_no_role_and_no_passphrase(accounts, database, passphrase):
    accounts.create("canaryname", passphrase=passphrase, roles=("researcher",))
    stored = b"".join(file.read_bytes() for file in database.path.parent.iterdir())
    for word in ("canaryname", "researcher", *passphrase.split()):
        assert word.encode() not in stored


def test_keys_put_on_another_account_do_not_open(accounts, database, passphrase):
    accounts.create("ada", passphrase=passphrase, roles=("owner",))
    accounts.create("bob", passphrase=ANOTHER, roles=("student",))
    (ada, *of_ada), (bob, *of_bob) = database.rows("SELECT account_id, public_keys, wrapped_keys FROM account")
    with sqlite3.connect(database.path) as connection:
        statement = "UPDATE account SET public_keys = ?, wrapped_keys = ? WHERE account_id = ?"
        connection.execute(statement, (*of_bob, ada))
        connection.execute(statement, (*of_ada, bob))
    connection.close()
    with pytest.raises(IntegrityError):
        accounts.unlock("ada", passphrase=passphrase)


def test_weaker_parameters_in_the_store_are_refused(accounts, database, passphrase):
    accounts.create("ada", passphrase=passphrase, roles=("owner",))
    for slot_id, packed in database.rows("SELECT slot_id, packed FROM slot"):
        if packed[1] == 1:
            cheap = packed[:2] + (8).to_bytes(4, "big") + packed[6:]
            database.write("UPDATE slot SET packed = ? WHERE slot_id = ?", (cheap, slot_id))
    with pytest.raises(IntegrityError):
        accounts.unlock("ada", passphrase=passphrase)


def test_a_damaged_recovery_slot_keeps_no_one_with_the_passphrase_out(accounts, database, passphrase):
    codes = accounts.create("ada", passphrase=passphrase, roles=("owner",)).recovery_codes
    damaged = next(slot for slot in database.rows("SELECT slot_id, packed FROM slot") if slot[1][1] == 2)
    database.write(
        "UPDATE slot SET packed = ? WHERE slot_id = ?", (damaged[1][:1] + b"\x07" + damaged[1][2:], damaged[0])
    )
    accounts.unlock("ada", passphrase=passphrase)
    opened = 0
    for code in codes:
        try:
            accounts.recover("ada", code=code, new_passphrase=ANOTHER)
            opened += 1
        except (AuthenticationError, IntegrityError):
            continue
    assert opened == 9


def test_a_code_is_used_once_even_by_two_kernels_at_once(accounts, database, passphrase, monkeypatch):
    code = accounts.create("ada", passphrase=passphrase, roles=("owner",)).recovery_codes[0]
    find = accounts.rows.find
    before = find(accounts.name_tag("ada"))
    accounts.recover("ada", code=code, new_passphrase=ANOTHER)
    monkeypatch.setattr(accounts.rows, "find", lambda _tag: before)  # what the second kernel had read by then
    with pytest.raises(AuthenticationError):
        accounts.recover("ada", code=code, new_passphrase=passphrase)
    monkeypatch.undo()
    accounts.unlock("ada", passphrase=ANOTHER)


@pytest.mark.parametrize("odd", [None, 5, b"bytes", "half \ud83d a character"])
def test_odd_names_and_passphrases_are_refused_like_wrong_ones(accounts, passphrase, odd):
    accounts.create("ada", passphrase=passphrase, roles=("owner",))
    for attempt in (
        lambda: accounts.unlock("ada", passphrase=odd),
        lambda: accounts.unlock(odd, passphrase=passphrase),
        lambda: accounts.recover("ada", code=odd, new_passphrase=ANOTHER),
    ):
        with pytest.raises(AuthenticationError):
            attempt()
