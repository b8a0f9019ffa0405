"""Put the original words back: in a whole text, or in pieces as they arrive."""

import re

from workbench.privacy import placeholders
from workbench.records import Pseudonyms


def restore(text: str, pseudonyms: Pseudonyms) -> str:
    """Return `text` with the original words in place of their placeholders.

    Models change what they are given: any case, ``_``, ``-`` or a space between the parts, a backslash before them, and
    brackets or back-quotes around them are accepted; those that weren't sent go away. What isn't a placeholder of
    `pseudonyms` stays as it is, for its reader to see. One pass: restored words are not looked at again.

    Parameters
    ----------
    text : str
        A model's reply.
    pseudonyms : Pseudonyms
        As `minimise` returned them.

    Examples
    --------
    >>> restore("[Person 1]'s rain, PERSON_12", Pseudonyms({"PERSON_1": "Mary"}))
    "Mary's rain, PERSON_12"
    """
    restorer = Restorer(pseudonyms)
    return restorer.feed(text) + restorer.flush()


class Restorer:
    """The same for a stream: what comes out, joined, is what `restore` makes of the whole, however it was cut.

    Parameters
    ----------
    pseudonyms : Pseudonyms
        As `minimise` returned them.
    """

    def __init__(self, pseudonyms: Pseudonyms) -> None:
        self._originals = dict(pseudonyms.originals)
        names = (
            name.strip("".join({*placeholders.WRAPPERS, *placeholders.WRAPPERS.values()})) for name in self._originals
        )
        kinds = sorted({name.rpartition("_")[0] for name in names} & set(placeholders.KINDS))
        self._pattern = placeholders.pattern(kinds) if kinds else None
        self._unfinished = placeholders.unfinished(kinds) if kinds else None
        self._reach = placeholders.reach(kinds)
        self._kept = ""
        self._context = 0

    def __repr__(self) -> str:
        """Tell how many placeholders are known and how much is held back, in characters; no content."""
        return f"Restorer(<{len(self._originals)} placeholders, {len(self._kept) - self._context} held back>)"

    def feed(self, piece: str) -> str:
        """Return the restored text that can be shown after `piece`.

        Held back is only an end that could still become a placeholder: some fifty characters at most.
        """
        if self._unfinished is None:
            return piece
        text = self._kept + piece
        held = self._unfinished.search(text, max(self._context, len(text) - self._reach))
        return self._emit(text, held.start() if held else len(text))

    def flush(self) -> str:
        """Return what was held back; the stream has ended."""
        return self._emit(self._kept, len(self._kept))

    def _emit(self, text: str, stop: int) -> str:
        """Restore from where the last piece ended up to `stop`; keep the rest and two characters of context."""
        if self._pattern is None:
            return text
        pieces = []
        place = self._context
        for match in self._pattern.finditer(text, self._context):
            if match.start() >= stop:
                break
            stop = max(stop, match.end())
            pieces += [text[place : match.start()], self._original(match)]
            place = match.end()
        pieces.append(text[place:stop])
        start = max(0, stop - 2)
        self._kept, self._context = text[start:], stop - start
        return "".join(pieces)

    def _original(self, match: "re.Match[str]") -> str:
        """Return what stands for one placeholder; a wrapper that was sent with it belongs to the original."""
        seen = placeholders.read(match)
        if seen.name not in self._originals:
            return match.group()
        before, after = match.string[match.start() : seen.start], match.string[seen.end : match.end()]
        for depth in range(len(seen.opening), 0, -1):
            sent = f"{seen.opening[-depth:]}{seen.name}{seen.closing[:depth]}"
            if sent in self._originals:
                return before + self._originals[sent] + after
        return before + self._originals[seen.name] + after
