"""Letters: what one account seals to another, signed by the sender.

The plaintext is head ‖ body ‖ signature over head ‖ body; all of it is sealed by HPKE to the recipient. The head says
in which store, from whom, to whom, about what and when, and the letter's own id; so a letter that was moved, forged or
sent on is refused, and nobody else learns who writes to whom about what.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum

from workbench.crypto.context import ID_BYTES
from workbench.crypto.key_pairs import SIGNATURE_BYTES, KeyPairs, PublicKeys
from workbench.errors import IntegrityError
from workbench.records import Confidential

_MAGIC = b"JWB1 letter"
_HEAD = struct.Struct(">11s16s16s16s16sHQ32s")  # magic, store, letter, sender, recipient, topic, sent, recipient's keys


class Topic(IntEnum):
    """What a letter is about. Numbers are for ever: they are signed."""

    NOTICE = 1  # something was done to the recipient's account
    REQUEST = 2  # the sender asks for an approval
    APPROVAL = 3  # the sender approves what the recipient asked
    PENDING = 4  # what the sender has asked, kept by the sender
    INVITATION = 5  # the recipient may read something that the sender shares
    ESCROW = 6  # half of a key, released by one of two who open a history together
    OUTBOX = 7  # a notice that waits to be mailed, kept by the account itself


@dataclass(frozen=True, slots=True)
class Letter(Confidential):
    """One letter, opened.

    Parameters
    ----------
    letter_id : bytes
        16 random bytes.
    sender, recipient : bytes
        Account ids.
    topic : Topic
        What it is about.
    sent : int
        POSIX seconds, UTC, as the sender says.
    body : bytes
        The content.
    """

    letter_id: bytes
    sender: bytes
    recipient: bytes
    topic: Topic
    sent: int
    body: bytes = field(repr=False)


def seal_letter(letter: Letter, *, store: bytes, sender: KeyPairs, recipient: PublicKeys) -> bytes:
    """Return a letter, signed by `sender` and sealed to `recipient`; `open_letter` is the inverse."""
    head = _HEAD.pack(
        _MAGIC,
        store,
        letter.letter_id,
        letter.sender,
        letter.recipient,
        letter.topic,
        letter.sent,
        recipient.fingerprint,
    )
    return recipient.seal(head + letter.body + sender.sign(head + letter.body), info=_info(store, letter.letter_id))


def open_letter(
    sealed: bytes,
    *,
    store: bytes,
    letter_id: bytes,
    recipient_id: bytes,
    recipient: KeyPairs,
    keys_of: Callable[[bytes], PublicKeys],
) -> Letter:
    """Return a letter that holds.

    Parameters
    ----------
    sealed : bytes
        As `seal_letter` made it.
    store, letter_id, recipient_id : bytes
        Where it was found.
    recipient : KeyPairs
        To whom it should be sealed.
    keys_of : callable
        The public keys of the account that the letter says it is from.

    Raises
    ------
    IntegrityError
        When it was altered or moved, is another's, or isn't signed by its sender.
    """
    plaintext = recipient.open(sealed, info=_info(store, letter_id))
    signed, signature = plaintext[:-SIGNATURE_BYTES], plaintext[-SIGNATURE_BYTES:]
    try:
        magic, in_store, its_id, sender, to, topic, sent, fingerprint = _HEAD.unpack_from(signed)
        letter = Letter(letter_id, sender, recipient_id, Topic(topic), sent, signed[_HEAD.size :])
    except (struct.error, ValueError):
        raise IntegrityError("A letter can't be read: whoever sealed it didn't follow the format.") from None
    keys_of(sender).verify(signature, signed)
    found = (magic, in_store, its_id, to, fingerprint)
    if found != (_MAGIC, store, letter_id, recipient_id, recipient.public.fingerprint):
        raise IntegrityError("A letter is for another account or place: it was moved.")
    return letter


def _info(store: bytes, letter_id: bytes) -> bytes:
    if not isinstance(letter_id, bytes) or len(letter_id) != ID_BYTES:
        raise IntegrityError("A letter's id isn't one: a row was altered.")
    return _MAGIC + store + letter_id
