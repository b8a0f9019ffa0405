"""The question to a Hub: where the token may go, whom it trusts, and what is taken for an answer."""

import contextlib
import logging
import socket
import ssl
import threading
import time

import pytest
import trustme
from answering_hub import ADA, AnsweringHub

from workbench.errors import HubError, InsecureTransportError, WorkbenchError
from workbench.generation.hub_client import LONGEST_ANSWER, ClientCertificate, ask_hub

TOKEN = "t0ken-canary"


def asked(api_url, **options):
    return ask_hub(api_url, token=lambda: TOKEN, **options)


class TestAddress:
    def test_on_this_machine_plain_http_will_do_and_the_token_goes_in_a_header(self):
        with AnsweringHub() as hub:
            assert asked(hub.api_url) == ADA
        ((path, headers),) = hub.requests
        assert path == "/hub/api/user"
        assert headers["authorization"] == f"token {TOKEN}"

    def test_localhost_is_this_machine_whatever_a_name_server_says(self, monkeypatch):
        monkeypatch.setattr(socket, "getaddrinfo", _only_numbers)
        with AnsweringHub() as hub:
            assert asked(hub.api_url.replace("127.0.0.1", "localhost")) == ADA

    @pytest.mark.parametrize(
        "api_url",
        [
            "http://hub.example/hub/api",
            "http://192.0.2.1:8081/hub/api",
            "http://0.0.0.0:8081/hub/api",
            "http://127.0.0.1.example/hub/api",
            "http://localhost.example/hub/api",
            "http://ada@127.0.0.1/hub/api",
            "https://ada@hub.example/hub/api",
            "http://127.0.0.1:8081/hub/api?to=elsewhere",
            "http://127.0.0.1:port/hub/api",
            "http://[::1/hub/api",
            "http+unix://%2Frun%2Fhub.sock/hub/api",
            "http://127.0.0.1\n.example/hub/api",
            "hub.example",
            "",
        ],
    )
    def test_any_other_address_is_refused_before_the_token_is_fetched(self, api_url):
        with pytest.raises(InsecureTransportError):
            ask_hub(api_url, token=lambda: pytest.fail("the token was fetched"))

    @pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
    def test_no_proxy_of_the_environment_hears_the_token(self, monkeypatch, name):
        with AnsweringHub() as proxy, AnsweringHub() as hub:
            monkeypatch.setenv(name, proxy.api_url.removesuffix("/hub/api"))
            assert asked(hub.api_url) == ADA
        assert proxy.connections == 0


class TestTrust:
    @pytest.fixture
    def authority(self):
        return trustme.CA()

    @pytest.fixture
    def bundle(self, authority, tmp_path):
        authority.cert_pem.write_to_path(tmp_path / "authority.pem")
        return tmp_path / "authority.pem"

    def test_a_hub_that_the_bundle_vouches_for_is_asked(self, authority, bundle):
        with AnsweringHub(context=_context(authority, "127.0.0.1")) as hub:
            assert asked(hub.api_url, ca_bundle=bundle) == ADA

    @pytest.mark.parametrize("fault", ["another authority", "another host", "no bundle"])
    def test_any_other_hub_never_hears_the_token(self, authority, bundle, fault, traces_of):
        issuer = trustme.CA() if fault == "another authority" else authority
        context = _context(issuer, "192.0.2.1" if fault == "another host" else "127.0.0.1")
        with AnsweringHub(context=context) as hub, pytest.raises(InsecureTransportError) as raised:
            asked(hub.api_url, ca_bundle=None if fault == "no bundle" else bundle)
        assert hub.requests == []
        assert raised.value.__context__ is None
        assert traces_of(raised.value, TOKEN) == set()

    def test_a_hub_that_asks_for_a_certificate_is_shown_one(self, authority, bundle, tmp_path):
        """R10: internal_ssl verifies both ends."""
        mine = authority.issue_cert("127.0.0.1")
        mine.private_key_pem.write_to_path(tmp_path / "key.pem")
        mine.cert_chain_pems[0].write_to_path(tmp_path / "certificate.pem")
        shown = ClientCertificate(tmp_path / "certificate.pem", tmp_path / "key.pem")
        context = _context(authority, "127.0.0.1")
        context.verify_mode = ssl.CERT_REQUIRED
        authority.configure_trust(context)
        with AnsweringHub(context=context) as hub:
            assert asked(hub.api_url, ca_bundle=bundle, client_certificate=shown) == ADA
            with pytest.raises(WorkbenchError):
                asked(hub.api_url, ca_bundle=bundle)
        assert len(hub.requests) == 1

    def test_a_certificate_that_cannot_be_read_stops_everything(self, bundle, tmp_path):
        shown = ClientCertificate(tmp_path / "nowhere.pem", tmp_path / "nowhere.pem")
        with pytest.raises(InsecureTransportError):
            ask_hub("https://127.0.0.1:1/hub/api", token=pytest.fail, ca_bundle=bundle, client_certificate=shown)

    @pytest.mark.parametrize("status", [301, 302, 307])
    def test_a_redirection_is_not_followed(self, status):
        with (
            AnsweringHub() as elsewhere,
            AnsweringHub(status=status, location=elsewhere.api_url) as hub,
            pytest.raises(InsecureTransportError),
        ):
            asked(hub.api_url)
        assert elsewhere.connections == 0


