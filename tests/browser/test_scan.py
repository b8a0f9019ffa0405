"""The scan finds what is there: a check that can't fail would prove nothing."""

import base64
import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lab_server.scan import found_in, scan

WORD = "Quillfeather"
HIDDEN = {
    "utf-8": WORD.encode(),
    "another case": WORD.upper().encode(),
    "utf-16": WORD.encode("utf-16-le"),
    "hex": WORD.encode().hex().encode(),
    "upper hex": WORD.encode().hex().upper().encode(),
    "zlib": zlib.compress(WORD.encode() * 3),
    "gzip": gzip.compress(b"before " + WORD.encode()),
    "gzip of utf-16": gzip.compress(WORD.encode("utf-16-le")),
    "zlib of base64": zlib.compress(base64.b64encode(b"ab" + WORD.encode() + b"cd")),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_a_word_is_found_in_this_encoding(tmp_path, name):
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "file").write_bytes(b"\x00noise\xff" + HIDDEN[name] + b"\x01more")
    assert scan(tmp_path, [WORD, "elsewhere"])[WORD]
    assert not scan(tmp_path, [WORD, "elsewhere"])["elsewhere"]


@given(before=st.binary(max_size=9), after=st.binary(max_size=9))
def test_a_word_is_found_in_base64_whatever_stands_around_it(before, after):
    assert found_in(base64.b64encode(before + WORD.encode() + after), [WORD])


@given(st.binary(max_size=200))
def test_a_word_is_not_found_where_it_is_not(noise):
    assert not found_in(noise, [WORD])


def test_a_word_that_is_too_short_to_prove_anything_is_refused(tmp_path):
    with pytest.raises(AssertionError):
        scan(tmp_path, ["frost"])
