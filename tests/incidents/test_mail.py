"""Notices leave over verified TLS or not at all, by a real SMTP session with aiosmtpd."""

import smtplib
import socket
import ssl
import traceback
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from incidents.mail_server import MailServer, ScriptedServer

from workbench.errors import InputError, InsecureTransportError, LockedError
from workbench.incidents import DeliveryError, Mailer, letter

SENDER = "workbench@example.org"
RECIPIENT = "ada@example.org"
PASSWORD = "canary-mail-passphrase"
KEY = "0123456789abcdef0123456789abcdef"
NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
LETTER = letter("new_device", time=NOW)

MODES = ["starttls", "tls"]


def server_of(context, mode, **settings):
    return MailServer(context, implicit=mode == "tls", **settings)


def mailer_for(server, ca_bundle, mode="starttls", host="localhost", **settings):
    settings.setdefault("timeout", 20)
    return Mailer(host, server.port, SENDER, mode=mode, ca_bundle=ca_bundle, **settings)


@pytest.fixture(scope="module")
def nowhere():
    """Return a mailer that would fail to connect, and so to raise what is expected, if it got as far."""
    return Mailer("localhost", 9, SENDER, timeout=0.01)


def send(mailer, recipient=RECIPIENT, **changes):
    words = {"subject": LETTER.subject, "body": LETTER.body, "key": KEY, "date": NOW, **changes}
    mailer.send(recipient, **words)


def assert_nothing_was_sent(server):
    """No address, word, name or password: neither in the clear nor inside of TLS."""
    assert server.messages == []
    for connection in server.connections:
        assert set(connection.commands) <= {"ehlo", "STARTTLS"}
        assert bytes(connection.inside) == b""
        assert b"example.org" not in connection.clear


@pytest.mark.parametrize("mode", MODES)
def test_a_notice_arrives_over_verified_tls(authority, ca_bundle, mode, monkeypatch):
    """T11: with the server's chain and host verified, by STARTTLS and by TLS from the first byte."""
    monkeypatch.setattr(socket, "getfqdn", lambda *_: "ada-laptop.example.net")
    with server_of(authority.server_context(), mode) as server:
        send(mailer_for(server, ca_bundle, mode))
    (message,) = server.messages
    assert message.envelope == (SENDER, [RECIPIENT])
    assert (message["From"], message["To"], message["Subject"]) == (SENDER, RECIPIENT, LETTER.subject)
    assert message["Message-ID"] == f"<{KEY}@example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == NOW
    assert message.get_content().replace("\r\n", "\n") == LETTER.body
    (connection,) = server.connections
    assert connection.commands == (["ehlo", "STARTTLS"] if mode == "starttls" else [])
    assert connection.inside.startswith(b"ehlo [127.0.0.1]\r\n")
    assert b"ada-laptop" not in connection.clear + connection.inside, "the machine's own name stays here"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("certificate", "words"),
    [
        ("expired", "has expired"),
        ("wrong host", "is for another host"),
        ("unknown authority", "authority that isn't trusted"),
    ],
)
def test_an_unsound_certificate_is_refused_with_nothing_sent(authority, ca_bundle, mode, certificate, words, traces_of):
    """T11: expired, for another host, or of an unknown authority."""
    with server_of(authority.server_context(certificate), mode, users={SENDER: PASSWORD}) as server:
        mailer = mailer_for(server, ca_bundle, mode, username=SENDER, password=lambda: PASSWORD)
        with pytest.raises(InsecureTransportError, match=words) as caught:
            send(mailer)
    assert len(server.connections) == 1
    assert_nothing_was_sent(server)
    assert traces_of(caught.value, PASSWORD, RECIPIENT) == set()


def test_an_address_is_verified_as_a_name_is(authority, ca_bundle):
    with (
        MailServer(authority.server_context("wrong host")) as server,
        pytest.raises(InsecureTransportError, match="another address"),
    ):
        send(mailer_for(server, ca_bundle, host="127.0.0.1"))
    assert_nothing_was_sent(server)


def test_smtplib_alone_would_take_the_unknown_certificate(authority):
    """T11: the danger is real; `starttls()` without a context sends to a server that nobody trusts."""
    with (
        MailServer(authority.server_context("unknown authority")) as server,
        smtplib.SMTP("localhost", server.port) as client,
    ):
        client.starttls()
        client.sendmail(SENDER, [RECIPIENT], b"Subject: x\r\n\r\nx\r\n")
    assert len(server.messages) == 1


@pytest.mark.parametrize("mode", MODES)
def test_the_environment_names_no_authority_and_gets_no_keys(authority, ca_bundle, mode, monkeypatch, tmp_path):
    """T11: SSL_CERT_FILE doesn't replace the system's authorities, and SSLKEYLOGFILE stays empty."""
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_bundle))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    with server_of(authority.server_context(), mode) as server:
        with pytest.raises(InsecureTransportError, match="trusted"):
            send(mailer_for(server, None, mode))
        send(mailer_for(server, ca_bundle, mode))
    assert len(server.messages) == 1
    assert not (tmp_path / "keys").exists()


