"""Names of people, and the many capitals that are none."""

import pytest

from workbench.privacy.gazetteer import fold, given_names
from workbench.privacy.names import find_names
from workbench.privacy.spans import resolve


def people(text):
    return [text[entity.start : entity.end] for entity in resolve(text, find_names(text))]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("A sonnet for Mary.", ["Mary"]),
        ("Mary's garden and Mary’s rain", ["Mary", "Mary"]),
        ("For Mary O'Neill and Jean-Luc Moreau", ["Mary O'Neill", "Jean-Luc Moreau"]),
        ("Samuel L. Jackson reads", ["Samuel L. Jackson"]),
        ("Ada Lovelace, Ludwig van Beethoven", ["Ada Lovelace", "Ludwig van Beethoven"]),
        ("Ask Mr. Pemberton or Dr Okonkwo.", ["Pemberton", "Okonkwo"]),
        ("My name is Zebulon Quark.", ["Zebulon Quark"]),
        ("my name is mary and I write", ["mary"]),
        ("I'm Peter, hello", ["Peter"]),
        ("my wife Xanthippe sings", ["Xanthippe"]),
        ("José and JOSÉ, Łukasz too", ["José", "JOSÉ", "Łukasz"]),
        ("Jose\u0301 walks", ["Jose\u0301"]),
        ("we met Will Smith there", ["Will Smith"]),
        ("Mr. Frost came", ["Frost"]),
        ("Señora Okonkwo came", ["Okonkwo"]),
        (
            "Mary Fairweather left; then Fairweather returned, said Fairweather",
            ["Mary Fairweather", "Fairweather", "Fairweather"],
        ),
        ("in the style of Emily Dickinson", ["Emily Dickinson"]),
        ("MARY wrote", ["MARY"]),
        ("Martin Luther King Jr. spoke", ["Martin Luther King Jr"]),
        ("Alice, Bert and Cheryl", ["Alice", "Bert", "Cheryl"]),
        ("Bill Smith's card is lost", ["Bill Smith"]),
        ("Bill Smith is here.", ["Bill Smith"]),
        ("Grace Hopper wrote this. Will Young sang; Rose White left.", ["Grace Hopper", "Will Young", "Rose White"]),
        ("Bill Smith and Grace Hopper", ["Bill Smith", "Grace Hopper"]),
        ("Bill Smith", ["Bill Smith"]),
        ("Bill Smith\nGrace Hopper\nWill Young", ["Bill Smith", "Grace Hopper", "Will Young"]),
        ("To Bill Smith:\nGrace Hopper called.", ["Bill Smith", "Grace Hopper"]),
        ("Will Smith come?", ["Will Smith"]),
        ("Will Mary come?", ["Mary"]),
    ],
)
def test_people_are_found(text, names):
    assert people(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "Will May be as fair as June?\nGrace falls; Hope is the thing with feathers.\nRose and Lily, Violet, Dawn.",
        "Shall I compare thee to a summer's day?\nThou art more lovely and more temperate:\nRough winds do shake",
        "Mark the Art of Summer, Bill the Sky",
        "I am Sad. I'm Tired and so are You",
        "Write A Poem About Love And Hope",
        "in Paris, Florence and San Diego",
        "Victoria Station and Charlotte Street",
        "a haiku on Monday in April",
        "ADA compliance, IDA and ANA",
        "Dear Sir or Madam,",
        "the German Shepherd and the Danish language",
        "O Captain! my Captain! our fearful trip is done",
        "",
        "'s ’s -- '",
        "Art Deco is a style. Hope Springs eternal. Grace Notes follow.",
        "Will England win? May God forgive us.",
        "Rose Petals and the Long Road",
        "I WILL GO HOME AND HOPE FOR THE BEST",
        "Hope Wanders over the barren plain\nAnd Rose Bends low to the rain\nSummer Fades at the window pane",
        "Mark PDF files as read",
    ],
)
def test_words_that_only_have_a_capital_are_left_alone(text):
    assert people(text) == []


def test_a_surname_that_the_text_has_in_small_letters_makes_no_name_of_a_sentences_first_words():
    assert people("Grace Hopper is a toy; each hopper jumps.") == []


def test_the_same_first_words_are_a_name_in_prose_and_none_in_verse():
    line = "Grace Hopper goes down to the shore"
    assert people(f"{line}.") == ["Grace Hopper"]
    assert people(f"The gulls are crying over the foam\n{line}\nAnd never a sail is turning home") == []


def test_the_gazetteer_is_sorted_plain_and_small():
    names = list(given_names())
    assert len(names) > 5000
    assert names == sorted(names)
    assert all(name == fold(name) and name.isascii() for name in names)


DOUBTFUL = ["will", "may", "june", "april", "rose", "grace", "hope", "mark", "bill", "art", "summer", "dawn", "paris"]
SURE = ["mary", "ada", "emily", "william", "john", "peter", "priya", "jose", "lukasz"]


def test_ordinary_words_places_and_months_are_marked_doubtful():
    names = given_names()
    assert not any(names.get(word) for word in DOUBTFUL)
    assert all(names[name] for name in SURE)
