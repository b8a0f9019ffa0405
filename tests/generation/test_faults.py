"""What goes wrong before an answer begins: statuses, retries, unreachable servers; no word of what was sent."""

import socket
import warnings

import anthropic
import httpx2
import pytest
from messages_server import Scripted

from workbench.errors import GenerationError
from workbench.generation import Claude, transport
from workbench.generation.models import DEFAULT_MODEL
from workbench.generation.transport import tls_context
from workbench.records import Minimised

KEY = "sk-ant-test-k3y-canary"
CANARY = "Zanzibar-Canary"
PROMPT = Minimised(f"A haiku for PERSON_1 on {CANARY}")
SOON = {"retry-after-ms": "1"}


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "can't read the request"),
        (401, "API key"),
        (402, "can't pay"),
        (403, "isn't allowed"),
        (404, "doesn't know this model"),
        (413, "longer"),
        (418, "status 418"),
    ],
)
def test_a_refused_request_is_not_sent_again_and_not_quoted(claude, server, read_all, traces_of, status, words):
    server.enqueue(Scripted(status=status, error_message=f"{CANARY} {KEY}"))
    with pytest.raises(GenerationError, match=words) as caught:
        read_all(claude.stream(PROMPT))
    assert not caught.value.retryable
    assert len(server.requests) == 1
    assert traces_of(caught.value, CANARY, KEY) == set()


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503, 529])
def test_a_busy_server_is_asked_three_times_then_it_is_an_error(claude, server, read_all, traces_of, status):
    server.enqueue(*[Scripted(status=status, headers=SOON, error_message=CANARY)] * 4)
    reply = claude.stream(PROMPT)
    with pytest.raises(GenerationError) as caught:
        read_all(reply)
    assert caught.value.retryable
    assert len(server.requests) == 3
    assert len({request.body for request in server.requests}) == 1, "each attempt passed the gate with the same bytes"
    assert reply.completion().usage.is_estimated
    assert traces_of(caught.value, CANARY, KEY) == set()


def test_an_answer_on_the_second_attempt_is_an_answer(claude, server, read_all):
    server.enqueue(Scripted(status=529, headers=SOON), Scripted(text="Winter rain"))
    assert "".join(read_all(claude.stream(PROMPT))) == "Winter rain"


def test_a_connection_that_breaks_before_the_answer_is_tried_again(claude, server, read_all):
    server.enqueue(Scripted(reset=True), Scripted(text="Winter rain"))
    assert "".join(read_all(claude.stream(PROMPT))) == "Winter rain"
    assert len(server.requests) == 2


def test_a_long_wait_is_told_to_the_person_instead_of_waited(claude, server, read_all):
    server.enqueue(Scripted(status=429, headers={"retry-after": "86400"}))
    with pytest.raises(GenerationError, match="86400 seconds") as caught:
        read_all(claude.stream(PROMPT))
    assert caught.value.retryable
    assert len(server.requests) == 1


def test_a_date_to_wait_for_is_not_waited_for(claude, server, read_all):
    far = {"retry-after": "Fri, 31 Dec 2999 23:59:59 GMT"}
    server.enqueue(Scripted(status=529, headers=far), Scripted(text="Winter rain"))
    assert "".join(read_all(claude.stream(PROMPT))) == "Winter rain"


def test_a_retired_model_is_answered_with_the_name_of_a_current_one(server, ca_bundle, read_all):
    claude = Claude("claude-sonnet-4-0", api_key=KEY, base_url=server.base_url, ca_bundle=ca_bundle)
    with warnings.catch_warnings(), pytest.raises(GenerationError, match="retired") as caught:
        warnings.simplefilter("ignore", DeprecationWarning)  # the SDK warns of it or not, by its version
        read_all(claude.stream(PROMPT))
    assert DEFAULT_MODEL in caught.value.remedy
    assert not caught.value.retryable


def test_a_server_that_is_not_there_is_an_error_that_may_pass(ca_bundle, read_all, traces_of):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    claude = Claude(api_key=KEY, base_url=f"https://localhost:{port}", ca_bundle=ca_bundle)
    with pytest.raises(GenerationError, match="can't be reached") as caught:
        read_all(claude.stream(PROMPT))
    assert caught.value.retryable
    assert traces_of(caught.value, CANARY, KEY) == set()


@pytest.mark.parametrize(
    "slow",
    [Scripted(pieces=("Winter ", "rain"), stop_after=1, hold=True), Scripted(start_delay=0.4)],
    ids=["in the middle", "before the answer"],
)
def test_a_silent_server_is_not_waited_for_without_end(claude, server, read_all, monkeypatch, traces_of, slow):
    monkeypatch.setattr(transport, "TIMEOUT", httpx2.Timeout(5.0, read=0.1))
    monkeypatch.setattr(transport, "MAX_RETRIES", 0)
    server.enqueue(slow)
    with pytest.raises(GenerationError, match="in time") as caught:
        read_all(claude.stream(PROMPT))
    assert caught.value.retryable
    assert traces_of(caught.value, CANARY, KEY, "Winter") == set()


def test_a_slow_server_is_waited_for(claude, server, read_all):
    server.enqueue(Scripted(text="Winter rain", start_delay=0.2, piece_delay=0.05))
    assert "".join(read_all(claude.stream(PROMPT))) == "Winter rain"


def test_the_search_for_leaks_would_find_them_in_the_error_of_the_sdk(server, ca_bundle, traces_of):
    """What the other tests rely on: the SDK's own error does hold the prompt, the key and the answer."""
    server.enqueue(Scripted(status=400, error_message="answer-canary"))
    http_client = httpx2.Client(verify=tls_context(ca_bundle), trust_env=False)
    with (
        anthropic.Anthropic(api_key=KEY, base_url=server.base_url, http_client=http_client) as client,
        pytest.raises(anthropic.BadRequestError) as caught,
    ):
        client.messages.create(model="m", max_tokens=9, messages=[{"role": "user", "content": CANARY}])
    assert traces_of(caught.value, CANARY, "answer-canary") == {CANARY, "answer-canary"}
