import secrets
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.crypto import new_key_pairs
from workbench.errors import IntegrityError
from workbench.identity.countersigning import check_countersignature, countersign
from workbench.identity.standing import first_standing
from workbench.storage import pack

STORE = bytes(range(16))
KEY_PAIRS = new_key_pairs()
PERMISSION, MESSAGE = "role:grant", b"what is to be done"


def check(signature, *, by=KEY_PAIRS.public, store=STORE, permission=PERMISSION, message=MESSAGE):
    check_countersignature(signature, by=by, store=store, permission=permission, message=message)


@given(st.text(), st.binary())
def test_an_approval_holds_for_exactly_what_was_approved(permission, message):
    """R05: it approves a digest."""
    signature = countersign(KEY_PAIRS, store=STORE, permission=permission, message=message)
    check(signature, permission=permission, message=message)
    for other in ({"permission": permission + "s"}, {"message": message + b"."}, {"store": bytes(16)}):
        with pytest.raises(IntegrityError):
            check(signature, **{"permission": permission, "message": message} | other)
    with pytest.raises(IntegrityError):
        check(signature, permission=permission, message=message, by=new_key_pairs().public)


@given(st.integers(0, 63), st.integers(1, 255))
def test_any_changed_byte_of_it_is_refused(at, change):
    signature = bytearray(countersign(KEY_PAIRS, store=STORE, permission=PERMISSION, message=MESSAGE))
    signature[at] ^= change
    with pytest.raises(IntegrityError):
        check(bytes(signature))


@given(st.binary(max_size=100) | st.none() | st.integers() | st.text() | st.lists(st.binary()))
def test_what_is_no_signature_is_refused(signature):
    with pytest.raises(IntegrityError):
        check(signature)


@pytest.mark.parametrize(
    "signed",
    [
        MESSAGE,
        sha256(MESSAGE).digest(),
        pack(PERMISSION, MESSAGE),
        b"JWB1 letter" + STORE + MESSAGE,
        b"JWB1 approval" + MESSAGE,
        first_standing(bytes(16), ("admin",), since=0).message(STORE),
        f"workbench/{STORE.hex()}\n1\n".encode(),
    ],
)
def test_a_signature_from_anywhere_else_is_no_approval(signed):
    """R05: nobody who signed a letter, a standing or a checkpoint has thereby approved anything."""
    with pytest.raises(IntegrityError):
        check(KEY_PAIRS.sign(signed), message=signed)
    with pytest.raises(IntegrityError):
        check(KEY_PAIRS.sign(signed))


def test_an_approval_is_no_signature_of_anything_else():
    """Who approves a standing hasn't granted it."""
    standing = first_standing(secrets.token_bytes(16), ("admin",), since=0)
    message = standing.message(STORE)
    signature = countersign(KEY_PAIRS, store=STORE, permission=PERMISSION, message=message)
    with pytest.raises(IntegrityError):
        KEY_PAIRS.public.verify(signature, message)
