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


def test_each_prompt_gives_its_turn_and_a_time(session):
    results = list(run(session, read_prompts(None)[:3]))
    assert [turn.prompt.form for turn, _ in results] == ["haiku", "couplet", "limerick"]
    assert all(milliseconds > 0 for _, milliseconds in results)
