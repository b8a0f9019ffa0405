import re

from hypothesis import given
from hypothesis import strategies as st

from workbench.identity.recovery_codes import canonical, new_recovery_codes


def test_codes_have_125_bits_in_five_groups_of_five():
    """A14: ten of them; NIST SP 800-63B-4, 4.2.1.1, asks for 64 bits."""
    codes = new_recovery_codes()
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{5}-){4}[0-9A-HJKMNP-TV-Z]{5}", code) for code in codes)


@given(st.sampled_from(new_recovery_codes()), st.data())
def test_a_code_is_read_as_people_write_it(code, data):
    written = data.draw(st.sampled_from([code, code.lower(), code.replace("-", ""), code.replace("-", " ")]))
    written = written.replace("1", data.draw(st.sampled_from("1IlL"))).replace("0", data.draw(st.sampled_from("0oO")))
    assert canonical(written) == canonical(code)
