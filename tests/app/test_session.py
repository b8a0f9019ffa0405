import asyncio
import copy
import pickle
import sqlite3
import threading
import time
from datetime import UTC, date, datetime

import pytest
import time_machine
from scripted_model import ScriptedModel

from workbench.app import Workbench
from workbench.errors import (
    AuthenticationError,
    DetectionError,
    GenerationError,
    IntegrityError,
    LockedError,
    NotFoundError,
    PermissionDeniedError,
    StoreError,
    WorkbenchError,
)

PROMPT = "A haiku for Mary Shelley, mary@example.org"


@pytest.fixture
def model(session):
    model = ScriptedModel()
    session.use_model(model)
    return model


def test_a_turn_is_minimised_answered_restored_and_kept(session, model):
    model.enqueue("For PERSON_1: rain. ", "Write to EMAIL_1.")
    turn = session.ask(PROMPT, form="haiku")
    assert "Mary" not in turn.minimised
    assert "mary@example.org" not in turn.minimised
    assert model.received == [turn.minimised]
    assert turn.text == "For Mary Shelley: rain. Write to mary@example.org."
    assert session.history.get(turn.id) == turn
    assert (turn.outcome, turn.label) == ("complete", "scripted, not Claude")


def test_a_preview_is_what_is_sent_and_sends_nothing(session, model):
    preview = session.preview(PROMPT, form="haiku")
    assert model.received == []
    assert len(session.history) == 0
    model.enqueue("x")
    turn = session.ask(PROMPT, form="haiku")
    assert preview.text == turn.minimised.text
    assert {entity.kind for entity in preview.entities} == {"PERSON", "EMAIL"}
    assert [PROMPT[e.start : e.end] for e in preview.entities] == ["Mary Shelley", "mary@example.org"]


def test_pieces_are_restored_whichever_way_they_are_split(session, model):
    reply = "To PERSON_1, of EMAIL_1."
    for size in range(1, 8):
        model.enqueue(*(reply[start : start + size] for start in range(0, len(reply), size)))

        async def read():
            return [piece async for piece in session.stream(PROMPT)]

        assert "".join(asyncio.run(read())) == "To Mary Shelley, of mary@example.org."


def test_a_cancelled_reply_is_kept_and_marked(session, model):
    model.enqueue("The rain ", "on PERSON_1", " … never sent", wait_after=2)

    async def read_and_stop():
        pieces = []
        stream = session.stream(PROMPT)

        async def read():
            async for piece in stream:
                pieces.append(piece)  # noqa: PERF401 - each as it comes

        task = asyncio.create_task(read())
        while len(pieces) < 1:
            await asyncio.sleep(0.001)
        await model.waiting()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return stream.turn

    turn = asyncio.run(read_and_stop())
    assert (turn.outcome, turn.text) == ("stopped", "The rain on Mary Shelley")
    assert session.history.get(turn.id) == turn
    assert model.closed == 1


def test_a_loop_left_early_keeps_what_had_come(session, model):
    model.enqueue("one ", "two ", "three")

    async def read_one():
        stream = session.stream("rain")
        async for _ in stream:
            break
        await asyncio.sleep(0.05)
        return stream.turn

    turn = asyncio.run(read_one())
    assert (turn.outcome, turn.text) == ("stopped", "one ")


def test_a_fault_keeps_what_had_come_and_says_so(session, model):
    model.enqueue("half a ", GenerationError("The connection dropped.", retryable=True))
    with pytest.raises(GenerationError) as raised:
        session.ask("rain")
    assert raised.value.retryable
    (turn,) = session.history
    assert (turn.outcome, turn.text) == ("failed", "half a ")


def test_a_refusal_is_marked(session, model):
    model.enqueue("I can't.", stop_reason="refusal")
    assert session.ask("rain").outcome == "refused"


def test_a_failing_detector_sends_and_keeps_nothing(session, model, monkeypatch):
    def broken(_text):
        raise DetectionError("A detector failed; nothing was sent.")

    monkeypatch.setattr("workbench.app.compose.minimise", broken)
    monkeypatch.setattr("workbench.app.session.minimise", broken)
    for action in (session.ask, session.stream, session.preview):
        with pytest.raises(DetectionError):
            action(PROMPT)
    assert model.received == []
    assert len(session.history) == 0


