"""Telephone numbers: by shape, and by the words before them."""

import re

from workbench.privacy.checksums import digits_of
from workbench.privacy.rules import Rule, Span, rule, unless_labelled, whole

LENGTHS = range(7, 16)  # digits: ITU-T E.164 allows 15; fewer than 7 reach nobody outside their own town

_EXTENSION = r"(?:[ ]?(?:x|ext\.?|extension)[ ]?[0-9]{1,6})?"


def _dialled(match: "re.Match[str]") -> Span | None:
    """Refuse what is too short or too long to be dialled, and what the words before it call something else."""
    number = re.split(r"[a-z]", match.group("value"), maxsplit=1, flags=re.IGNORECASE)[0]
    return unless_labelled(match) if len(digits_of(number)) in LENGTHS else None


def _spoken(match: "re.Match[str]") -> Span | None:
    return whole(match) if len(digits_of(match.group("value"))) in LENGTHS else None


TELEPHONE_RULES: tuple[Rule, ...] = (
    rule(
        "phone-international",
        "PHONE",
        0.9,
        r"(?<![\w+]) (?P<value>(?:\+|\b00(?=[1-9][0-9])"
        r"|(?<=\()\+)[ ]?[1-9](?:[ .()\-/\u00a0\u2010-\u2013]{0,3}[0-9]){6,14}" + _EXTENSION + r") (?![\w])",
        narrow=_dialled,
    ),
    rule(
        "phone-us",
        "PHONE",
        0.85,
        r"(?<![\w.\-+/]) (?P<value>(?:1[ .-])?(?:\([2-9][0-9]{2}\)[ .-]?|[2-9][0-9]{2}[ .-])[0-9]{3}[ .-][0-9]{4}"
        + _EXTENSION
        + r") (?![\w]|-[A-Z0-9]{1,3}(?![\w]))",
        narrow=_dialled,
    ),
    rule(
        "phone-national",
        "PHONE",
        0.8,
        # A trunk prefix 0, an area code, and at least one separator: "(020) 7946 0958", "07700 900123", "06-12345678".
        r"(?<![\w.\-+/]) (?P<value>(?:\(0[1-9][0-9]{1,4}\)[ ]?|0[1-9][0-9]{0,4}[ -/])[0-9](?:[ -]?[0-9]){4,8})"
        r" (?![\w]|-[A-Z0-9]{1,3}(?![\w]))",
        narrow=_dialled,
    ),
    rule(
        "phone-context",
        "PHONE",
        0.85,
        r"\b(?:phone|telephone|tel|mobile|mob|cell|cellphone|fax|whatsapp|(?:call|ring|text|phone|dial"
        r"|reach)(?:[ ](?:me|us|him|her|them))?"
        r"(?:[ ](?:at|on))?)\b [ ]{0,2}(?:number|no\b\.?)? [ ]{0,2}(?:is|[:.\#=])? [ \n]{0,2}"
        r"(?P<value>\(?\+?[0-9](?:[ .()\-/]{0,2}[0-9]){6,14}" + _EXTENSION + r") (?![\w])",
        narrow=_spoken,
        flags=re.IGNORECASE,
    ),
)
"""International, North American, national with a trunk prefix, and any that the words before it announce."""