@pytest.mark.parametrize("mode", MODES)
def test_tls_older_than_1_2_is_refused(authority, ca_bundle, mode):
    """T11: a server that can do TLS 1.1 only gets nothing."""
    with (
        server_of(authority.server_context(tls=ssl.TLSVersion.TLSv1_1), mode) as server,
        pytest.raises(InsecureTransportError, match=r"TLS 1\.2"),
    ):
        send(mailer_for(server, ca_bundle, mode))
    assert_nothing_was_sent(server)


def test_tls_1_2_is_taken(authority, ca_bundle):
    with MailServer(authority.server_context(tls=ssl.TLSVersion.TLSv1_2)) as server:
        send(mailer_for(server, ca_bundle))
    assert len(server.messages) == 1


def test_without_starttls_nothing_is_sent(ca_bundle):
    """T11: a server that offers none, or from whose offers someone struck it."""
    asked = []
    with MailServer() as server:
        mailer = mailer_for(server, ca_bundle, username=SENDER, password=lambda: asked.append(1) or PASSWORD)
        with pytest.raises(InsecureTransportError, match="STARTTLS"):
            send(mailer)
    assert server.connections[0].commands == ["ehlo"]
    assert_nothing_was_sent(server)
    assert asked == [], "the password wasn't even asked for"


def test_a_plain_server_on_the_port_for_tls_gets_nothing(ca_bundle):
    with MailServer() as server, pytest.raises(InsecureTransportError):
        send(mailer_for(server, ca_bundle, "tls"))
    assert server.messages == []
    assert all(b"example.org" not in connection.clear for connection in server.connections)


@pytest.mark.parametrize("reply", [b"454 TLS not available\r\n", b"501 Syntax\r\n", b"garbage\r\n"])
def test_starttls_offered_and_then_refused_sends_nothing(ca_bundle, reply):
    with (
        ScriptedServer([b"220 hi\r\n", b"250-hi\r\n250 STARTTLS\r\n", reply]) as server,
        pytest.raises(InsecureTransportError, match="STARTTLS"),
    ):
        send(mailer_for(server, ca_bundle))
    assert [line.split()[0] for line in server.lines] == [b"ehlo", b"STARTTLS"]


@pytest.mark.parametrize("mode", MODES)
def test_it_signs_in_once_tls_stands(authority, ca_bundle, mode):
    """T11: the password travels inside of TLS only, and is asked for late."""
    with server_of(authority.server_context(), mode, users={SENDER: PASSWORD}) as server:
        seen = []

        def password():
            seen.append(server.connections[-1].commands)
            return PASSWORD

        send(mailer_for(server, ca_bundle, mode, username=SENDER, password=password))
    assert len(server.messages) == 1
    assert seen == [["ehlo", "STARTTLS"] if mode == "starttls" else []]
    assert b"AUTH" not in server.connections[-1].clear
    assert b"AUTH" in server.connections[-1].inside


def test_a_wrong_password_is_said_without_it(authority, ca_bundle, traces_of):
    with (
        MailServer(authority.server_context(), users={SENDER: "another"}) as server,
        pytest.raises(DeliveryError, match="name and the password") as caught,
    ):
        send(mailer_for(server, ca_bundle, username=SENDER, password=lambda: PASSWORD))
    assert server.messages == []
    assert (caught.value.retryable, caught.value.is_general) == (True, True)
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert PASSWORD not in shown
    assert traces_of(caught.value, PASSWORD, RECIPIENT) == set()


def test_a_password_that_cannot_be_fetched_or_carried_leaves_no_trace(authority, ca_bundle, traces_of):
    def broken():
        raise RuntimeError(PASSWORD)

    def locked():
        try:
            broken()
        except RuntimeError as error:
            raise LockedError("The session is locked.") from error

    with MailServer(authority.server_context(), users={SENDER: PASSWORD}) as server:
        for password in (broken, locked, lambda: f"{PASSWORD}é"):
            with pytest.raises((DeliveryError, LockedError)) as caught:
                send(mailer_for(server, ca_bundle, username=SENDER, password=password))
            assert traces_of(caught.value, PASSWORD, RECIPIENT) == set()
    assert server.messages == []


def test_a_server_where_nobody_can_sign_in_gets_no_notice(authority, ca_bundle):
    with (
        ScriptedServer([b"220 hi\r\n"], context=authority.server_context(), then=b"250 hi\r\n") as server,
        pytest.raises(DeliveryError, match="no way to sign in"),
    ):
        send(mailer_for(server, ca_bundle, "tls", username=SENDER, password=lambda: PASSWORD))
    assert not any(b"MAIL" in line.upper() or b"AUTH" in line for line in server.lines)


def test_a_server_that_wants_a_name_gets_it_said(authority, ca_bundle):
    with (
        MailServer(authority.server_context(), users={SENDER: PASSWORD}) as server,
        pytest.raises(DeliveryError, match="sender"),
    ):
        send(mailer_for(server, ca_bundle))
    assert server.messages == []