def test_nothing_is_sent_when_the_audit_log_cannot_be_written(session, model, monkeypatch):
    def full(*_arguments, **_facts):
        raise StoreError("The disk is full; nothing was written.")

    model.enqueue("x")
    monkeypatch.setattr(session._opened.audit, "record", full)
    with pytest.raises(StoreError):
        session.ask("rain")
    assert model.received == []


@pytest.mark.parametrize(("text", "form"), [("", None), ("  \n", None), ("rain", "epic")])
def test_an_empty_prompt_and_an_unknown_form_are_refused(session, text, form):
    with pytest.raises(GenerationError) as raised:
        session.ask(text, form=form)
    assert raised.value.remedy


def test_a_locked_session_does_nothing(session):
    turn = session.ask("rain")
    session.lock()
    for action in (
        lambda: session.ask("rain"),
        lambda: session.preview("rain"),
        lambda: session.history.get(turn.id),
        lambda: session.history.search("rain"),
        lambda: session.history.frame(),
        lambda: len(session.history),
        lambda: session.usage.counts(),
        lambda: session.audit.verify(),
    ):
        with pytest.raises(LockedError):
            action()
    assert "locked" in repr(session)


def test_locking_while_a_reply_comes_keeps_what_had_come(session, model, passphrase):
    model.enqueue("The rain ", "goes on", wait_after=1)
    ended = []

    def read():
        try:
            session.ask("rain")
        except WorkbenchError as error:
            ended.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    model.wait_until_waiting()
    session.lock()
    model.go_on()
    thread.join(timeout=10)
    assert isinstance(ended[0], LockedError)
    session.unlock(passphrase=passphrase)
    (turn,) = session.history
    assert (turn.outcome, turn.text) == ("stopped", "The rain ")


def test_unlocking_again_brings_everything_back(session, passphrase):
    turn = session.ask("rain", seed=1)
    session.lock()
    session.unlock(passphrase=passphrase)
    assert session.history.get(turn.id) == turn
    assert session.history.search("rain")[0] == turn


def test_a_wrong_passphrase_leaves_the_session_locked(session):
    session.lock()
    with pytest.raises(AuthenticationError):
        session.unlock(passphrase="quiet orchard lantern eight rivers")
    assert session.is_locked


def test_one_person_never_finds_anothers_turn(bench, session, passphrase):
    turn = session.ask("rain")
    bench.create_account("bob", passphrase=passphrase)
    bob = bench.sign_in("bob", passphrase=passphrase)
    with pytest.raises(NotFoundError):
        bob.history.get(turn.id)
    with pytest.raises(NotFoundError):
        bob.history.delete(turn.id)
    assert len(bob.history) == 0
    assert bob.history.search("rain") == []


@pytest.mark.parametrize("role", ["analyst", "auditor", "admin", "privacy officer"])
def test_a_role_without_the_permission_is_denied_and_the_denial_is_logged(bench, passphrase, role):
    bench.create_account("ann", passphrase=passphrase, roles=(role,))
    ann = bench.sign_in("ann", passphrase=passphrase)
    for action in (
        lambda: ann.ask("rain"),
        lambda: ann.preview("rain"),
        lambda: len(ann.history),
        lambda: ann.history.delete("0" * 32),
        lambda: ann.usage.counts(),
    ):
        with pytest.raises(PermissionDeniedError):
            action()
    assert (ann.audit.frame().event == "authz_fail").sum() == 5


def test_a_damaged_turn_fails_alone(bench, session):
    first, second, third = (session.ask(text) for text in ("rain", "snow", "wind"))
    with sqlite3.connect(bench.path) as connection:
        connection.execute(
            "UPDATE record SET sealed = zeroblob(length(sealed)) WHERE record_id = ?", (bytes.fromhex(second.id),)
        )
    connection.close()
    with pytest.raises(IntegrityError):
        session.history.get(second.id)
    assert [turn.id for turn in session.history] == [third.id, first.id]
    assert session.history.frame().id.tolist() == [first.id, third.id]
    assert session.history.damaged() == [second.id]
    assert session.history.search("rain") == [first]
    assert len(session.history) == 3


def test_what_keeps_the_check_in_the_background_from_its_end_is_told_and_the_check_begins_again(session, monkeypatch):
    opened = session.opened("content:read")

    def fail(*, deep):
        assert not deep
        raise StoreError("The store's file is damaged.")

    monkeypatch.setattr(opened.vaults, "verify", fail)
    opened.watch()
    for _ in range(2):
        _wait_until(lambda: opened.fault is not None)
        with pytest.raises(StoreError, match="damaged"):
            session.history.recent()


