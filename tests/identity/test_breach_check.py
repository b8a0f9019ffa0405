"""A05: known breaches are asked only when someone asks, by five digits of a digest, and silence is never "safe"."""

import hashlib
import logging
import socket
import threading
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from messages_server import Authority

from workbench.app import bench as bench_module
from workbench.app.bench import Workbench
from workbench.identity.breach_check import FOUND, NOT_CHECKED, look_up, with_breaches
from workbench.identity.passphrase import judge

PASSPHRASE = "quiet orchard lantern seven rivers"
DIGEST = hashlib.sha1(PASSPHRASE.encode()).hexdigest().upper()  # noqa: S324 - the service's own
PADDING = [f"{hashlib.sha1(bytes([n % 256, n // 256])).hexdigest()[5:].upper()}:{n % 3}" for n in range(900)]  # noqa: S324


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.seen.append((self.requestline, dict(self.headers)))
        answer = self.server.answer
        self.send_response(answer.get("status", 200))
        for name, value in answer.get("headers", {}).items():
            self.send_header(name, value)
        body = answer["body"]
        self.send_header("Content-Length", str(answer.get("length", len(body))))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *_):
        pass


class RangeServer:
    """A service with the range interface on this machine, over real TLS."""

    def __init__(self, server, ca_bundle):
        self._server = server
        self.address = f"https://localhost:{server.server_port}"
        self.ca_bundle = ca_bundle
        self.seen = server.seen

    def answer(self, *lines, **parts):
        self._server.answer = {"body": "\r\n".join(lines).encode(), **parts}

    def look_up(self, passphrase=PASSPHRASE):
        return look_up(passphrase, address=self.address, ca_bundle=self.ca_bundle)


@contextmanager
def running(folder, kind="good"):
    authority = Authority()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = authority.server_context(kind).wrap_socket(server.socket, server_side=True)
    server.seen, server.answer = [], {"body": b""}
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield RangeServer(server, authority.write_bundle(folder / "authority.pem"))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def server(tmp_path):
    with running(tmp_path) as server:
        server.answer(*PADDING)
        yield server


@pytest.fixture
def no_network(monkeypatch):
    """Fail at the first look at a name or attempt to connect."""
    tried = []

    def refuse(*arguments, **_):
        tried.append(arguments)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    return tried


def test_a_passphrase_of_the_answer_is_found(server):
    """A05."""
    server.answer(*PADDING, f"{DIGEST[5:]}:3")
    assert server.look_up() == "found"
    assert server.look_up("another orchard lantern") == "none found"


def test_padding_with_the_count_0_is_no_breach(server):
    """A05: padded entries have a count of 0 and are to be ignored."""
    server.answer(*PADDING, f"{DIGEST[5:]}:0")
    assert server.look_up() == "none found"


def test_five_digits_leave_and_padding_is_asked_for(server):
    """A05: 5 hexadecimal digits of the SHA-1, ``Add-Padding``, and nothing of the passphrase or of this machine."""
    server.look_up()
    ((request, headers),) = server.seen
    assert request == f"GET /range/{DIGEST[:5]} HTTP/1.1"
    assert headers == {
        "Host": server.address.removeprefix("https://"),
        "Accept": "text/plain",
        "Accept-Encoding": "identity",
        "Add-Padding": "true",
        "User-Agent": "workbench",
    }
    assert DIGEST[5:10] not in str(server.seen)


def test_the_digits_are_in_no_log(server, caplog):
    with caplog.at_level(logging.DEBUG):
        server.look_up()
    assert DIGEST[:5] not in caplog.text


def test_both_forms_of_unicode_are_one_passphrase(server):
    server.look_up("café lantern seven rivers")
    server.look_up("cafe\u0301 lantern seven rivers")
    assert len({request for request, _ in server.seen}) == 1


HIT = f"{DIGEST[5:]}:3"


