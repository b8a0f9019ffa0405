"""The last gate: only the approved bytes pass."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import DetectionError
from workbench.generation.gate import Gate
from workbench.records import Minimised, Outgoing

TEXT = "A haiku for PERSON_1"
APPROVED = Outgoing(destination="api.example", model="claude-x", system="Write.", text=Minimised(TEXT))
FIELDS = {
    "model": "claude-x",
    "max_tokens": 9,
    "system": "Write.",
    "messages": [{"role": "user", "content": TEXT}],
    "stream": True,
}
WHERE = {"scheme": "https", "destination": "api.example"}


def body(**change):
    return json.dumps({**FIELDS, **change}, ensure_ascii=False).encode()


def test_the_approved_text_passes_as_often_as_it_must_and_leaves_its_digest():
    gate = Gate(APPROVED)
    assert gate.request_sha256 is None
    for _ in range(3):
        gate.approve(body(), **WHERE)
    assert gate.request_sha256 == hashlib.sha256(body()).hexdigest()


def test_the_counting_of_tokens_needs_fewer_fields():
    fields = {name: FIELDS[name] for name in ("model", "system", "messages")}
    Gate(APPROVED).approve(json.dumps(fields).encode(), **WHERE)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (body(model="claude-y"), "model"),
        (body(system="Write!"), "instruction"),
        (body(system=None), "instruction"),
        (body(messages=[]), "text"),
        (body(messages=[{"role": "user", "content": TEXT + " "}]), "text"),
        (body(messages=[{"role": "user", "content": TEXT.replace("PERSON_1", "Mary")}]), "text"),
        (body(messages=[{"role": "assistant", "content": TEXT}]), "text"),
        (body(messages=[{"role": "user", "content": [{"type": "text", "text": TEXT}]}]), "text"),
        (body(messages=[{"role": "user", "content": TEXT, "name": "Mary"}]), "text"),
        (body(messages=[*FIELDS["messages"], {"role": "user", "content": "and Mary"}]), "text"),
        (body(metadata={"user_id": "mary@example.org"}), "fields"),
        (body(tools=[]), "fields"),
        (body()[:-1] + b', "messages": []}', "read"),
        (b'{"system": "Mary", ' + body()[1:], "read"),
        (b'{"messages": [{"content": "Mary", ' + b'"role": "user", "content": "x"}]}', "read"),
        (b"[]", "read"),
        (b"", "read"),
        (b"Mary", "read"),
        (body() + b" Mary", "read"),
        (b"[" * 100_000, "read"),
        (body().decode().encode("utf-16"), "read"),
    ],
)
def test_whatever_differs_is_refused_and_not_quoted(changed, words):
    gate = Gate(APPROVED)
    with pytest.raises(DetectionError, match=words) as caught:
        gate.approve(changed, **WHERE)
    assert gate.request_sha256 is None
    assert "Mary" not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("where", [{"scheme": "http"}, {"destination": "api.example.org"}, {"destination": ""}])
def test_another_address_is_refused(where):
    with pytest.raises(DetectionError, match="address"):
        Gate(APPROVED).approve(body(), **{**WHERE, **where})


@given(text=st.text())
def test_any_other_text_is_refused(text):
    gate = Gate(APPROVED)
    changed = json.dumps({**FIELDS, "messages": [{"role": "user", "content": text}]}).encode()
    if text == TEXT:
        gate.approve(changed, **WHERE)
    else:
        with pytest.raises(DetectionError):
            gate.approve(changed, **WHERE)


@given(data=st.data())
def test_no_changed_byte_of_the_text_passes(data):
    whole = body()
    start = whole.index(TEXT.encode())
    place = data.draw(st.integers(start, start + len(TEXT) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != whole[place]))
    changed = whole[:place] + bytes([byte]) + whole[place + 1 :]
    with pytest.raises(DetectionError):
        Gate(APPROVED).approve(changed, **WHERE)


def test_its_representation_tells_nothing():
    gate = Gate(APPROVED)
    assert repr(gate) == "Gate(shut)"
    gate.approve(body(), **WHERE)
    assert repr(gate) == "Gate(passed)"
