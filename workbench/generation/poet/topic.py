"""Find out what a prompt asks a poem about, and for whom."""

import re
from dataclasses import dataclass

from workbench.generation.poet.bank import Bank, Field, load
from workbench.generation.poet.grammar import IRREGULAR_PLURALS
from workbench.prosody import FORMS
from workbench.prosody.dictionary import is_known

_PLACEHOLDER = re.compile(r"\b[A-Za-z]+(?:_[A-Za-z]+)*_\d+\b(?:['’]s)?")
_PERSON = re.compile(r"\bPERSON_\d+\b")
_TOKEN = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|[^\w\s]|\d+")
_ANCHORS = ("about", "on", "of", "to", "for")
_OWNERS = frozenset({"my", "our", "your", "his", "her", "their"})
_DETERMINERS = _OWNERS | {"the", "a", "an", "this", "that", "these", "those", "some", "any", "every", "each"}
_BREAKERS = frozenset(
    """about above across after against and as at because before behind beside between but by during for from how if in
    inside into is are was were like near of off on or over since so than that through to toward towards under until
    using when where which while who whom whose why with without will would can should has have had does do
    """.split()  # noqa: SIM905 - a list of words reads best as words
)
_NOT_NOUNS = frozenset(
    """i me us we you he she it they them him myself yourself write compose create make give tell sing please poem poems
    verse verses rhyme rhymes piece something anything everything nothing someone anyone everyone very really quite just
    only short long funny sad happy nice good great beautiful little small big new old another one two three four five
    six seven eight nine ten more most much many being there here now then how what not no yes could would
    let lets let's today tonight tomorrow yesterday also too alone lost blue lovely silly serious cheerful gentle ode
    elegy ballad free-verse prose line lines stanza stanzas iambic pentameter rhymed rhyming shakespearean help want
    need like love-poem can hello hi dear thanks thank
    """.split()  # noqa: SIM905 - a list of words reads best as words
)
_SINGULAR_IN_S = frozenset({"news", "chess", "bus", "gas", "lens", "christmas", "paris", "always", "this", "jesus"})
_PERSON_ENDING = re.compile(r"(ist|ologist|man|woman|ician|grapher)$")


@dataclass(frozen=True, slots=True)
class Topic:
    """What a poem is about.

    Parameters
    ----------
    phrase : str
        As the poem says it, without a determiner: "winter rain".
    head : str
        Its last word: "rain".
    determiner : str
        What stands before it in a sentence: "the", "my", or empty for a name.
    kind : str
        ``"count"`` (a toaster), ``"plural"``, ``"mass"`` (rain) or ``"definite"`` (the sea).
    is_person : bool
        Whether it is "they", not "it".
    """

    phrase: str
    head: str
    determiner: str = "the"
    kind: str = "definite"
    is_person: bool = False


@dataclass(frozen=True, slots=True)
class Commission:
    """All that the poet takes from a prompt.

    Parameters
    ----------
    topic : Topic, optional
        What it is about, if the prompt says so.
    fields : tuple of Field
        The fields its words lead to, the topic's own first; at most two; empty where none is known.
    form : str, optional
        A form that the prompt names.
    people : tuple of str
        Placeholders of persons, for the dedication.
    """

    topic: Topic | None
    fields: tuple[Field, ...]
    form: str | None
    people: tuple[str, ...]


def commission(prompt: str) -> Commission:
    """Read a minimised prompt."""
    bank = load()
    people = tuple(dict.fromkeys(_PERSON.findall(prompt)))
    tokens = _TOKEN.findall(_PLACEHOLDER.sub(" ; ", prompt).replace("’", "'"))
    words = [token.lower() for token in tokens]
    topic = _topic(tokens, bank)
    fields: dict[str, Field] = {}
    for word in ((topic.head.lower(), *topic.phrase.lower().split()) if topic else ()) + tuple(words):
        for field in bank.fields.values():
            if word in field.words and field.name != "day":
                fields.setdefault(field.name, field)
    return Commission(topic, tuple(fields.values())[:2], _named_form(words), people)


def _named_form(words: list[str]) -> str | None:
    text = " ".join(words).replace(" - ", "-")
    found = [
        (match.start(), name)
        for name in FORMS
        if (match := re.search(rf"\b{name.replace('-', '[ -]')}s?\b", text)) is not None
    ]
    return min(found)[1] if found else None


def _topic(tokens: list[str], bank: Bank) -> Topic | None:
    words = [token.lower() for token in tokens]
    for anchor in _ANCHORS:
        for place, word in enumerate(words):
            if word == anchor and (topic := _phrase_after(tokens, place + 1, bank)):
                return topic
    for place in range(len(tokens)):
        if topic := _phrase_after(tokens, place, bank):
            return topic
    return None


def _phrase_after(tokens: list[str], start: int, bank: Bank) -> Topic | None:
    """Read the noun phrase that begins at `start`: determiner, words, up to a preposition or a stop."""
    determiner = ""
    run: list[int] = []
    for place in range(start, len(tokens)):
        word = tokens[place].lower()
        if word in _DETERMINERS and not run:
            determiner = word
        elif word in _BREAKERS or not word[0].isalpha() or word in _DETERMINERS:
            break
        elif word not in _NOT_NOUNS and word.rstrip("s") not in FORMS:
            run.append(place)
    adjectives = {adjective for field in bank.fields.values() for adjective in field.adjectives}
    nouns = {noun for field in bank.fields.values() for noun in field.nouns}
    triggers = {word for field in bank.fields.values() for word in field.words}
    while run and (last := tokens[run[-1]].lower()) in adjectives and last not in nouns | triggers:
        run.pop()
    if not run or tokens[run[-1]].lower().endswith("ly"):
        return None
    return _built(tokens, run, determiner, bank)


def _built(tokens: list[str], run: list[int], determiner: str, bank: Bank) -> Topic:
    head = tokens[run[-1]]
    capitals = sum(token[0].isupper() for token in tokens if token[0].isalpha())
    is_title_case = 2 * capitals > sum(token[0].isalpha() for token in tokens) + 1
    is_name = head[0].isupper() and run[-1] > 0 and not is_title_case
    is_pair = len(run) > 1 and run[-2] == run[-1] - 1
    modifier = tokens[run[-2]] if is_pair else ""
    if not is_name:
        head, modifier = head.lower(), modifier.lower()
    if modifier and _is_plural(modifier.lower(), ""):
        modifier = ""
    phrase = f"{modifier} {head}".strip()
    is_person = head in bank.people or head.removesuffix("s") in bank.people or bool(_PERSON_ENDING.search(head))
    if is_name:
        return Topic(phrase, head, "", "mass", is_person)
    before = determiner if determiner in _OWNERS else "the"
    if _is_plural(head, determiner):
        return Topic(phrase, head, before, "plural", is_person)
    animals = bank.fields["animal"].words
    things = {noun for field in bank.fields.values() for noun in field.nouns}
    if determiner in {"a", "an"} or is_person or (determiner in _OWNERS and head in animals | things):
        return Topic(phrase, head, before, "count", is_person)
    return Topic(phrase, head, before, "definite" if determiner else "mass", is_person)


def _is_plural(word: str, determiner: str) -> bool:
    if determiner in {"a", "an", "this", "that", "every", "each"} or word in _SINGULAR_IN_S:
        return False
    if word in IRREGULAR_PLURALS:
        return True
    if not word.endswith("s") or word.endswith(("ss", "us", "is", "ics")):
        return False
    return is_known(word[:-1]) or is_known(word[:-2]) or is_known(f"{word[:-3]}y")
