"""C2SP signed-note and tlog-checkpoint: what the specifications publish is read, and nothing else is."""

from base64 import b64decode, b64encode
from contextlib import suppress
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from workbench.crypto import note as note_module
from workbench.crypto.note import Checkpoint, open_checkpoint, sign_checkpoint, verifier_key
from workbench.errors import InputError, IntegrityError

SEED = bytes(range(32))
KEY = Ed25519PrivateKey.from_private_bytes(SEED)
PUBLIC = KEY.public_key().public_bytes_raw()
NAME = "workbench.example/vault"
CHECKPOINT = Checkpoint(NAME, 20852163, sha256(b"root").digest())
NOTE = sign_checkpoint(CHECKPOINT, name=NAME, private_key=SEED)
ROOT = b64encode(CHECKPOINT.root).decode()
WITNESS_LINE = "— witness.example " + b64encode(b"\x00\x01\x02\x03" + bytes(76)).decode() + "\n"


def signed(text, *, name=NAME, key=KEY, signature_type=b"\x01"):
    """Return any text as a note, by the specification's own words."""
    key_id = sha256(name.encode() + b"\n" + signature_type + key.public_key().public_bytes_raw()).digest()[:4]
    return f"{text}\n— {name} {b64encode(key_id + key.sign(text.encode())).decode()}\n".encode()


def opened(note, *, name=NAME, public_key=PUBLIC):
    return open_checkpoint(note, name=name, public_key=public_key)


@pytest.mark.parametrize(
    ("key", "text", "signature"),
    [
        (  # https://pkg.go.dev/golang.org/x/mod/sumdb/note, "Example"
            "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n",
            "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=",
        ),
        (  # https://c2sp.org/signed-note, "Example"; its key's type is 0x01
            "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
            "This is an example message.\n",
            "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=",
        ),
    ],
)
def test_published_notes_are_read_and_their_keys_written(key, text, signature):
    name, key_id, encoded = key.split("+", 2)
    note = f"{text}\n— {name} {signature}\n".encode()
    public_key = b64decode(encoded)[1:]
    assert verifier_key(name, public_key) == key
    read, signatures = note_module._text_and_signatures(note)
    assert read == text
    assert [(name, bytes.fromhex(key_id))] == [read_signature[:2] for read_signature in signatures]
    with pytest.raises(IntegrityError, match="malformed"):  # its signature holds, but it is no checkpoint
        open_checkpoint(note, name=name, public_key=public_key)
    with pytest.raises(IntegrityError, match="signature"):
        open_checkpoint(note.replace(b"i", b"j", 1), name=name, public_key=public_key)


