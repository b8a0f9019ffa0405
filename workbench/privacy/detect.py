"""Find personal data in a text: every detector looks, and if one of them fails nothing is returned."""

from collections.abc import Callable, Mapping
from functools import partial

from workbench.errors import DetectionError
from workbench.privacy.credentials import CREDENTIAL_RULES
from workbench.privacy.names import find_names
from workbench.privacy.network import NETWORK_RULES
from workbench.privacy.numbers import NUMBER_RULES
from workbench.privacy.places import PLACE_RULES
from workbench.privacy.rules import find_all
from workbench.privacy.scrubadub_adapter import find_with_scrubadub
from workbench.privacy.spans import resolve
from workbench.privacy.telephone import TELEPHONE_RULES
from workbench.records import Entity

Detector = Callable[[str], list[Entity]]

DETECTORS: Mapping[str, Detector] = {
    "numbers": partial(find_all, NUMBER_RULES),
    "telephone": partial(find_all, TELEPHONE_RULES),
    "network": partial(find_all, NETWORK_RULES),
    "credentials": partial(find_all, CREDENTIAL_RULES),
    "places": partial(find_all, PLACE_RULES),
    "names": find_names,
    "scrubadub": find_with_scrubadub,
}
"""Every detector by the name that an error gives it."""


def detect(text: str, *, detectors: Mapping[str, Detector] = DETECTORS) -> list[Entity]:
    """Return the personal data in `text`: disjoint spans, in order.

    Patterns with checksums, names from a gazetteer, and scrubadub's bundled detectors look at the text; `resolve`
    settles what overlaps. It misses some: a surname alone, a rare name, what only its meaning gives away. Masking is
    not anonymity: a style of writing may point at its author still (Lermen et al., arXiv 2602.16800).

    Parameters
    ----------
    text : str
        As typed. Offsets of the result count its code points.
    detectors : mapping of str to callable, optional
        By default all of them.

    Raises
    ------
    DetectionError
        When `text` can't be read as Unicode text, or when any detector fails: a partial result would let through what
        that detector would have found. The message holds nothing of the text.

    Examples
    --------
    >>> [(entity.kind, entity.start, entity.end) for entity in detect("A sonnet for Mary, mary@example.org")]
    [('PERSON', 13, 17), ('EMAIL', 19, 35)]
    """
    check_text(text)
    found: list[Entity] = []
    for name, detector in detectors.items():
        # Raised outside the handler: the cause may quote the text, and must not hang on the error as its context.
        failed = False
        try:
            found += detector(text)
        except Exception:  # noqa: BLE001 - whatever a detector raises, nothing may be sent
            failed = True
        if failed:
            raise DetectionError(f"The {name} detector failed; nothing was sent.")
    return resolve(text, found)


def check_text(text: object) -> None:
    """Refuse what isn't text that UTF-8 can carry.

    Raises
    ------
    DetectionError
        For anything but a ``str``, and for lone surrogates, which no request can carry.
    """
    if not isinstance(text, str):
        raise DetectionError("Only text can be looked through for personal data; nothing was sent.")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise DetectionError(
            "The text holds half a character (a lone surrogate); nothing was sent.",
            remedy="Type the last character or emoji again.",
        )
