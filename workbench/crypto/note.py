"""Signed notes and the checkpoints in them: "this log has so many leaves, and this root", signed with Ed25519.

The formats are C2SP's, https://c2sp.org/signed-note and https://c2sp.org/tlog-checkpoint, so that tools that people
already trust can check a log. Of the signature types only 0x01 is spoken, Ed25519 (RFC 8032). The parser is strict:
whatever these two specifications don't allow is refused, and nothing of a note is used before its signature held.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from workbench.crypto.merkle import HASH_BYTES
from workbench.errors import InputError, IntegrityError

ED25519 = b"\x01"  # signed-note, "Signature types"
KEY_BYTES = 32  # RFC 8032, section 5.1.5
KEY_ID_BYTES = 4  # signed-note, "Signatures": an identifier, no strong hash
NOTE_LINES = 3  # tlog-checkpoint, "Note text": origin, size, root; what follows are extension lines
LONGEST = 1_000_000  # bytes of a note, and
MOST_SIGNATURES = 100  # the limits of golang.org/x/mod/sumdb/note; signed-note asks for 16 signatures at least

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")  # signed-note, "Format": none below U+0020 but newline
_SIZE = re.compile(r"0|[1-9][0-9]{0,19}")  # tlog-checkpoint: no leading zeros; a uint64 has 20 digits at most
_LARGEST_SIZE = (1 << 64) - 1  # RFC 9162, section 4.10


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log was at one moment.

    Parameters
    ----------
    origin : str
        The log's name, unique; one line.
    size : int
        Leaves in the log.
    root : bytes
        The root of its Merkle tree, 32 bytes.
    """

    origin: str
    size: int
    root: bytes


class _Signature(NamedTuple):
    name: str
    key_id: bytes
    signature: bytes


def sign_checkpoint(checkpoint: Checkpoint, *, name: str, private_key: bytes) -> bytes:
    """Return a checkpoint as a note with one signature.

    Parameters
    ----------
    checkpoint : Checkpoint
        Never one that is inconsistent with another that this key signed: this function can't know.
    name : str
        The key's name, without spaces or "+"; it should be the origin.
    private_key : bytes
        The Ed25519 seed, 32 bytes.

    Raises
    ------
    InputError
        When the format can't hold that origin, size, root, name or key.
    """
    key = Ed25519PrivateKey.from_private_bytes(_key(private_key))
    public_key = key.public_key().public_bytes_raw()
    text = f"{checkpoint.origin}\n{checkpoint.size}\n{_to_base64(checkpoint.root)}\n"
    try:  # what can't be read back is not signed
        is_readable = _checkpoint(_text_and_signatures(f"{text}\n— {name} AAAAAAA=\n".encode())[0]) == checkpoint
    except (IntegrityError, UnicodeEncodeError):
        is_readable = False
    if not is_readable:
        raise InputError("A checkpoint can't hold that origin, size, root or name.")
    signature = _to_base64(_key_id(name, public_key) + key.sign(text.encode()))
    return f"{text}\n— {name} {signature}\n".encode()


def open_checkpoint(note: bytes, *, name: str, public_key: bytes) -> Checkpoint:
    """Return the checkpoint of a note that the named key signed; its extension lines, if any, are not returned.

    Signatures of other keys are ignored, so that a key can be changed and witnesses can add theirs; each that bears
    our key's name and id must hold.

    Parameters
    ----------
    note : bytes
        At most 1 000 000 bytes with at most 100 signatures.
    name : str
        The key's name.
    public_key : bytes
        The Ed25519 public key, 32 bytes.

    Raises
    ------
    IntegrityError
        When the note is malformed, or no signature by that key holds, or one doesn't.
    InputError
        When the public key isn't 32 bytes.
    """
    key_id = _key_id(name, _key(public_key))
    text, signatures = _text_and_signatures(note)
    ours = [signature for signature in signatures if (signature.name, signature.key_id) == (name, key_id)]
    if not ours:
        raise IntegrityError("A checkpoint isn't signed by the key that it should be: it was altered or replaced.")
    key = Ed25519PublicKey.from_public_bytes(public_key)
    for signature in ours:
        try:
            key.verify(signature.signature, text.encode())
        except InvalidSignature:
            raise IntegrityError("A checkpoint's signature doesn't hold: it was altered or replaced.") from None
    return _checkpoint(text)


def verifier_key(name: str, public_key: bytes) -> str:
    """Return the key as text for other tools: name, id and key, joined by "+" (signed-note, "Verifier keys").

    Raises
    ------
    InputError
        When the name is empty or holds a space, a control character or "+", or the key isn't 32 bytes.
    """
    if not _is_name(name):
        raise InputError("A key's name can't be empty, or hold spaces or a plus sign.")
    return f"{name}+{_key_id(name, _key(public_key)).hex()}+{_to_base64(ED25519 + public_key)}"


def _key(raw: bytes) -> bytes:
    if len(raw) != KEY_BYTES:
        raise InputError("An Ed25519 key has 32 bytes.")
    return raw


def _key_id(name: str, public_key: bytes) -> bytes:
    # "surrogatepass" only so that a name that no note can hold is refused there, not by the encoder here
    return sha256(name.encode(errors="surrogatepass") + b"\n" + ED25519 + public_key).digest()[:KEY_ID_BYTES]


def _is_name(name: str) -> bool:
    return name != "" and not any(
        character == "+" or character.isspace() or _is_barred(character) for character in name
    )


def _is_barred(character: str) -> bool:
    return character < " " or "\ud800" <= character <= "\udfff"  # control characters; half a surrogate pair


def _malformed() -> IntegrityError:
    return IntegrityError("A signed note is malformed: it was altered, or written by something else.")


def _text_and_signatures(note: bytes) -> tuple[str, list[_Signature]]:
    """Return a note's text with its final newline, and its signatures, none of them verified."""
    if len(note) > LONGEST:
        raise _malformed()
    try:
        decoded = note.decode()
    except UnicodeDecodeError:
        decoded = "\x00"  # outside the handler, whose error holds the note
    if _CONTROL.search(decoded):
        raise _malformed()
    before, blank, lines = decoded.rpartition("\n\n")  # the last empty line parts the text from the signatures
    if not blank or not lines.endswith("\n") or lines.count("\n") > MOST_SIGNATURES:
        raise _malformed()
    return before + "\n", [_signature(line) for line in lines[:-1].split("\n")]


def _signature(line: str) -> _Signature:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    raw = _from_base64(encoded)
    if dash != "—" or not _is_name(name) or len(raw) <= KEY_ID_BYTES:
        raise _malformed()
    return _Signature(name, raw[:KEY_ID_BYTES], raw[KEY_ID_BYTES:])


def _checkpoint(text: str) -> Checkpoint:
    lines = text[:-1].split("\n")
    if len(lines) < NOTE_LINES or "" in lines:
        raise _malformed()
    origin, size, root = lines[:NOTE_LINES]
    root_hash = _from_base64(root)
    if not _SIZE.fullmatch(size) or int(size) > _LARGEST_SIZE or len(root_hash) != HASH_BYTES:
        raise _malformed()
    return Checkpoint(origin, int(size), root_hash)


def _to_base64(raw: bytes) -> str:
    return b64encode(raw).decode("ascii")


def _from_base64(encoded: str) -> bytes:
    """Return the bytes of standard base64 (RFC 4648, section 4), of the one encoding that they have."""
    try:
        raw = b64decode(encoded, validate=True)
    except (Base64Error, ValueError):
        raise _malformed() from None
    if _to_base64(raw) != encoded:  # bits left over in the last character, which would let a note change its bytes
        raise _malformed()
    return raw