def test_our_signature_is_the_published_one():
    """The private key is the same documentation's: "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJ…"."""
    seed = b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
    public_key = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    assert verifier_key("PeterNeumann", public_key).startswith("PeterNeumann+c74f20a3+ARpc2QcU")
    text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    assert signed(text, name="PeterNeumann", key=Ed25519PrivateKey.from_private_bytes(seed)).endswith(
        b"x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )


def test_the_published_checkpoint_is_parsed():
    """https://c2sp.org/tlog-checkpoint, at its top; its key isn't published, so that only its form can be checked."""
    published = (
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE"
        "+xeMcTOAYQ8=\n"
    )
    text, _ = note_module._text_and_signatures(published.encode())
    checkpoint = note_module._checkpoint(text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    with pytest.raises(IntegrityError):
        open_checkpoint(published.encode(), name="example.com/behind-the-sofa", public_key=PUBLIC)


def test_a_note_is_what_the_specification_writes():
    assert signed(f"{NAME}\n20852163\n{ROOT}\n") == NOTE


@given(
    st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=30),
    st.integers(0, 2**64 - 1),
    st.binary(min_size=32, max_size=32),
    st.from_regex(r"[a-zé./-]{1,20}", fullmatch=True),
    st.binary(min_size=32, max_size=32),
)
def test_a_checkpoint_comes_back_from_its_note(origin, size, root, name, seed):
    checkpoint = Checkpoint(origin, size, root)
    public_key = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    note = sign_checkpoint(checkpoint, name=name, private_key=seed)
    assert opened(note, name=name, public_key=public_key) == checkpoint


def test_every_flipped_bit_is_refused():
    for at in range(len(NOTE)):
        for bit in range(8):
            flipped = bytearray(NOTE)
            flipped[at] ^= 1 << bit
            with pytest.raises(IntegrityError):
                opened(bytes(flipped))


def test_every_note_cut_short_or_drawn_out_is_refused():
    for length in range(len(NOTE)):
        with pytest.raises(IntegrityError):
            opened(NOTE[:length])
    for more in (b"\n", b" ", b"\x00", b"a", b"\n\n", b"text\n"):
        with pytest.raises(IntegrityError):
            opened(NOTE + more)
        with pytest.raises(IntegrityError):
            opened(more + NOTE)


def test_another_key_or_name_is_refused():
    with pytest.raises(IntegrityError):
        opened(NOTE, public_key=Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    with pytest.raises(IntegrityError):
        opened(NOTE, name=NAME + "2")
    with pytest.raises(IntegrityError):
        opened(signed(f"{NAME}\n1\n{ROOT}\n", signature_type=b"\x04"))  # a cosignature's type
    with pytest.raises(IntegrityError):
        opened(signed(f"{NAME}\n1\n{ROOT}\n", key=Ed25519PrivateKey.generate()))


def test_signatures_of_unknown_keys_are_ignored():
    after = NOTE + WITNESS_LINE.encode()
    before = NOTE.replace(b"\n\n", f"\n\n{WITNESS_LINE}".encode())
    same_name = NOTE + f"— {NAME} {b64encode(bytes(68)).decode()}\n".encode()
    for note in (after, before, same_name, NOTE + WITNESS_LINE.encode() * 99):
        assert opened(note) == CHECKPOINT


def test_a_second_signature_of_our_key_must_hold_too():
    line = NOTE.decode().splitlines()[-1]
    raw = b64decode(line.split()[-1])
    forged = f"— {NAME} {b64encode(raw[:4] + bytes(64)).decode()}\n"
    assert opened(NOTE + f"{line}\n".encode()) == CHECKPOINT
    with pytest.raises(IntegrityError):
        opened(NOTE + forged.encode())
    with pytest.raises(IntegrityError):
        opened(NOTE.replace(b"\n\n", f"\n\n{forged}".encode()))


@pytest.mark.parametrize("length", [1, 63, 65, 128])
def test_a_signature_of_another_length_is_refused(length):
    line = NOTE.decode().splitlines()[-1]
    raw = b64decode(line.split()[-1])
    altered = (raw + raw)[: 4 + length]
    with pytest.raises(IntegrityError):
        opened(NOTE.replace(line.split()[-1].encode(), b64encode(altered)))


def test_extension_lines_are_read_over():
    text = f"{NAME}\n20852163\n{ROOT}\nan extension\n— another\n"
    assert opened(signed(text)) == CHECKPOINT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        f"{NAME}\n1\n",
        f"\n1\n{ROOT}\n",
        f"{NAME}\n\n{ROOT}\n",
        f"{NAME}\n01\n{ROOT}\n",
        f"{NAME}\n00\n{ROOT}\n",
        f"{NAME}\n-1\n{ROOT}\n",
        f"{NAME}\n+1\n{ROOT}\n",
        f"{NAME}\n 1\n{ROOT}\n",
        f"{NAME}\n1 \n{ROOT}\n",
        f"{NAME}\n1_0\n{ROOT}\n",
        f"{NAME}\n1e3\n{ROOT}\n",
        f"{NAME}\n١\n{ROOT}\n",  # a digit, but not of ASCII
        f"{NAME}\n{2**64}\n{ROOT}\n",
        f"{NAME}\n{'9' * 5000}\n{ROOT}\n",
        f"{NAME}\n1\n{ROOT[:-1]}\n",
        f"{NAME}\n1\n{ROOT}=\n",
        f"{NAME}\n1\n{ROOT} \n",
        f"{NAME}\n1\n{ROOT[:20]}\t{ROOT[20:]}\n",
        f"{NAME}\n1\n{b64encode(bytes(31)).decode()}\n",
        f"{NAME}\n1\n{b64encode(bytes(33)).decode()}\n",
        f"{NAME}\n1\n{b64encode(bytes(32)).decode()[:-2]}B=\n",  # two bits left over
        f"{NAME}\n1\n{b64encode(bytes([255] * 32)).decode().replace('/', '_')}\n",
        f"{NAME}\n1\n{ROOT}\n\nafter an empty line\n",
        f"{NAME}\n1\n{ROOT}\n\n",
        f"{NAME}\r\n1\r\n{ROOT}\r\n",
    ],
)
def test_a_text_that_is_no_checkpoint_is_refused_though_its_signature_holds(text):
    with pytest.raises(IntegrityError):
        opened(signed(text))


