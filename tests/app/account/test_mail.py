"""Notices by mail through a real server on the loopback interface (A21, T11)."""

from datetime import UTC, datetime, timedelta

import pytest
from incidents.mail_server import MailServer
from messages_server.certificates import Authority

from workbench.app.account.outbox_letters import LetterOutbox
from workbench.crypto import Topic
from workbench.errors import InputError
from workbench.incidents import Mailer, PendingNotice

ADDRESS = "ada@example.org"


@pytest.fixture(scope="module")
def authority():
    return Authority()


@pytest.fixture
def server(authority):
    with MailServer(authority.server_context()) as server:
        yield server


@pytest.fixture
def mailer(authority, server, tmp_path):
    bundle = authority.write_bundle(tmp_path / "authority.pem")
    return Mailer("localhost", server.port, "workbench@example.org", ca_bundle=bundle)


def test_a_changed_passphrase_is_told_by_mail_and_once(bench, session, mailer, server, passphrase):
    """A21: what the panel shows goes out by mail too, to the one address, without content."""
    session.change_passphrase(current=passphrase, new="seven lanterns beside the quiet mill")
    session.mail.use(mailer, to=ADDRESS)
    waiting = session.mail.send(dry_run=True)
    assert server.messages == []
    assert {notice.status for notice in session.mail.send()} == {"sent"}
    assert len(server.messages) == len(waiting) > 0
    (message,) = [one for one in server.messages if "passphrase" in one["Subject"].lower()]
    assert message["To"] == ADDRESS
    assert "ada" not in message.get_content().lower().replace(ADDRESS, "")
    assert session.mail.send() == []
    session.lock()
    again = bench.sign_in("ada", passphrase="seven lanterns beside the quiet mill")
    again.mail.use(mailer, to=ADDRESS)
    subjects = [one["Subject"] for one in server.messages]
    again.mail.send()
    assert [one["Subject"] for one in server.messages[: len(subjects)]] == subjects
    assert sum("passphrase" in one["Subject"].lower() for one in server.messages) == 1


def test_what_no_server_took_waits_sealed_and_is_sent_by_a_later_session(
    bench, session, authority, mailer, server, passphrase, tmp_path
):
    """I13: at least once, also across sessions."""
    session.new_recovery_codes(passphrase=passphrase)
    bundle = authority.write_bundle(tmp_path / "authority.pem")
    session.mail.use(Mailer("localhost", 1, "workbench@example.org", ca_bundle=bundle, timeout=2), to=ADDRESS)
    assert {notice.status for notice in session.mail.send()} == {"failed"}
    assert ADDRESS.encode() not in b"".join(file.read_bytes() for file in bench.path.parent.iterdir())
    session.lock()
    again = bench.sign_in("ada", passphrase=passphrase)
    again._now = lambda: datetime.now(UTC) + timedelta(minutes=5)
    again.mail.use(mailer, to=ADDRESS)
    assert "sent" in {notice.status for notice in again.mail.send()}
    assert server.messages


def test_nothing_is_sent_before_a_server_is_named(session):
    with pytest.raises(InputError):
        session.mail.send()
    assert repr(session.mail) == "Mail(off)"


def test_a_notice_that_another_account_put_in_the_box_is_not_mailed(bench, session, passphrase):
    bench.create_account("eve", passphrase=passphrase, roles=("student",))
    eve = bench.sign_in("eve", passphrase=passphrase)
    now = datetime.now(UTC)
    LetterOutbox(eve._opened).put(PendingNotice("1", "eve@example.org", "new_device", now, now))
    (own,) = eve._opened.access.post().read(Topic.OUTBOX)
    eve._opened.access.post().send(session._opened.account.account_id, Topic.OUTBOX, own.body)
    assert LetterOutbox(session._opened).pending() == []
    assert len(LetterOutbox(eve._opened).pending()) == 1


def test_old_notices_that_were_sent_are_forgotten(session):
    now = datetime.now(UTC)
    outbox = LetterOutbox(session._opened)
    outbox.put(PendingNotice("1", ADDRESS, "new_device", now - timedelta(days=9), now, 1, "sent"))
    outbox.put(PendingNotice("2", ADDRESS, "new_device", now - timedelta(days=9), now, 1, "failed"))
    outbox.put(PendingNotice("2", ADDRESS, "new_device", now - timedelta(days=9), now, 2, "failed"))
    outbox.forget(before=now - timedelta(days=7))
    assert outbox.get("1") is None
    assert outbox.get("2").tries == 2
    assert len(outbox.pending()) == 1
