"""Telephone numbers: by shape, and by the words before them."""

import re

from workbench.privacy.checksums import digits_of
from workbench.privacy.rules import CONTEXT, Rule, Span, rule, unless_labelled, whole

LENGTHS = range(7, 16)  # digits: ITU-T E.164 allows 15; fewer than 7 reach nobody outside their own town

_GAP = r"[ \u00a0\u2007\u2009\u202f\-\u2010-\u2013]"  # space and hyphen with their Unicode kin
_END = r"(?![\w]|-[A-Z0-9]{1,3}(?![\w])|[.\-/][0-9])"  # the digits don't go on as a code, a date or a decimal
_EXTENSION = r"(?:[ ]?(?:x|ext\.?|extension)[ ]?[0-9]{1,6})?"


_TELEPHONY = re.compile(
    r"\b(?:phone|phones|phoned|telephone|tel|mobile|mob|cell|landline|fax|whatsapp|signal|sms|text|texts|texted|call"
    r"|calls|called|ring|rings|rang|dial|dialled|reach|reached|contact|message|voicemail|handy|portable|t[ée]l[ée]phone"
    r"|telefon|telefono|teléfono|m[óo]vil)\b[^.!?\n0-9]{0,39}\Z",
    re.IGNORECASE,
)


def _dialled(match: "re.Match[str]") -> Span | None:
    """Refuse what is too short or too long to be dialled, and what the words before it call something else."""
    number = re.split(r"[a-z]", match.group("value"), maxsplit=1, flags=re.IGNORECASE)[0]
    return unless_labelled(match) if len(digits_of(number)) in LENGTHS else None


def _spoken(match: "re.Match[str]") -> Span | None:
    return whole(match) if len(digits_of(match.group("value"))) in LENGTHS else None


def _unless_digits_go_on(match: "re.Match[str]") -> Span | None:
    """Refuse a group of digits among others: part of a card, an account or a table."""
    before, after = match.string[max(0, match.start() - 2) : match.start()], match.string[match.end() : match.end() + 2]
    is_grouped = (before[:1].isdigit() and before[1:] == " ") or (after[:1] == " " and after[1:].isdigit())
    return None if is_grouped else unless_labelled(match)


def _near_telephony(match: "re.Match[str]") -> Span | None:
    """Report the match if the words before it, in its own sentence, are about ringing somebody."""
    near = _TELEPHONY.search(match.string, max(0, match.start() - CONTEXT), match.start())
    return _unless_digits_go_on(match) if near else None


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
        rf"(?<![\w.\-+/]) (?P<value>(?:\(0[1-9][0-9]{{1,4}}\){_GAP}?|0[1-9][0-9]{{0,4}}(?:{_GAP}|/))"
        rf"[0-9](?:{_GAP}?[0-9]){{4,8}})"
        r" (?![\w]|-[A-Z0-9]{1,3}(?![\w]))",
        narrow=_dialled,
    ),
    rule(
        "phone-mobile-uk",
        "PHONE",
        0.8,
        # Ofcom's National Telephone Numbering Plan: mobiles are 071 to 075 and 077 to 079, and 07624 (Isle of Man).
        r"(?<![\w.\-+/]) (?P<value>07(?:[1-57-9][0-9]{8}|624[0-9]{6})) " + _END,
        narrow=_unless_digits_go_on,
    ),
    rule(
        "phone-dotted",
        "PHONE",
        0.8,
        # Pairs as in France ("06.12.34.56.78"), and an area code or prefix with two groups ("07700.900.123").
        r"(?<![\w.\-+/]) (?P<value>0[1-9](?:\.[0-9]{2}){4}|0[1-9][0-9]{1,3}\.[0-9]{3,4}\.[0-9]{3,4}) " + _END,
        narrow=_dialled,
    ),
    rule(
        "phone-trunk-context",
        "PHONE",
        0.8,
        # A trunk prefix 0 and 9 or 10 digits without a separator, as in most of Europe, near a word of telephony.
        r"(?<![\w.\-+/]) (?P<value>0[1-9][0-9]{8,9}) " + _END,
        narrow=_near_telephony,
    ),
    rule(
        "phone-my-number",
        "PHONE",
        0.85,
        r"\b(?:my|his|her|their|our|your|[a-z]{2,20}['’]s) [ ](?:(?:new|old|home|work|office|mobile|cell|phone|direct"
        r"|private|personal|landline|current|uk|us)[ ]){0,2} (?:number|no\.|digits)"
        r"(?:[ ](?:at[ ](?:work|home)|now))? (?:[ ](?:is|was|are)|['’]s|[ ]?[:=])? [ ]{0,2} (?:now[ ]|still[ ])?"
        r"(?P<value>\(?\+?[0-9](?:[ .()\-/\u00a0]{0,2}[0-9]){6,14}) " + _END,
        narrow=_spoken,
        flags=re.IGNORECASE,
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
