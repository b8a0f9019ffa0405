"""A session exchanges its keys and goes on; each exchange is in the audit log."""

import asyncio

import pytest

from workbench.errors import (
    AuthenticationError,
    InputError,
    IntegrityError,
    LockedError,
    StepUpRequiredError,
)

ANOTHER = "copper bells under seven rivers"
LEVELS = ("vault", "data", "identity", "root")


def last_entry(session):
    entry = session.opened("audit:verify").audit.entries()[-1]
    return entry.event, entry.outcome, entry.facts


@pytest.mark.parametrize("level", LEVELS)
def test_a_session_goes_on_after_each_exchange_and_a_new_one_reads_all(bench, session, passphrase, level):
    before = session.ask("rain").text
    enrolment = session.rotate(level, passphrase=passphrase)
    assert last_entry(session) == ("crypto_key_rotated", "success", {"level": level})
    assert (enrolment is not None) == (level == "root")
    after = session.ask("snow").text
    session.verify()
    session.lock()
    again = bench.sign_in("ada", passphrase=passphrase)
    assert [turn.text for turn in again.history.recent()] == [after, before]
    again.verify()


def test_every_level_one_after_another_in_one_session(bench, session, passphrase):
    for level in LEVELS * 2:
        session.rotate(level, passphrase=passphrase)
        session.ask("rain")
    session.change_passphrase(current=passphrase, new=ANOTHER)
    session.lock()
    again = bench.sign_in("ada", passphrase=ANOTHER)
    assert len(again.history) == 8
    again.verify()


def test_a_deletion_is_final_in_a_session_whose_data_keys_were_renewed(session, passphrase):
    turn = session.ask("rain")
    session.rotate("data", passphrase=passphrase)
    session.history.delete(turn.id)
    assert session.verify()["erased"] == 1


def test_a_new_passphrase_and_new_codes_are_noted(bench, session, passphrase):
    session.change_passphrase(current=passphrase, new=ANOTHER)
    assert last_entry(session) == ("authn_password_change", "success", {})
    enrolment = session.new_recovery_codes(passphrase=ANOTHER)
    assert last_entry(session) == ("authn_recovery_codes_replaced", "success", {})
    session.lock()
    bench.recover("ada", code=enrolment.recovery_codes[0], new_passphrase=passphrase).lock()


def test_what_fails_is_noted_as_a_failure(session):
    for attempt, event in (
        (lambda: session.change_passphrase(current=ANOTHER, new=ANOTHER), "authn_password_change"),
        (lambda: session.new_recovery_codes(passphrase=ANOTHER), "authn_recovery_codes_replaced"),
        (lambda: session.rotate("root", passphrase=ANOTHER), "authn_step_up"),
    ):
        with pytest.raises(AuthenticationError):
            attempt()
        noted, outcome, facts = last_entry(session)
        assert (noted, outcome, facts["reason"]) == (event, "failure", "AuthenticationError")


def test_a_fresh_root_key_asks_for_the_passphrase(session):
    with pytest.raises(StepUpRequiredError):
        session.rotate("root")


def test_a_level_that_there_is_not_is_refused(session, passphrase):
    with pytest.raises(InputError, match="identity"):
        session.rotate("everything", passphrase=passphrase)


def test_every_role_exchanges_its_own_passphrase_and_keys(bench, passphrase):
    bench.create_account("eve", passphrase=passphrase, roles=("auditor",))
    session = bench.sign_in("eve", passphrase=passphrase)
    session.rotate("vault", passphrase=passphrase)
    session.change_passphrase(current=passphrase, new=ANOTHER)


def test_a_locked_session_exchanges_nothing(session, passphrase):
    session.lock()
    for attempt in (
        lambda: session.rotate("vault"),
        lambda: session.change_passphrase(current=passphrase, new=ANOTHER),
        lambda: session.new_recovery_codes(passphrase=passphrase),
        session.verify,
    ):
        with pytest.raises(LockedError):
            attempt()


def test_another_session_is_told_to_sign_in_again_and_can(bench, session, passphrase):
    other = bench.sign_in("ada", passphrase=passphrase)
    other.ask("rain")
    session.rotate("identity", passphrase=passphrase)
    with pytest.raises(LockedError, match="Sign in again"):
        other.ask("snow")
    with pytest.raises(LockedError):
        other.lock()
    assert other.is_locked
    other.unlock(passphrase=passphrase)
    assert other.ask("snow").text
    session.verify()


def test_a_reply_that_is_coming_while_keys_are_exchanged_is_kept(session, passphrase):
    stream = session.stream("rain")

    async def read():
        async for _ in stream:
            for level in ("vault", "data", "identity"):
                session.rotate(level, passphrase=passphrase)

    asyncio.run(read())
    assert session.history.get(stream.turn.id).text == stream.turn.text
    session.verify()


def test_verify_finds_a_record_that_was_altered_and_notes_the_failure(bench, session):
    session.ask("rain")
    session.verify()
    place, sealed = bench._database.rows("SELECT place, sealed FROM record ORDER BY length(sealed) DESC LIMIT 1")[0]
    bench._database.write("UPDATE record SET sealed = ? WHERE place = ?", (sealed[:-1] + b"\0", place))
    with pytest.raises(IntegrityError):
        session.verify()
    noted, outcome, _ = last_entry(session)
    assert (noted, outcome) == ("integrity_verified", "failure")
