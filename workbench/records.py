"""The frozen values that pass between rooms: one type for each stage, so that the wrong order can't be written.

``Prompt → Minimised → Completion → Turn → Envelope``. A model takes a `Minimised` and nothing else; a store takes an
`Envelope` and nothing else; mypy refuses the rest. No ``repr`` here shows content, a person or a key.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NewType, Self

EntityKind = Literal[
    "PERSON",
    "LOCATION",
    "ORGANISATION",
    "ADDRESS",
    "EMAIL",
    "PHONE",
    "CREDIT_CARD",
    "IBAN",
    "SSN",
    "ID",
    "DATE_OF_BIRTH",
    "URL",
    "IP",
    "MAC",
    "USERNAME",
    "SECRET",
    "COORDINATES",
    "PLATE",
]

Outcome = Literal["complete", "cut", "stopped", "failed", "refused"]
"""How a reply ended: whole; at its longest length; stopped by its reader; by a fault; refused by the model."""

TURN_COLUMNS = {
    "id": "str",
    "created": "datetime64[us, UTC]",
    "form": "str",
    "model": "str",
    "label": "str",
    "outcome": "str",
    "prompt": "str",
    "minimised": "str",
    "text": "str",
    "entities": "int64",
    "input_tokens": "int64",
    "output_tokens": "int64",
}
"""The columns of a frame of turns, and their dtypes."""

TurnId = NewType("TurnId", str)
"""A turn's id: 32 hexadecimal digits of 16 random bytes; it tells nothing."""


class Confidential:
    """A value that holds content or a key: it is never pickled, because pickles land in caches and temporary files."""

    __slots__ = ()

    def __reduce__(self) -> tuple[Any, ...]:
        """Refuse to be pickled."""
        msg = f"A {type(self).__name__} is not pickled; it is sealed instead."
        raise TypeError(msg)

    def __copy__(self) -> Self:
        """Return itself: it can't change."""
        return self

    def __deepcopy__(self, _memo: dict[int, Any]) -> Self:
        """Return itself: it can't change."""
        return self


@dataclass(frozen=True, slots=True)
class Entity:
    """One span of personal data in a text; it points at the words and doesn't hold them.

    Parameters
    ----------
    start, end : int
        Half-open span, in code points of the original text.
    kind : EntityKind
        What it is.
    rule : str
        Which rule found it, for example ``"luhn"``.
    confidence : float
        From 0 to 1: how sure the rule is.
    """

    start: int
    end: int
    kind: EntityKind
    rule: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Prompt(Confidential):
    """What a person typed, raw. It never leaves the machine and is never stored in the clear.

    Parameters
    ----------
    text : str
        The words.
    form : str, optional
        A form of verse, one of `workbench.prosody.FORMS`, or ``None`` to leave it to the words.
    seed : int, optional
        For models that can repeat themselves (the offline poet can, Claude can't).
    """

    text: str = field(repr=False)
    form: str | None = None
    seed: int | None = None

    def __repr__(self) -> str:
        """Tell the length only."""
        return f"Prompt(<{len(self.text)} characters>)"


class Minimised(Confidential, str):
    """Text that may leave the machine: personal data have been looked for and replaced.

    It is a ``str`` for readers, but whatever is made from it (a slice, a sum, an f-string) is a plain ``str`` again and
    no model takes that: the stage can't be forged by accident. Only `workbench.privacy` makes one. This is *advisory*:
    code in the same kernel could call the constructor.

    Parameters
    ----------
    text : str
        The words, with a placeholder such as ``PERSON_1`` for each person, address or number.
    entities : tuple of Entity
        What was replaced; the spans are those of the original text.
    """

    entities: tuple[Entity, ...]
    __slots__ = ("entities",)

    def __new__(cls, text: str, *, entities: tuple[Entity, ...] = ()) -> Self:
        """Make one; `workbench.privacy.minimise` is the only caller."""
        minimised = super().__new__(cls, text)
        minimised.entities = entities
        return minimised

    @property
    def text(self) -> str:
        """The same words as a plain ``str``, which no model takes."""
        return str.__str__(self)

    def __str__(self) -> str:
        """Return the words as a plain ``str``."""
        return str.__str__(self)

    def __repr__(self) -> str:
        """Tell the length and the number of replaced spans only."""
        return f"Minimised(<{len(self)} characters, {len(self.entities)} entities>)"


@dataclass(frozen=True, slots=True)
class Pseudonyms(Confidential):
    """Which placeholder stands for which original words; sealed with the turn, never sent.

    Parameters
    ----------
    originals : Mapping of str to str
        Placeholder → the exact words that it replaced.
    """

    originals: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        """Return how many placeholders there are; one that was sent in brackets too counts once."""
        return len({placeholder.strip("[]{}<>`") for placeholder in self.originals})

    def __repr__(self) -> str:
        """Tell the count only."""
        return f"Pseudonyms(<{len(self)}>)"


@dataclass(frozen=True, slots=True)
class Outgoing(Confidential):
    """Exactly what a model is given: the text, the instruction beside it, and where they go.

    Parameters
    ----------
    destination : str
        A host, or ``"this machine"``.
    model : str
        The model's id.
    system : str
        The instruction that the workbench adds; it never holds a person's words.
    text : Minimised
        The minimised prompt.
    """

    destination: str
    model: str
    system: str
    text: Minimised = field(repr=False)


