"""Why a passphrase takes as many guesses as it does, in words that don't quote it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

_WORD = ("common word", "common words")
_NAME = ("name", "names")
_DATE = ("date or year", "dates or years")
_OTHER = ("piece that is on no list", "pieces that are on no list")
_OF_DICTIONARY = {
    "passwords": ("common password", "common passwords"),
    "english_wikipedia": _WORD,
    "us_tv_and_film": _WORD,
    "male_names": _NAME,
    "female_names": _NAME,
    "surnames": _NAME,
    "user_inputs": (
        "word that belongs to the account or the workbench",
        "words that belong to the account or the workbench",
    ),
}
_OF_PATTERN = {
    "spatial": ("walk on the keyboard", "walks on the keyboard"),
    "repeat": ("repetition", "repetitions"),
    "sequence": ("sequence", "sequences"),
    "regex": _DATE,
    "date": _DATE,
}
_ADD_WORDS = "Add another word or two. Uncommon words are better."
_OUR_WORDS = {
    "Capitalization doesn't help very much.": "Capital letters don't help very much.",
    "All-uppercase is almost as easy to guess as all-lowercase.": "Capital letters throughout hardly help.",
    "Use a longer keyboard pattern with more turns.": "Use words that come together by chance instead.",
}


def taken_apart(sequence: Iterable[Mapping[str, Any]]) -> str:
    """Return a sentence that counts the parts in which a passphrase is guessed most easily.

    Parameters
    ----------
    sequence : iterable of Mapping
        zxcvbn's matches; only their kinds are looked at.
    """
    parts = Counter(_kind(match) for match in sequence)
    told = [f"{count} {one if count == 1 else many}" for (one, many), count in parts.most_common()]
    listed = " and ".join(filter(None, (", ".join(told[:-1]), *told[-1:])))
    return f"To a guesser it is {listed}."


def advice(feedback: Mapping[str, Any], *, is_strong: bool) -> tuple[str, ...]:
    """Return zxcvbn's warning and suggestions, and at least one suggestion for what isn't strong."""
    sentences = [_OUR_WORDS.get(sentence, sentence) for sentence in (feedback["warning"], *feedback["suggestions"])]
    told = tuple(filter(None, sentences))
    return told if told or is_strong else (_ADD_WORDS,)


def _kind(match: Mapping[str, Any]) -> tuple[str, str]:
    if match["pattern"] == "dictionary":
        return _OF_DICTIONARY.get(match["dictionary_name"], _WORD)
    return _OF_PATTERN.get(match["pattern"], _OTHER)
