"""Where the placeholders stand in a minimised text, and why: what a preview marks."""

import re
from typing import Any

from workbench.errors import DetectionError
from workbench.records import Minimised


def marked(original: str, minimised: Minimised) -> list[dict[str, Any]]:
    """Return the minimised text in order, cut at its placeholders.

    The entities' spans are those of the original; between two of them both texts are alike, which is checked.

    Parameters
    ----------
    original : str
        What was typed; none of its replaced words are returned.
    minimised : Minimised
        What was made of it.

    Returns
    -------
    list of dict
        ``text`` of every part; for a placeholder also ``kind``, ``rule`` and ``confidence``.

    Raises
    ------
    DetectionError
        When the two texts don't belong together.
    """
    text = minimised.text
    parts: list[dict[str, Any]] = []
    place = cursor = 0  # in the original, in the minimised text
    for entity in minimised.entities:
        same = original[place : entity.start]
        placeholder = re.compile(rf"{entity.kind}_[0-9]+").match(text, cursor + len(same))
        if placeholder is None or text[cursor : placeholder.start()] != same:
            raise DetectionError("The preview doesn't fit what was typed; nothing was sent.")
        parts.append({"text": same})
        parts.append(
            {"text": placeholder[0], "kind": entity.kind, "rule": entity.rule, "confidence": entity.confidence}
        )
        place, cursor = entity.end, placeholder.end()
    if text[cursor:] != original[place:]:
        raise DetectionError("The preview doesn't fit what was typed; nothing was sent.")
    parts.append({"text": text[cursor:]})
    return [part for part in parts if part["text"]]
