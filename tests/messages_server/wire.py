"""The shapes of the Messages API, version 2026-10-21, as anthropic 2.12.0 types them."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

Json = dict[str, Any]

ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}

MODELS = {
    "claude-sonnet-5-5": ("Claude Sonnet 5.5", "sonnet", "active"),
    "claude-haiku-5-5": ("Claude Haiku 5.5", "haiku", "active"),
    "claude-opus-5-5": ("Claude Opus 5.5", "opus", "active"),
    "claude-sonnet-4-5": ("Claude Sonnet 4.5", "sonnet", "deprecated"),
    "claude-sonnet-4-0": ("Claude Sonnet 4", "sonnet", "retired"),
}
"""Id → display name, line, lifecycle: enough of the catalogue for each stage of a model's life."""


def words(text: str) -> tuple[str, ...]:
    """Cut a text into words, each with the space after it; nothing is lost."""
    return tuple(re.findall(r"\s*\S+\s*?(?=\s|\Z)|\s+", text))


def echo(prompt: str) -> str:
    """Return the reply that the server gives by itself: it quotes the prompt, so that placeholders come back."""
    return f"You asked: {prompt}\nHere it is, line by line, for whoever asked."


def last_user_text(body: Json) -> str:
    """Return the text of the last user message, whether a string or a list of blocks."""
    content = next(message["content"] for message in reversed(body["messages"]) if message["role"] == "user")
    if isinstance(content, str):
        return content
    return "".join(block["text"] for block in content if block["type"] == "text")


def tokens(text: str) -> int:
    """Return a count that depends on the text alone: one token for each four bytes begun."""
    return -(-len(text.encode("utf-8", "replace")) // 4)


def input_tokens(body: Json) -> int:
    """Return the tokens of a request: its instruction and its messages."""
    contents = [message["content"] for message in body["messages"]]
    return tokens(json.dumps([body.get("system", ""), contents], ensure_ascii=False))


def usage(sent: int, received: int) -> Json:
    """Return a ``usage`` object."""
    return {
        "input_tokens": sent,
        "output_tokens": received,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "inference_geo": "global",
        "server_tool_use": None,
        "service_tier": "standard",
    }


def stop_details(stop_reason: str, category: str | None) -> Json | None:
    """Return why an answer was refused, or ``None`` where it wasn't."""
    if stop_reason != "refusal":
        return None
    return {"type": "refusal", "category": category, "explanation": None}


def message(number: int, *, model: str, text: str, sent: int, stop_reason: str, category: str | None = None) -> Json:
    """Return a whole message, as an answer without streaming."""
    return {
        "id": f"msg_{number:024d}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [{"type": "text", "text": text, "citations": None}],
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "stop_details": stop_details(stop_reason, category),
        "container": None,
        "diagnostics": None,
        "usage": usage(sent, tokens(text)),
    }


def event(name: str, **fields: Any) -> bytes:
    """Return one server-sent event (WHATWG HTML, section 9.2)."""
    data = json.dumps({"type": name, **fields}, ensure_ascii=False)
    return f"event: {name}\ndata: {data}\n\n".encode()


def opening_events(number: int, *, model: str, sent: int) -> Iterator[bytes]:
    """Yield the events before the first text."""
    empty = message(number, model=model, text="", sent=sent, stop_reason="end_turn")
    empty |= {"content": [], "stop_reason": None, "stop_details": None, "usage": usage(sent, 1)}
    yield event("message_start", message=empty)
    yield event("content_block_start", index=0, content_block={"type": "text", "text": ""})
    yield event("ping")


def text_event(piece: str) -> bytes:
    """Return one text delta."""
    return event("content_block_delta", index=0, delta={"type": "text_delta", "text": piece})


def closing_events(pieces: Iterable[str], *, stop_reason: str, category: str | None) -> Iterator[bytes]:
    """Yield the events after the last text."""
    delta = {"stop_reason": stop_reason, "stop_sequence": None, "stop_details": stop_details(stop_reason, category)}
    yield event("content_block_stop", index=0)
    yield event("message_delta", delta=delta, usage={"output_tokens": tokens("".join(pieces))})
    yield event("message_stop")


def error(status: int, text: str, *, request_id: str) -> Json:
    """Return an error's body."""
    kind = ERROR_TYPES.get(status, "api_error")
    return {"type": "error", "error": {"type": kind, "message": text, "details": None}, "request_id": request_id}


def model_info(name: str) -> Json:
    """Return what ``GET /v1/models/{id}`` says."""
    display_name, line, lifecycle = MODELS[name]
    return {
        "type": "model",
        "id": name,
        "display_name": display_name,
        "line": line,
        "lifecycle": lifecycle,
        "created_at": "2026-06-01T00:00:00Z",
        "deprecated_at": None if lifecycle == "active" else "2026-08-01T00:00:00Z",
        "retires_at": None if lifecycle == "active" else "2026-11-30T00:00:00Z",
        "max_input_tokens": 1_000_000,
        "max_tokens": 128_000,
        "capabilities": None,
    }
