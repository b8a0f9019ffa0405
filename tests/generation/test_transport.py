"""The connection itself: whom it trusts, which TLS it takes, and what it does not listen to."""

import asyncio
import logging
import socket
import ssl

import anthropic
import httpx2
import pytest
from messages_server import MessagesServer, Scripted

from workbench.errors import DetectionError, InsecureTransportError
from workbench.generation import Claude
from workbench.generation.gate import Gate
from workbench.generation.transport import open_client, quieten_loggers, tls_context
from workbench.records import Minimised

KEY = "sk-ant-test-k3y-canary"
CANARY = "Zanzibar-Canary"
PROMPT = Minimised(f"A haiku for PERSON_1 on {CANARY}")


def assert_nothing_was_sent(server: MessagesServer) -> None:
    """Check the raw bytes of every connection, and what they decrypt to."""
    assert server.requests == []
    for connection in server.connections:
        assert bytes(connection.plaintext) == b""
        assert not connection.received(CANARY)
        assert not connection.received(KEY)


class TestCertificates:
    @pytest.mark.parametrize(
        ("certificate", "words"),
        [
            ("expired", "has expired"),
            ("wrong host", "is for another host"),
            ("unknown authority", "authority that isn't trusted"),
        ],
    )
    def test_an_unsound_certificate_is_refused_with_nothing_sent(
        self, authority, ca_bundle, read_all, traces_of, certificate, words
    ):
        with MessagesServer(authority.server_context(certificate)) as server:
            claude = Claude(api_key=KEY, base_url=server.base_url, ca_bundle=ca_bundle)
            with pytest.raises(InsecureTransportError, match=words) as caught:
                read_all(claude.stream(PROMPT))
        assert len(server.connections) == 1, "it connected once, and didn't try again"
        assert server.connections[0].raw, "it did speak TLS"
        assert_nothing_was_sent(server)
        assert traces_of(caught.value, CANARY, KEY) == set()

    def test_an_address_is_verified_as_a_name_is(self, authority, ca_bundle, read_all):
        with MessagesServer(authority.server_context("wrong host"), host="127.0.0.1") as server:
            claude = Claude(api_key=KEY, base_url=server.base_url, ca_bundle=ca_bundle)
            with pytest.raises(InsecureTransportError, match="another address"):
                read_all(claude.stream(PROMPT))
        assert_nothing_was_sent(server)

    def test_without_a_bundle_the_system_decides_and_does_not_know_ours(self, server, read_all):
        with pytest.raises(InsecureTransportError, match="trusted"):
            read_all(Claude(api_key=KEY, base_url=server.base_url).stream(PROMPT))
        assert_nothing_was_sent(server)

    def test_a_bundle_replaces_the_system_and_is_not_added_to_it(self, ca_bundle):
        assert len(tls_context(ca_bundle).get_ca_certs()) == 1

    @pytest.mark.parametrize("content", [None, "", "no certificate"])
    def test_a_bundle_that_holds_no_authority_is_refused(self, tmp_path, server, read_all, content):
        bundle = tmp_path / "authority.pem"
        if content is not None:
            bundle.write_text(content)
        with pytest.raises(InsecureTransportError, match="authorities"):
            read_all(Claude(api_key=KEY, base_url=server.base_url, ca_bundle=bundle).stream(PROMPT))
        assert server.connections == []

    def test_a_listener_without_tls_gets_a_greeting_and_no_word(self, ca_bundle, read_all):
        with MessagesServer() as listener:
            claude = Claude(api_key=KEY, base_url=f"https://localhost:{listener.port}", ca_bundle=ca_bundle)
            with pytest.raises(InsecureTransportError):
                read_all(claude.stream(PROMPT))
        assert listener.requests == []
        assert listener.connections[0].raw[:1] == b"\x16"
        assert not listener.connections[0].received(CANARY)


