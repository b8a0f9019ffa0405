import re
import statistics
from itertools import islice

import zstandard

from workbench.benchmark.workload import turns, word_in
from workbench.privacy import restore


def test_the_same_seed_gives_the_same_turns_and_another_seed_gives_others():
    assert list(turns(20)) == list(turns(20))
    assert not {turn.id for turn in turns(20)} & {turn.id for turn in turns(20, seed=2)}


def test_a_longer_run_begins_like_a_shorter_one():
    assert list(islice(turns(600), 300)) == list(turns(300))


def test_every_turn_has_an_id_of_its_own_and_they_come_in_order():
    made = list(turns(600))
    assert len({turn.id for turn in made}) == 600
    assert [turn.created for turn in made] == sorted(turn.created for turn in made)


def test_turns_are_as_long_and_as_compressible_as_verse():
    texts = [turn.prompt.text + turn.text for turn in turns(200)]
    compressor = zstandard.ZstdCompressor(level=1)
    assert 2800 < statistics.fmean(len(text) for text in texts) < 3200
    left = statistics.fmean(len(compressor.compress(text.encode())) / len(text) for text in texts)
    assert 0.5 < left < 0.57


def test_a_fifth_of_the_prompts_name_a_person_and_the_entities_point_at_the_name():
    made = list(turns(100))
    naming = [turn for turn in made if turn.minimised.entities]
    assert len(naming) == 20
    for turn in naming:
        (name,) = turn.pseudonyms.originals.values()
        found = {turn.prompt.text[entity.start : entity.end] for entity in turn.minimised.entities}
        assert found == {name}
        assert restore(turn.minimised.text, turn.pseudonyms) == turn.prompt.text


def test_a_word_occurs_in_about_the_share_of_turns_that_was_asked_for():
    words = [set(re.findall(r"\w+", (turn.prompt.text + " " + turn.text).lower())) for turn in turns(1000)]
    for share in (0.3, 0.02):
        held = sum(word_in(share) in of_turn for of_turn in words) / len(words)
        assert share / 2 < held < share * 2


def test_a_share_below_that_of_the_rarest_word_gives_the_rarest_word():
    assert word_in(1e-9) == word_in(1e-12)
