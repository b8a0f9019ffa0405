"""A name once known is found wherever the text has it, and an ordinary word that looks like it is not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.privacy import minimise
from workbench.privacy.names import find_names
from workbench.privacy.spans import resolve


def people(text):
    return [text[entity.start : entity.end] for entity in resolve(text, find_names(text))]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("My name is Wren Halloway. Wren walks home.", ["Wren Halloway", "Wren"]),
        ("My name is Wren Halloway. Halloway walks; HALLOWAY ran.", ["Wren Halloway", "Halloway", "HALLOWAY"]),
        ("Dr. Okonkwo met Okonkwo and Okonkwo's son", ["Okonkwo", "Okonkwo", "Okonkwo"]),
        ("Okonkwo came. Then came Dr. Okonkwo", ["Okonkwo", "Okonkwo"]),
        ("Dear Mr Ashdown, Ashdown Farm", ["Ashdown", "Ashdown"]),
        ("Dr. Okonkwo and all the Okonkwos, an Okonkwo-like laugh", ["Okonkwo", "Okonkwos", "Okonkwo"]),
        ("Dr. Ng came. Ng left.", ["Ng", "Ng"]),
        ("my name is mary, and mary writes as Mary", ["mary", "mary", "Mary"]),
        ("My name is José Núñez. Nunez; NÚÑEZ", ["José Núñez", "Nunez", "NÚÑEZ"]),
        ("Jean-Luc Moreau, that is Luc", ["Jean-Luc Moreau", "Luc"]),
        ("My name is Will Smith. Will is here, WILL SMITH.", ["Will Smith", "Will", "WILL SMITH"]),
        ("we met Will Smith. Will left, and Will's dog.", ["Will Smith", "Will", "Will"]),
        ("Tell Bill Smith. Bill's card is lost.", ["Bill Smith", "Bill"]),
        ("My son Rose Halloway. The rose. Rose is fine.", ["Rose Halloway", "Rose"]),
    ],
)
def test_a_known_name_is_found_again(text, names):
    assert people(text) == names


def test_the_words_of_one_name_are_one_span_again():
    text = "Mr Ludwig van Beethoven; LUDWIG VAN BEETHOVEN; Ludwig van Beethoven"
    assert people(text) == ["Ludwig van Beethoven", "LUDWIG VAN BEETHOVEN", "Ludwig van Beethoven"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("My name is Will Smith. Will you come? I WILL GO.", ["Will Smith"]),
        ("we met Will Smith there. Will the rain stop? May I go?", ["Will Smith"]),
        ("we met Grace Kelly there. Grace falls on us, by grace", ["Grace Kelly"]),
        ("Mr. Frost came to the frost", ["Frost"]),
        ("Ludwig van Beethoven had a van. Van life", ["Ludwig van Beethoven"]),
        ("J. R. Okonkwo said so to Dr. J. Okonkwo, and J", ["Okonkwo", "J. Okonkwo"]),
        ("My name is Ann Okonkwo; an Annex, Anneke-Okonkwofield", ["Ann Okonkwo"]),
    ],
)
def test_ordinary_words_initials_and_longer_words_are_no_repetition(text, names):
    assert people(text) == names


def test_a_repeated_name_has_the_same_placeholder():
    minimised, _ = minimise("Dr. Okonkwo met Okonkwo and Okonkwo's son")
    assert minimised.text == "Dr. PERSON_1 met PERSON_1 and PERSON_1's son"


@settings(deadline=None)
@given(st.lists(st.sampled_from(["Halloway", "HALLOWAY", "Halloway's", "and", "the", "walks.", "“", "\n", "12", "("])))
def test_nothing_that_leaves_holds_an_announced_surname(parts):
    minimised, _ = minimise("My name is Wren Halloway. " + " ".join(parts))
    assert "halloway" not in minimised.text.lower()