def _wait_until(holds):
    until = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_search_sees_what_another_session_wrote_and_deleted(bench, session, passphrase):
    assert session.history.search("lantern") == []
    other = bench.sign_in("ada", passphrase=passphrase)
    turn = other.ask("a lantern in the rain")
    assert [found.id for found in session.history.search("lantern")] == [turn.id]
    other.history.delete(turn.id)
    assert session.history.search("lantern") == []


def test_a_deleted_turn_is_gone_and_its_deletion_is_logged(session):
    turn = session.ask("rain")
    session.history.delete(turn.id)
    assert len(session.history) == 0
    with pytest.raises(NotFoundError):
        session.history.get(turn.id)
    with pytest.raises(NotFoundError):
        session.history.delete(turn.id)
    assert "sensitive_delete" in set(session.audit.frame().event)


def test_a_frame_has_one_row_per_turn_and_can_be_cut_by_date(session):
    turns = [session.ask(text, form="haiku") for text in ("rain", "snow")]
    frame = session.history.frame()
    assert frame.id.tolist() == [turn.id for turn in turns]
    assert frame.prompt.tolist() == ["rain", "snow"]
    assert str(frame.created.dtype) == "datetime64[us, UTC]"
    assert session.history.frame(since=datetime.max.replace(tzinfo=UTC)).empty
    assert session.history.frame(until="2020-01-01").empty
    assert len(session.history.frame(since="2020-01-01")) == 2


def test_an_empty_history_is_an_empty_frame(session):
    assert session.history.frame().empty
    assert session.history.search("rain") == []
    assert session.usage.counts().empty


def test_each_turn_leaves_an_event_and_two_entries_without_content(session, model):
    model.enqueue("canaryreply")
    session.ask("canaryprompt for Mary Shelley", form="haiku")
    events, entries = session.usage.events(), session.audit.frame()
    assert events.form.tolist() == ["haiku"]
    assert events.redactions.tolist() == [1]
    assert entries.event.tolist() == ["authn_login_success", "llm_request", "llm_reply"]
    shown = events.to_string() + entries.to_string()
    assert not [word for word in ("canaryreply", "canaryprompt", "Mary", "ada") if word in shown]


def test_the_audit_chain_is_verified_and_its_head_moves(session):
    before = session.audit.head()
    session.ask("rain")
    assert session.audit.verify() == 3
    assert session.audit.head() != before


def test_listeners_hear_of_changes_and_a_broken_one_stops_no_one(session, passphrase):
    heard = []

    def broken(_change):
        raise RuntimeError

    session.subscribe(broken)
    end = session.subscribe(heard.append)
    turn = session.ask("rain")
    session.history.delete(turn.id)
    session.use(model="offline-poet")
    session.lock()
    session.unlock(passphrase=passphrase)
    assert heard == ["history", "history", "model", "locked", "unlocked"]
    end()
    end()
    session.lock()
    assert heard[-1] == "unlocked"


def test_an_unknown_model_is_refused_with_a_remedy(session):
    with pytest.raises(GenerationError) as raised:
        session.use(model="gpt-9")
    assert "offline-poet" in raised.value.remedy


def test_ask_works_inside_a_running_loop_as_in_a_notebook(session):
    async def cell():
        return session.ask("rain")

    assert asyncio.run(cell()).text


def test_a_stream_is_read_once_and_tells_its_turn_at_the_end(session):
    stream = session.stream("rain")
    with pytest.raises(LockedError):
        _ = stream.turn

    async def read():
        return "".join([piece async for piece in stream])

    assert asyncio.run(read()) == stream.turn.text
    with pytest.raises(LockedError):
        asyncio.run(read())


def test_a_stream_that_is_never_read_leaves_nothing(session, passphrase):
    session.stream("rain")
    session.lock()
    session.unlock(passphrase=passphrase)
    assert len(session.history) == 0


def test_the_demo_signs_in_without_a_passphrase_and_leaves_no_folder():
    bench = Workbench.demo(students=2)
    folder = bench.path.parent
    session = bench.sign_in("ada")
    assert session.ask("winter rain", form="haiku", seed=7).text
    assert bench.sign_in("student-2").history.search("rain") == []
    with pytest.raises(AuthenticationError):
        bench.sign_in("eve")
    bench.close()
    assert not folder.exists()


