"""Compose a poem in one of the forms that the offline poet masters, and check it before giving it away."""

from collections.abc import Callable
from itertools import pairwise

from workbench.errors import GenerationError
from workbench.generation.poet.bank import KIT_VERSION, Bank, Template, load
from workbench.generation.poet.chance import Chance
from workbench.generation.poet.filling import Measure, Phrase, Workshop
from workbench.generation.poet.topic import Commission, Topic
from workbench.prosody import rhymes, scan, syllables
from workbench.prosody.metre import best_fit, templates
from workbench.prosody.words import words_of

_ATTEMPTS = 60
_ATTEMPTS_NAMING = 6
_STRAIN = 11  # stricter than `prosody.metre.CLEAN`: what is made to measure should sit better than what is allowed
_TURNS = ("But", "Yet")


def compose(wanted: Commission, *, form: str, chance_parts: tuple[str, ...]) -> str:
    """Return a poem that `scan` finds faultless, without its dedication.

    Parameters
    ----------
    wanted : Commission
        What the prompt asks for.
    form : str
        One of `MASTERED`.
    chance_parts : tuple of str
        What the choices depend on besides the bank's version; the same parts give the same poem.

    Raises
    ------
    GenerationError
        When no attempt keeps the form.
    """
    bank = load()
    chance = Chance((KIT_VERSION, *chance_parts))
    for attempt in range(_ATTEMPTS):
        workshop = _workshop(wanted, bank, chance, names_topic=attempt < _ATTEMPTS_NAMING)
        lines = MASTERED[form](bank, workshop)
        if lines and scan("\n".join(lines), form=form).fits:
            return _laid_out(lines, form)
    raise GenerationError("The offline poet found no words that keep the form.", remedy="Try another seed or form.")


def _workshop(wanted: Commission, bank: Bank, chance: Chance, *, names_topic: bool) -> Workshop:
    """Lay out words; a thing of its field stands in for a topic that fits no line."""
    fields = wanted.fields or (bank.fields["day"],)
    topic = wanted.topic
    if topic is None or not names_topic:
        if not wanted.fields:
            fields = (bank.fields[chance.shuffled(sorted(bank.fields))[0]],)
        noun = chance.shuffled(fields[0].nouns)[0]
        topic = Topic(noun, noun, kind="count")
    return Workshop(topic, fields, chance)


def _laid_out(lines: list[str], form: str) -> str:
    if form != "sonnet":
        return "\n".join(lines)
    stanzas = [lines[start:end] for start, end in pairwise((0, 4, 8, 12, 14))]
    return "\n\n".join("\n".join(stanza) for stanza in stanzas)


def in_pentameter(line: str) -> bool:
    """Tell whether a line is regular iambic pentameter."""
    found = best_fit(line, templates("iambic", 10)[:1])
    return found is not None and found.strain <= _STRAIN


def in_anapests(count: int) -> Measure:
    """Return a measure of anapestic lines of `count` syllables, or one more where they begin with a whole anapest."""
    shapes = templates("anapestic", count)[:2]

    def keeps(line: str) -> bool:
        found = best_fit(line, shapes)
        return found is not None and found.strain <= _STRAIN

    return keeps


def of_syllables(count: int) -> Measure:
    """Return a measure of lines of `count` syllables as they are usually said."""
    return lambda line: sum(syllables(word) for word in words_of(line)) == count


def _couplet(bank: Bank, workshop: Workshop) -> list[str]:
    return _whole_couplet(bank, workshop, "couplet")


def _whole_couplet(bank: Bank, workshop: Workshop, section: str) -> list[str]:
    for pair in workshop.chance.shuffled(bank.couplets[section]):
        lines = [workshop.line(template, in_pentameter, must_name=True) for template in pair]
        if all(lines):
            return [line for line in lines if line]
    return []


def _quatrain(bank: Bank, workshop: Workshop) -> list[str]:
    workshop.topic_limit = 2
    section = workshop.chance.shuffled(("scene", "scene", "memory"))[0]
    return _stanza(bank, workshop, section, set())


