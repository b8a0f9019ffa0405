"""The little English that filling a slot needs: plurals, and "a" or "an"."""

import re

from workbench.prosody import begins_with_vowel

_IRREGULAR = {
    "child": "children",
    "foot": "feet",
    "goose": "geese",
    "hoof": "hooves",
    "knife": "knives",
    "leaf": "leaves",
    "loaf": "loaves",
    "man": "men",
    "mouse": "mice",
    "person": "people",
    "scarf": "scarves",
    "sheep": "sheep",
    "shelf": "shelves",
    "snowman": "snowmen",
    "tooth": "teeth",
    "wolf": "wolves",
    "woman": "women",
}
IRREGULAR_PLURALS = frozenset(_IRREGULAR.values())
"""Plurals that don't end in "s"."""

_HISSING = re.compile(r"(s|x|z|ch|sh)$")
_CONSONANT_Y = re.compile(r"[^aeiou]y$")
_ARTICLE = re.compile(r"\b([Aa])n? (?=([^\W\d_][\w'’]*))")


def plural(noun: str) -> str:
    """Return the plural of a noun; of a noun of two words, the last is changed."""
    *before, last = noun.split(" ")
    if last in _IRREGULAR:
        changed = _IRREGULAR[last]
    elif _HISSING.search(last):
        changed = f"{last}es"
    elif _CONSONANT_Y.search(last):
        changed = f"{last[:-1]}ies"
    else:
        changed = f"{last}s"
    return " ".join((*before, changed))


def with_articles(line: str) -> str:
    """Return the line with each "a" or "an" as the sound of the next word asks: an hour, a union."""
    return _ARTICLE.sub(lambda found: f"{found[1]}{'n' if begins_with_vowel(found[2]) else ''} ", line)