class TestAnswer:
    @pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
    def test_a_refusal_is_an_error_with_a_remedy_and_without_the_token(self, status, traces_of, caplog):
        caplog.set_level(logging.DEBUG)
        with AnsweringHub(status=status) as hub, pytest.raises(HubError) as raised:
            asked(hub.api_url)
        assert raised.value.remedy
        assert traces_of(raised.value, TOKEN) == set()
        assert TOKEN not in caplog.text

    @pytest.mark.parametrize(
        "body", [b"", b"<html>", b"{", b"\xff\xfe", b"[" * 100_000, b" " * (LONGEST_ANSWER + 1)], ids=len
    )
    def test_what_is_not_json_or_too_long_is_no_answer(self, body):
        with AnsweringHub(body) as hub, pytest.raises(HubError):
            asked(hub.api_url)

    def test_a_hub_that_is_not_there_is_an_error(self, traces_of):
        with AnsweringHub() as hub:
            pass
        with pytest.raises(HubError, match="reached") as raised:
            asked(hub.api_url)
        assert raised.value.__context__ is None
        assert traces_of(raised.value, TOKEN) == set()

    def test_a_hub_that_says_nothing_is_not_waited_for(self, monkeypatch):
        monkeypatch.setattr("workbench.generation.hub_client.SECONDS", 0.05)
        with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(HubError):
            asked(f"http://127.0.0.1:{listener.getsockname()[1]}/hub/api")

    def test_a_hub_that_never_ends_is_not_waited_for(self, monkeypatch):
        monkeypatch.setattr("workbench.generation.hub_client.SECONDS", 0.05)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            dripping = threading.Thread(target=_drip, args=(listener,))
            dripping.start()
            with pytest.raises(HubError):
                asked(f"http://127.0.0.1:{listener.getsockname()[1]}/hub/api")
            dripping.join()

    @pytest.mark.parametrize(
        "greeting", [b"220 mail.example\r\n", b"SSH-2.0-x\r\n", b"HTTP/1.1 200\r\nContent-Length: x\r\n\r\n"]
    )
    def test_what_speaks_another_protocol_is_no_hub(self, greeting):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            speaking = threading.Thread(target=_say, args=(listener, greeting))
            speaking.start()
            with pytest.raises(HubError):
                asked(f"http://127.0.0.1:{listener.getsockname()[1]}/hub/api")
            speaking.join()

    @pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "é", "x" * 4097])
    def test_what_cannot_be_a_token_is_not_sent(self, token, traces_of):
        with AnsweringHub() as hub, pytest.raises(HubError) as raised:
            ask_hub(hub.api_url, token=lambda: token)
        assert hub.connections == 0
        assert not token or traces_of(raised.value, token) == set()


def _context(authority, name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def _only_numbers(host, port, *_, **__):
    assert host == "127.0.0.1"
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]


def _drip(listener):
    connection, _ = listener.accept()
    with connection, contextlib.suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(1000):
            connection.sendall(b" ")
            time.sleep(0.01)


def _say(listener, greeting):
    connection, _ = listener.accept()
    with connection, contextlib.suppress(OSError):
        connection.sendall(greeting)
        connection.recv(4096)
