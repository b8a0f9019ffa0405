"""A stranger with the key and ``docs/format.md`` reads a record with code of their own, and none of the workbench."""

import hmac
import sqlite3
from hashlib import sha256

import msgpack
import pytest
import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from workbench.app import Workbench


def read(path, *, data_key, vault_id, kind, record_id):
    """Return the members of a record's body, and its leaf; nothing of the workbench is used."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    ((store_id,),) = connection.execute("SELECT store_id FROM store")
    version, key_id, sealed = connection.execute(
        "SELECT version, key_id, sealed FROM record WHERE record_id = ?", (record_id,)
    ).fetchone()
    connection.close()
    stated = b"JWB1" + store_id + vault_id + kind.to_bytes(2) + record_id + version.to_bytes(8)
    suite, salt, commitment, chunks = sealed[:1], sealed[1:25], sealed[25:57], sealed[57:]
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0" + salt + b"JWB1" + suite + stated[4:] + key_id
    okm, counter = b"", 0
    while len(okm) < 76:  # HKDF-Expand, RFC 5869, section 2.3
        counter += 1
        okm += hmac.digest(data_key, okm[-64:] + info + bytes([counter]), "sha512")
    assert suite == b"\x02"
    assert okm[44:76] == commitment
    plaintext = b"".join(
        AESGCM(okm[:32]).decrypt((int.from_bytes(okm[32:44]) ^ number).to_bytes(12), chunks[at : at + 16400], None)
        for number, at in enumerate(range(0, len(chunks), 16400))
    )
    plaintext = plaintext.rstrip(b"\0")[:-1]  # zeros, then 0x80
    form, leaf_salt, body = plaintext[0], plaintext[1:17], plaintext[17:]
    body = zstandard.ZstdDecompressor().decompress(body) if form else body
    return msgpack.unpackb(body, unicode_errors="surrogatepass"), sha256(b"\0" + stated + leaf_salt + body).digest()


@pytest.mark.parametrize("length", [10, 40_000], ids=["one chunk", "several chunks"])
def test_a_stranger_reads_a_turn_by_the_published_format(bench, session, length):
    typed = "".join(chr(0x4E00 + number % 20_000) for number in range(length))
    turn = session.ask(f"A haiku for Mary Shelley on {typed}", form="haiku", seed=7)
    vault = session._opened.turns
    record_id = bytes.fromhex(turn.id)
    data_key = vault.data_keys.key(vault.log.row(record_id).key_id).secret
    members, leaf = read(bench.path, data_key=data_key, vault_id=vault.vault_id, kind=16, record_id=record_id)
    assert members[:2] == [2, record_id]
    assert members[3] == [turn.prompt.text, "haiku", 7]
    assert members[4] == turn.minimised.text != turn.prompt.text
    assert members[6] == turn.text
    assert members[10] == dict(turn.pseudonyms.originals)
    assert (leaf,) == vault._database.rows("SELECT leaf FROM record WHERE record_id = ?", (record_id,))[0]


def test_the_widths_that_the_format_states_hold(bench, session):
    session.ask("rain")
    widths = {
        "SELECT length(public_keys), length(wrapped_keys) FROM account": (1248, 189),
        "SELECT length(packed) FROM slot LIMIT 1": (139,),
        "SELECT length(wrapped) FROM data_key LIMIT 1": (61,),
        "SELECT length(leaf), length(head) FROM record LIMIT 1": (32, 32),
    }
    for statement, expected in widths.items():
        assert bench._database.rows(statement)[0] == expected


def test_a_stranger_reads_a_standing_by_the_page(tmp_path):
    """As "What accounts say to each other" has it, with nothing of the workbench but the store's bytes."""
    bench = Workbench.open(tmp_path / "bench.db")
    bench.create_account("otto", passphrase="quiet orchard lantern seven rivers", roles=("analyst", "student"))
    bench.close()
    store = sqlite3.connect(tmp_path / "bench.db")
    ((store_id,),) = store.execute("SELECT store_id FROM store")
    ((account_id, public_keys),) = store.execute("SELECT account_id, public_keys FROM account")
    ((packed,),) = store.execute("SELECT packed FROM standing")
    store.close()
    version, body, approver, signatures = msgpack.unpackb(packed)
    assert (version, approver, signatures[64:]) == (2, bytes(16), bytes(64))
    granter_key = Ed25519PublicKey.from_public_bytes(public_keys[-32:])
    granter_key.verify(signatures[:64], b"JWB1 standing" + store_id + body)
    version, whose, serial, numbers, is_in_use, _, granter = msgpack.unpackb(body)
    assert (version, whose, serial, numbers, is_in_use, granter) == (2, account_id, 1, [3, 5], True, account_id)
