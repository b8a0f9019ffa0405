"""The one door to scrubadub: its bundled detectors as a further source of spans, and nothing else of it.

Its `Scrubber`, replacers and merging stay unused: they union spans of different kinds, and keep raw text in tables of
the process. What its patterns match without a boundary or a check is checked here. Left out are: ``skype`` and
``text_blob_name`` (they need corpora that are fetched at run time), ``date_of_birth`` (half a second of dateparser for
what `workbench.privacy.numbers` finds by context), ``tagged`` and ``user_supplied`` (they are for evaluation).
"""

import importlib.util
import re
import sys
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import Any

from workbench.privacy.checksums import digits_of, is_card_number, is_social_security_number
from workbench.privacy.network import is_handle
from workbench.privacy.rules import CONTEXT, is_labelled
from workbench.privacy.spans import CHECKED
from workbench.records import Entity, EntityKind

# Detector → locale, kind, confidence. Our own rules of a kind are surer than scrubadub's of the same kind.
_DETECTORS: dict[str, tuple[tuple[str, ...], EntityKind, float]] = {
    "credential": (("en_US",), "SECRET", 0.8),
    "credit_card": (("en_US",), "CREDIT_CARD", CHECKED),
    "drivers_licence": (("en_GB",), "ID", 0.7),
    "email": (("en_US",), "EMAIL", 0.6),
    "national_insurance_number": (("en_GB",), "ID", 0.75),
    "phone": (("en_US", "en_GB"), "PHONE", 0.7),
    "postalcode": (("en_GB",), "ADDRESS", 0.6),
    "social_security_number": (("en_US",), "SSN", 0.6),
    "tax_reference_number": (("en_GB",), "ID", 0.6),
    "twitter": (("en_US",), "USERNAME", 0.6),
    "url": (("en_US",), "URL", 0.6),
    "vehicle_licence_plate": (("en_GB",), "PLATE", 0.6),
}

# Several of scrubadub's patterns repeat white space inside repetitions, or restart at each letter of a long word; what
# they are shown has no long run of either, so that their time stays linear in the text.
_LONG_SPACE = re.compile(r"(?<=\s{4})\s")
_LONG_WORD = re.compile(r"(?<=\S{200})\S")
_CUT = "\x00"

_PLATE_CONTEXT = re.compile(r"\b(?:plate|registration|reg|number plate|licen[cs]e|car|van|vehicle)\b", re.IGNORECASE)
_TAX_CONTEXT = re.compile(r"\b(?:tax|trn|utr|paye|temporary reference)\b", re.IGNORECASE)
_CURRENT_PLATE = re.compile(r"[A-Z]{2}[0-9]{2} ?[A-Z]{3}")


def find_with_scrubadub(text: str) -> list[Entity]:
    """Return what scrubadub's bundled detectors find in `text`, overlapping as it comes.

    The first call imports scrubadub (0.4 to 0.7 s on two shared cores); ``import workbench.privacy`` doesn't.
    """
    shown = _bounded(text)
    found: list[Entity] = []
    for name, detector in _detectors():
        _, kind, confidence = _DETECTORS[name]
        for filth in detector.iter_filth(shown):
            if name == "credential":
                found.extend(_credential(filth, confidence))
                continue
            start, end = _trimmed(text, filth.beg, filth.end)
            if start < end and _is_plausible(name, text, start, end):
                found.append(Entity(start, end, kind, f"scrubadub-{name}", confidence))
    return found


def _bounded(text: str) -> str:
    """Return `text`, equally long, without runs of white space or of other characters that take scrubadub long."""
    return _LONG_WORD.sub(_CUT, _LONG_SPACE.sub(_CUT, text))


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while end > start and (text[end - 1].isspace() or text[end - 1] in ".,;:!?~#=&"):
        end -= 1
    while start < end and (text[start].isspace() or (text[start] == "(" and _is_open(text[start:end]))):
        start += 1
    return start, end


def _is_open(value: str) -> bool:
    return value.count("(") > value.count(")")


def _credential(filth: Any, confidence: float) -> Iterator[Entity]:
    """Report the name and the first word of the secret: scrubadub's own span is the rest of the line."""
    start, end = filth.match.span("username")
    if end - start > 1:
        yield Entity(start, end, "USERNAME", "scrubadub-credential", confidence)
    start, end = filth.match.span("password")
    secret = re.match(r"\S+", filth.match.group("password"))
    if secret and len(secret.group()) > 2:  # noqa: PLR2004 - as in `workbench.privacy.credentials`
        yield Entity(start, start + secret.end(), "SECRET", "scrubadub-credential", confidence)


def _is_plausible(  # noqa: PLR0911 - one check for each detector
    name: str, text: str, start: int, end: int
) -> bool:
    """Check what scrubadub's patterns leave open: word boundaries, ranges, context."""
    value = text[start:end]
    if name == "url":
        return True
    if name == "twitter":
        return is_handle(value)
    if text[max(0, start - 1) : start].isalnum() or text[end : end + 1].isalnum():
        return False
    context = text[max(0, start - CONTEXT) : start]
    if name == "credit_card":
        return is_card_number(digits_of(value))
    if name == "email":
        return "." in value.partition("@")[2]
    if name == "phone":
        return not is_labelled(text, start) and _is_dialled(text, start, end)
    if name == "social_security_number":
        return is_social_security_number(digits_of(value)) and not is_labelled(text, start)
    if name == "vehicle_licence_plate":
        return bool(_CURRENT_PLATE.fullmatch(value)) or (value.isupper() and bool(_PLATE_CONTEXT.search(context)))
    if name == "tax_reference_number":
        return bool(_TAX_CONTEXT.search(context))
    return value.upper() == value


def _is_dialled(text: str, start: int, end: int) -> bool:
    """Refuse digits that go on, or stand in a longer number: a version, a date, an identifier."""
    before, after = text[max(0, start - 1) : start], text[end : end + 2]
    return before not in {"-", ".", "/", "_"} and not (after[:1] in {"-", ".", "/", "_"} and after[1:].isalnum())


@cache
def _detectors() -> tuple[tuple[str, Any], ...]:
    """Make one instance of each detector and locale; they keep no text."""
    catalogue = _imported().detectors.detector_catalogue
    return tuple(
        (name, catalogue.get(name)(locale=locale)) for name, (locales, _, _) in _DETECTORS.items() for locale in locales
    )


def _imported() -> Any:
    """Import scrubadub without the two modules that pull in nltk and SciPy (three of its four seconds).

    Stubs stand in for them while it is imported and go away after, so that whoever wants the real ones can still import
    them; dateparser loads when first used.
    """
    if "scrubadub" not in sys.modules:
        stubs = {
            "scrubadub.detectors.skype": "SkypeDetector",
            "scrubadub.detectors.text_blob": "TextBlobNameDetector",
        }
        for module, detector in stubs.items():
            stub = ModuleType(module)
            setattr(stub, detector, type(detector, (), {}))
            sys.modules[module] = stub
        _import_later("dateparser")
        try:
            import scrubadub  # noqa: PLC0415 - half a second, on first use only
        finally:
            for module in stubs:
                sys.modules.pop(module, None)
    else:
        import scrubadub  # noqa: PLC0415 - as above

    return scrubadub


def _import_later(name: str) -> None:
    """Put a module in place that loads itself when an attribute of it is first asked for."""
    spec = importlib.util.find_spec(name)
    if name in sys.modules or spec is None or spec.loader is None:
        return
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