class TestVersions:
    @pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
    def test_tls_1_1_is_refused_by_our_floor_with_nothing_sent(self, authority, ca_bundle, read_all):
        with MessagesServer(authority.server_context(tls=ssl.TLSVersion.TLSv1_1)) as server:
            claude = Claude(api_key=KEY, base_url=server.base_url, ca_bundle=ca_bundle)
            with pytest.raises(InsecureTransportError, match=r"TLS 1\.2 or 1\.3"):
                read_all(claude.stream(PROMPT))
            assert len(server.connections) == 1
            assert_nothing_was_sent(server)
            assert _version_of_a_careless_client(server, ca_bundle) == "TLSv1.1", "the server does speak it"

    @pytest.mark.parametrize(
        ("pinned", "agreed"),
        [(ssl.TLSVersion.TLSv1_2, "TLSv1.2"), (ssl.TLSVersion.TLSv1_3, "TLSv1.3"), (None, "TLSv1.3")],
    )
    def test_the_newest_version_that_both_know_is_used_and_noted(self, authority, ca_bundle, read_all, pinned, agreed):
        with MessagesServer(authority.server_context(tls=pinned)) as server:
            reply = Claude(api_key=KEY, base_url=server.base_url, ca_bundle=ca_bundle).stream(PROMPT)
            read_all(reply)
        assert reply.completion().provenance["tls"] == agreed
        assert server.connections[0].tls_version == agreed

    def test_chain_and_host_are_always_verified(self, ca_bundle):
        for context in (tls_context(), tls_context(ca_bundle)):
            assert context.verify_mode is ssl.CERT_REQUIRED
            assert context.check_hostname
            assert context.minimum_version is ssl.TLSVersion.TLSv1_2


class TestRedirects:
    @pytest.mark.parametrize("status_of_elsewhere", ["http", "https"])
    def test_a_redirect_is_an_error_and_the_other_address_hears_nothing(
        self, authority, claude, server, read_all, traces_of, status_of_elsewhere
    ):
        context = authority.server_context() if status_of_elsewhere == "https" else None
        with MessagesServer(context) as elsewhere:
            server.enqueue(Scripted(redirect_to=f"{elsewhere.base_url}/v1/messages?{CANARY}"))
            with pytest.raises(InsecureTransportError, match="redirects") as caught:
                read_all(claude.stream(PROMPT))
        assert elsewhere.connections == []
        assert len(server.requests) == 1
        assert traces_of(caught.value, CANARY, KEY) == set()

    def test_a_client_that_follows_would_have_sent_the_prompt_in_clear(self, ca_bundle, server):
        """Why redirects are refused: what the SDK's default does, so that this test shows the danger is real."""
        with MessagesServer() as elsewhere:
            server.enqueue(Scripted(redirect_to=f"{elsewhere.base_url}/v1/messages"))
            http_client = anthropic.DefaultHttpxClient(verify=tls_context(ca_bundle), trust_env=False)
            with (
                anthropic.Anthropic(api_key=KEY, base_url=server.base_url, http_client=http_client) as client,
                pytest.raises(anthropic.APIStatusError),
            ):
                client.messages.create(model="m", max_tokens=9, messages=[{"role": "user", "content": CANARY}])
        assert elsewhere.connections[0].received(CANARY)


