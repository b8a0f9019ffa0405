"""The library that encrypts for us agrees with every published vector of what we use, and refuses what it must.

Each test also says how many cases it met, so that a file that has gone missing isn't a pass. ``tests/vectors`` says
where they come from.
"""

import hmac
from collections import Counter
from functools import partial

import pytest
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PrivateKey, Suite
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap
from vectors import independent_hpke, published

REFUSED = "refused"


def outcome(action, *errors):
    """Return what an action gives, or that it was refused by one of these errors; any other is a failure."""
    try:
        return action()
    except errors:
        return REFUSED


def of(case, *names):
    return [bytes.fromhex(case[name]) for name in names]


def check(cases, answer, *, is_out_of_scope=lambda _case: False):
    """Compare each case's answer with its verdict, and return how many there were of each.

    `answer` returns whether the case's result came about, or `REFUSED`. An "acceptable" case may do either.
    """
    counts = Counter()
    for case in cases:
        if is_out_of_scope(case):
            counts["skipped"] += 1
            continue
        met = answer(case)
        assert met is True or met is False or met == REFUSED
        right = {"valid": met is True, "invalid": met in {REFUSED, False}, "acceptable": met in {True, REFUSED}}
        assert right[case["result"]], case
        counts[case["result"]] += 1
    return counts


def test_aes_gcm_of_wycheproof():
    def answer(case):
        key, iv, aad, message, ciphertext, tag = of(case, "key", "iv", "aad", "msg", "ct", "tag")
        opened = outcome(lambda: AESGCM(key).decrypt(iv, ciphertext + tag, aad), InvalidTag, ValueError)
        if opened == REFUSED:
            return REFUSED
        return opened == message and AESGCM(key).encrypt(iv, message, aad) == ciphertext + tag

    # The library takes nonces of 8 to 128 bytes, ours has 12. A valid case with another can't be asked of it.
    counts = check(
        published.wycheproof("aes_gcm"),
        answer,
        is_out_of_scope=lambda case: case["result"] == "valid" and not 64 <= case["ivSize"] <= 1024,
    )
    assert counts == {"valid": 202, "invalid": 87, "skipped": 27}


@pytest.mark.parametrize("file", ["gcmEncryptExtIV256", "gcmDecrypt256"])
def test_aes_256_gcm_of_nist(file):
    counts = Counter()
    for case in published.records(f"ciphers/AES/GCM/{file}.rsp", begin="Count"):
        if case["Taglen"] != "128" or case["IVlen"] == "8":  # the library has tags of 128 bits, nonces of 64 and more
            counts["skipped"] += 1
            continue
        key, iv, aad, ciphertext, tag = of(case, "Key", "IV", "AAD", "CT", "Tag")
        opened = outcome(partial(AESGCM(key).decrypt, iv, ciphertext + tag, aad), InvalidTag)
        if "FAIL" in case:
            assert opened == REFUSED
            counts["invalid"] += 1
        else:
            assert opened == bytes.fromhex(case["PT"])
            assert AESGCM(key).encrypt(iv, opened, aad) == ciphertext + tag
            counts["valid"] += 1
    assert counts["valid"] + counts["invalid"] == 750
    assert counts["invalid"] > 0 or file == "gcmEncryptExtIV256"


def test_key_wrap_of_wycheproof():
    def answer(case):
        key, message, wrapped = of(case, "key", "msg", "ct")
        unwrapped = outcome(partial(aes_key_unwrap, key, wrapped), InvalidUnwrap, ValueError)
        if unwrapped == REFUSED:
            return REFUSED
        return unwrapped == message and aes_key_wrap(key, message) == wrapped

    assert check(published.wycheproof("aes_wrap"), answer).total() >= 165


@pytest.mark.parametrize("file", ["KW_AE_256", "KW_AD_256"])
def test_aes_256_key_wrap_of_nist(file):
    counts = Counter()
    for case in published.records(f"keywrap/kwtestvectors/{file}.txt", begin="COUNT"):
        key, wrapped = of(case, "K", "C")
        unwrapped = outcome(partial(aes_key_unwrap, key, wrapped), InvalidUnwrap)
        assert unwrapped == (REFUSED if "FAIL" in case else bytes.fromhex(case["P"]))
        assert "FAIL" in case or aes_key_wrap(key, unwrapped) == wrapped
        counts["FAIL" in case] += 1
    assert counts == ({True: 100, False: 400} if file == "KW_AD_256" else {False: 500})


