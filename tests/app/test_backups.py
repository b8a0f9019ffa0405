"""A session backs its store up; a new machine restores it with nothing but a recovery code."""

import pytest

from workbench.app import Workbench
from workbench.crypto import new_key_pairs
from workbench.errors import IntegrityError, LockedError, PermissionDeniedError, StoreError
from workbench.storage import BackupMaker, Place

PROMPT = "canary-4d1f lanterns over the estuary"
OTHER = "an evening of bassoons"


@pytest.fixture
def place(tmp_path):
    return tmp_path / "place"


def objects_of(folder):
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def events(session):
    return [
        (entry.event, entry.outcome)
        for entry in session.opened("audit:verify").audit.entries()
        if entry.event.startswith("backup")
    ]


def test_a_recovery_code_opens_a_restored_store_on_a_new_machine(tmp_path, passphrase, place):
    bench = Workbench.open(tmp_path / "store.db", device=tmp_path / "old machine")
    enrolment = bench.create_account("ada", passphrase=passphrase)
    session = bench.sign_in("ada", passphrase=passphrase)
    kept, gone = session.ask(PROMPT), session.ask(OTHER)
    made = session.backup(place / "data", keys_url=place / "keys")
    session.history.delete(gone.id)
    session.backup(place / "data", keys_url=place / "keys")
    session.lock()
    bench.close()

    new = tmp_path / "new machine"
    restored = Workbench.restore(
        place / "data", tmp_path / "new.db", keys_url=place / "keys", backup=made.backup_id, device=new
    )
    assert restored.emptied == 1
    bench = Workbench.open(tmp_path / "new.db", device=new)
    session = bench.recover(
        "ada", code=enrolment.recovery_codes[3], new_passphrase=passphrase + " again", accept_rollback=True
    )
    assert [turn.id for turn in session.history] == [kept.id]
    assert session.history.get(kept.id).prompt.text == PROMPT
    assert "integrity_rollback_accepted" in {entry.event for entry in session.opened("audit:verify").audit.entries()}
    session.opened("prompt:create").vaults.verify(deep=True)
    session.lock()
    bench.sign_in("ada", passphrase=passphrase + " again").lock()
    bench.close()


def test_the_device_that_saw_the_store_further_asks_for_consent_and_says_how(session, place, tmp_path, passphrase):
    session.ask(PROMPT)
    session.backup(place)
    session.ask(OTHER)
    session.lock()
    Workbench.restore(place, tmp_path / "new.db")
    bench = Workbench.open(tmp_path / "new.db")
    with pytest.raises(IntegrityError) as caught:
        bench.sign_in("ada", passphrase=passphrase)
    assert "accept_rollback=True" in caught.value.remedy
    again = bench.sign_in("ada", passphrase=passphrase, accept_rollback=True)
    assert [turn.prompt.text for turn in again.history] == [PROMPT]
    again.lock()
    bench.close()


def test_a_backup_whose_account_was_exchanged_is_refused_at_the_first_sign_in(session, place, tmp_path, passphrase):
    """Whoever can write to the place can sign all of it anew, and restoring can't know; unlocking the keys does."""
    session.ask(PROMPT)
    session.opened("prompt:create").vaults.checkpoint()
    database, mallory = session._database, new_key_pairs()
    with database.transaction():
        for vault in session.opened("prompt:create").vaults:
            vault.checkpoints.sign_again(vault.checkpoints.latest(), mallory)
        database.write("UPDATE account SET public_keys = ?", (mallory.public.packed,))
    account_id = session.opened("prompt:create").account.account_id
    where = Place(str(place))
    forger = BackupMaker(database, account_id=account_id, key_pairs=mallory, data=where, keys=where)
    forger._verified = lambda *_: frozenset()
    forger.make()
    Workbench.restore(place, tmp_path / "new.db")
    bench = Workbench.open(tmp_path / "new.db")
    for accept in (False, True):
        with pytest.raises(IntegrityError, match="swapped"):
            bench.sign_in("ada", passphrase=passphrase, accept_rollback=accept)
    bench.close()


def test_nothing_readable_leaves_and_the_audit_log_tells_of_it(session, place, passphrase):
    session.ask(PROMPT)
    session.backup(place)
    everything = objects_of(place)
    for words in (PROMPT, "canary-4d1f", "lanterns", "estuary", passphrase, "orchard", "lantern", "owner", "haiku"):
        assert words.encode() not in everything
    assert events(session) == [("backup_created", "success"), ("backup_verified", "success")]


def test_a_backup_that_fails_is_in_the_audit_log_too(session, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError):
        session.backup(tmp_path / "file" / "below")
    assert events(session) == [("backup_created", "failure")]


def test_who_may_back_up_is_in_the_table_of_roles(bench, session, place, passphrase, tmp_path):
    session.ask(PROMPT)
    bench.create_account("grace", passphrase=passphrase + " too", roles=("admin",))
    bench.create_account("mary", passphrase=passphrase + " three", roles=("student",))
    student = bench.sign_in("mary", passphrase=passphrase + " three")
    with pytest.raises(PermissionDeniedError):
        student.backup(place)
    admin = bench.sign_in("grace", passphrase=passphrase + " too")
    made = admin.backup(place)  # of ada's turns, too, none of which grace can read
    assert made.rows["account"] == 3
    admin.lock()
    with pytest.raises(LockedError):
        admin.backup(place)
    listed = Workbench.backups(place)
    assert [backup.backup_id for backup in listed] == [made.backup_id]
    assert listed[0].keys_expire is not None
    session.lock()
    Workbench.restore(place, tmp_path / "new.db")
    copy = Workbench.open(tmp_path / "new.db")
    again = copy.sign_in("ada", passphrase=passphrase, accept_rollback=True)
    assert [turn.prompt.text for turn in again.history] == [PROMPT]
    again.lock()
    copy.close()
