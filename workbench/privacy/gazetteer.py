"""Given names that the room knows, and whether each is an ordinary word or a place as well."""

import unicodedata
from functools import cache
from importlib.resources import files

# Letters that Unicode doesn't decompose into a plain letter and an accent.
_PLAIN = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th", "’": "'"}
)


def fold(name: str) -> str:
    """Return `name` in small letters without accents, as the gazetteer keeps it.

    Examples
    --------
    >>> fold("Łukasz"), fold("JOSÉ")
    ('lukasz', 'jose')
    """
    if name.isascii():
        return name.lower()
    parts = unicodedata.normalize("NFKD", name.casefold().translate(_PLAIN))
    return "".join(part for part in parts if not unicodedata.combining(part))


@cache
def given_names() -> dict[str, bool]:
    """Return each folded given name with whether it is sure: ``True`` for a name that is hardly ever anything else."""
    lines = files("workbench.privacy").joinpath("data/given_names.txt").read_text(encoding="utf-8").splitlines()
    return {line.rstrip("?"): not line.endswith("?") for line in lines if line and not line.startswith("#")}
