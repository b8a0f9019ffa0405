import dataclasses
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.crypto import Letter, Topic, new_key_pairs, open_letter, seal_letter
from workbench.errors import IntegrityError

STORE, ADA, EVE = (bytes((number,)) * 16 for number in (1, 2, 3))
KEYS = {ADA: new_key_pairs(), EVE: new_key_pairs()}
LETTER = Letter(bytes(range(16)), ADA, EVE, Topic.NOTICE, 1_795_000_000, b"the roles were changed")


def keys_of(account_id):
    if account_id not in KEYS:
        raise IntegrityError("An account is gone: a row was removed.")
    return KEYS[account_id].public


def seal(letter=LETTER, *, store=STORE, sender=ADA, recipient=EVE):
    return seal_letter(letter, store=store, sender=KEYS[sender], recipient=KEYS[recipient].public)


def open_(sealed, *, store=STORE, letter_id=LETTER.letter_id, recipient_id=EVE, recipient=EVE):
    return open_letter(
        sealed,
        store=store,
        letter_id=letter_id,
        recipient_id=recipient_id,
        recipient=KEYS[recipient],
        keys_of=keys_of,
    )


SEALED = seal()


@given(st.binary(max_size=300), st.sampled_from(Topic), st.integers(0, 2**64 - 1), st.binary(min_size=16, max_size=16))
def test_a_letter_opens_as_it_was_written(body, topic, sent, letter_id):
    letter = Letter(letter_id, ADA, EVE, topic, sent, body)
    assert open_(seal(letter), letter_id=letter_id) == letter


@given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
def test_any_changed_byte_is_refused(at, change):
    changed = bytearray(SEALED)
    changed[at] ^= change
    with pytest.raises(IntegrityError):
        open_(bytes(changed))


@given(st.integers(0, len(SEALED) - 1))
def test_a_letter_that_was_cut_short_is_refused(size):
    with pytest.raises(IntegrityError):
        open_(SEALED[:size])


@given(st.binary(max_size=1400) | st.none() | st.integers() | st.text() | st.floats())
def test_what_is_no_letter_is_refused(sealed):
    with pytest.raises(IntegrityError):
        open_(sealed)


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"store": bytes(16)},
        {"letter_id": bytes(16)},
        {"recipient_id": ADA},
        {"recipient": ADA},
        {"recipient": ADA, "recipient_id": ADA},
    ],
)
def test_a_letter_that_was_moved_is_refused(elsewhere):
    with pytest.raises(IntegrityError):
        open_(SEALED, **elsewhere)


@pytest.mark.parametrize("letter_id", [b"", b"x", bytes(17), None, 5, "5" * 16])
def test_an_id_that_is_none_is_refused(letter_id):
    with pytest.raises(IntegrityError):
        open_(SEALED, letter_id=letter_id)


def test_a_letter_in_anothers_name_is_refused():
    """R05: an approval is by whoever signed it, whatever name stands in it."""
    with pytest.raises(IntegrityError):
        open_(seal(sender=EVE))
    unknown = dataclasses.replace(LETTER, sender=secrets.token_bytes(16))
    with pytest.raises(IntegrityError):
        open_(seal(unknown))


def test_a_letter_that_its_recipient_sends_on_is_refused():
    """Eve opens a letter of Ada's to her, and seals the same words, still signed by Ada, to somebody else."""
    third = bytes((4,)) * 16
    KEYS[third] = new_key_pairs()
    info = b"JWB1 letter" + STORE + LETTER.letter_id
    plaintext = KEYS[EVE].open(SEALED, info=info)
    forwarded = KEYS[third].public.seal(plaintext, info=info)
    with pytest.raises(IntegrityError, match="another account"):
        open_(forwarded, recipient=third, recipient_id=third)
    with pytest.raises(IntegrityError):
        open_(forwarded, recipient=third)
    del KEYS[third]


@given(st.binary(max_size=400))
def test_whatever_somebody_seals_to_an_account_is_a_letter_or_refused(plaintext):
    sealed = KEYS[EVE].public.seal(plaintext, info=b"JWB1 letter" + STORE + LETTER.letter_id)
    with pytest.raises(IntegrityError):
        open_(sealed)


@pytest.mark.parametrize("topic", [0, max(Topic) + 1, 65535])
def test_an_unknown_topic_is_refused(topic):
    with pytest.raises(IntegrityError, match="format"):
        open_(seal(dataclasses.replace(LETTER, topic=topic)))
