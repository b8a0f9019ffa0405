"""Fill the slots of a line so that it keeps its measure."""

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from workbench.generation.poet.bank import Field, Template
from workbench.generation.poet.chance import Chance
from workbench.generation.poet.grammar import plural, with_articles
from workbench.generation.poet.topic import Topic
from workbench.prosody.words import words_of

Measure = Callable[[str], bool]
"""Tells whether a line keeps its measure."""

_SLOT = re.compile(r"\{(The |the )?([A-Za-z]+)\}")
_CHOICE = re.compile(r"\[([^|\[\]]*)\|([^\[\]]*)\]")
_TOPIC_SLOTS = frozenset({"topic", "Who"})
_ADMIRERS = ("a lover", "a student", "a teacher", "a keeper", "a dreamer", "a friend")
_OF_THE_MIND = frozenset({"love", "grief", "joy", "code", "books", "day"})
_SOMEBODY = ("a poet", "a tailor", "a sailor", "a baker", "a young engineer", "a piano")


@dataclass(frozen=True, slots=True)
class Phrase:
    """What may stand in a slot.

    Parameters
    ----------
    text : str
        The words.
    key : str
        What counts as used up when it has been chosen.
    is_plural : bool
        Whether a verb after it is plural.
    is_they : bool
        Whether it is "they" later.
    is_topic : bool
        Whether it is the topic itself.
    """

    text: str
    key: str
    is_plural: bool = False
    is_they: bool = False
    is_topic: bool = False


@dataclass(slots=True)
class Workshop:
    """What is to hand while one poem is made, and what it has used up.

    Parameters
    ----------
    topic : Topic
        What it is about.
    fields : tuple of Field
        Where its nouns, adjectives and verbs come from.
    chance : Chance
        Chooses among what fits.
    topic_limit : int
        How often the topic itself may be named; after that a thing from its field stands in.
    """

    topic: Topic
    fields: tuple[Field, ...]
    chance: Chance
    topic_limit: int = 3
    topics_named: int = 0
    used: set[str] = field(default_factory=set)
    subject: Phrase = Phrase("", "")

    def line(self, template: Template, keeps: Measure, *, must_name: bool = False) -> str | None:
        """Return the template filled so that it keeps its measure, or ``None`` where nothing fits.

        With `must_name`, the topic's own slot takes nothing but the topic.
        """
        for version in self.chance.shuffled(template.versions):
            slots = list(_SLOT.finditer(version))
            fixed = {word.lower() for word in words_of(_SLOT.sub(" ", version))}
            choices = [self._candidates(slot, fixed, must_name=must_name) for slot in slots]
            for picked in itertools.product(*choices):
                filled = self._realised(version, picked)
                if keeps(filled):
                    self._remember(picked)
                    return filled
        return None

    def _remember(self, picked: tuple[Phrase, ...]) -> None:
        for phrase in picked:
            self.used.add(phrase.key)
            if phrase.is_topic:
                self.topics_named += 1
                self.subject = phrase

    def _realised(self, version: str, picked: tuple[Phrase, ...]) -> str:
        subject = next((phrase for phrase in picked if phrase.is_topic), self.subject)
        phrases = iter(picked)

        def fill(slot: re.Match[str]) -> str:
            text = next(phrases).text
            return text[:1].upper() + text[1:] if slot[1] == "The " or slot[2] == "Who" else text

        def agree(choice: re.Match[str]) -> str:
            # "[it|they]" asks what the topic is called later, "[has|have]" what its verb is.
            many = subject.is_they if choice[1].lower().startswith("it") else subject.is_plural
            return choice[2] if many else choice[1]

        return with_articles(_CHOICE.sub(agree, _SLOT.sub(fill, version)))

    def _candidates(self, slot: re.Match[str], fixed: set[str], *, must_name: bool) -> list[Phrase]:
        determiner, kind = (slot[1] or "").strip().lower(), slot[2]
        if kind in _TOPIC_SLOTS:
            named = self._named(determiner, fixed) if kind == "topic" else self._as_somebody()
            if must_name or (named and self.topics_named < self.topic_limit):
                return named
            if kind == "Who":
                return [Phrase(text, text, is_they=True) for text in self.chance.shuffled(_SOMEBODY)]
        pools = {"topic": "nouns", "noun": "nouns", "nouns": "nouns", "adj": "adjectives", "verb": "verbs"}
        pool = [word for topic_field in self.fields for word in getattr(topic_field, pools[kind])]
        taken = self.used | fixed | set(self.topic.phrase.split())
        found = []
        for word in self.chance.shuffled(tuple(dict.fromkeys(pool))):
            if word in taken or not taken.isdisjoint(word.split()):
                continue
            text = plural(word) if kind == "nouns" else word
            found.append(Phrase(f"{determiner} {text}".strip(), word, is_topic=kind == "topic"))
        return found

    def _determiner(self) -> str:
        """Return what stands before the topic: "the rain", but "this grief"."""
        is_abstract = self.topic.kind == "mass" and self.fields[0].name in _OF_THE_MIND
        return "this" if is_abstract else self.topic.determiner

    def _names(self, fixed: set[str]) -> list[str]:
        """Return the topic's names: whole, with an adjective before it, and its last word alone."""
        topic = self.topic
        adjectives = self.chance.shuffled(self.fields[0].adjectives)
        described = [
            f"{word} {topic.phrase}" for word in adjectives if word not in self.used | fixed and topic.determiner
        ]
        return list(dict.fromkeys((topic.phrase, *described[:6], topic.head)))

    def _named(self, determiner: str, fixed: set[str]) -> list[Phrase]:
        topic = self.topic
        is_plural = topic.kind == "plural"
        before = f"{self._determiner()} " if determiner and topic.determiner else ""
        names = self._names(fixed) if determiner else list(dict.fromkeys((topic.phrase, topic.head)))
        return [
            Phrase(before + name, name.split(" ")[0], is_plural, is_plural or topic.is_person, is_topic=True)
            for name in names
        ]

    def _as_somebody(self) -> list[Phrase]:
        """Return the topic as the hero of a limerick: a toaster, two old cats, a lover of rain."""
        topic, names = self.topic, self._names(set())
        if topic.kind == "count":
            return [Phrase(f"a {name}", name, is_they=topic.is_person, is_topic=True) for name in names]
        if topic.kind == "plural":
            counted = [f"{number} {name}" for name in names for number in ("some", "two")]
            return [Phrase(text, text, is_plural=True, is_they=True, is_topic=True) for text in counted]
        before = "" if topic.kind == "mass" else f"{topic.determiner} "  # "a lover of rain", "of the sea"
        lovers = [f"{who} of {before}{name}" for name in (topic.phrase, topic.head) for who in _ADMIRERS]
        return [Phrase(text, text, is_they=True, is_topic=True) for text in self.chance.shuffled(lovers)]
