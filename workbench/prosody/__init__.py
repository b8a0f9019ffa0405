"""Measure verse: syllables, stress, rhyme, and whether a poem keeps its form."""

from workbench.prosody.forms import FORMS, Form
from workbench.prosody.metre import Fit
from workbench.prosody.scansion import Line, Scansion, rhyme_scheme, scan
from workbench.prosody.words import begins_with_vowel, rhymes, stress, syllables

__all__ = [
    "FORMS",
    "Fit",
    "Form",
    "Line",
    "Scansion",
    "begins_with_vowel",
    "rhyme_scheme",
    "rhymes",
    "scan",
    "stress",
    "syllables",
]
