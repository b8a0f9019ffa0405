import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from old_store import accounts, fields

from workbench.crypto import Kind
from workbench.errors import IntegrityError
from workbench.storage.upgrades.body_1 import converted

BODIES = [(kind, body) for person in accounts() for kind, bodies in person.bodies.items() for body in bodies.values()]
KINDS = (Kind.TURN, Kind.USAGE_EVENT, Kind.AUDIT_ENTRY)

leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
values = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)


@pytest.mark.parametrize(("kind", "body"), BODIES, ids=[f"{kind.name.lower()}" for kind, _ in BODIES])
def test_every_published_body_says_the_same_today(kind, body):
    assert fields(kind, converted(body, kind)) == json.loads(body)


def test_half_a_character_stays_half_a_character():
    body = next(body for kind, body in BODIES if kind is Kind.TURN)
    odd = json.dumps(json.loads(body) | {"text": "\ud83d and \udc00"}).encode("ascii")
    assert fields(Kind.TURN, converted(odd, Kind.TURN))["text"] == "\ud83d and \udc00"


@given(st.binary() | values.map(lambda value: json.dumps(value).encode()), st.sampled_from(KINDS))
def test_what_is_no_body_is_refused(body, kind):
    with pytest.raises(IntegrityError):
        converted(body, kind)


@given(st.sampled_from(BODIES), st.data())
def test_a_body_with_a_member_changed_is_converted_or_refused(published, data):
    kind, body = published
    members = json.loads(body)
    members[data.draw(st.sampled_from(sorted(members)))] = data.draw(values)
    with contextlib.suppress(IntegrityError):
        fields(kind, converted(json.dumps(members).encode(), kind))


@pytest.mark.parametrize("kind", KINDS)
def test_a_body_of_another_version_or_kind_is_refused(kind):
    body = next(json.loads(body) for found, body in BODIES if found is kind)
    for odd in ({**body, "body": 2}, {**body, "more": 1}, {name: body[name] for name in list(body)[1:]}):
        if kind is Kind.TURN and "more" in odd:
            continue  # a turn's reader takes what it knows
        with pytest.raises(IntegrityError):
            converted(json.dumps(odd).encode(), kind)
    for other in KINDS:
        if other is not kind:
            with pytest.raises(IntegrityError):
                converted(json.dumps(body).encode(), other)
