import base64
import hmac
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.crypto import one_time_code
from workbench.errors import IntegrityError
from workbench.identity import Totp, TotpEnrolment, totp
from workbench.identity.totp import new_secret, otpauth_uri, shown_secret, step_of

SECRET = b"12345678901234567890"
STEP = 59_000_000
NOW = STEP * 30 + 17


def code(step):
    return one_time_code(SECRET, step=step).decode()


def test_a_secret_has_160_random_bits():
    """A10: RFC 4226, R6."""
    secrets = {new_secret() for _ in range(50)}
    assert len(secrets) == 50
    assert {len(secret) for secret in secrets} == {20}


@given(st.binary(min_size=20, max_size=20), st.text(st.characters(codec="utf-8"), min_size=1, max_size=64))
def test_an_address_gives_back_the_secret_and_the_name(secret, name):
    """A10: what an app reads; every character of the name is encoded."""
    address = urlsplit(otpauth_uri(secret, name=name))
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert unquote(address.path.removeprefix("/")) == f"workbench:{name}"
    assert set(address.path.removeprefix("/")) <= set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%-._~"
    )
    parameters = parse_qs(address.query, strict_parsing=True)
    assert base64.b32decode(parameters.pop("secret")[0]) == secret
    assert parameters == {"issuer": ["workbench"], "algorithm": ["SHA1"], "digits": ["6"], "period": ["30"]}
    assert base64.b32decode(shown_secret(secret).replace(" ", "")) == secret


def test_the_drawing_is_a_small_inline_svg():
    """A10."""
    svg = TotpEnrolment(SECRET, "Ada Lovelace").qr_code().svg
    assert svg.startswith("<svg ")
    assert svg.endswith("</svg>")
    assert len(svg) < 16_000
    assert "script" not in svg


@pytest.mark.parametrize("drift", [-1, 0, 1])
def test_the_code_of_a_step_before_and_after_is_good(drift):
    """A11: {t-1, t, t+1}."""
    assert step_of(code(STEP + drift), secret=SECRET, now=NOW, after=0) == STEP + drift


@pytest.mark.parametrize("drift", [-3, -2, 2, 3])
def test_the_code_of_a_step_further_off_is_not(drift):
    """A11."""
    assert step_of(code(STEP + drift), secret=SECRET, now=NOW, after=0) is None


@pytest.mark.parametrize("after", [STEP, STEP + 1, STEP + 1000])
def test_a_code_of_the_last_step_or_of_an_earlier_one_is_not_good(after):
    """A11: only step > last_step, a clock that was set back included."""
    assert step_of(code(STEP), secret=SECRET, now=NOW, after=after) is None
    assert step_of(code(STEP - 1), secret=SECRET, now=NOW, after=after) is None


@pytest.mark.parametrize("odd", ["", "12345", "1234567", "١٢٣٤٥٦", "half \ud83d", "a" * 10_000])
def test_what_is_no_code_is_not_good(odd):
    assert step_of(odd, secret=SECRET, now=NOW, after=0) is None


def test_a_code_is_read_with_the_space_that_apps_show():
    shown = code(STEP)
    assert step_of(f" {shown[:3]} {shown[3:]} ", secret=SECRET, now=NOW, after=0) == STEP


def test_every_step_is_compared_in_constant_time_whichever_is_right(monkeypatch):
    """A11: three codes are computed and three compared, by `hmac.compare_digest`, for each of four outcomes."""
    compared = []

    def counted(one, other):
        compared.append((one, other))
        return hmac.compare_digest(one, other)

    class Watched:
        compare_digest = staticmethod(counted)

    monkeypatch.setattr(totp, "hmac", Watched)
    for typed in (code(STEP - 1), code(STEP), code(STEP + 1), "000000"):
        compared.clear()
        step_of(typed, secret=SECRET, now=NOW, after=0)
        assert len(compared) == 3


@given(st.binary(min_size=20, max_size=20), st.integers(0, 2**40), st.integers(0, 2**40), st.booleans())
def test_what_is_packed_comes_back(secret, last_step, activated, is_disabled):
    made = Totp(secret, last_step, activated, is_disabled)
    assert Totp.unpacked(made.packed) == made


@pytest.mark.parametrize("odd", [None, [], [b"s", 1, 2], [b"s", 1, 2, 0], ["s", 1, 2, False], [b"s", True, 2, False]])
def test_what_is_no_second_factor_is_refused(odd):
    with pytest.raises(IntegrityError):
        Totp.unpacked(odd)


def test_neither_the_secret_nor_the_name_shows():
    """A10."""
    enrolment = TotpEnrolment(SECRET, "Ottoline")
    for text in (repr(enrolment), str(enrolment), repr(Totp(SECRET, 1, 2)), repr(enrolment.qr_code())):
        assert SECRET.decode() not in text
        assert enrolment.secret not in text
        assert "Ottoline" not in text
