"""Every authored line keeps its measure, rhymes with its family, and is fit for company."""

import itertools
import re
from importlib.resources import files

import pytest

from workbench.generation.poet.bank import FILES, kit_sha256, load
from workbench.generation.poet.chance import Chance
from workbench.generation.poet.compose import in_anapests, in_pentameter, of_syllables
from workbench.generation.poet.filling import Workshop
from workbench.generation.poet.grammar import plural, with_articles
from workbench.generation.poet.topic import Topic
from workbench.prosody import rhymes
from workbench.prosody.dictionary import is_known
from workbench.prosody.words import words_of

BANK = load()
TOPICS = (
    Topic("rain", "rain", kind="mass"),
    Topic("harbour", "harbour", kind="count"),
    Topic("stars", "stars", kind="plural"),
)
MEASURED = [
    *((line, in_pentameter) for lines in BANK.lines.values() for line in lines),
    *((line, in_pentameter) for pairs in BANK.couplets.values() for pair in pairs for line in pair),
    *((line, of_syllables(7 if part == "middle" else 5)) for part, lines in BANK.haiku.items() for line in lines),
    *((line, in_anapests(8)) for family in BANK.families for line in (*family.first, *family.second, *family.last)),
    *((line, in_anapests(5)) for pair in BANK.shorts for line in pair),
]


def filled(line, keeps, topic, field, *, name=""):
    return Workshop(topic, (field,), Chance((name, field.name))).line(line, keeps, must_name=True)


@pytest.mark.parametrize(("line", "keeps"), MEASURED, ids=lambda value: getattr(value, "versions", ("",))[0])
def test_line_keeps_its_measure_with_some_topic_and_without_one_in_half_of_all_fields(line, keeps):
    kept = [sum(filled(line, keeps, topic, field) is not None for field in BANK.fields.values()) for topic in TOPICS]
    wanted = 1 if line.names_topic else len(BANK.fields) // 2
    assert max(kept) >= wanted


def test_the_bank_holds_enough_to_choose_from():
    pentameter = [line for lines in BANK.lines.values() for line in lines]
    assert len(MEASURED) >= 250
    assert len({line.rhyme for line in pentameter}) >= 24
    assert len(BANK.families) >= 8
    assert len(BANK.fields) >= 17


def test_no_end_word_repeats_in_a_rhyme_family_and_each_has_partners():
    families = {}
    for section, lines in BANK.lines.items():
        for line in lines:
            families.setdefault((section, line.is_main, line.rhyme), []).append(line.end_word)
    for family in families.values():
        assert len(set(family)) == len(family) >= 3
        assert all(sum(rhymes(end, other) for other in family) >= 2 for end in family), family


def test_couplets_and_limericks_rhyme_whichever_lines_meet():
    for first, second in (*itertools.chain(*BANK.couplets.values()), *BANK.shorts):
        assert rhymes(first.end_word, second.end_word)
    for family in BANK.families:
        for trio in itertools.product(family.first, family.second, family.last):
            ends = [line.end_word for line in trio]
            assert all(rhymes(*pair) for pair in itertools.combinations(ends, 2)), ends


def test_every_word_of_the_bank_is_measured_by_the_dictionary():
    pools = [word for field in BANK.fields.values() for word in (*field.nouns, *field.adjectives, *field.verbs)]
    texts = [re.sub(r"\{[^}]*\}", " ", version) for line, _ in MEASURED for version in line.versions]
    words = {word.lower() for text in (*pools, *texts) for word in words_of(text)}
    assert {word for word in words if not is_known(word)} <= {"kettle's", "mends", "semicolon"}


def test_no_profanity_stands_in_the_bank():
    """Roots that must not occur in any word of the bank; a list for this test only."""
    roots = (
        "fuck",
        "shit",
        "cunt",
        "piss",
        "bitch",
        "bastard",
        "damn",
        "whore",
        "slut",
        "nigg",
        "fagg",
        "rape",
        "wank",
    )
    text = " ".join(files("workbench.generation.poet").joinpath("bank", name).read_text("utf-8") for name in FILES)
    words = re.findall(r"[a-z]+", text.lower())
    assert [word for word in words if word.startswith(roots)] == []


def test_no_field_needs_a_noun_whose_plural_is_wrong():
    spelt = {noun: plural(noun) for field in BANK.fields.values() for noun in field.nouns}
    assert spelt["leaf"] == "leaves"
    assert spelt["daisy"] == "daisies"
    assert spelt["branch"] == "branches"
    assert spelt["watering can"] == "watering cans"
    assert spelt["snowman"] == "snowmen"
    assert [many for many in spelt.values() if re.search(r"[^aeiou]ys$|[sxz]s$|[cs]hs$", many)] == []


@pytest.mark.parametrize(
    ("line", "right"),
    [("a hour", "an hour"), ("A umbrella", "An umbrella"), ("an union", "a union"), ("a old cat", "an old cat")],
)
def test_articles_follow_the_sound_of_the_next_word(line, right):
    assert with_articles(line) == right


def test_the_kits_digest_is_settled_by_its_files():
    assert re.fullmatch(r"[0-9a-f]{64}", kit_sha256())


def test_chance_is_splitmix64_and_has_no_favourites():
    """The first outputs for state 0 are those of the reference implementation (prng.di.unimi.it/splitmix64.c)."""
    chance = Chance(())
    chance._state = 0
    assert [chance._next() for _ in range(2)] == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4]
    counts = [0] * 7
    for _ in range(7000):
        counts[chance.below(7)] += 1
    assert min(counts) > 850
    assert sorted(chance.shuffled(range(20))) == list(range(20))