def test_ed25519_of_wycheproof():
    def answer(case):
        public_key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(case["publicKey"]["pk"]))
        signature, message = of(case, "sig", "msg")
        return outcome(lambda: public_key.verify(signature, message) is None, InvalidSignature)

    counts = check(published.wycheproof("ed25519"), answer)
    assert counts["valid"] >= 85
    assert counts["invalid"] >= 63


def test_ed25519_of_rfc_8032():
    cases = list(published.ed25519_signatures())
    for seed, public, message, signature in cases:
        key = Ed25519PrivateKey.from_private_bytes(seed)
        assert key.public_key().public_bytes_raw() == public
        assert key.sign(message) == signature
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        with pytest.raises(InvalidSignature):
            Ed25519PublicKey.from_public_bytes(public).verify(signature, message + b"\x00")
    assert len(cases) == 1024


def test_x25519_of_wycheproof():
    def answer(case):
        public, private, shared = of(case, "public", "private", "shared")
        key = X25519PrivateKey.from_private_bytes(private)
        met = outcome(lambda: key.exchange(X25519PublicKey.from_public_bytes(public)), ValueError)
        assert "ZeroSharedSecret" not in case["flags"] or met == REFUSED
        return REFUSED if met == REFUSED else met == shared

    assert check(published.wycheproof("x25519"), answer).total() >= 518


def test_x25519_of_rfc_7748():
    cases = list(published.records("asymmetric/X25519/rfc7748.txt", begin="COUNT"))
    for case in cases:
        scalar, point, result = of(case, "INPUT_SCALAR", "INPUT_U", "OUTPUT_U")
        assert X25519PrivateKey.from_private_bytes(scalar).exchange(X25519PublicKey.from_public_bytes(point)) == result
    assert len(cases) == 3


@pytest.mark.parametrize(("name", "algorithm"), [("sha256", hashes.SHA256()), ("sha512", hashes.SHA512())])
def test_hkdf_of_wycheproof(name, algorithm):
    def answer(case):
        material, salt, info, result = of(case, "ikm", "salt", "info", "okm")
        met = outcome(lambda: HKDF(algorithm, case["size"], salt, info).derive(material), ValueError)
        return REFUSED if met == REFUSED else met == result

    assert check(published.wycheproof(f"hkdf_{name}"), answer).total() >= 83


@pytest.mark.parametrize(("file", "count"), [("rfc-5869-HKDF-SHA256", 3), ("hkdf-generated", 1)])
def test_hkdf_of_rfc_5869(file, count):
    cases = list(published.records(f"KDF/{file}.txt", begin="COUNT"))
    for case in cases:
        material, salt, info, result = of(case, "IKM", "salt", "info", "OKM")
        assert HKDF(hashes.SHA256(), int(case["L"]), salt, info).derive(material) == result
    assert len(cases) == count


@pytest.mark.parametrize("name", ["sha256", "sha512"])
def test_hmac_of_rfc_4231(name):
    cases = list(published.records(f"HMAC/rfc-4231-{name}.txt", begin="Len"))
    for case in cases:
        key, message, result = of(case, "Key", "Msg", "MD")
        assert hmac.digest(key, message, name) == result
    assert len(cases) == 6