@pytest.mark.parametrize(
    ("settings", "retryable", "is_general", "words"),
    [
        ({"recipients": "550 no such ada@example.org"}, False, False, "refuses the recipient"),
        ({"recipients": "450 later"}, True, False, "puts off the recipient"),
        ({"recipients": "421 bye"}, True, True, "puts off the recipient"),
        ({"answers": ["554 spam"]}, False, False, "refuses the notice"),
        ({"answers": ["452 full"]}, True, False, "puts off the notice"),
        ({"answers": ["drop"]}, True, True, "broke off"),
    ],
)
def test_what_the_server_answers_decides_whether_to_try_again(
    authority, ca_bundle, settings, retryable, is_general, words, traces_of
):
    """I13: 4xx is tried again, 5xx is not (RFC 5321, 4.2.1); the server's words, which quote people, aren't shown."""
    with (
        MailServer(authority.server_context(), **settings) as server,
        pytest.raises(DeliveryError, match=words) as caught,
    ):
        send(mailer_for(server, ca_bundle))
    assert (caught.value.retryable, caught.value.is_general) == (retryable, is_general)
    assert traces_of(caught.value, RECIPIENT) == set()


def test_a_notice_that_was_taken_is_not_undone_by_a_rude_farewell(authority, ca_bundle):
    """I13: what follows the server's 250 is no failure, or the notice would be sent again."""
    replies = [b"220 hi\r\n", b"250 hi\r\n", b"250 OK\r\n", b"250 OK\r\n", b"354 go\r\n", b"250 taken\r\n"]
    with ScriptedServer(replies, context=authority.server_context(), hang_up=True) as server:
        send(mailer_for(server, ca_bundle, "tls"))
    assert server.lines[-1].lower().startswith(b"quit")


def test_a_server_that_says_nothing_is_given_up(ca_bundle):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        mailer = Mailer("localhost", listener.getsockname()[1], SENDER, ca_bundle=ca_bundle, timeout=0.2)
        with pytest.raises(DeliveryError, match="reached") as caught:
            send(mailer)
        assert (caught.value.retryable, caught.value.is_general) == (True, True)


def test_a_port_where_nobody_listens_is_said(ca_bundle):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(DeliveryError, match="reached"):
        send(Mailer("localhost", port, SENDER, ca_bundle=ca_bundle))


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_a_bundle_that_holds_no_authority_is_refused(tmp_path, content):
    bundle = tmp_path / "authority.pem"
    if content is not None:
        bundle.write_text(content)
    with pytest.raises(InsecureTransportError, match="authorities"):
        Mailer("localhost", 587, SENDER, ca_bundle=bundle)


@pytest.mark.parametrize(
    "settings",
    [
        {"host": ""},
        {"host": "mail.example.org\r\nQUIT"},
        {"port": 0},
        {"port": 65_536},
        {"mode": "plain"},
        {"mode": None},
        {"timeout": 0},
        {"username": "ada"},
        {"password": lambda: PASSWORD},
        {"username": "adä", "password": lambda: PASSWORD},
        {"sender": "workbench@example.org\r\nBcc: eve@example.org"},
    ],
)
def test_settings_that_make_no_sense_are_refused(ca_bundle, settings):
    with pytest.raises(InputError):
        Mailer(**{"host": "localhost", "port": 587, "sender": SENDER, "ca_bundle": ca_bundle, **settings})


LINE_ENDS = st.sampled_from(
    ["\r", "\n", "\r\n", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\0"]
)


@given(st.text(max_size=20), LINE_ENDS, st.text(max_size=20), st.sampled_from(["address", "subject"]))
@example("a notice", "\r\n", "Bcc: eve@example.org", "subject")
@example("", "\n", "", "address")
def test_no_header_can_be_slipped_in(nowhere, before, end, after, where):
    """T11: a line end in an address or a subject sends nothing (ASVS 5.0, 1.3.11)."""
    text = f"{before}{end}{after}"
    with pytest.raises(InputError):
        send(nowhere, recipient=f"{text}@example.org") if where == "address" else send(nowhere, subject=text)


@pytest.mark.parametrize("key", ["", "x", "a" * 65, "ab>\r\nBcc: eve@example.org", "AB"])
def test_a_key_is_hexadecimal(nowhere, key):
    with pytest.raises(InputError):
        send(nowhere, key=key)


def test_a_subject_beyond_ascii_arrives_whole(authority, ca_bundle):
    with MailServer(authority.server_context()) as server:
        send(mailer_for(server, ca_bundle), subject="Prüfung – ✓", body="Ünïcode\n.\n.leading dots\nlast\n")
    assert server.messages[0]["Subject"] == "Prüfung – ✓"
    assert server.messages[0].get_content().replace("\r\n", "\n") == "Ünïcode\n.\n.leading dots\nlast\n"


def test_a_body_that_no_message_can_hold_is_given_up(nowhere):
    with pytest.raises(DeliveryError) as caught:
        send(nowhere, body="\ud800")
    assert not caught.value.retryable


def test_a_representation_shows_no_credential(ca_bundle):
    mailer = Mailer("localhost", 587, SENDER, username="ada", password=lambda: PASSWORD, ca_bundle=ca_bundle)
    assert repr(mailer) == "Mailer(<starttls, port 587>)"