@pytest.mark.parametrize(
    "line",
    [
        "\n",
        "—\n",
        "— \n",
        "— witness.example\n",
        "— witness.example \n",
        "- witness.example AAAAAAA=\n",
        "— witness.example AAAAAA==\n",  # an id alone
        "— witness.example AAAAAAB=\n",
        "— witness.example AAAAAAA\n",
        "— witness.example AAAAAAA= \n",
        "— witness.example  AAAAAAA=\n",
        "— wit ness AAAAAAA=\n",
        "— wit+ness AAAAAAA=\n",
        "— wit\u00a0ness AAAAAAA=\n",
        "— wit\tness AAAAAAA=\n",
        "—\u00a0witness AAAAAAA=\n",
        " — witness AAAAAAA=\n",
        "— witness AAAAAAA=",
    ],
)
def test_a_malformed_signature_line_is_refused_even_beside_ours(line):
    with pytest.raises(IntegrityError):
        opened(NOTE + line.encode())


def test_signatures_without_a_text_are_refused():
    for note in (WITNESS_LINE, f"\n{WITNESS_LINE}", f"{NAME}\n{WITNESS_LINE}"):
        with pytest.raises(IntegrityError):
            note_module._text_and_signatures(note.encode())


def test_a_note_too_long_or_with_too_many_signatures_is_refused():
    with pytest.raises(IntegrityError):
        opened(NOTE + WITNESS_LINE.encode() * 100)
    with pytest.raises(IntegrityError):
        opened(NOTE + b"\xe2\x80\x94 a " + b"A" * 1_000_000 + b"\n")


PIECES = st.sampled_from(
    [*NOTE.decode().splitlines(keepends=True), "\n", "\n\n", "— ", " ", "+", "0", "=", "\x00", "\ud800", WITNESS_LINE]
)


@given(
    st.binary(max_size=300)
    | st.lists(PIECES | st.text(max_size=5), max_size=12).map(
        lambda parts: "".join(parts).encode(errors="surrogatepass")
    )
)
def test_whatever_is_read_nothing_but_an_integrity_error_is_raised(note):
    with suppress(IntegrityError):
        assert opened(note) == CHECKPOINT


@given(st.text(max_size=40).map(lambda text: text.replace("\n\n", "\n") + "\n"))
def test_whatever_we_signed_nothing_but_an_integrity_error_is_raised(text):
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    with suppress(IntegrityError):
        opened(signed(text))


@pytest.mark.parametrize(
    "altered",
    [
        {"origin": ""},
        {"origin": "two\nlines"},
        {"origin": "two\n\nlines"},
        {"origin": "a\x00b"},
        {"origin": "\ud800"},
        {"size": -1},
        {"size": 2**64},
        {"root": b""},
        {"root": bytes(31)},
    ],
)
def test_what_the_format_cannot_hold_is_not_signed(altered):
    fields = {"origin": NAME, "size": 1, "root": bytes(32)} | altered
    with pytest.raises(InputError):
        sign_checkpoint(Checkpoint(**fields), name=NAME, private_key=SEED)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u2003b", "a\x1fb", "\ud800"])
def test_a_name_that_the_format_cannot_hold_is_refused(name):
    with pytest.raises(InputError):
        verifier_key(name, PUBLIC)
    with pytest.raises(InputError):
        sign_checkpoint(CHECKPOINT, name=name, private_key=SEED)
    with pytest.raises(IntegrityError):
        opened(NOTE, name=name)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_key_of_another_length_is_refused(length):
    with pytest.raises(InputError):
        verifier_key(NAME, bytes(length))
    with pytest.raises(InputError):
        opened(NOTE, public_key=bytes(length))
    with pytest.raises(InputError):
        sign_checkpoint(CHECKPOINT, name=NAME, private_key=bytes(length))
