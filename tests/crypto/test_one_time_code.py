"""Codes of time steps against the published vectors; the file of RFC 6238 has eight digits, of which six are shown."""

from vectors import published

from workbench.crypto import STEP_SECONDS, one_time_code


def test_every_sha_1_vector_of_rfc_6238_appendix_b():
    """A10, A11: all six."""
    cases = [case for case in published.records("twofactor/rfc-6238.txt", begin="COUNT") if case["MODE"] == "SHA1"]
    assert len(cases) == 6
    for case in cases:
        code = one_time_code(case["SECRET"].encode(), step=int(case["TIME"]) // STEP_SECONDS)
        assert code.decode() == case["TOTP"][-6:]


def test_every_vector_of_rfc_4226_appendix_d_where_a_step_is_the_counter():
    cases = list(published.records("twofactor/rfc-4226.txt", begin="COUNT"))
    assert len(cases) == 10
    for case in cases:
        assert one_time_code(case["SECRET"].encode(), step=int(case["COUNTER"])).decode() == case["HOTP"]
