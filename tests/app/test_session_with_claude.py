"""The whole slice against the Messages server: the real client, real TLS, every byte of the wire kept."""

import asyncio
import time

import pytest
from messages_server import Authority, MessagesServer, Scripted, running_server

from workbench.errors import GenerationError, InsecureTransportError

PROMPT = "A haiku for Wilhelmina Harker, mina.harker@example.org, card 4111 1111 1111 1111"
CANARIES = ("Wilhelmina", "Harker", "mina.harker@example.org", "4111 1111", "4111111111111111", "orchard lantern")
MODEL = "claude-sonnet-5-5"


@pytest.fixture
def trusted():
    with running_server() as running:
        yield running


def use(session, running):
    session.use(model=MODEL, api_key=lambda: "sk-ant-test-key", base_url=running.base_url, ca_bundle=running.ca_bundle)


def bytes_sent(server):
    return b"".join(connection.plaintext for connection in server.connections)


def test_no_canary_is_on_the_wire_and_the_reply_is_restored(session, trusted):
    use(session, trusted)
    pieces = ("For PERS", "ON_1, at ", "EMAIL_", "1: ", "rain.")
    trusted.server.enqueue(Scripted(pieces=pieces))

    async def read():
        return "".join([piece async for piece in session.stream(PROMPT, form="haiku")])

    assert asyncio.run(read()) == "For Wilhelmina Harker, at mina.harker@example.org: rain."
    sent = bytes_sent(trusted.server)
    assert b"PERSON_1" in sent
    assert not [canary for canary in CANARIES if canary.encode() in sent]
    (turn,) = session.history
    assert (turn.model, turn.outcome) == (MODEL, "complete")
    assert turn.usage.output_tokens > 0
    assert turn.manifest["request_sha256"]


def test_what_is_sent_is_what_the_preview_shows(session, trusted):
    use(session, trusted)
    preview = session.preview(PROMPT, form="haiku")
    assert trusted.server.connections == []
    session.ask(PROMPT, form="haiku")
    (request,) = trusted.server.requests
    body = request.json
    assert body["messages"] == [{"role": "user", "content": preview.text}]
    assert body["system"] == preview.outgoing.system
    assert request.headers["host"] == preview.outgoing.destination


def test_a_drop_in_the_middle_keeps_what_had_come(session, trusted):
    use(session, trusted)
    trusted.server.enqueue(Scripted(pieces=("The rain ", "for PERSON_1 ", "never"), reset=True, stop_after=2))
    with pytest.raises(GenerationError) as raised:
        session.ask(PROMPT)
    assert raised.value.retryable
    (turn,) = session.history
    assert (turn.outcome, turn.text, turn.usage.is_estimated) == ("failed", "The rain for Wilhelmina Harker ", True)


def test_stopping_closes_the_connection_and_keeps_what_had_come(session, trusted):
    use(session, trusted)
    trusted.server.enqueue(Scripted(pieces=("The rain ", "for PERSON_1"), hold=True, stop_after=2))

    async def read_and_stop():
        stream, pieces = session.stream(PROMPT), []

        async def read():
            async for piece in stream:
                pieces.append(piece)  # noqa: PERF401 - each as it comes

        task = asyncio.create_task(read())
        while not pieces:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return stream.turn

    turn = asyncio.run(read_and_stop())
    assert turn.outcome == "stopped"
    assert turn.text.startswith("The rain ")
    (connection,) = trusted.server.connections
    for _ in range(500):
        if connection.client_left.is_set():
            break
        time.sleep(0.01)
    assert connection.client_left.is_set()


def test_an_untrusted_server_gets_nothing_and_the_prompt_is_kept_with_its_failure(session, trusted):
    with MessagesServer(Authority().server_context()) as stranger:
        session.use(model=MODEL, api_key="sk-ant-x", base_url=stranger.base_url, ca_bundle=trusted.ca_bundle)
        with pytest.raises(InsecureTransportError):
            session.ask(PROMPT)
        assert bytes_sent(stranger) == b""
    (turn,) = session.history
    assert (turn.outcome, turn.text) == ("failed", "")


def test_plain_http_is_refused_before_it_is_chosen(session):
    with pytest.raises(InsecureTransportError):
        session.use(model=MODEL, base_url="http://127.0.0.1:1")
    assert session.model.name == "offline-poet"


def test_a_key_never_reaches_the_store_or_a_representation(session, bench, trusted):
    use(session, trusted)
    session.ask("rain")
    assert "sk-ant" not in repr(session.model) + repr(session)
    stored = b"".join(file.read_bytes() for file in bench.path.parent.iterdir())
    assert b"sk-ant" not in stored