@pytest.mark.parametrize(
    ("lines", "parts"),
    [
        ((*PADDING, HIT), {"status": 503}),
        ((*PADDING, HIT), {"status": 404}),
        ((*PADDING, HIT), {"status": 307, "headers": {"Location": "https://elsewhere.invalid/"}}),
        ((*PADDING, HIT), {"length": 10**6}),
        (("<html>Please log in to the hotel's network</html>",), {}),
        ((), {}),
        (PADDING[:700], {}),
        ((*PADDING, "<html>"), {}),
        ((*PADDING, HIT.lower()), {}),
        (PADDING * 30, {}),
    ],
    ids=["503", "404", "redirect", "cut off", "portal", "empty", "unpadded", "tail", "small letters", "huge"],
)
def test_anything_but_a_whole_padded_answer_is_not_checked(server, lines, parts):
    """A05: failure is "not checked", never "safe"."""
    server.answer(*lines, **parts)
    assert server.look_up() == "not checked"


@pytest.mark.parametrize("kind", ["expired", "wrong host", "unknown authority"])
def test_a_service_that_cannot_prove_its_name_is_told_nothing(tmp_path, kind):
    """A05, T03: through the strict TLS client."""
    with running(tmp_path, kind) as server:
        server.answer(*PADDING)
        assert server.look_up() == "not checked"
    assert server.seen == []


def test_no_clear_text_no_trust_by_default_and_no_one_there(server):
    """A05, T04: ``http`` isn't spoken, our authority isn't the system's, and a closed port is an answer too."""
    assert look_up(PASSPHRASE, address=server.address.replace("https", "http")) == "not checked"
    assert look_up(PASSPHRASE, address=server.address) == "not checked"
    assert (
        look_up(PASSPHRASE, address=server.address, ca_bundle=server.ca_bundle.with_name("none.pem")) == "not checked"
    )
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert look_up(PASSPHRASE, address=f"https://localhost:{port}", ca_bundle=server.ca_bundle) == "not checked"
    assert server.seen == []


def test_the_environments_proxy_and_authorities_have_no_say(server, monkeypatch):
    """A05, T07, T08."""
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("SSL_CERT_FILE", "/dev/null")
    assert server.look_up() == "none found"


def test_a_strength_says_what_breaches_told(server):
    """A05: found is refused; not found adds nothing; not checked says so and changes nothing."""
    strength = judge(PASSPHRASE)
    ask = partial(with_breaches, strength, PASSPHRASE, address=server.address, ca_bundle=server.ca_bundle)
    none = ask()
    assert (none.breaches, none.reasons, none.is_accepted) == ("none found", strength.reasons, True)
    server.answer(*PADDING, HIT)
    found = ask()
    assert (found.breaches, found.is_accepted, found.score, found.reasons) == ("found", False, 0, (FOUND,))
    server.answer("<html>")
    failed = ask()
    assert (failed.breaches, failed.is_accepted) == ("not checked", True)
    assert failed.reasons == (*strength.reasons, NOT_CHECKED)
    assert "safe" not in " ".join(failed.reasons)


def test_what_is_refused_anyway_is_not_looked_up(server):
    weak = judge("passwordpassword")
    assert with_breaches(weak, "passwordpassword", address=server.address, ca_bundle=server.ca_bundle) is weak
    assert server.seen == []


def test_the_bench_asks_only_when_its_caller_does(bench, server, monkeypatch, no_network):
    """A05: off by default, and no variable of the environment turns it on."""
    for name in ("WORKBENCH_CHECK_BREACHES", "CHECK_BREACHES", "HIBP", "PWNED_PASSWORDS"):
        monkeypatch.setenv(name, "1")
    assert bench.strength(PASSPHRASE).breaches == "not checked"
    assert NOT_CHECKED not in bench.strength(PASSPHRASE).reasons
    bench.create_account("ada", passphrase=PASSPHRASE)
    assert no_network == []
    assert bench.strength(PASSPHRASE, check_breaches=True).breaches == "not checked"
    assert len(no_network) > 0, "the guard does see a look-up"


def test_the_bench_takes_the_answer(bench, server, monkeypatch):
    asked = partial(with_breaches, address=server.address, ca_bundle=server.ca_bundle)
    monkeypatch.setattr(bench_module, "with_breaches", asked)
    server.answer(*PADDING, HIT)
    assert isinstance(bench, Workbench)
    assert bench.strength(PASSPHRASE, check_breaches=True).breaches == "found"
