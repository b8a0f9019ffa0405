"""At least once: whatever fails or dies, a notice is sent in the end, under one Message-ID, or given up aloud."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from incidents.mail_server import MailServer

from workbench.errors import InputError, InsecureTransportError, StoreError
from workbench.incidents import DeliveryError, Mailer, MemoryOutbox, Outbox, letter
from workbench.incidents.outbox import LONGEST_WAIT, MOST_TRIES, message_key, wait_after

RECIPIENT = "ada@example.org"
START = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)

OFFLINE = DeliveryError("The mail server can't be reached, or broke off.")
LATER = DeliveryError("The mail server puts off the recipient.", is_general=False)
NEVER = DeliveryError("The mail server refuses the recipient.", retryable=False, is_general=False)


class Clock:
    def __init__(self):
        self.time = START

    def __call__(self):
        return self.time


class FakeSender:
    """Takes every message, or raises what it is told to, in turn."""

    def __init__(self, *faults):
        self.faults, self.taken, self.attempts = list(faults), [], []

    def send(self, recipient, **words):
        self.attempts.append((recipient, words["key"]))
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            raise fault
        self.taken.append((recipient, words))


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def outbox_with(clock):
    def make(sender, store=None):
        alarms = []
        outbox = Outbox(store or MemoryOutbox(), sender=sender, now=clock, alarm=alarms.append)
        outbox.alarms = alarms
        return outbox

    return make


def statuses(notices):
    return [(notice.status, notice.tries) for notice in notices]


def test_a_notice_is_sent_once_and_in_its_own_words(outbox_with, clock):
    """I13: the words are those of the notice, of the time when it happened; sent, it is sent no more."""
    outbox = outbox_with(sender := FakeSender())
    added = outbox.add("new_device", recipient=RECIPIENT)
    clock.time += timedelta(hours=3)
    assert statuses(outbox.deliver(dry_run=False)) == [("sent", 1)]
    assert outbox.deliver(dry_run=False) == []
    ((recipient, words),) = sender.taken
    expected = letter("new_device", time=START)
    assert (recipient, words["subject"], words["body"]) == (RECIPIENT, expected.subject, expected.body)
    assert (words["key"], words["date"]) == (message_key(added.id), START)


def test_nothing_is_sent_unless_it_is_asked_for(outbox_with):
    """I13: dry run by default: it says what would be sent, and changes nothing."""
    outbox = outbox_with(sender := FakeSender())
    added = outbox.add("new_device", recipient=RECIPIENT)
    assert outbox.deliver() == outbox.deliver() == [added]
    assert sender.attempts == []
    assert statuses([added]) == [("queued", 0)]


@pytest.mark.parametrize("fault", [OFFLINE, LATER, InsecureTransportError("No.")])
def test_what_may_pass_is_tried_again_after_a_while(outbox_with, clock, fault):
    """I13: and under the same Message-ID."""
    outbox = outbox_with(sender := FakeSender(fault))
    outbox.add("new_device", recipient=RECIPIENT)
    assert statuses(outbox.deliver(dry_run=False)) == [("failed", 1)]
    clock.time += timedelta(seconds=59)
    assert outbox.deliver(dry_run=False) == []
    clock.time += timedelta(seconds=1)
    assert statuses(outbox.deliver(dry_run=False)) == [("sent", 2)]
    assert len(set(sender.attempts)) == 1
    assert outbox.alarms == []


def test_the_waits_double_up_to_six_hours_and_end_after_four_to_five_days():
    """I13: RFC 5321, 4.5.4.1: give up after 4 to 5 days at the earliest."""
    waits = [wait_after(tries) for tries in range(1, MOST_TRIES)]
    assert [wait / timedelta(minutes=1) for wait in waits[:10]] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 360]
    assert set(waits[9:]) == {LONGEST_WAIT}
    assert timedelta(days=4) < sum(waits, timedelta()) < timedelta(days=5)
    assert wait_after(10_000) == LONGEST_WAIT


def test_what_fails_for_good_is_given_up_with_one_alarm(outbox_with, clock):
    """I13: dead-letter alarm, after the last attempt."""
    outbox = outbox_with(sender := FakeSender(*[OFFLINE] * 100))
    added = outbox.add("new_device", recipient=RECIPIENT)
    for tries in range(1, MOST_TRIES):
        assert statuses(outbox.deliver(dry_run=False)) == [("failed", tries)]
        assert outbox.alarms == []
        clock.time += LONGEST_WAIT
    assert statuses(outbox.deliver(dry_run=False)) == [("dead", MOST_TRIES)]
    clock.time += timedelta(days=30)
    assert outbox.deliver(dry_run=False) == []
    assert len(sender.attempts) == MOST_TRIES
    assert [(notice.id, notice.status) for notice in outbox.alarms] == [(added.id, "dead")]


def test_what_can_never_be_sent_is_given_up_at_once(outbox_with):
    """I13: and the others go on."""
    outbox = outbox_with(FakeSender(NEVER, InputError("No."), None))
    for _ in range(3):
        outbox.add("new_device", recipient=RECIPIENT)
    assert statuses(outbox.deliver(dry_run=False)) == [("dead", 1), ("dead", 1), ("sent", 1)]
    assert len(outbox.alarms) == 2


def test_a_fault_of_the_server_ends_the_round_and_costs_the_others_nothing(outbox_with, clock):
    """I13: nobody waits for a dead server once for each notice."""
    outbox = outbox_with(sender := FakeSender(OFFLINE))
    for _ in range(3):
        outbox.add("new_device", recipient=RECIPIENT)
    assert statuses(outbox.deliver(dry_run=False)) == [("failed", 1)]
    assert statuses(outbox.deliver(dry_run=False)) == [("sent", 1), ("sent", 1)], "the others are due at once"
    clock.time += timedelta(minutes=1)
    assert statuses(outbox.deliver(dry_run=False)) == [("sent", 2)]
    assert len(sender.taken) == 3


def test_one_recipient_put_off_does_not_hold_up_the_others(outbox_with):
    """I13: a status for each recipient."""
    outbox = outbox_with(FakeSender(LATER, None))
    outbox.add("new_device", recipient=RECIPIENT)
    outbox.add("new_device", recipient="grace@example.org")
    assert statuses(outbox.deliver(dry_run=False)) == [("failed", 1), ("sent", 1)]


def test_adding_the_same_id_again_adds_nothing(outbox_with, clock):
    """I13: idempotency: an entry that is looked at twice is told of once."""
    outbox = outbox_with(sender := FakeSender())
    first = outbox.add("new_device", recipient=RECIPIENT, notice_id="entry-7")
    clock.time += timedelta(minutes=1)
    assert outbox.add("new_device", recipient=RECIPIENT, notice_id="entry-7") == first
    outbox.deliver(dry_run=False)
    assert outbox.add("new_device", recipient=RECIPIENT, notice_id="entry-7").status == "sent"
    outbox.deliver(dry_run=False)
    assert len(sender.taken) == 1


def test_nobody_who_adds_a_notice_waits_for_a_mail_server(outbox_with):
    reached, go_on = threading.Event(), threading.Event()

    class Slow(FakeSender):
        def send(self, recipient, **words):
            reached.set()
            assert go_on.wait(20)

    outbox = outbox_with(Slow())
    outbox.add("new_device", recipient=RECIPIENT)
    delivering = threading.Thread(target=outbox.deliver, kwargs={"dry_run": False})
    delivering.start()
    assert reached.wait(20)
    adding = threading.Thread(target=outbox.add, args=("role_changed",), kwargs={"recipient": RECIPIENT})
    adding.start()
    adding.join(20)
    was_waiting = adding.is_alive()
    go_on.set()
    delivering.join()
    adding.join()
    assert not was_waiting
    assert [notice.template for notice in outbox.deliver()] == ["role_changed"]


class DyingStore(MemoryOutbox):
    """Fails from its n-th write on, as a process does that is killed, until it is mended."""

    def __init__(self, writes):
        super().__init__()
        self.writes = writes

    def put(self, notice):
        if self.writes == 0:
            raise StoreError("The disk is gone.")
        self.writes -= 1
        super().put(notice)


@pytest.mark.parametrize(("writes", "sent"), [(1, 0), (2, 1)])
def test_a_death_at_any_moment_loses_no_notice(outbox_with, clock, writes, sent):
    """I13: killed before sending, it is sent later; killed after it, again, under the same Message-ID."""
    store = DyingStore(writes)
    outbox = outbox_with(sender := FakeSender(), store)
    outbox.add("new_device", recipient=RECIPIENT)
    with pytest.raises(StoreError):
        outbox.deliver(dry_run=False)
    assert len(sender.taken) == sent
    store.writes = -1
    clock.time += timedelta(minutes=1)
    outbox = outbox_with(sender, store)  # the next process
    assert [notice.status for notice in outbox.deliver(dry_run=False)] == ["sent"]
    assert len(sender.taken) == sent + 1
    assert len({words["key"] for _, words in sender.taken}) == 1


def test_a_notice_is_not_given_up_in_silence(outbox_with, clock):
    """I13: where the alarm can't be raised, the notice isn't dead yet."""
    store = MemoryOutbox()

    def broken(_notice):
        raise StoreError("The log can't be written.")

    outbox = Outbox(store, sender=FakeSender(NEVER, NEVER), now=clock, alarm=broken)
    outbox.add("new_device", recipient=RECIPIENT)
    with pytest.raises(StoreError):
        outbox.deliver(dry_run=False)
    clock.time += timedelta(minutes=1)
    outbox = outbox_with(FakeSender(NEVER), store)
    assert statuses(outbox.deliver(dry_run=False)) == [("dead", 2)]
    assert len(outbox.alarms) == 1


def test_a_clock_that_was_ahead_does_not_put_a_notice_off_for_years(outbox_with, clock):
    outbox = outbox_with(FakeSender(LATER))
    clock.time = START + timedelta(days=3_000)
    outbox.add("new_device", recipient=RECIPIENT)
    outbox.deliver(dry_run=False)
    clock.time = START
    assert statuses(outbox.deliver(dry_run=False)) == [("sent", 2)]


def test_an_unknown_notice_or_address_is_refused_when_it_is_added(outbox_with):
    outbox = outbox_with(FakeSender())
    for template, recipient in (("canary", RECIPIENT), ("new_device", "ada\r\nBcc: eve@example.org")):
        with pytest.raises(InputError):
            outbox.add(template, recipient=recipient)
    assert outbox.deliver() == []


def test_a_kept_notice_whose_words_are_gone_is_given_up(outbox_with):
    store = MemoryOutbox()
    outbox = outbox_with(sender := FakeSender(), store)
    added = outbox.add("new_device", recipient=RECIPIENT)
    store.put(replace(added, template="of_an_older_version"))
    assert statuses(outbox.deliver(dry_run=False)) == [("dead", 1)]
    assert sender.attempts == []


def test_a_notice_on_its_way_does_not_show_its_recipient(outbox_with):
    added = outbox_with(FakeSender()).add("new_device", recipient=RECIPIENT)
    assert RECIPIENT not in repr(added)
    assert added.template in repr(added)


@given(st.lists(st.lists(st.sampled_from([None, OFFLINE, LATER, NEVER]), max_size=40), min_size=1, max_size=4))
def test_whatever_fails_each_notice_ends_sent_or_given_up_aloud(scripts):
    """I13: at least once, or an alarm; never both, never neither."""
    clock, alarms, sender = Clock(), [], FakeSender()
    faults = dict.fromkeys(map(str, range(len(scripts))))
    outbox = Outbox(store := MemoryOutbox(), sender=sender, now=clock, alarm=alarms.append)
    for name, script in zip(faults, scripts, strict=True):
        outbox.add("new_device", recipient=f"{name}@example.org", notice_id=name)
        faults[name] = list(script)

    def send(recipient, **words):
        script = faults[recipient[0]]
        sender.faults = [script.pop(0)] if script else []
        FakeSender.send(sender, recipient, **words)

    outbox._sender = type("Each", (), {"send": staticmethod(send)})()
    for _ in range(200):
        outbox.deliver(dry_run=False)
        clock.time += LONGEST_WAIT
    for name in faults:
        notice = store.get(name)
        taken = [one for one, _ in sender.taken if one == notice.recipient]
        alarmed = [one for one in alarms if one.id == name]
        assert (len(taken), len(alarmed)) == ((1, 0) if notice.status == "sent" else (0, 1))
        assert notice.status in ("sent", "dead")
        assert notice.tries <= MOST_TRIES


class TestWithARealServer:
    def mailer(self, server, ca_bundle):
        return Mailer("localhost", server.port, "workbench@example.org", ca_bundle=ca_bundle, timeout=20)

    def test_a_server_that_drops_mid_way_gets_the_same_message_id_again(self, outbox_with, clock, authority, ca_bundle):
        """I13: it took the notice and died before it said so; no second id, so that a reader sees one notice."""
        with MailServer(authority.server_context(), answers=["drop", "451 busy", "250 OK"]) as server:
            outbox = outbox_with(self.mailer(server, ca_bundle))
            added = outbox.add("recovery_code_used", recipient=RECIPIENT)
            outcomes = []
            for _ in range(4):
                outcomes += statuses(outbox.deliver(dry_run=False))
                clock.time += timedelta(minutes=10)
        assert outcomes == [("failed", 1), ("failed", 2), ("sent", 3)]
        assert [message["Message-ID"] for message in server.messages] == [f"<{message_key(added.id)}@example.org>"] * 2
        assert outbox.alarms == []

    def test_a_notice_waits_for_a_server_that_can_be_trusted(self, outbox_with, clock, authority, ca_bundle):
        """T11, I13: an untrusted server gets nothing, and the notice isn't lost."""
        store = MemoryOutbox()
        with MailServer(authority.server_context("unknown authority")) as server:
            outbox = outbox_with(self.mailer(server, ca_bundle), store)
            outbox.add("new_device", recipient=RECIPIENT)
            assert statuses(outbox.deliver(dry_run=False)) == [("failed", 1)]
        assert server.messages == []
        clock.time += timedelta(minutes=1)
        with MailServer(authority.server_context()) as server:
            outbox = outbox_with(self.mailer(server, ca_bundle), store)
            assert statuses(outbox.deliver(dry_run=False)) == [("sent", 2)]
        assert len(server.messages) == 1

    def test_an_address_that_the_server_does_not_know_is_given_up(self, outbox_with, authority, ca_bundle):
        """I13: with an alarm, at once."""
        with MailServer(authority.server_context(), recipients="550 unknown") as server:
            outbox = outbox_with(self.mailer(server, ca_bundle))
            outbox.add("new_device", recipient=RECIPIENT)
            assert statuses(outbox.deliver(dry_run=False)) == [("dead", 1)]
        assert len(outbox.alarms) == 1