@dataclass(frozen=True, slots=True)
class Preview(Confidential):
    """What would leave the machine, and why each replaced span was replaced.

    Parameters
    ----------
    outgoing : Outgoing
        The exact words, instruction and destination.
    prompt : Prompt
        What was typed; its entities are `entities`.
    """

    outgoing: Outgoing
    prompt: Prompt

    @property
    def text(self) -> str:
        """The minimised prompt, as it would be sent."""
        return self.outgoing.text.text

    @property
    def minimised(self) -> Minimised:
        """The same, as the stage that a model takes."""
        return self.outgoing.text

    @property
    def entities(self) -> tuple[Entity, ...]:
        """What was found, in the order of the original text."""
        return self.outgoing.text.entities

    def __repr__(self) -> str:
        """Tell lengths, kinds and destination only."""
        kinds = ", ".join(entity.kind for entity in self.entities) or "nothing found"
        return f"Preview(<{len(self.text)} characters to {self.outgoing.destination}; replaced: {kinds}>)"


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one exchange, as the provider counts them.

    Parameters
    ----------
    input_tokens, output_tokens : int
        Both 0 for the offline poet.
    is_estimated : bool
        True when the reply was cut short: the provider's last count had not come yet.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    is_estimated: bool = False


@dataclass(frozen=True, slots=True)
class Completion(Confidential):
    """A model's answer, still with placeholders, whole or as far as it came.

    Parameters
    ----------
    text : str
        The words.
    model : str
        The model that answered, as it names itself (not the alias that was asked for).
    label : str
        Shown wherever the text is shown, for example ``"offline poet, not Claude"``.
    usage : Usage
        Tokens.
    stop_reason : str, optional
        The model's own word for why it ended; ``None`` when it was cut short.
    provenance : Mapping of str to str
        Further facts for the manifest: request id, versions, digests.
    """

    text: str = field(repr=False)
    model: str
    label: str
    usage: Usage = field(default_factory=Usage)
    stop_reason: str | None = None
    provenance: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Turn(Confidential):
    """One exchange as its owner sees it: restored, with what was sent beside it.

    Parameters
    ----------
    id : TurnId
        Its id.
    created : datetime
        When the prompt was asked, in UTC.
    prompt : Prompt
        What was typed.
    minimised : Minimised
        What was sent.
    text : str
        The reply with the original words put back.
    outcome : Outcome
        How it ended.
    usage : Usage
        Tokens.
    manifest : Mapping of str to str
        Provenance: model, label, request id, stop reason, digest of what was sent, versions.
    pseudonyms : Pseudonyms
        What the placeholders stand for.
    """

    id: TurnId
    created: datetime
    prompt: Prompt
    minimised: Minimised
    text: str = field(repr=False)
    outcome: Outcome
    usage: Usage
    manifest: Mapping[str, str]
    pseudonyms: Pseudonyms

    @property
    def model(self) -> str:
        """The model that answered."""
        return self.manifest["model"]

    @property
    def label(self) -> str:
        """Who wrote it, in words to be shown beside the text."""
        return self.manifest["label"]

    def __repr__(self) -> str:
        """Tell id, lengths, label and outcome; what a notebook saves of a turn is this and no more."""
        return f"Turn({self.id[:8]}, <{len(self.text)} characters>, {self.label}, {self.outcome})"


@dataclass(frozen=True, slots=True)
class UsageEvent:
    """One use of one feature: closed words and numbers; no text, no name, no digest of either.

    Parameters
    ----------
    day : str
        ISO date, UTC; the hour is not kept.
    feature : str
        ``"compose"`` for a turn.
    form : str
        A form of verse, or ``"free"``.
    model : str
        The model that answered.
    outcome : Outcome
        How it ended.
    input_tokens, output_tokens : int
        Tokens.
    milliseconds : int
        From asking to the last piece.
    redactions : Mapping of str to int
        How many spans of each kind were replaced.
    """

    day: str
    feature: str
    form: str
    model: str
    outcome: Outcome
    input_tokens: int
    output_tokens: int
    milliseconds: int
    redactions: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the audit log: who did what to which record, when; no content.

    Parameters
    ----------
    time : str
        RFC 3339, UTC, milliseconds.
    event : str
        A name of the OWASP Logging Vocabulary where it has one, else ``llm_…`` or ``privacy_…``.
    outcome : str
        ``"success"`` or ``"failure"``.
    subject : str
        The id of the record concerned, or ``""``.
    facts : Mapping of str to str
        Counts, model names, byte numbers.
    """

    time: str
    event: str
    outcome: str
    subject: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A sealed record: version, suite, key id, nonce, ciphertext and tag. All that a row of the store holds.

    Parameters
    ----------
    sealed : bytes
        The bytes, as `workbench.crypto` lays them out.
    """

    sealed: bytes = field(repr=False)

    def __repr__(self) -> str:
        """Tell the length only."""
        return f"Envelope(<{len(self.sealed)} bytes>)"
