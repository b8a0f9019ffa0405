"""People's names: after a title, after words that announce one, and by a given name that the gazetteer knows."""

import re

from workbench.privacy.gazetteer import given_names
from workbench.privacy.name_lists import (
    NEEDS_GIVEN_NAME,
    NO_SURNAME,
    NOT_AFTER_GIVEN_NAME,
    PARTICLES,
    PLACE_AFTER,
    PLACE_BEFORE,
    TITLES,
)
from workbench.privacy.repeats import Person, find_repeats
from workbench.privacy.words import (
    SMALL_IN_TITLES,
    Word,
    is_among_capitals,
    is_heading,
    is_verse,
    read_words,
    small_words,
    starts_sentence,
)
from workbench.records import Entity

# Words that announce a name right after them; the flag tells whether any capitalised word will do.
_CUES = re.compile(
    r"(?P<strong>\b(?:(?:my|his|her|their|whose)[ ](?:full[ ]|first[ ]|last[ ])?name(?:[ ]is|[ ]was|['’]s)"
    r"|name(?:[ ]is|:)|i[ ]am[ ]called|call[ ]me|je[ ]m['’]appelle"
    r"|ich[ ]hei(?:ß|ss)e|me[ ]llamo|mi[ ]chiamo|"
    r"my[ ](?:(?:late|dear|best|older|elder|younger|little|big)[ ])?(?:wife|husband|son|daughter|mother|father"
    r"|mum|mom|dad|sister|brother"
    r"|friend|girlfriend|boyfriend|partner|fianc[ée]e?|boss|colleague|neighbou?r|teacher|grandmother|grandfather"
    r"|grandson|granddaughter"
    r"|cousin|nephew|niece|cat|dog|baby),?))[ ]"
    r"|(?P<weak>\b(?:i['’]?m|i[ ]am|this[ ]is|named|called|dear|hi|hello|for|love,|regards,|sincerely,|signed,?"
    r"|yours,|thanks,|cheers,)[ \n])",
    re.IGNORECASE | re.VERBOSE,
)

_TITLE, _CUE, _FULL, _SINGLE = 0.85, 0.8, 0.75, 0.6
_GOES_ON = re.compile(r",|[ ](?:and|&)[ ]")  # "Bill Smith and Grace Hopper" names people, it is no title
_ASKS = re.compile(r"[^.!?\n]{0,200}+\?")
_ANNOUNCED = frozenset({"name-title", "name-cue"})
_AUXILIARIES = frozenset({"will", "may"})
_LONGEST = 4  # words of one name, after its first
_ACRONYM = 3  # letters


def find_names(text: str) -> list[Entity]:
    """Return the spans of people's names in `text`, overlapping as they come.

    This is a thin detector: it knows Faker's given names and English cues. A surname alone, a name in small letters and
    a name from elsewhere pass through unless a title or a cue stands before them; verse and headings, where every line
    or word is capitalised, are read with more caution. A name once found is found again wherever the text has it or a
    part of it (`find_repeats`).
    """
    words = list(read_words(text))
    names = given_names()
    announced = _announced(text)
    small = small_words(words)
    found: list[Entity] = []
    people: list[Person] = []
    index = 0
    while index < len(words):
        last, rule, confidence = _name_at(text, words, index, names, announced, small)
        if last < index:
            index += 1
            continue
        found.append(Entity(words[index].start, words[last].end, "PERSON", rule, confidence))
        people.append(Person(index, last, is_announced=rule in _ANNOUNCED))
        index = last + 1
    return found + find_repeats(text, words, people, names)


def _announced(text: str) -> dict[int, bool]:
    """Return each place where a cue says that a name comes, with whether any capitalised word counts there."""
    return {match.end(): match.lastgroup == "strong" for match in _CUES.finditer(text)}


