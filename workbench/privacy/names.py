"""People's names: after a title, after words that announce one, and by a given name that the gazetteer knows."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from workbench.privacy.gazetteer import fold, given_names
from workbench.privacy.rules import word_set
from workbench.records import Entity

# A word: letters with their combining marks, joined by single apostrophes or hyphens.
_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f])*+(?:['’-][^\W\d_](?:[^\W\d_]|[\u0300-\u036f])*+)*+")
_ENDING = re.compile(r"['’](?:s|d|ll|re|ve|m)\Z", re.IGNORECASE)

TITLES = word_set(
    "mr mrs ms miss mx dr prof professor sir dame rev reverend mme mlle madame monsieur mademoiselle herr "
    "frau señor señora sr sra signor signora signorina uncle aunt auntie grandma grandpa judge sergeant "
    "lieutenant sister brother nurse"
)
_NEEDS_GIVEN_NAME = word_set(
    "uncle aunt auntie grandma grandpa judge sergeant lieutenant sister brother nurse miss sir"
)
_PARTICLES = word_set("van von de la del della di da dos der den bin al ibn ter ten st")

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

# Capitalised words that continue no name, and words after a name that make it a place or a thing.
_NO_SURNAME = word_set(
    "a an and are as at but by can could did do does for from had has have he her his how i if in is it its "
    "let may might my nor not of on or our shall she should so than that the their then there these they this "
    "to us was we were what when where which while who whom whose why will with would yet you your dear love "
    "please write make give tell said says january february march april june july august september october "
    "november december monday tuesday wednesday thursday friday saturday sunday christmas english french "
    "german spanish american british i'm i'll i've i'd haiku poem sonnet"
)
_PLACE_AFTER = word_set(
    "street road avenue lane drive boulevard square station park river lake bay beach university college "
    "school hospital county city town island islands mountain mountains valley airport bridge hill hills day "
    "church cathedral museum hotel company corporation inc ltd llc foundation institute prize award theorem "
    "algorithm equation law method test model effect scale style theory sequence series transform "
    "distribution inequality process function"
)
_PLACE_BEFORE = word_set("san santa santo sao port mount mt lake fort cape saint new north south east west hotel")
_SENTENCE_END = re.compile(r"(?:[.!?:…\n\r\"“”*#>|•-]|\A)[\s\"“”'‘’*_(\[#>-]*\Z")

_TITLE, _CUE, _FULL, _SINGLE, _AGAIN = 0.85, 0.8, 0.75, 0.6, 0.55
_LONGEST = 4  # words of one name, after its first
_ACRONYM = 3  # letters


@dataclass(frozen=True, slots=True)
class _Word:
    """One word, without a possessive or contracted ending."""

    start: int
    end: int
    text: str
    folded: str
    is_capitalised: bool


def find_names(text: str) -> list[Entity]:
    """Return the spans of people's names in `text`, overlapping as they come.

    This is a thin detector: it knows Faker's given names and English cues. A surname alone, a name in small letters and
    a name from elsewhere pass through unless a title or a cue stands before them; verse and headings, where every line
    or word is capitalised, are read with more caution.
    """
    words = list(_words(text))
    names = given_names()
    announced = _announced(text)
    found: list[Entity] = []
    index = 0
    while index < len(words):
        last, rule, confidence = _name_at(text, words, index, names, announced)
        if last < index:
            index += 1
            continue
        found.append(Entity(words[index].start, words[last].end, "PERSON", rule, confidence))
        index = last + 1
    return found + _again(text, words, found, names)


def _words(text: str) -> Iterator[_Word]:
    for match in _WORD.finditer(text):
        start, end = match.span()
        word = match.group()
        ending = _ENDING.search(word)
        if ending and ending.start():
            word = word[: ending.start()]
            end = start + len(word)
        yield _Word(start, end, word, fold(word), word[0].isupper())


def _announced(text: str) -> dict[int, bool]:
    """Return each place where a cue says that a name comes, with whether any capitalised word counts there."""
    return {match.end(): match.lastgroup == "strong" for match in _CUES.finditer(text)}


def _name_at(  # noqa: C901, PLR0911 - one decision after another, each a line
    text: str, words: list[_Word], index: int, names: dict[str, bool], announced: dict[int, bool]
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
    if word.folded in _NO_SURNAME and sure is None:
        return nothing
    if before and before.folded in TITLES and before.is_capitalised and _joined(text, before, word):
        if sure is not None or before.folded not in _NEEDS_GIVEN_NAME:
            return _extended(text, words, index), "name-title", _TITLE
        return nothing
    last = _extended(text, words, index)
    if before and before.folded in _PLACE_BEFORE and before.is_capitalised and _joined(text, before, word):
        return nothing
    if words[last].folded in _PLACE_AFTER or (
        last + 1 < len(words) and words[last + 1].folded in _PLACE_AFTER and words[last + 1].is_capitalised
    ):
        return nothing
    if strong is not None and (strong or sure) and word.folded not in TITLES and not _is_shouted(word, words, last):
        return last, "name-cue", _CUE
    if sure is None or (word.text.isupper() and _is_acronym(word, words, last)):
        return nothing
    if sure:
        return last, "given-name", _FULL if last > index else _SINGLE
    if last > index and not _starts_sentence(text, word.start) and not _is_heading(words, index, last):
        return last, "given-name-and-surname", _SINGLE
    return nothing


def _known(folded: str, names: dict[str, bool]) -> bool | None:
    """Look a word up; of a hyphenated name ("Jean-Luc") the first part decides unless the whole is known."""
    known = names.get(folded)
    if known is None and "-" in folded:
        first, _, second = folded.partition("-")
        known = names.get(first) if second in names else None
    return known


def _joined(text: str, first: _Word, second: _Word) -> bool:
    """Tell whether only a space, or a full stop and a space, stands between two words."""
    between = text[first.end : second.start]
    return len(between) <= 2 and between in {" ", ". ", ".", "\u00a0", ".\u00a0"}  # noqa: PLR2004 - a full stop and a space


def _extended(text: str, words: list[_Word], index: int) -> int:
    """Return the index of the last word of the name: initials, particles and surnames after its first word."""
    last = index
    place = index + 1
    while place < len(words) and place - index <= _LONGEST:
        word, before = words[place], words[place - 1]
        between = text[before.end : word.start]
        is_initial = len(before.text) == 1 or before.folded in {"st", "jr"}
        if between not in ({" ", "\u00a0", ". ", "."} if is_initial else {" ", "\u00a0"}):
            break
        if word.is_capitalised and word.folded not in _NO_SURNAME and word.text != "I" and before.end >= before.start:
            last = place
        elif word.folded not in _PARTICLES or word.is_capitalised:
            break
        place += 1
    return last


def _starts_sentence(text: str, start: int) -> bool:
    return _SENTENCE_END.search(text, max(0, start - 8), start) is not None or not text[:start].strip()


def _is_heading(words: list[_Word], index: int, last: int) -> bool:
    """Tell whether capitals mean nothing here, because the words around have them too."""
    around = words[max(0, index - 2) : index] + words[last + 1 : last + 3]
    return bool(around) and all(word.is_capitalised for word in around)


def _is_acronym(word: _Word, words: list[_Word], last: int) -> bool:
    """Tell capitals that abbreviate ("ADA compliance") from a shouted name ("MARY", "ADA LOVELACE")."""
    surname = words[last]
    return len(word.text) <= _ACRONYM and (surname is word or not surname.text.isupper() or len(surname.text) == 1)


def _is_shouted(word: _Word, words: list[_Word], last: int) -> bool:
    return word.text.isupper() and _is_acronym(word, words, last)


def _again(text: str, words: list[_Word], found: list[Entity], names: dict[str, bool]) -> list[Entity]:
    """Find the surnames of the people found once more: "Mary O'Neill … O'Neill"."""
    spans = {(entity.start, entity.end) for entity in found}
    surnames: set[str] = set()
    covered: set[int] = set()
    for start, end in spans:
        covered.update(range(start, end)) if end - start < 200 else None  # noqa: PLR2004 - a name is short
        parts = text[start:end].split()
        if len(parts) > 1 and len(parts[-1]) > 3 and fold(parts[-1]) not in names:  # noqa: PLR2004 - "Lee", "Rey"
            surnames.add(fold(parts[-1]))
    return [
        Entity(word.start, word.end, "PERSON", "surname-again", _AGAIN)
        for word in words
        if word.is_capitalised
        and word.folded in surnames
        and word.start not in covered
        and not _starts_sentence(text, word.start)
    ]