def _sonnet(bank: Bank, workshop: Workshop) -> list[str]:
    taken: set[str] = set()
    lines: list[str] = []
    for limit, section in enumerate(("scene", "memory", "turn"), 1):
        workshop.topic_limit = limit  # once in each quatrain, and once more in the couplet
        stanza = _stanza(bank, workshop, section, taken)
        if not stanza:
            return []
        lines += stanza
    couplet = _whole_couplet(bank, workshop, "close")
    return lines + couplet if couplet else []


def _stanza(bank: Bank, workshop: Workshop, section: str, taken: set[str]) -> list[str]:
    """Return four lines rhymed a b a b: twice a main clause and what goes on from it."""
    mains = _by_rhyme([line for line in bank.lines[section] if line.is_main], taken)
    for rhyme in workshop.chance.shuffled(sorted(mains)):
        others = _by_rhyme([line for line in bank.lines[section] if not line.is_main], taken | {rhyme})
        for other in workshop.chance.shuffled(sorted(others))[:3]:
            lines = _interlaced(workshop, mains[rhyme], others[other], names_first=workshop.topics_named == 0)
            if lines:
                taken |= {rhyme, other}
                return lines
    return []


def _interlaced(workshop: Workshop, mains: list[Template], others: list[Template], *, names_first: bool) -> list[str]:
    lines: list[str] = []
    ends: list[str] = []
    turning = any(_is_turn(line) for line in mains)
    for place in range(4):
        pool = mains if place % 2 == 0 else others
        if turning and place % 2 == 0:
            pool = [line for line in pool if _is_turn(line) == (place == 0)]
        must_name = names_first and place == 0
        line = None
        for template in workshop.chance.shuffled(pool):
            partners = ends[place % 2 :: 2]
            if not all(rhymes(template.end_word, end) for end in partners) or (must_name and not template.names_topic):
                continue
            if template.is_main and not template.names_topic:
                workshop.subject = Phrase("", "")  # whatever goes on from this line speaks of something else
            line = workshop.line(template, in_pentameter, must_name=must_name)
            if line:
                if template.versions[0].startswith("and "):
                    lines[-1] += ","
                ends.append(template.end_word)
                lines.append(line)
                break
        if line is None:
            return []
    return lines


def _is_turn(template: Template) -> bool:
    return template.versions[0].startswith(_TURNS)


def _by_rhyme(lines: list[Template], taken: set[str]) -> dict[str, list[Template]]:
    """Group lines by the sound of their rhyme; only groups of two and more, and none that the poem has used."""
    groups: dict[str, list[Template]] = {}
    for line in lines:
        groups.setdefault(line.rhyme, []).append(line)
    return {rhyme: group for rhyme, group in groups.items() if len(group) > 1 and rhyme not in taken}


def _limerick(bank: Bank, workshop: Workshop) -> list[str]:
    long, short = in_anapests(8), in_anapests(5)
    for family in workshop.chance.shuffled(bank.families):
        first = _any(workshop, family.first, long, must_name=True)
        second = _any(workshop, family.second, long)
        last = _any(workshop, family.last, long)
        rhyme = family.second[0].rhyme
        middle = [pair for pair in bank.shorts if pair[0].rhyme != rhyme]
        pair = workshop.chance.shuffled(middle)[0]
        shorts = [workshop.line(template, short) for template in pair]
        if first and second and last and all(shorts):
            return [first, second, *(line for line in shorts if line), last]
    return []


def _any(workshop: Workshop, pool: tuple[Template, ...], keeps: Measure, *, must_name: bool = False) -> str | None:
    lines = (workshop.line(template, keeps, must_name=must_name) for template in workshop.chance.shuffled(pool))
    return next((line for line in lines if line), None)


def _haiku(bank: Bank, workshop: Workshop) -> list[str]:
    workshop.topic_limit = 1
    naming = tuple(template for template in bank.haiku["first"] if template.names_topic)
    first = _any(workshop, naming, of_syllables(5), must_name=True)
    if first is None:
        return []
    rest = [_any(workshop, bank.haiku[part], of_syllables(count)) for part, count in (("middle", 7), ("last", 5))]
    return [first, *(line for line in rest if line)]


MASTERED: dict[str, Callable[[Bank, Workshop], list[str]]] = {
    "haiku": _haiku,
    "couplet": _couplet,
    "limerick": _limerick,
    "quatrain": _quatrain,
    "sonnet": _sonnet,
}
"""The forms that the offline poet masters, and how each is made."""
