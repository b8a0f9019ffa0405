from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.crypto import new_key_pairs
from workbench.errors import IntegrityError, PermissionDeniedError
from workbench.identity import ROLES, Standing
from workbench.identity.countersigning import countersign
from workbench.identity.standing import NUMBERS, check_granted, first_standing
from workbench.storage import pack

STORE = bytes(range(16))
WORLD = {
    "ada": ("owner",),
    "rita": ("researcher",),
    "ed": ("educator",),
    "sam": ("student",),
    "otto": ("auditor",),
    "petra": ("privacy officer",),
    "adam": ("admin",),
    "eve": ("admin",),
    "nobody": (),
}
IDS = {name: bytes((number,)) * 16 for number, name in enumerate(WORLD, start=1)}
NAMES = {account_id: name for name, account_id in IDS.items()}
KEYS = {name: new_key_pairs() for name in WORLD}


def keys_of(account_id):
    if account_id not in NAMES:
        raise IntegrityError("An account is gone: a row was removed.")
    return KEYS[NAMES[account_id]].public


def roles_of(account_id):
    return WORLD[NAMES[account_id]] if account_id in NAMES else ()


def change(subject, roles, *, by, approver=None, is_active=True, serial=2, store=STORE):
    """Return a signed change, and approved if anybody is named."""
    standing = Standing(IDS[subject], serial, roles, is_active, 1_795_000_000, IDS[by])
    standing = standing.signed(KEYS[by], store=store)
    if approver is None:
        return standing
    message = standing.message(store)
    signature = countersign(KEYS[approver], store=store, permission="role:grant", message=message)
    return standing.countersigned(signature, approver=IDS[approver])


def check(standing, *, before=("researcher",), was_active=True):
    state = replace(first_standing(standing.account_id, before, since=0), is_active=was_active)
    check_granted(standing, store=STORE, before=state, keys_of=keys_of, roles_of=roles_of)


IDENTIFIERS = st.binary(min_size=16, max_size=16)
STANDINGS = st.builds(
    Standing,
    IDENTIFIERS,
    st.integers(1, 2**63 - 1),
    st.lists(st.sampled_from(ROLES), unique=True).map(tuple),
    st.booleans(),
    st.integers(0, 2**63 - 1),
    IDENTIFIERS,
    IDENTIFIERS.filter(any),
    st.binary(min_size=128, max_size=128),
)
PACKED = change("rita", ("researcher", "analyst"), by="adam", approver="eve").packed


@given(STANDINGS)
def test_a_standing_is_what_it_was_packed_of(standing):
    assert Standing.unpacked(standing.packed) == standing
    bare = Standing.of_message(standing.message(STORE))
    assert bare.message(STORE) == standing.message(STORE)
    assert not bare.is_approved


@given(st.binary(max_size=300) | st.none() | st.integers() | st.text() | st.floats() | st.booleans())
def test_what_is_no_standing_is_refused(packed):
    with pytest.raises(IntegrityError):
        Standing.unpacked(packed)


THINGS = st.recursive(st.none() | st.integers(0, 9) | IDENTIFIERS | st.text(max_size=4) | st.floats(), st.lists)


@given(THINGS, st.integers(0, 5), st.integers(0, 2))
def test_whatever_stands_in_any_place_is_refused_or_read_to_the_byte(thing, inner, outer):
    """No other exception, and no two ways to write one standing."""
    members = [IDS["rita"], 1, [1], True, 0, IDS["rita"]]
    members[inner] = thing
    parts = [pack(*members), bytes(16), bytes(128)]
    other = [pack(IDS["rita"], 1, [1], True, 0, IDS["rita"]), bytes(16), bytes(128)]  # noqa: FBT003 - a member
    other[outer] = thing
    for packed in (pack(thing), pack(*parts), pack(*other)):
        try:
            standing = Standing.unpacked(packed)
        except IntegrityError:
            continue
        assert standing.packed == packed


def test_a_standing_of_another_version_or_with_more_members_is_refused():
    for body in (bytes((0x91, 3)), PACKED[:1] + b"\x03" + PACKED[2:], PACKED + b"\xc0"):
        with pytest.raises(IntegrityError):
            Standing.unpacked(body)


@given(st.integers(0, len(PACKED) - 1), st.integers(1, 255))
def test_any_changed_byte_is_refused(at, change):
    """R01, R05: it can't be read, or a signature doesn't hold, or its granter may not."""
    packed = bytearray(PACKED)
    packed[at] ^= change
    with pytest.raises((IntegrityError, PermissionDeniedError)):
        check(Standing.unpacked(bytes(packed)))


@pytest.mark.parametrize("message", [b"", b"JWB1 standing", b"JWB1 standing" + STORE, b"JWB1 approval" + bytes(99)])
def test_a_message_of_another_kind_is_refused(message):
    with pytest.raises(IntegrityError):
        Standing.of_message(message)


def test_the_numbers_of_roles_are_for_ever():
    assert NUMBERS == {
        "owner": 1,
        "researcher": 2,
        "analyst": 3,
        "educator": 4,
        "student": 5,
        "auditor": 6,
        "privacy officer": 7,
        "admin": 8,
    }


