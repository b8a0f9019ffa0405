from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.crypto import wrap, wrapped_place
from workbench.errors import IntegrityError
from workbench.identity import ROLES, SessionClock, SessionInfo, list_key, new_token, session_id_of
from workbench.storage import pack

STORE, ADA, EVE = (bytes((number,)) * 16 for number in (1, 2, 3))
KEY = bytes(range(32))
SESSION_ID = session_id_of(b"token" * 8)
MOMENT = datetime(2026, 11, 24, 12, tzinfo=UTC)
INFO = SessionInfo(SESSION_ID[:16].hex(), "a laptop", "0123456789abcdef", MOMENT, MOMENT + timedelta(minutes=5))
SEALED = INFO.sealed(KEY, store=STORE, account=ADA)
MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(9000, 1, 1)).map(  # noqa: DTZ001 - made UTC here
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)


def opened(sealed, key=KEY, *, session_id=SESSION_ID, store=STORE, account=ADA):
    return SessionInfo.opened(sealed, key, session_id=session_id, store=store, account=account)


@given(st.text(max_size=30), st.text(max_size=16), MOMENTS, MOMENTS)
def test_a_line_of_the_list_opens_as_it_was_sealed(device, device_id, first, last):
    """A19."""
    info = SessionInfo(SESSION_ID[:16].hex(), device, device_id, first, last)
    assert opened(info.sealed(KEY, store=STORE, account=ADA)) == info


@given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
def test_any_changed_byte_is_refused(at, change):
    changed = bytearray(SEALED)
    changed[at] ^= change
    with pytest.raises(IntegrityError):
        opened(bytes(changed))


@given(st.binary(max_size=120) | st.none() | st.integers() | st.text() | st.floats())
def test_what_is_no_line_is_refused(sealed):
    with pytest.raises(IntegrityError):
        opened(sealed)


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"key": bytes(32)},
        {"store": bytes(16)},
        {"account": EVE},
        {"session_id": bytes(32)},
        {"session_id": b"short"},
        {"session_id": 5},
        {"session_id": None},
    ],
)
def test_a_line_that_was_moved_is_refused(elsewhere):
    with pytest.raises(IntegrityError):
        opened(SEALED, **elsewhere)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        pack(),
        pack("a laptop", "", 0),
        pack("a laptop", "", "then", "now"),
        pack("a laptop", "", None, None),
        pack("a laptop", "", 2**62, 0),
        pack("a laptop", "", -(2**62), 0),
        pack("a laptop", "", float("inf"), float("nan")),
    ],
)
def test_a_line_of_another_form_is_refused(body):
    place = wrapped_place(b"session", store=STORE, owner=ADA, name=SESSION_ID[:16])
    with pytest.raises(IntegrityError):
        opened(wrap(body, under=KEY, place=place))


def test_a_token_is_256_random_bits_and_only_its_digest_goes_anywhere():
    """A18; ASVS 7.2.3, 7.2.4."""
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert {len(token) for token in tokens} == {32}
    for token in tokens:
        assert session_id_of(token) == sha256(b"JWB1 session" + token).digest()


def test_the_key_of_the_list_follows_from_the_one_that_no_rotation_changes():
    assert list_key(KEY) == list_key(KEY) != list_key(bytes(32))
    assert KEY not in list_key(KEY)


@pytest.mark.parametrize("role", ROLES)
def test_a_session_is_idle_after_half_an_hour_and_one_that_oversees_others_after_a_quarter(clocks, role):
    """A18."""
    clock = SessionClock(clocks, roles=(role,))
    expected = 15 * 60 if role in {"admin", "auditor", "privacy officer"} else 30 * 60
    assert clock.idle_left == expected
    clocks.wait(expected - 1)
    assert clock.idle_left == 1
    clock.touch()
    assert clock.idle_left == expected
    clocks.wait(expected)
    assert clock.idle_left == 0


def test_a_role_that_is_granted_meanwhile_shortens_the_wait(clocks):
    """A18."""
    clock = SessionClock(clocks, roles=("analyst",))
    clocks.wait(16 * 60)
    clock.follow(("analyst", "auditor"))
    assert clock.idle_left == -60
    clock.follow(("analyst",))
    assert clock.idle_left == 14 * 60


def test_a_session_ends_after_twelve_hours_however_much_it_is_used(clocks):
    """A18."""
    clock = SessionClock(clocks, roles=("owner",))
    for _ in range(12 * 60):
        assert clock.left > 0
        clocks.wait(60)
        clock.touch()
    assert clock.left == 0
    assert clock.idle_left == 30 * 60


def test_a_clock_that_is_set_back_gives_no_time(clocks):
    """A18."""
    clock = SessionClock(clocks, roles=("owner",))
    clocks.wall -= 24 * 3600
    clocks.steady += 30 * 60
    assert clock.idle_left == 0
    clock.touch()
    clocks.steady += 11.5 * 3600
    assert clock.left == 0


def test_a_clock_that_is_set_forward_ends_a_session_early_and_never_prolongs_one(clocks):
    """A18."""
    clock = SessionClock(clocks, roles=("owner",))
    clocks.wall += 3600
    assert clock.idle_left < 0
    clock.touch()
    clocks.wall -= 3600
    assert clock.idle_left == 30 * 60
    clocks.steady += 30 * 60
    assert clock.idle_left == 0


def test_sleep_counts(clocks):
    """A18: the clock that only goes on stands still while a laptop sleeps."""
    clock = SessionClock(clocks, roles=("owner",))
    clocks.wall += 30 * 60
    assert clock.idle_left == 0
    clocks.wall += 12 * 3600
    assert clock.left < 0


@pytest.mark.parametrize(
    ("first", "last", "run_out"),
    [(0, 0, False), (60, 31, False), (60, 32, True), (12 * 60, 0, False), (12 * 60 + 1, 0, True)],
)
def test_a_line_of_a_session_that_must_have_ended_has_run_out(first, last, run_out):
    """A19: its process may have died; minutes ago."""
    info = replace(INFO, first_seen=MOMENT - timedelta(minutes=first), last_seen=MOMENT - timedelta(minutes=last))
    assert info.has_run_out(MOMENT) == run_out