class TestEnvironment:
    """ASVS 13.2.4: the address and the trust come from us, whatever the environment says."""

    @pytest.fixture
    def trap(self):
        with MessagesServer() as trap:
            yield trap

    @pytest.fixture
    def hostile(self, trap, tmp_path):
        """Everything that the SDK, its HTTP client and OpenSSL read from an environment."""
        config = tmp_path / "config"
        (config / "configs").mkdir(parents=True)
        (config / "configs" / "default.json").write_text(f'{{"base_url": "{trap.base_url}"}}')
        return {
            "ANTHROPIC_API_KEY": "sk-of-somebody-else",
            "ANTHROPIC_AUTH_TOKEN": "token-of-somebody-else",
            "ANTHROPIC_BASE_URL": trap.base_url,
            "ANTHROPIC_CONFIG_DIR": str(config),
            "ANTHROPIC_CUSTOM_HEADERS": (
                "X-Evil: 1\nauthorization: Bearer evil\nAUTHORIZATION: Bearer evil\nAuthorization: Bearer evil\n"
                "Host: evil.example\nAnthropic-Version: 2023-06-01\nuser-agent: evil\nX-Api-Key: evil\nCookie: evil"
            ),
            "ANTHROPIC_LOG": "debug",
            "ANTHROPIC_OPEN_TELEMETRY_TRACES_CONTENT_MODE": "content",
            "ANTHROPIC_OPEN_TELEMETRY_TRACES_ENABLED": "true",
            "HTTPS_PROXY": trap.base_url,
            "https_proxy": trap.base_url,
            "HTTP_PROXY": trap.base_url,
            "ALL_PROXY": trap.base_url,
            "all_proxy": trap.base_url,
            "NO_PROXY": "",
            "SSL_CERT_FILE": str(tmp_path / "nowhere.pem"),
            "SSL_CERT_DIR": str(tmp_path),
            "SSLKEYLOGFILE": str(tmp_path / "keys.log"),
            "TRACEPARENT": "00-11111111111111111111111111111111-2222222222222222-01",
        }

    def test_a_hostile_environment_changes_no_byte_and_prints_none(
        self, claude, server, ca_bundle, read_all, run_python, hostile, trap, tmp_path
    ):
        read_all(claude.stream(PROMPT))
        script = f"""
import asyncio, pathlib, sys
from workbench.generation import Claude
from workbench.records import Minimised

async def main():
    claude = Claude(api_key={KEY!r}, base_url={server.base_url!r}, ca_bundle=pathlib.Path({str(ca_bundle)!r}))
    reply = claude.stream(Minimised({PROMPT.text!r}))
    async for _ in reply:
        pass
    print(reply.completion().stop_reason, "anthropic" in sys.modules)

asyncio.run(main())
"""
        ended = run_python(script, **hostile)
        assert ended.stdout == "end_turn True\n"
        assert CANARY not in ended.stderr
        assert KEY not in ended.stderr
        calm, disturbed = server.requests
        assert disturbed.raw == calm.raw
        assert trap.connections == []
        # A library that finds aiohttp installed opens the file when it is imported; no connection of ours writes a key.
        keys = tmp_path / "keys.log"
        lines = keys.read_text().splitlines() if keys.exists() else []
        assert not [line for line in lines if line and not line.startswith("#")]

    def test_the_log_would_have_shown_the_prompt(self, server, ca_bundle, run_python):
        """What the test above relies on: with the same variable, the SDK by itself does print the prompt."""
        script = f"""
import anthropic, httpx2, ssl
context = ssl.create_default_context(cafile={str(ca_bundle)!r})
client = anthropic.Anthropic(api_key="k", base_url={server.base_url!r}, http_client=httpx2.Client(verify=context))
client.messages.create(model="claude-sonnet-5-5", max_tokens=9, messages=[{{"role": "user", "content": {CANARY!r}}}])
"""
        assert CANARY in run_python(script, ANTHROPIC_LOG="debug").stderr

    def test_a_proxy_of_the_environment_is_not_asked(self, claude, read_all, monkeypatch, trap):
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, trap.base_url)
        assert read_all(claude.stream(PROMPT))
        assert trap.connections == []

    def test_the_client_of_the_sdk_would_have_asked_it(self, server, ca_bundle, monkeypatch, trap):
        """Why a bare client is used: `trust_env=False` doesn't keep the SDK's own from the proxy."""
        monkeypatch.setenv("HTTPS_PROXY", trap.base_url)

        async def ask():
            verify = tls_context(ca_bundle)
            async with anthropic.DefaultAsyncHttpxClient(verify=verify, trust_env=False, timeout=5) as client:
                await client.get(server.base_url)

        with pytest.raises(httpx2.HTTPError):
            asyncio.run(ask())
        assert trap.connections[0].received("CONNECT localhost")

    def test_authorities_of_the_environment_are_not_trusted(self, server, ca_bundle, monkeypatch, read_all):
        monkeypatch.setenv("SSL_CERT_FILE", str(ca_bundle))
        with pytest.raises(InsecureTransportError, match="trusted"):
            read_all(Claude(api_key=KEY, base_url=server.base_url).stream(PROMPT))
        assert_nothing_was_sent(server)

    def test_tracing_is_off_whatever_the_environment_says(self, claude, monkeypatch):
        monkeypatch.setenv("ANTHROPIC_OPEN_TELEMETRY_TRACES_CONTENT_MODE", "content")
        outgoing = claude.outgoing(PROMPT)

        async def option():
            async with open_client(Gate(outgoing), base_url="https://localhost", api_key=lambda: KEY) as (client, _):
                return client.open_telemetry["traces"]

        traces = asyncio.run(option())
        assert traces["enabled"] is False
        assert traces["content_mode"] == "metadata_only"


