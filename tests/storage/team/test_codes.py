"""What PostgreSQL computes itself, against the published vectors (A11, R08)."""

import hashlib
import hmac

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


@pytest.fixture(scope="module")
def compute(team_server):
    from a_team import a_team  # noqa: PLC0415 - one database for all of this file

    with a_team(team_server) as team:
        yield lambda call, *values: team.administrator.execute(f"SELECT workbench_team.{call}", values).fetchone()[0]


@pytest.mark.parametrize(
    ("message", "digest"),
    [  # FIPS 180-4's examples (csrc.nist.gov, SHA1.pdf), and RFC 3174, 7.3
        (b"abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
        (b"", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        (b"01234567" * 80, "dea356a2cddd90c7a7ecedc5ebb563934f460452"),
    ],
)
def test_sha_1_gives_the_published_digests(compute, message, digest):
    assert compute("sha1(%s)", message).hex() == digest


@pytest.mark.parametrize(
    ("key", "message", "mac"),
    [  # RFC 2202, 3
        (b"\x0b" * 20, b"Hi There", "b617318655057264e28bc0b6fb378c8ef146be00"),
        (b"Jefe", b"what do ya want for nothing?", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        (b"\xaa" * 20, b"\xdd" * 50, "125d7342b9ac11cd91a39af48aa17b4f63f175d3"),
        (
            b"\xaa" * 80,
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            "aa4ae5e15272d00e95705637ce8a3b55ed402112",
        ),
    ],
)
def test_hmac_sha_1_gives_the_published_codes(compute, key, message, mac):
    assert compute("hmac_sha1(%s, %s)", message, key).hex() == mac


@pytest.mark.parametrize(
    ("seconds", "code"),
    [  # RFC 6238, appendix B; the last six of its eight digits
        (59, 94287082),
        (1111111109, 7081804),
        (1111111111, 14050471),
        (1234567890, 89005924),
        (2000000000, 69279037),
        (20000000000, 65353130),
    ],
)
def test_codes_are_those_of_rfc_6238(compute, seconds, code):
    """A11: six digits, thirty seconds, SHA-1."""
    assert compute("code_at(%s, %s)", seconds // 30, b"12345678901234567890") == code % 1_000_000


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(message=st.binary(max_size=300), key=st.binary(max_size=130))
def test_any_message_and_key_give_what_python_computes(compute, message, key):
    assert compute("sha1(%s)", message) == hashlib.sha1(message).digest()  # noqa: S324 - what is tested
    assert compute("hmac_sha1(%s, %s)", message, key) == hmac.digest(key, message, "sha1")


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(0, 0), (4, 0), (5, 30), (6, 60), (7, 120), (11, 1920), (12, 3600), (13, 3600), (99, 3600)],
)
def test_five_guesses_are_free_and_each_further_one_costs_twice_the_time(compute, failures, seconds):
    """A12: 30·2ⁿ s, an hour at most."""
    assert compute("wait_after(%s)", failures) == seconds