ALLOWED = {
    "an admin grants a role": change("rita", ("researcher", "analyst"), by="adam"),
    "an admin takes a role": change("rita", (), by="adam"),
    "an admin disables": change("rita", ("researcher",), by="adam", is_active=False),
    "an educator makes a student": change("rita", ("researcher", "student"), by="ed"),
    "a second admin approves": change("rita", ("researcher", "auditor"), by="adam", approver="eve"),
    "a privacy officer approves": change("rita", ("researcher", "auditor"), by="adam", approver="petra"),
    "an owner needs nobody": change("rita", ("researcher", "auditor"), by="ada"),
    "who disables waits for nobody": change("rita", ("researcher", "auditor"), by="adam", is_active=False),
}
REFUSED = {
    "an admin alone grants a privileged role": change("rita", ("researcher", "auditor"), by="adam"),
    "an admin alone grants all of them": change("rita", ("owner",), by="adam"),
    "somebody grants to themselves": change("adam", ("admin", "analyst"), by="adam"),
    "an owner grants to themselves": change("ada", ("owner", "analyst"), by="ada"),
    "who asks approves": change("rita", ("researcher", "auditor"), by="adam", approver="adam"),
    "who receives approves": change("petra", ("privacy officer", "analyst"), by="adam", approver="petra"),
    "an auditor approves": change("rita", ("researcher", "auditor"), by="adam", approver="otto"),
    "a researcher grants": change("sam", ("student", "analyst"), by="rita"),
    "a student grants": change("rita", ("student",), by="sam"),
    "a privacy officer grants": change("rita", ("researcher", "analyst"), by="petra"),
    "an auditor grants": change("rita", ("analyst",), by="otto"),
    "an account without roles grants": change("rita", ("analyst",), by="nobody"),
    "an educator makes an analyst": change("rita", ("researcher", "analyst"), by="ed"),
    "an educator takes another role": change("rita", (), by="ed"),
    "an educator disables a researcher": change("rita", ("researcher",), by="ed", is_active=False),
    "an educator disables whom they make a student": change(
        "rita", ("researcher", "student"), by="ed", is_active=False
    ),
    "duties are not kept apart": change("rita", ("researcher", "admin"), by="adam", approver="eve"),
}


@pytest.mark.parametrize("sentence", ALLOWED)
def test_who_may_may(sentence):
    """R04, R05."""
    check(ALLOWED[sentence])


@pytest.mark.parametrize("sentence", REFUSED)
def test_who_may_not_may_not(sentence):
    """R04, R05: approver ≠ requester ≠ sole subject."""
    with pytest.raises(PermissionDeniedError):
        check(REFUSED[sentence])


def test_an_educator_disables_and_enables_a_student():
    """R01: of scope class."""
    disabled = change("sam", ("student",), by="ed", is_active=False)
    check(disabled, before=("student",))
    check(replace(disabled, is_active=True).signed(KEYS["ed"], store=STORE), before=("student",), was_active=False)


def test_enabling_a_privileged_account_takes_two():
    """R05: else who disabled it could bring it back alone."""
    alone = change("otto", ("auditor",), by="adam")
    with pytest.raises(PermissionDeniedError):
        check(alone, before=("auditor",), was_active=False)
    check(change("otto", ("auditor",), by="adam", approver="eve"), before=("auditor",), was_active=False)


@pytest.mark.parametrize("before", [(), ("researcher",), ("researcher", "auditor")])
def test_whether_two_are_needed_does_not_depend_on_what_the_account_has_seen(before):
    """R05: an account that was away reads the last change only, and that stands for all before it."""
    check(change("rita", ("researcher", "auditor"), by="adam", approver="eve", serial=5), before=before)
    with pytest.raises(PermissionDeniedError):
        check(change("rita", ("researcher", "auditor"), by="adam", serial=5), before=before)


def test_a_signature_in_anothers_name_is_refused():
    forged = replace(change("rita", ("analyst",), by="rita"), granter=IDS["adam"])
    with pytest.raises(IntegrityError):
        check(forged)
    with pytest.raises(IntegrityError):
        check(forged.signed(KEYS["rita"], store=STORE))


def test_an_approval_in_anothers_name_or_of_another_change_is_refused():
    """R05."""
    approved = change("rita", ("researcher", "auditor"), by="adam", approver="eve")
    with pytest.raises(IntegrityError):
        check(replace(approved, approver=IDS["petra"]))
    other = change("rita", ("researcher", "privacy officer"), by="adam")
    with pytest.raises(IntegrityError):
        check(other.countersigned(approved.signatures[64:], approver=IDS["eve"]))
    granted = other.countersigned(KEYS["eve"].sign(other.message(STORE)), approver=IDS["eve"])
    with pytest.raises(IntegrityError):
        check(granted)


def test_a_standing_of_another_store_is_refused():
    with pytest.raises(IntegrityError):
        check(change("rita", ("analyst",), by="adam", store=bytes(16)))


def test_an_unknown_granter_or_approver_is_refused():
    granted = change("rita", ("researcher", "auditor"), by="adam", approver="eve")
    for unknown in ({"granter": bytes((99,)) * 16}, {"approver": bytes((99,)) * 16}):
        with pytest.raises(IntegrityError):
            check(replace(granted, **unknown))


def test_no_approval_can_be_left_over_without_an_approver():
    approved = change("rita", ("researcher", "analyst"), by="adam", approver="eve")
    with pytest.raises(IntegrityError):
        Standing.unpacked(replace(approved, approver=bytes(16)).packed)
