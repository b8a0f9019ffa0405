"""The bank: authored lines and topic fields, read from the text files beside this one.

All lines were written for this project. A poet can add to them without touching code: the tests measure every line.
"""

import functools
import hashlib
import itertools
import re
from dataclasses import dataclass
from importlib.resources import files

from workbench.prosody.words import rhyming_parts, words_of

KIT_VERSION = "1.0"
"""Changes with every change to the bank or the solver: the same seed then gives another poem."""

FILES = ("couplets.txt", "fields.txt", "haiku.txt", "limericks.txt", "pentameter.txt")
"""The bank's text files, in the order in which they are digested."""

_EITHER = re.compile(r"<([^<>]*)>")
_SECTION = re.compile(r"\[([a-z]+)\]$")


@dataclass(frozen=True, slots=True)
class Field:
    """A topic field: the things, qualities and doings that go with a topic.

    Parameters
    ----------
    name : str
        Its key.
    words : frozenset of str
        Words that lead to it from a prompt.
    nouns, adjectives, verbs : tuple of str
        Singular countable nouns, adjectives, and intransitive verbs as in "they glitter".
    """

    name: str
    words: frozenset[str]
    nouns: tuple[str, ...] = ()
    adjectives: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Template:
    """One authored line with its slots.

    Parameters
    ----------
    versions : tuple of str
        Its wordings, when ``<a/b>`` leaves a choice.
    """

    versions: tuple[str, ...]

    @property
    def is_main(self) -> bool:
        """Whether it begins a sentence."""
        first = self.versions[0].lstrip("{[")
        return first[:1].isupper()

    @property
    def names_topic(self) -> bool:
        """Whether the topic stands in it."""
        return any(mark in self.versions[0] for mark in ("topic}", "{Who}"))

    @property
    def end_word(self) -> str:
        """Its last word; no line ends in a slot, so that its rhyme is settled."""
        return words_of(self.versions[0])[-1].lower()

    @property
    def rhyme(self) -> str:
        """The sounds of its rhyme."""
        return rhyming_parts(self.end_word)[0][1]


@dataclass(frozen=True, slots=True)
class Family:
    """First, second and last lines of a limerick, all on one rhyme."""

    first: tuple[Template, ...]
    second: tuple[Template, ...]
    last: tuple[Template, ...]


@dataclass(frozen=True, slots=True)
class Bank:
    """All that the poet has to hand.

    Parameters
    ----------
    fields : dict of str to Field
        Topic fields, without ``"people"``.
    people : frozenset of str
        Words for persons.
    lines : dict of str to tuple of Template
        Lines of pentameter, by section: scene, memory, turn.
    couplets : dict of str to tuple of pairs of Template
        Whole couplets: those that stand alone and those that close a sonnet.
    haiku : dict of str to tuple of Template
        Lines of haiku: first, middle, last.
    families : tuple of Family
        Limericks' long lines.
    shorts : tuple of pairs of Template
        Limericks' short lines.
    """

    fields: dict[str, Field]
    people: frozenset[str]
    lines: dict[str, tuple[Template, ...]]
    couplets: dict[str, tuple[tuple[Template, Template], ...]]
    haiku: dict[str, tuple[Template, ...]]
    families: tuple[Family, ...]
    shorts: tuple[tuple[Template, Template], ...]


def _text(name: str) -> str:
    # Universal newlines: a checkout on Windows must not change the digest.
    return files("workbench.generation.poet").joinpath("bank", name).read_text(encoding="utf-8")


@functools.cache
def kit_sha256() -> str:
    """Return the digest of the bank's text files: with version and seed it settles every poem."""
    digest = hashlib.sha256(KIT_VERSION.encode())
    for name in FILES:
        digest.update(_text(name).encode())
    return digest.hexdigest()


@functools.cache
def load() -> Bank:
    """Read the bank, once."""
    fields = {name: _field(name, lines) for name, lines in _sections("fields.txt")}
    people = fields.pop("people").words
    limericks = _sections("limericks.txt")
    return Bank(
        fields=fields,
        people=people,
        lines={name: _templates(lines) for name, lines in _sections("pentameter.txt")},
        couplets={name: _pairs(lines) for name, lines in _sections("couplets.txt")},
        haiku={name: _templates(lines) for name, lines in _sections("haiku.txt")},
        families=tuple(_family(lines) for name, lines in limericks if name == "family"),
        shorts=_pairs(next(lines for name, lines in limericks if name == "short")),
    )


def template(text: str) -> Template:
    """Read one line of the bank: ``<a/b>`` becomes two versions."""
    parts = _EITHER.split(text)
    choices = [part.split("/") if place % 2 else [part] for place, part in enumerate(parts)]
    versions = ("".join(version) for version in itertools.product(*choices))
    return Template(tuple(re.sub(r" {2,}", " ", version).strip() for version in versions))


def _sections(name: str) -> list[tuple[str, list[str]]]:
    sections: list[tuple[str, list[str]]] = []
    for line in _text(name).splitlines():
        if found := _SECTION.match(line):
            sections.append((found[1], []))
        elif line.strip() and not line.startswith("#"):
            sections[-1][1].append(line.strip())
    return sections


def _field(name: str, lines: list[str]) -> Field:
    entries = {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}

    def listed(key: str) -> tuple[str, ...]:
        return tuple(word.strip() for word in entries.get(key, "").split(",") if word.strip())

    words = frozenset(entries["words"].split())
    return Field(name, words, listed("nouns"), listed("adjectives"), listed("verbs"))


def _templates(lines: list[str]) -> tuple[Template, ...]:
    return tuple(template(line) for line in lines)


def _pairs(lines: list[str]) -> tuple[tuple[Template, Template], ...]:
    singles = _templates(lines)
    return tuple(zip(singles[::2], singles[1::2], strict=True))


def _family(lines: list[str]) -> Family:
    def numbered(number: str) -> tuple[Template, ...]:
        return tuple(template(line[2:]) for line in lines if line.startswith(f"{number} "))

    return Family(numbered("1"), numbered("2"), numbered("5"))
