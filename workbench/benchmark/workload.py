"""Invented turns, the same in every run: as long, as varied and as compressible as prompts and verse are.

Words come by Zipf's law from the pronouncing dictionary, the little words of speech first and short ones more often,
and some words of a turn recur in it, as in any text about something. A fifth of the prompts name a person.
"""

import bisect
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate
from typing import Any

from workbench.privacy.gazetteer import given_names
from workbench.prosody.dictionary import known_words
from workbench.prosody.words import UNSTRESSED
from workbench.records import Entity, Minimised, Prompt, Pseudonyms, Turn, TurnId, Usage

SEED = 20261123
_EXPONENT, _SHIFT = 1.1, 2.7  # Mandelbrot's form of Zipf's law; 2.7 is his shift for English words
_RECURRING = 0.4  # with it, 0.51 of a turn's words are repeats, and zstd -1 leaves 0.55 of its bytes
_PROMPT_WORDS, _REPLY_WORDS = 206, 412  # about 1 kB and 2 kB
_SHORTEST = 3  # letters: the dictionary's shorter words are mostly names of letters
_LINE = 8  # words; a pentameter has about as many
_ENDS = (",", "", ";", ".")
_STANZA = 4  # lines
_BATCH = 256  # turns drawn at once
_NAMED_EVERY = 5
_PERSON = "PERSON_1"
_FORMS = ("sonnet", "haiku", "quatrain", None)
_BEGINNING = datetime(2020, 1, 1, 6, tzinfo=UTC)


@cache
def vocabulary() -> tuple[str, ...]:
    """Return every word that a turn may hold, the most frequent first."""
    chance = random.Random(SEED)  # noqa: S311 - a workload has to repeat itself
    spoken = sorted(word for word in known_words() if word.isalpha() and len(word) >= _SHORTEST)
    plain = [word for word in spoken if word not in UNSTRESSED]
    plain.sort(key=lambda word: len(word) + chance.uniform(0, 8))  # frequent words are short, by and large (Zipf)
    little = [word for word in UNSTRESSED if word.isalpha()]  # "it's" would be two words for a search
    return (*sorted(little, key=lambda word: (len(word), word)), *plain)


def word_in(share: float) -> str:
    """Return a word that about this share of the turns hold; the rarest there is, where the share is below its own.

    Parameters
    ----------
    share : float
        Above 0 and below 1.
    """
    draws = (_PROMPT_WORDS + _REPLY_WORDS) * (1 - _RECURRING)
    chance = 1 - (1 - share) ** (1 / draws)  # of the word, at each draw
    weights, total = _weights()
    rank = bisect.bisect_left(weights, -chance * total, key=lambda weight: -weight)
    return vocabulary()[min(rank, len(weights) - 1)]


def turns(count: int, *, seed: int = SEED) -> Iterator[Turn]:
    """Yield invented turns, a minute apart, the same for the same seed; more of them begin with the fewer.

    Parameters
    ----------
    count : int
        How many.
    seed : int
        Of every choice.
    """
    import numpy as np  # noqa: PLC0415 - 0.1 s, which the other commands needn't wait for

    weights, total = _weights()
    cumulated = np.fromiter(accumulate(weights), dtype=np.float64) / total
    words = np.array(vocabulary(), dtype=object)
    names = [name.capitalize() for name, is_sure in given_names().items() if is_sure and name.isalpha()]
    length = _PROMPT_WORDS + _REPLY_WORDS
    places = np.arange(length)
    for start in range(0, count, _BATCH):
        # Each batch has a generator of its own, so that a run of fewer turns begins like one of more.
        source = np.random.Generator(np.random.PCG64([seed, start]))
        drawn = np.searchsorted(cumulated, source.random((_BATCH, length)))
        earlier = (source.random((_BATCH, length)) * places).astype(int)  # 0 to place - 1
        recurs = source.random((_BATCH, length)) < _RECURRING
        drawn = np.where(recurs, np.take_along_axis(drawn, earlier, axis=1), drawn)
        chance = random.Random(f"{seed} {start}")  # noqa: S311 - as above
        for offset in range(min(_BATCH, count - start)):
            yield _turn(start + offset, words[drawn[offset]].tolist(), names, chance)


@cache
def _weights() -> tuple[tuple[float, ...], float]:
    weights = tuple((rank + _SHIFT) ** -_EXPONENT for rank in range(1, len(vocabulary()) + 1))
    return weights, sum(weights)


def _turn(number: int, words: list[Any], names: Sequence[str], chance: random.Random) -> Turn:
    prompt_words = words[:_PROMPT_WORDS]
    pseudonyms: dict[str, str] = {}
    if number % _NAMED_EVERY == 0:
        pseudonyms[_PERSON] = chance.choice(names)
        prompt_words[10] = prompt_words[90] = _PERSON
    sent, reply = _verse(prompt_words), _verse(words[_PROMPT_WORDS:])
    pieces = sent.split(_PERSON)
    name = pseudonyms.get(_PERSON, "")
    typed, entities = pieces[0], []
    for piece in pieces[1:]:
        entities.append(Entity(len(typed), len(typed) + len(name), "PERSON", "given-name", 0.6))
        typed += name + piece
    return Turn(
        id=TurnId(chance.randbytes(16).hex()),
        created=_BEGINNING + timedelta(minutes=number, microseconds=chance.randrange(1_000_000)),
        prompt=Prompt(typed, _FORMS[number % len(_FORMS)]),
        minimised=Minimised(sent, entities=tuple(entities)),
        text=reply,
        outcome="complete",
        usage=Usage(input_tokens=220 + number % 40, output_tokens=430 + number % 70),
        manifest={
            "model": "claude-sonnet-5-5",
            "label": "Claude Sonnet 5.5",
            "stop_reason": "end_turn",
            "request_id": f"req_{chance.randbytes(12).hex()}",
            "request_sha256": chance.randbytes(32).hex(),
            "sdk": "2.12.0",
        },
        pseudonyms=Pseudonyms(pseudonyms),
    )


def _verse(words: list[str]) -> str:
    """Set words in lines of verse, four to a stanza."""
    lines = []
    for number, start in enumerate(range(0, len(words), _LINE)):
        line = " ".join(words[start : start + _LINE])
        stanza = "\n" if number % _STANZA == _STANZA - 1 else ""
        lines.append(f"{line[:1].upper()}{line[1:]}{_ENDS[number % len(_ENDS)]}{stanza}")
    return "\n".join(lines)