@pytest.mark.parametrize(
    "call",
    [
        lambda s: s.history.search(None),
        lambda s: s.history.search("rain", limit=None),
        lambda s: s.history.recent(limit=None),
        lambda s: s.history.recent(limit="many"),
        lambda s: s.history.get(None),
        lambda s: s.history.get("not hexadecimal"),
        lambda s: s.history.frame(since="not a date"),
        lambda s: s.history.frame(since=5),
        lambda s: s.ask(None),
        lambda s: s.ask("rain", form=[]),
        lambda s: s.ask("rain \ud83d"),
        lambda s: s.use(model=None),
        lambda s: s.usage.counts(by="nope"),
    ],
)
def test_an_argument_that_cannot_be_used_is_a_workbench_error(session, call):
    with pytest.raises(WorkbenchError) as raised:
        call(session)
    assert raised.value.remedy


def test_large_and_negative_numbers_of_turns_are_understood(session):
    session.ask("rain")
    assert len(session.history.recent(limit=2**80)) == 1
    assert len(session.history.search("rain", limit=2**80)) == 1
    assert session.history.recent(offset=-5, limit=1)
    assert session.history.recent(limit=0) == []


def test_dates_may_be_dates(session):
    session.ask("rain")
    assert len(session.history.frame(since=date(2020, 1, 1))) == 1


@pytest.mark.parametrize("location", ["a\0b", "~no-such-user/x.db", "\ud800.db", "https://example.org", None])
def test_what_cannot_be_a_path_is_refused(location):
    with pytest.raises(StoreError):
        Workbench.open(location)


def test_searches_at_once_fill_the_index_once(session):
    for number in range(10):
        session.ask(f"rain {number}")
    found = []
    threads = [threading.Thread(target=lambda: found.append(len(session.history.search("rain")))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [10, 10, 10, 10]


def test_a_recovery_code_opens_a_session(bench, passphrase):
    codes = bench.create_account("ada", passphrase=passphrase).recovery_codes
    session = bench.recover("ada", code=lambda: codes[0], new_passphrase=lambda: "seven rivers under copper bells")
    assert session.ask("rain").text
    assert "authn_recovery_code_used" in set(session.audit.frame().event)


def test_a_representation_asks_for_no_permission_and_logs_no_denial(bench, passphrase):
    bench.create_account("ann", passphrase=passphrase, roles=("analyst",))
    ann = bench.sign_in("ann", passphrase=passphrase)
    assert repr(ann.history)
    assert "authz_fail" not in set(ann.audit.frame().event)


def test_what_holds_content_is_not_pickled_and_needs_no_copy(session):
    turn = session.ask("rain")
    for value in (turn, turn.prompt, turn.minimised, turn.pseudonyms, session.preview("rain"), session._opened.account):
        with pytest.raises(TypeError):
            pickle.dumps(value)
        assert copy.deepcopy(value) is value


def test_what_was_seen_is_sent_and_nothing_else(session, model):
    seen = session.preview(PROMPT, form="haiku")
    model.enqueue("x")
    assert session.ask(PROMPT, form="haiku", seen=seen).minimised == seen.minimised
    for text, form in ((PROMPT + "!", "haiku"), (PROMPT, "sonnet"), (PROMPT, None)):
        with pytest.raises(DetectionError):
            session.ask(text, form=form, seen=seen)
    session.use(model="offline-poet")  # another model than the one that was seen
    with pytest.raises(DetectionError):
        session.ask(PROMPT, form="haiku", seen=seen)
    assert len(model.received) == len(session.history) == 1


def test_a_turn_a_use_and_an_entry_carry_the_time_of_the_asking_in_utc(session):
    moment = datetime(2026, 2, 28, 23, 59, 59, 500_000, tzinfo=UTC)
    with time_machine.travel(moment, tick=False):
        turn = session.ask("rain")
        assert turn.created == session.history.get(turn.id).created == moment
        assert session.usage.events().day.dt.strftime("%Y-%m-%d").tolist() == ["2026-02-28"]
        assert session.audit.frame().time.tolist()[-1] == "2026-02-28T23:59:59.500Z"
        assert session.history.frame(since="2026-02-28", until="2026-03-01").id.tolist() == [turn.id]
        assert session.history.frame(since="2026-03-01T00:00:00+01:00").id.tolist() == [turn.id]
        assert session.history.frame(since="2026-03-01").empty
