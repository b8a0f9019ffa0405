"""Replace personal data with numbered placeholders, so that the original words can be put back."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from workbench.errors import DetectionError
from workbench.privacy import placeholders
from workbench.privacy.detect import DETECTORS, Detector, detect
from workbench.privacy.restore import restore
from workbench.records import Entity, Minimised, Pseudonyms


def minimise(text: str, *, detectors: Mapping[str, Detector] = DETECTORS) -> tuple[Minimised, Pseudonyms]:
    """Return `text` as it may leave the machine, and what its placeholders stand for.

    Each distinct value of a kind gets one placeholder, so that a poem can still tell two people apart. A number that
    the text already uses in something like a placeholder ("Person 1") is not given to anybody. Before it returns, the
    original is restored and compared (presidio issue 1151 is what happens otherwise).

    Parameters
    ----------
    text : str
        As typed.
    detectors : mapping of str to callable, optional
        By default all of them.

    Raises
    ------
    DetectionError
        As `detect`, or when the original can't be restored exactly. Nothing was sent.

    Examples
    --------
    >>> minimised, pseudonyms = minimise("For Mary, mary@example.org")
    >>> minimised.text
    'For PERSON_1, EMAIL_1'
    >>> restore("Dear Person 1!", pseudonyms)
    'Dear Mary!'
    """
    entities = _widened(text, detect(text, detectors=detectors))
    taken = _taken(text)
    names: dict[tuple[str, str], str] = {}
    numbers: dict[str, int] = defaultdict(int)
    pieces: list[str] = []
    place = 0
    for entity in entities:
        value = text[entity.start : entity.end]
        if (entity.kind, value) not in names:
            numbers[entity.kind] += 1
            while numbers[entity.kind] in taken[entity.kind]:
                numbers[entity.kind] += 1
            names[entity.kind, value] = placeholders.placeholder(entity.kind, numbers[entity.kind])
        pieces += [text[place : entity.start], names[entity.kind, value]]
        place = entity.end
    minimised = Minimised("".join([*pieces, text[place:]]), entities=tuple(entities))
    originals = {name: value for (_, value), name in names.items()}
    pseudonyms = Pseudonyms(originals | _wrapped(minimised.text, originals))
    if restore(minimised.text, pseudonyms) != text:
        raise DetectionError("The original could not be restored from its minimised form; nothing was sent.")
    return minimised, pseudonyms


def _taken(text: str) -> dict[str, set[int]]:
    """Return, for each kind, the numbers that look-alikes of placeholders in `text` already use."""
    taken: dict[str, set[int]] = defaultdict(set)
    for match in placeholders.pattern().finditer(text):
        kind, _, number = placeholders.read(match).name.rpartition("_")
        taken[kind].add(int(number))
    return taken


def _wrapped(minimised: str, originals: Mapping[str, str]) -> dict[str, str]:
    """Return a pseudonym for each placeholder that was sent in brackets or back-quotes, so that those come back too."""
    sent: dict[str, str] = {}
    if not originals:
        return sent
    # Only kinds that `restore` will look for: a look-alike of another kind must not take the bracket between the two.
    kinds = {name.rpartition("_")[0] for name in originals}
    for match in placeholders.pattern(sorted(kinds)).finditer(minimised):
        seen = placeholders.read(match)
        if seen.opening and seen.name in originals:
            sent[f"{seen.opening}{seen.name}{seen.closing}"] = f"{seen.opening}{originals[seen.name]}{seen.closing}"
    return sent


def _widened(text: str, entities: list[Entity]) -> list[Entity]:
    """Widen spans to whole words, and join those that would touch: inside a word no placeholder can be told from it."""
    widened: list[Entity] = []
    for entity in entities:
        start, end = entity.start, entity.end
        floor = widened[-1].end if widened else 0
        while start > floor and _is_stuck(text[start - 1], text[max(0, start - 2) : start - 1]):
            start -= 1
        while end < len(text) and _is_stuck(text[end], text[end + 1 : end + 2]):
            end += 1
        if widened and start < widened[-1].end + _gap(text, widened[-1].end, start):
            surer = max(widened[-1], entity, key=lambda one: one.confidence)
            widened[-1] = replace(surer, start=min(start, widened[-1].start), end=max(end, widened[-1].end))
        else:
            widened.append(replace(entity, start=start, end=end))
    return widened


def _gap(text: str, end: int, start: int) -> int:
    """Return 1 more than nothing where only an underscore, or nothing, stands between two spans."""
    return start - end + 1 if text[end:start] in {"", "_"} else 0


def _is_stuck(neighbour: str, beyond: str) -> bool:
    """Tell whether a character beside a span would make its placeholder part of a longer word."""
    return (neighbour.isascii() and neighbour.isalnum()) or (neighbour == "_" and beyond.isascii() and beyond.isalnum())