if published.WYCHEPROOF_COPY:  # no package carries these two files

    @pytest.mark.parametrize("name", ["sha256", "sha512"])
    def test_hmac_of_wycheproof(name):
        def answer(case):
            key, message, tag = of(case, "key", "msg", "tag")
            return hmac.compare_digest(hmac.digest(key, message, name)[: case["tagSize"] // 8], tag)

        assert check(published.wycheproof(f"hmac_{name}"), answer).total() >= 170


def test_argon2id_of_rfc_9106():
    """Its section 5.3, then cases that OpenSSL and the reference implementation publish."""
    cases = list(published.records("KDF/argon2id.txt", begin="COUNT"))
    for case in cases:
        passphrase, salt, result = of(case, "pass", "salt", "output")
        extra = {name: bytes.fromhex(case[name]) for name in ("ad", "secret") if name in case}
        numbers = {"iterations": int(case["iter"]), "lanes": int(case["lanes"]), "memory_cost": int(case["memcost"])}
        assert Argon2id(salt=salt, length=int(case["length"]), **numbers, **extra).derive(passphrase) == result
    assert len(cases) == 6


def test_ml_kem_768_of_wycheproof():
    def decapsulated(case):
        seed, ciphertext, shared = of(case, "seed", "c", "K")
        key = outcome(partial(MLKEM768PrivateKey.from_seed_bytes, seed), ValueError)
        met = REFUSED if key == REFUSED else outcome(partial(key.decapsulate, ciphertext), ValueError)
        if met == REFUSED:
            return REFUSED
        return met == shared and key.public_key().public_bytes_raw() == bytes.fromhex(case["ek"])

    def encapsulated(case):  # the library draws its own randomness: what is checked is which keys it takes
        key = outcome(lambda: MLKEM768PublicKey.from_public_bytes(bytes.fromhex(case["ek"])), ValueError)
        return REFUSED if key == REFUSED else [len(part) for part in key.encapsulate()] == [32, 1088]

    def generated(case):
        seed, public = of(case, "seed", "ek")
        return MLKEM768PrivateKey.from_seed_bytes(seed).public_key().public_bytes_raw() == public

    assert check(published.wycheproof("mlkem_768"), decapsulated).total() >= 193
    assert check(published.wycheproof("mlkem_768_encaps"), encapsulated).total() >= 265
    assert check(published.wycheproof("mlkem_768_keygen_seed"), generated).total() >= 100


def test_ml_kem_768_of_its_known_answers():
    cases = list(published.records("asymmetric/MLKEM/kat_MLKEM_768.rsp", begin="count"))
    for case in cases:
        key = MLKEM768PrivateKey.from_seed_bytes(bytes.fromhex(case["d"] + case["z"]))
        assert key.public_key().public_bytes_raw().hex() == case["pk"]
        assert key.decapsulate(bytes.fromhex(case["ct"])).hex() == case["ss"]
        assert key.decapsulate(bytes.fromhex(case["ct_n"])).hex() == case["ss_n"]  # refused implicitly: another secret
    assert len(cases) == 1000


KDFS = {1: KDF.HKDF_SHA256, 2: KDF.HKDF_SHA384, 3: KDF.HKDF_SHA512, 16: KDF.SHAKE128, 17: KDF.SHAKE256}
AEADS = {1: AEAD.AES_128_GCM, 2: AEAD.AES_256_GCM, 3: AEAD.CHACHA20_POLY1305}


def hybrid_key(seed):
    lattice, curve = independent_hpke.expand_key(seed)
    return MLKEM768X25519PrivateKey(
        MLKEM768PrivateKey.from_seed_bytes(lattice), X25519PrivateKey.from_private_bytes(curve)
    )


@pytest.mark.parametrize(
    ("edition", "kem", "key_of", "count"),
    [
        ("RFC 9180", (0x20, KEM.X25519), X25519PrivateKey.from_private_bytes, 6),
        ("draft, first", (0x647A, KEM.MLKEM768_X25519), hybrid_key, 2),
        ("draft, second", (0x647A, KEM.MLKEM768_X25519), hybrid_key, 2),
        ("draft, first", (0x41, KEM.MLKEM768), MLKEM768PrivateKey.from_seed_bytes, 1),
        ("draft, second", (0x41, KEM.MLKEM768), MLKEM768PrivateKey.from_seed_bytes, 1),
    ],
)
def test_hpke_of_its_specifications(edition, kem, key_of, count):
    """The first message of each context: the library seals one message at a time."""
    cases = [case for case in published.hpke(edition=edition) if case["kem_id"] == kem[0] and case["aead_id"] in AEADS]
    for case in cases:
        private, encapsulated, info = of(case, "skRm", "enc", "info")
        message, aad, ciphertext = of(case["encryptions"][0], "pt", "aad", "ct")
        suite = Suite(kem[1], KDFS[case["kdf_id"]], AEADS[case["aead_id"]])
        decrypt = partial(openssl.hpke._decrypt_with_aad, suite, private_key=key_of(private), info=info)
        assert decrypt(encapsulated + ciphertext, aad=aad) == message
        with pytest.raises(InvalidTag):
            decrypt(encapsulated + ciphertext, aad=aad + b"x")
        with pytest.raises(InvalidTag):
            decrypt(encapsulated + ciphertext[:-1] + bytes((ciphertext[-1] ^ 1,)), aad=aad)
    assert len(cases) == count
