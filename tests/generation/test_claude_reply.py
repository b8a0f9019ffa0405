"""An answer that doesn't end as it should: stopped by its reader, broken off, garbled, or split in odd places."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from messages_server import Scripted, running_server

from workbench.errors import GenerationError
from workbench.generation import Claude
from workbench.records import Minimised

KEY = "sk-ant-test-k3y-canary"
CANARY = "Zanzibar-Canary"
PROMPT = Minimised(f"A haiku for PERSON_1 on {CANARY}")
LONG_WAIT = 20
"""Seconds that a test waits for the other side before it fails; it never waits so long when all is well."""

encodable = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def read_until_fault(claude, server, *scripted):
    """Read an answer to its fault; return the pieces, the completion and the fault."""
    server.enqueue(*scripted)
    reply = claude.stream(PROMPT)
    pieces = []

    async def read():
        async for piece in reply:
            pieces.append(piece)  # noqa: PERF401 - what came before the fault must be kept

    with pytest.raises(GenerationError) as caught:
        asyncio.run(read())
    return pieces, reply.completion(), caught.value


def test_a_cancelled_answer_closes_the_connection_and_keeps_what_came(claude, server):
    server.enqueue(Scripted(pieces=("Winter ", "rain ", "falls"), stop_after=2, hold=True))
    reply = claude.stream(PROMPT)

    async def read_and_cancel():
        two = asyncio.Event()
        pieces = []

        async def read():
            async for piece in reply:
                pieces.append(piece)
                if len(pieces) == 2:
                    two.set()

        task = asyncio.create_task(read())
        await two.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await asyncio.to_thread(server.connections[0].client_left.wait, LONG_WAIT)

    assert asyncio.run(read_and_cancel())
    completion = reply.completion()
    assert completion.text == "Winter rain "
    assert completion.stop_reason is None
    assert completion.usage.is_estimated
    assert completion.usage.input_tokens > 0
    assert completion.usage.output_tokens >= 4
    assert completion.provenance["request_sha256"]


def test_closing_the_iterator_closes_the_connection(claude, server):
    server.enqueue(Scripted(pieces=("Winter ", "rain"), stop_after=1, hold=True))

    async def read_one():
        pieces = aiter(claude.stream(PROMPT))
        await anext(pieces)
        await pieces.aclose()
        return await asyncio.to_thread(server.connections[0].client_left.wait, LONG_WAIT)

    assert asyncio.run(read_one())


def test_leaving_the_loop_closes_the_connection(claude, server):
    server.enqueue(Scripted(pieces=("Winter ", "rain"), stop_after=1, hold=True))

    async def read_one():
        async for _ in claude.stream(PROMPT):
            break
        return await asyncio.to_thread(server.connections[0].client_left.wait, LONG_WAIT)

    assert asyncio.run(read_one())


def test_a_dropped_connection_keeps_what_came_and_may_be_tried_again(claude, server, traces_of):
    pieces, completion, fault = read_until_fault(
        claude, server, Scripted(pieces=("Winter ", "rain ", "falls"), stop_after=2, reset=True)
    )
    assert pieces == ["Winter ", "rain "]
    assert completion.text == "Winter rain "
    assert completion.stop_reason is None
    assert completion.usage.is_estimated
    assert fault.retryable
    assert len(server.requests) == 1, "an answer that has begun is never asked for again"
    assert traces_of(fault, CANARY, KEY, "Winter") == set()


def test_a_stream_that_ends_in_order_but_too_early_is_not_taken_for_whole(claude, server):
    pieces, completion, fault = read_until_fault(
        claude, server, Scripted(pieces=("Winter ", "rain"), stop_after=1, cut=True)
    )
    assert pieces == ["Winter "]
    assert completion.stop_reason is None
    assert fault.retryable


@pytest.mark.parametrize(
    ("kind", "is_retryable", "words"),
    [
        ("overloaded_error", True, "overloaded"),
        ("rate_limit_error", True, "rate limit"),
        ("api_error", True, "fault of its own"),
        ("timeout_error", True, "fault of its own"),
        ("invalid_request_error", False, "can't read the request"),
        ("permission_error", False, "isn't allowed"),
        (f"{CANARY}_error", True, "fault of its own"),
    ],
)
def test_an_error_event_ends_the_answer_with_its_kind(claude, server, traces_of, kind, is_retryable, words):
    scripted = Scripted(pieces=("Winter ", "rain"), stop_after=1, event_error=kind, error_message=f"{CANARY} {KEY}")
    pieces, completion, fault = read_until_fault(claude, server, scripted)
    assert pieces == ["Winter "]
    assert completion.text == "Winter "
    assert words in str(fault)
    assert fault.retryable is is_retryable
    assert traces_of(fault, CANARY, KEY, "Winter") == set()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\n\n\n",
        b"no stream at all",
        b"event: message_start\ndata: {not json\n\n",
        b"event: message_start\ndata: [1, 2]\n\n",
        b'event: message_start\ndata: {"type": "message_start"}\n\n',
        b"event: message_start\ndata: \xff\xfe\n\n",
        b'event: message_stop\ndata: {"type": "message_stop"}\n\n',
        b'event: message_start\ndata: {"type": "message_start", "message": {"content": []}}\n\n',
        b'event: content_block_delta\ndata: {"type": "content_block_delta", "index": 9}\n\n',
        b"<html>captive portal: " + CANARY.encode() + b"</html>",
    ],
)
def test_a_garbled_stream_is_an_error_and_not_an_answer(claude, server, traces_of, body):
    pieces, completion, fault = read_until_fault(claude, server, Scripted(body=body))
    assert pieces == []
    assert completion.stop_reason is None
    assert fault.retryable
    assert traces_of(fault, CANARY, KEY) == set()


@given(body=st.binary(max_size=200))
@settings(max_examples=25, deadline=None)
def test_no_stream_of_bytes_makes_anything_but_an_error_of_ours(body):
    with running_server() as running:
        claude = Claude(api_key=KEY, base_url=running.base_url, ca_bundle=running.ca_bundle)
        _, completion, _ = read_until_fault(claude, running.server, Scripted(body=body))
        assert completion.stop_reason is None


@given(pieces=st.lists(encodable, min_size=1, max_size=5), write_size=st.integers(1, 7))
@settings(max_examples=25, deadline=None)
def test_any_text_arrives_whole_however_its_bytes_are_split(pieces, write_size):
    with running_server() as running:
        claude = Claude(api_key=KEY, base_url=running.base_url, ca_bundle=running.ca_bundle)
        running.server.enqueue(Scripted(pieces=tuple(pieces), write_size=write_size))
        reply = claude.stream(PROMPT)

        async def read():
            return [piece async for piece in reply]

        assert "".join(asyncio.run(read())) == "".join(pieces)
        assert reply.completion().stop_reason == "end_turn"


@given(text=encodable)
@settings(max_examples=25, deadline=None)
def test_any_minimised_text_passes_the_gate_and_arrives_as_it_was(text):
    with running_server() as running:
        claude = Claude(api_key=KEY, base_url=running.base_url, ca_bundle=running.ca_bundle)
        reply = claude.stream(Minimised(text))

        async def read():
            return [piece async for piece in reply]

        assert text in "".join(asyncio.run(read()))
        assert running.server.requests[0].json["messages"][0]["content"] == text


def test_half_a_surrogate_pair_in_an_answer_becomes_a_character_that_can_be_sealed(claude, server, read_all):
    delta = b'{"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "a\\ud83db"}}'
    message = (
        b'{"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant", "model": "m",'
        b' "content": [], "stop_reason": null, "usage": {"input_tokens": 3, "output_tokens": 1}}}'
    )
    block = b'{"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}'
    ended = b'{"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}}'
    events = (
        (b"message_start", message),
        (b"content_block_start", block),
        (b"content_block_delta", delta),
        (b"message_delta", ended),
        (b"message_stop", b'{"type": "message_stop"}'),
    )
    server.enqueue(Scripted(body=b"".join(b"event: %s\ndata: %s\n\n" % event for event in events)))
    (piece,) = read_all(claude.stream(PROMPT))
    assert piece.encode() == "a\N{REPLACEMENT CHARACTER}b".encode()


def test_a_prompt_that_cannot_be_encoded_is_an_error_without_its_text(claude, server, read_all, traces_of):
    with pytest.raises(GenerationError) as caught:
        read_all(claude.stream(Minimised(f"{CANARY} \ud83d")))
    assert traces_of(caught.value, CANARY) == set()
    assert not [connection for connection in server.connections if connection.plaintext]
