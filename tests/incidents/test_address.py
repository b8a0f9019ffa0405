import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.incidents.address import LONGEST, plain_address


@pytest.mark.parametrize(
    ("given_as", "plain"),
    [
        ("ada@example.org", "ada@example.org"),
        ("ada.l+notices@mail.example.org", "ada.l+notices@mail.example.org"),
        ("root@localhost", "root@localhost"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
    ],
)
def test_a_plain_address_is_taken(given_as, plain):
    assert plain_address(given_as) == plain


@pytest.mark.parametrize(
    "address",
    [
        "", "ada", "@example.org", "ada@", "a@b@example.org", "ada@example.org\r\nBcc: eve@example.org",
        "ada@example.org\n", "ada@example.org, eve@example.org", "Ada <ada@example.org>", '"ada lovelace"@example.org',
        "adä@example.org", "ada@-example.org", "ada@example..org", ".ada@example.org", "ada@[127.0.0.1]",
        f"{'a' * 65}@example.org", f"ada@{'a' * 64}.org", f"ada@{'a.' * 126}org", "ada@example.org\0",
        "ada@\ud800.org", "ada@exa mple.org", "ada @example.org",
    ],
)  # fmt: skip
def test_anything_else_is_refused_and_not_quoted(address):
    """T11: one address, on one line, in ASCII (ASVS 5.0, 1.3.11)."""
    with pytest.raises(InputError) as caught:
        plain_address(address)
    assert "ada" not in str(caught.value)


@given(st.text() | st.from_regex(r"\A[^@]{0,70}@[^@]{0,90}\Z"))
def test_whatever_is_taken_is_one_ascii_word(address):
    """T11: what is taken can't end a line, a command or an angle bracket."""
    try:
        plain = plain_address(address)
    except InputError:
        return
    assert plain.isascii()
    assert plain.isprintable()
    assert len(plain) <= LONGEST
    assert not set(plain) & set(' <>,;:()[]"\\')
    assert plain.count("@") == 1
    assert plain_address(plain) == plain
