"""Scanning poems and comparing them with a form."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import WorkbenchError
from workbench.prosody import FORMS, rhyme_scheme, scan
from workbench.prosody.metre import fit

COUPLET = "The kettle sings, the evening settles down,\nand one by one the lamps come on in town."
HAIKU = "the rain, no hurry\nthe silver star is awake\nwithout being asked"


def test_a_regular_couplet_fits_and_is_recognised():
    scansion = scan(COUPLET)
    assert scansion.form == "couplet"
    assert scansion.fits
    assert scansion.scheme == "aa"
    assert [line.syllables for line in scansion.lines] == [10, 10]
    assert scansion.lines[0].fit.template == "x/x/x/x/x/"
    assert scansion.lines[0].stresses == "x/x/x/x/x/"


def test_a_haiku_counts_syllables_only():
    assert scan(HAIKU, form="haiku").fits


@pytest.mark.parametrize(
    ("poem", "form", "misfit"),
    [
        (HAIKU.replace("no hurry", "no hurry at all"), "haiku", "Line 1 has 7 syllables, not 5."),
        (HAIKU + "\nand more", "haiku", "It has 4 lines, not 3."),
        (COUPLET.replace("in town", "at noon"), "couplet", "Lines 1 and 2 don't rhyme."),
        (COUPLET.replace("in town", "low down"), "couplet", "Lines 1 and 2 end in the same word."),
        (COUPLET.replace("The kettle sings", "Kettles singing"), "couplet", "Line 1 strains the iambic metre."),
        (
            COUPLET + "\n" + COUPLET.replace("down", "brown"),
            "quatrain",
            "Lines 1 and 2 rhyme, and the form keeps them apart.",
        ),
    ],
)
def test_what_does_not_fit_is_said_in_words(poem, form, misfit):
    scansion = scan(poem, form=form)
    assert not scansion.fits
    assert misfit in scansion.misfits


def test_a_dedication_is_no_part_of_the_metre():
    scansion = scan("for PERSON_1\n\n" + COUPLET, form="couplet")
    assert scansion.dedication == "for PERSON_1"
    assert scansion.fits


def test_an_inverted_first_foot_costs_little_and_a_stress_in_the_wrong_place_costs_the_line():
    assert fit("Harbour and ship are waiting for the tide", "x/" * 5).is_clean
    assert not fit("The machine waited under kitchen lights", "x/" * 5).is_clean


def test_rhymes_get_letters_in_order_and_lone_lines_none():
    assert rhyme_scheme(("on the sea", "at night", "be with me", "by the lamp", "in the light")) == "ab a-b".replace(
        " ", ""
    )


def test_a_poem_in_no_known_form_fits_none():
    scansion = scan("One line, alone.")
    assert scansion.form is None
    assert not scansion.fits
    assert scansion.misfits


def test_an_unknown_form_is_refused_with_the_list_of_forms():
    with pytest.raises(WorkbenchError) as refusal:
        scan(HAIKU, form="sestina")
    assert "haiku" in refusal.value.remedy


def test_no_repr_shows_the_poem():
    assert "kettle" not in repr(scan("for Mary\n\n" + COUPLET))
    assert "Mary" not in repr(scan("for Mary\n\n" + COUPLET))


@settings(deadline=None)  # the first unknown word looks through the whole dictionary
@given(st.text(max_size=80), st.sampled_from([None, *FORMS]))
def test_any_text_can_be_scanned(text, form):
    scansion = scan(text, form=form)
    assert len(scansion.scheme) == len(scansion.lines)