def _name_at(  # noqa: C901, PLR0911 - one decision after another, each a line
    text: str,
    words: list[Word],
    index: int,
    names: dict[str, bool],
    announced: dict[int, bool],
    small: frozenset[str],
) -> tuple[int, str, float]:
    """Return the last word's index of a name that begins at `index` (-1: none does), its rule and its confidence."""
    word = words[index]
    nothing = (-1, "", 0.0)
    before = words[index - 1] if index else None
    sure = _known(word.folded, names)
    strong = announced.get(word.start)
    if not word.is_capitalised:
        # People write their own names in small letters: "my name is mary".
        return (index, "name-cue", _CUE) if strong and sure and len(word.text) > 2 else nothing  # noqa: PLR2004 - "al", "jo"
    if word.folded in NO_SURNAME and sure is None:
        return nothing
    if before and before.folded in TITLES and before.is_capitalised and _joined(text, before, word):
        if sure is not None or before.folded not in NEEDS_GIVEN_NAME:
            return _extended(text, words, index), "name-title", _TITLE
        return nothing
    last = _extended(text, words, index)
    if before and before.folded in PLACE_BEFORE and before.is_capitalised and _joined(text, before, word):
        return nothing
    if words[last].folded in PLACE_AFTER or (
        last + 1 < len(words) and words[last + 1].folded in PLACE_AFTER and words[last + 1].is_capitalised
    ):
        return nothing
    if strong is not None and (strong or sure) and word.folded not in TITLES and not _is_shouted(word, words, last):
        return last, "name-cue", _CUE
    if sure is None or (word.text.isupper() and _is_acronym(word, words, last)):
        return nothing
    if sure:
        return last, "given-name", _FULL if last > index else _SINGLE
    if last > index and _is_full_name(text, words, index, last, names, small):
        return last, "given-name-and-surname", _SINGLE
    return nothing


def _is_full_name(
    text: str, words: list[Word], index: int, last: int, names: dict[str, bool], small: frozenset[str]
) -> bool:
    """Tell a doubtful given name and a surname ("Bill Smith") from two words that only have capitals ("Art Deco")."""
    word, surname = words[index], words[index + 1]
    start, end = word.start, words[last].end
    if index and words[index - 1].text == "I" and _joined(text, words[index - 1], word):
        return False
    if not starts_sentence(text, start) and not _follows_opening(text, words, index):
        return not is_among_capitals(text, words, index, last)
    if surname.folded in NOT_AFTER_GIVEN_NAME or surname.folded in small:
        return False
    if surname.text.isupper() and 1 < len(surname.text) <= _ACRONYM and not word.text.isupper():
        return False
    # "Will Mary come?": she is found by herself, and the question keeps its verb.
    if word.folded in _AUXILIARIES and names.get(surname.folded) and _ASKS.match(text, end):
        return False
    return (_GOES_ON.match(text, end) is not None or not is_heading(text, start, end)) and not is_verse(
        text, start, end
    )


def _follows_opening(text: str, words: list[Word], index: int) -> bool:
    """Tell whether only a first word such as To or From stands before: its capital says nothing of those after it."""
    before = words[index - 1] if index else None
    return (
        before is not None
        and before.is_capitalised
        and before.folded in SMALL_IN_TITLES
        and starts_sentence(text, before.start)
    )


def _known(folded: str, names: dict[str, bool]) -> bool | None:
    """Look a word up; of a hyphenated name ("Jean-Luc") the first part decides unless the whole is known."""
    known = names.get(folded)
    if known is None and "-" in folded:
        first, _, second = folded.partition("-")
        known = names.get(first) if second in names else None
    return known


def _joined(text: str, first: Word, second: Word) -> bool:
    """Tell whether only a space, or a full stop and a space, stands between two words."""
    between = text[first.end : second.start]
    return len(between) <= 2 and between in {" ", ". ", ".", "\u00a0", ".\u00a0"}  # noqa: PLR2004 - a full stop and a space


def _extended(text: str, words: list[Word], index: int) -> int:
    """Return the index of the last word of the name: initials, particles and surnames after its first word."""
    last = index
    place = index + 1
    while place < len(words) and place - index <= _LONGEST:
        word, before = words[place], words[place - 1]
        between = text[before.end : word.start]
        is_initial = len(before.text) == 1 or before.folded in {"st", "jr"}
        if between not in ({" ", "\u00a0", ". ", "."} if is_initial else {" ", "\u00a0"}):
            break
        if word.is_capitalised and word.folded not in NO_SURNAME and word.text != "I" and before.end >= before.start:
            last = place
        elif word.folded not in PARTICLES or word.is_capitalised:
            break
        place += 1
    return last


def _is_acronym(word: Word, words: list[Word], last: int) -> bool:
    """Tell capitals that abbreviate ("ADA compliance") from a shouted name ("MARY", "ADA LOVELACE")."""
    surname = words[last]
    return len(word.text) <= _ACRONYM and (surname is word or not surname.text.isupper() or len(surname.text) == 1)


def _is_shouted(word: Word, words: list[Word], last: int) -> bool:
    return word.text.isupper() and _is_acronym(word, words, last)