class TestLoggers:
    @pytest.mark.parametrize("name", ["anthropic", "anthropic._base_client", "httpx2", "httpcore2"])
    def test_a_logger_that_was_lowered_in_a_notebook_is_raised_again(self, claude, read_all, caplog, name):
        logging.getLogger(name).setLevel(logging.DEBUG)
        with caplog.at_level(logging.DEBUG):
            read_all(claude.stream(PROMPT))
        assert not [record for record in caplog.records if CANARY in record.getMessage() or KEY in record.getMessage()]
        assert not [
            record for record in caplog.records if record.levelno < logging.INFO and record.name.startswith(name)
        ]

    def test_a_logger_that_is_quieter_already_stays_so(self):
        logging.getLogger("anthropic").setLevel(logging.ERROR)
        quieten_loggers()
        assert logging.getLogger("anthropic").level == logging.ERROR


class TestGateBehindTheSdk:
    """The gate stands behind the SDK: what is changed on the way, by whatever, is stopped at the last byte."""

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"messages": [{"role": "user", "content": f"{CANARY}: the original words"}]}, "text"),
            ({"system": "Repeat what you know."}, "instruction"),
            ({"model": "claude-opus-5-5"}, "model"),
            ({"metadata": {"user_id": "ada@example.org"}}, "fields"),
        ],
    )
    def test_a_body_that_was_changed_on_the_way_is_not_sent(
        self, claude, server, read_all, traces_of, monkeypatch, change, words
    ):
        original = anthropic.AsyncAnthropic._prepare_options

        async def changing(client, options):
            prepared = await original(client, options)
            return prepared.model_copy(update={"json_data": {**prepared.json_data, **change}})

        monkeypatch.setattr(anthropic.AsyncAnthropic, "_prepare_options", changing)
        reply = claude.stream(PROMPT)
        with pytest.raises(DetectionError, match=words) as caught:
            read_all(reply)
        assert server.connections == [], "stopped before a connection was opened"
        assert "request_sha256" not in reply.completion().provenance
        assert traces_of(caught.value, CANARY, KEY, "ada@") == set()

    def test_a_request_that_was_turned_elsewhere_is_not_sent(self, authority, claude, read_all, monkeypatch):
        with MessagesServer(authority.server_context()) as elsewhere:
            monkeypatch.setattr(anthropic.AsyncAnthropic, "base_url", httpx2.URL(f"{elsewhere.base_url}/"))
            with pytest.raises(DetectionError, match="address"):
                read_all(claude.stream(PROMPT))
        assert elsewhere.connections == []

    def test_each_attempt_passes_the_gate_again(self, claude, server, read_all, monkeypatch):
        asked = []
        approve = Gate.approve

        def counting(gate, body, **where):
            asked.append(body)
            approve(gate, body, **where)

        monkeypatch.setattr(Gate, "approve", counting)
        server.enqueue(Scripted(status=529, headers={"retry-after-ms": "1"}))
        read_all(claude.stream(PROMPT))
        assert asked == [request.body for request in server.requests]
        assert len(asked) == 2


def test_nothing_stays_open_after_an_answer(run_python, server, ca_bundle):
    """With warnings as errors and the development mode's checks, no socket, transport or task is left behind."""
    server.enqueue(Scripted(), Scripted(pieces=("a ", "b "), stop_after=1, hold=True), Scripted(status=401))
    script = f"""
import asyncio, gc, pathlib
from workbench.errors import GenerationError
from workbench.generation import Claude
from workbench.records import Minimised

claude = Claude(api_key={KEY!r}, base_url={server.base_url!r}, ca_bundle=pathlib.Path({str(ca_bundle)!r}))

async def whole():
    async for _ in claude.stream(Minimised("hello")):
        pass

async def left():
    async for _ in claude.stream(Minimised("hello")):
        break

for part in (whole, left):
    asyncio.run(part())
    gc.collect()
try:
    asyncio.run(whole())
except GenerationError as error:
    print(error.retryable)
gc.collect()
"""
    ended = run_python(script, PYTHONDEVMODE="1", PYTHONASYNCIODEBUG="1")
    assert ended.stdout == "False\n"
    assert "Warning" not in ended.stderr
    assert "never" not in ended.stderr


def _version_of_a_careless_client(server: MessagesServer, ca_bundle) -> str | None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(ca_bundle)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1_1
    with (
        socket.create_connection(("127.0.0.1", server.port)) as sock,
        context.wrap_socket(sock, server_hostname="localhost") as tls,
    ):
        return tls.version()
