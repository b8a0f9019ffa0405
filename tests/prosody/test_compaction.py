"""Packing the dictionary and the build hook that does it."""

import importlib.util
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.prosody.compaction import CONSONANTS, VOWELS, compact, decode, encode, expand, parse, stamp_of

ROOT = Path(__file__).parents[2]
SOURCE = "poem P OW1 AH0 M\npoem(2) P OW1 M # a comment\n'tis T IH1 Z\n"

phones = st.sampled_from(CONSONANTS) | st.builds("{}{}".format, st.sampled_from(VOWELS), st.integers(0, 2))
pronunciations = st.lists(phones, min_size=1, max_size=12).map(" ".join)
entries = st.dictionaries(
    st.text("abcdefghijklmnopqrstuvwxyz'-", min_size=1, max_size=12),
    st.lists(pronunciations.map(encode), min_size=1, max_size=3, unique=True),
    min_size=1,
    max_size=8,
)


@given(pronunciations)
def test_decoding_undoes_encoding(spoken):
    assert decode(encode(spoken)) == spoken


@given(entries)
def test_expanding_undoes_compacting(dictionary):
    assert expand(compact(dictionary, stamp="test")) == {word: " ".join(said) for word, said in dictionary.items()}


def test_every_phone_has_a_character_of_its_own():
    assert len({encode(phone) for phone in CONSONANTS} | {encode(f"{v}{s}") for v in VOWELS for s in range(3)}) == 69


def test_variants_and_comments_of_the_source_are_understood():
    assert parse(SOURCE) == {"'tis": (encode("T IH1 Z"),), "poem": (encode("P OW1 AH0 M"), encode("P OW1 M"))}


def test_the_same_source_gives_the_same_bytes():
    assert compact(parse(SOURCE), stamp="s") == compact(dict(reversed(parse(SOURCE).items())), stamp="s")


@pytest.mark.parametrize("damaged", [b"", b"not xz", compact({"a": ["0"]}, stamp="s")[:-5]])
def test_bytes_that_are_no_dictionary_are_refused(damaged):
    with pytest.raises(ValueError, match="not a packed dictionary"):
        expand(damaged)
    assert stamp_of(damaged) == ""


def test_the_build_hook_writes_once_and_again_only_for_another_source(tmp_path):
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    hook = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hook)
    room = tmp_path / "workbench" / "prosody"
    room.mkdir(parents=True)
    (room / "compaction.py").write_bytes((ROOT / "workbench" / "prosody" / "compaction.py").read_bytes())
    assert hook.write_pronunciations(tmp_path, source=SOURCE.encode()) is True
    assert hook.write_pronunciations(tmp_path, source=SOURCE.encode()) is False
    assert hook.write_pronunciations(tmp_path, source=(SOURCE + "tea T IY1\n").encode()) is True
    assert set(expand((room / "data" / "pronunciations.xz").read_bytes())) == {"'tis", "poem", "tea"}


def test_the_shipped_licence_is_cmudicts_own():
    licence = (ROOT / "workbench" / "prosody" / "data" / "LICENSE-cmudict").read_text(encoding="utf-8")
    assert "Carnegie Mellon University" in licence
    assert "Redistributions in binary form must reproduce" in licence
