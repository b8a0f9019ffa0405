"""The server that the tests of Claude rely on, held against the SDK's own strict types."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import anthropic
import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from messages_server import MessagesServer, Scripted, wire

from workbench.generation.transport import tls_context

KEY = "sk-ant-test-k3y-canary"
MODEL = "claude-sonnet-5-5"
ASK = {"model": MODEL, "max_tokens": 99, "messages": [{"role": "user", "content": "Write to PERSON_1"}]}


@pytest.fixture
def client(server: MessagesServer, ca_bundle: Path) -> Iterator[anthropic.Anthropic]:
    """Yield the SDK's blocking client, which here refuses an answer that isn't of the type it expects."""
    with anthropic.Anthropic(
        api_key=KEY,
        base_url=server.base_url,
        max_retries=0,
        http_client=httpx2.Client(verify=tls_context(ca_bundle), trust_env=False),
        _strict_response_validation=True,
    ) as client:
        yield client


def test_a_message_is_of_the_type_that_the_sdk_expects(client):
    message = client.messages.create(**ASK)
    assert "Write to PERSON_1" in message.content[0].text
    assert message.stop_reason == "end_turn"
    assert message.usage.output_tokens == wire.tokens(message.content[0].text)


def test_a_stream_is_of_the_types_that_the_sdk_expects(client):
    with client.messages.stream(**ASK) as stream:
        events = [event.type for event in stream if event.type != "text"]
        message = stream.get_final_message()
    deltas = events.count("content_block_delta")
    expected = ["message_start", "content_block_start", *["content_block_delta"] * deltas, "content_block_stop"]
    assert events == [*expected, "message_delta", "message_stop"]
    assert deltas > 5
    assert message.content[0].text == client.messages.create(**ASK).content[0].text


def test_every_stream_has_a_ping_that_clients_must_bear(client):
    with client.messages.stream(**ASK) as stream:
        assert "event: ping" in stream.response.read().decode()


def test_tokens_are_counted(client):
    counted = client.messages.count_tokens(model=MODEL, messages=ASK["messages"])
    assert counted.input_tokens > 0


def test_models_are_listed_by_the_stage_of_their_life(client):
    assert next(iter(client.models.list(lifecycle=["active"]))).id == MODEL
    assert {info.lifecycle for info in client.models.list()} == {"active", "deprecated", "retired"}
    assert client.models.retrieve(MODEL).line == "sonnet"
    with pytest.raises(anthropic.NotFoundError):
        client.models.retrieve("claude-none")


def test_a_batch_goes_through_its_life(client):
    batches = client.messages.batches
    made = batches.create(requests=[{"custom_id": name, "params": ASK} for name in ("one", "two")])
    assert made.processing_status == "in_progress"
    ended = batches.retrieve(made.id)
    assert ended.processing_status == "ended"
    assert ended.request_counts.succeeded == 2
    results = list(batches.results(made.id))
    assert [result.custom_id for result in results] == ["two", "one"], "not in the order of the requests"
    assert "PERSON_1" in results[0].result.message.content[0].text
    assert [batch.id for batch in batches.list()] == [made.id]
    assert batches.delete(made.id).type == "message_batch_deleted"
    with pytest.raises(anthropic.NotFoundError):
        batches.retrieve(made.id)


def test_a_cancelled_batch_ends_without_answers(client):
    batches = client.messages.batches
    made = batches.create(requests=[{"custom_id": "one", "params": ASK}])
    assert batches.cancel(made.id).processing_status == "canceling"
    assert batches.retrieve(made.id).request_counts.canceled == 1
    assert [result.result.type for result in batches.results(made.id)] == ["canceled"]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, anthropic.BadRequestError),
        (401, anthropic.AuthenticationError),
        (403, anthropic.PermissionDeniedError),
        (404, anthropic.NotFoundError),
        (413, anthropic.ContentTooLargeError),
        (429, anthropic.RateLimitError),
        (500, anthropic.InternalServerError),
        (529, anthropic.OverloadedError),
    ],
)
def test_an_error_is_the_one_that_the_sdk_knows_by_that_status(client, server, status, error):
    server.enqueue(Scripted(status=status, error_message="no"))
    with pytest.raises(error) as caught:
        client.messages.create(**ASK)
    assert caught.value.type == wire.ERROR_TYPES[status]
    assert caught.value.request_id.startswith("req_")


def test_what_the_real_one_refuses_is_refused(client):
    for change in ({"extra_body": {"temperature": 0.5}}, {"extra_body": {"messages": None}}):
        with pytest.raises(anthropic.BadRequestError):
            client.messages.create(**ASK, **change)
    with pytest.raises(anthropic.NotFoundError):
        client.messages.create(**{**ASK, "model": "claude-none"})
    with pytest.raises(anthropic.AuthenticationError):
        client.messages.create(**ASK, extra_headers={"Authorization": anthropic.omit})


def test_the_queue_answers_in_order_and_by_path(client, server):
    server.enqueue(
        Scripted(text="first"),
        Scripted(path="/v1/messages/count_tokens", status=500),
        Scripted(text="second"),
    )
    texts = [client.messages.create(**ASK).content[0].text for _ in range(3)]
    assert texts[:2] == ["first", "second"]
    assert "PERSON_1" in texts[2]
    with pytest.raises(anthropic.InternalServerError):
        client.messages.count_tokens(model=MODEL, messages=ASK["messages"])


def test_every_byte_is_kept_before_and_after_decryption(client, server):
    client.messages.create(**ASK)
    (connection,) = server.connections
    assert bytes(connection.plaintext) == server.requests[0].raw
    assert connection.received("PERSON_1")
    assert b"PERSON_1" not in connection.raw
    assert connection.raw[:1] == b"\x16"


def test_it_runs_beside_another_process_and_stops_with_its_input():
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "messages_server"],
        cwd=Path(__file__).parents[1],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        address = json.loads(process.stdout.readline())
        process.stdin.write(json.dumps({"text": "said so"}) + "\n")
        process.stdin.flush()
        http_client = httpx2.Client(verify=tls_context(Path(address["ca_bundle"])), trust_env=False)
        with anthropic.Anthropic(api_key=KEY, base_url=address["base_url"], http_client=http_client) as client:
            texts = {client.messages.create(**ASK).content[0].text for _ in range(20)}
        _, errors = process.communicate(timeout=60)
    assert "said so" in texts
    assert errors == ""
    assert process.returncode == 0
    assert not Path(address["ca_bundle"]).exists()


@given(st.text())
def test_cutting_a_reply_into_words_loses_nothing(text):
    assert "".join(wire.words(text)) == text
