import csv
import io
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.app.demonstration import read_prompts, run, words_in_bytes
from workbench.errors import StoreError


@given(st.sets(st.text(st.characters(categories=["L"]), min_size=6, max_size=12), max_size=5), st.binary(max_size=200))
def test_exactly_the_words_that_stand_there_are_found(words, noise):
    data = noise + b"\x00".join(word.encode() for word in words)
    assert words_in_bytes(words, data) == words
    absent = {word + "q" for word in words}
    assert words_in_bytes(absent, data) <= {word for word in absent if word.encode() in data}


def test_the_bundled_prompts_ask_for_every_form_the_offline_poet_masters():
    examples = read_prompts(None)
    assert len(examples) == 12
    assert {example.form for example in examples} == {"haiku", "couplet", "limerick", "quatrain", "sonnet"}


def test_a_file_that_is_not_text_is_refused(tmp_path):
    path = tmp_path / "prompts.txt"
    path.write_bytes(b"\xff\xfe\x00\xd8")
    with pytest.raises(StoreError):
        read_prompts(path)
    with pytest.raises(StoreError):
        read_prompts(tmp_path / "missing.txt")


def test_the_refusal_of_a_file_that_is_not_text_carries_none_of_it(tmp_path):
    path = tmp_path / "prompts.csv"
    path.write_bytes("prompt\ncanary café\n".encode("latin-1"))
    with pytest.raises(StoreError) as raised:
        read_prompts(path)
    assert "canary" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None


prompts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40).filter(str.strip)


@given(st.lists(st.tuples(prompts, st.sampled_from([None, "haiku", "sonnet"])), min_size=1, max_size=5))
def test_every_prompt_that_a_csv_can_hold_is_read_as_it_was_written(tmp_path_factory, rows):
    written = io.StringIO(newline="")
    csv.writer(written).writerows([("prompt", "form"), *rows])
    path = tmp_path_factory.getbasetemp() / "written.csv"
    path.write_bytes(written.getvalue().encode("utf-8"))
    assert [(example.text, example.form) for example in read_prompts(path)] == rows


@given(st.lists(prompts.filter(lambda text: "\n" not in text and not text.endswith("\r")), min_size=1, max_size=5))
def test_every_line_of_a_text_is_one_prompt_whatever_else_unicode_calls_a_break(tmp_path_factory, lines):
    path = tmp_path_factory.getbasetemp() / "written.txt"
    for end in ("\n", "\r\n"):
        path.write_bytes(b"\xef\xbb\xbf" + end.join(lines).encode("utf-8"))
        assert [example.text for example in read_prompts(path)] == lines


@given(st.text())
def test_any_text_in_a_csv_is_read_or_refused(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(b"prompt,form\n" + text.encode("utf-8", "replace"))
    with suppress(StoreError):  # and no other error
        assert read_prompts(path)


@pytest.mark.parametrize("name", ["prompts.csv", "prompts.txt"])
@pytest.mark.parametrize("separator", ["\u2028", "\x0c", "\x85", "\x1c"])
def test_a_separator_inside_a_prompt_does_not_cut_it(tmp_path, name, separator):
    path = tmp_path / name
    path.write_bytes(f"prompt\nfirst half{separator}second half\n".encode())
    assert read_prompts(path)[-1].text == f"first half{separator}second half"


@pytest.mark.parametrize(
    "row",
    ['"a "bad" quote"', '"never closed', "x" * (csv.field_size_limit() + 1)],
    ids=["a bad quote", "a quote that isn't closed", "a field that is too long"],
)
def test_a_row_that_is_no_csv_is_refused_with_a_remedy_and_without_its_content(tmp_path, row):
    path = tmp_path / "prompts.csv"
    path.write_text(f"prompt\na good one\n{row}\n")
    with pytest.raises(StoreError, match="Line 3") as raised:
        read_prompts(path)
    assert "double quotes" in raised.value.remedy
    assert "bad" not in str(raised.value)


def test_a_bare_quote_inside_a_field_is_only_a_quote(tmp_path):
    path = tmp_path / "prompts.csv"
    path.write_text('prompt\na "good" quote\n')
    assert read_prompts(path)[0].text == 'a "good" quote'


def test_an_unknown_form_is_refused_before_anything_is_sent_and_isnt_quoted(tmp_path):
    path = tmp_path / "prompts.csv"
    path.write_text("prompt,form\nrain,haiku\nsnow,canary\n")
    with pytest.raises(StoreError, match="Line 3") as raised:
        read_prompts(path)
    assert "haiku, couplet, limerick, quatrain, sonnet" in raised.value.remedy
    assert "canary" not in str(raised.value)


def test_spaces_around_a_form_and_a_form_without_a_prompt_are_no_matter(tmp_path):
    path = tmp_path / "prompts.csv"
    path.write_text("prompt,form\nrain, haiku \n,canary\nsnow,\n")
    assert [example.form for example in read_prompts(path)] == ["haiku", None]


def test_each_prompt_gives_its_turn_and_a_time(session):
    results = list(run(session, read_prompts(None)[:3]))
    assert [turn.prompt.form for turn, _ in results] == ["haiku", "couplet", "limerick"]
    assert all(milliseconds > 0 for _, milliseconds in results)
