"""Numbers that point at a person: cards, accounts, national ids, dates of birth, coordinates."""

import re
from itertools import islice

from workbench.privacy.checksums import (
    IBAN_LENGTHS,
    digits_of,
    is_card_number,
    is_iban,
    is_nhs_number,
    is_social_security_number,
)
from workbench.privacy.rules import Rule, Span, rule, unless_labelled, whole
from workbench.privacy.spans import CHECKED

# What people put between groups of digits: space and its Unicode kin, full stop, hyphens and dashes.
SEPARATOR = r"[ \u00a0\u2007\u2009\u202f.\-\u2010-\u2013]"

_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]{0,6}\.?"
_DATE = (
    r"(?: [0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}"
    r" | [0-9]{1,2}[-/.][0-9]{1,2}[-/.](?:[0-9]{4}|[0-9]{2})"
    r" | [0-9]{1,2}(?:st|nd|rd|th)?(?:[ ]of)?[ -]" + _MONTH + r"(?:,?[ -][0-9]{4})?"
    r" | " + _MONTH + r"[ ][0-9]{1,2}(?:st|nd|rd|th)?(?:,?[ ][0-9]{4})?)"
)


def _card(match: "re.Match[str]") -> Span | None:
    """Take the longest run of whole groups that passes Luhn, so that an expiry date after a card doesn't hide it."""
    start, end = match.span()
    ends = [end, *(start + gap.start() for gap in islice(reversed(list(_GAP.finditer(match.group()))), 2))]
    for stop in ends:
        if is_card_number(digits_of(match.string[start:stop])):
            return start, stop
    return None


_GAP = re.compile(SEPARATOR)


def _iban(match: "re.Match[str]") -> Span | None:
    """Count as many characters as the country's IBANs have; what follows is another word."""
    compact = ""
    length = IBAN_LENGTHS.get(match.group()[:2].upper(), 0)
    for place, character in enumerate(match.group()):
        if character.isalnum():
            compact += character
        if len(compact) == length:
            stop = match.start() + place + 1
            ends_word = not match.string[stop : stop + 1].isalnum()
            return (match.start(), stop) if ends_word and is_iban(compact) else None
    return None


def _ssn(match: "re.Match[str]") -> Span | None:
    return unless_labelled(match) if is_social_security_number(digits_of(match.group("value"))) else None


def _announced_ssn(match: "re.Match[str]") -> Span | None:
    """Accept 900 to 999 too: taxpayer numbers (ITIN) are written the same way, and people call them so."""
    digits = digits_of(match.group("value"))
    return whole(match) if is_social_security_number(digits) or digits[0] == "9" else None


def _nhs(match: "re.Match[str]") -> Span | None:
    return whole(match) if is_nhs_number(digits_of(match.group("value"))) else None


def _has_digits(match: "re.Match[str]") -> Span | None:
    """Refuse ids such as "passport is expired": an id has three digits at least."""
    return whole(match) if len(digits_of(match.group("value"))) >= 3 else None  # noqa: PLR2004 - said above


NUMBER_RULES: tuple[Rule, ...] = (
    rule(
        "luhn",
        "CREDIT_CARD",
        CHECKED,
        # Four groups as printed on the card, with what may follow them (a fifth group of a 19-digit number).
        rf"(?<![\w]) (?<![0-9]{SEPARATOR}) [2-6][0-9]{{3}} (?:{SEPARATOR}[0-9]{{4}}){{3}} (?:{SEPARATOR}[0-9]{{1,3}})?"
        r"(?![0-9])",
        narrow=_card,
    ),
    rule(
        "luhn",
        "CREDIT_CARD",
        CHECKED,
        # Any other grouping, or none: the whole run of digits, never a part of a longer one.
        rf"(?<![\w]) (?<![0-9]{SEPARATOR}) [1-6](?:{SEPARATOR}?[0-9]){{11,18}} (?![\w]) (?!{SEPARATOR}[0-9])",
        narrow=_card,
    ),
    rule(
        "card-context",
        "CREDIT_CARD",
        0.85,
        # With the word before it, a number with a wrong digit is a mistyped card.
        r"\b(?:(?:credit|debit|bank|payment)[ ]card|card[ ](?:number|no\b\.?|is)|visa|mastercard"
        r"|amex)\b[ ]{0,2}(?:number|no\b\.?)?"
        r"[ ]{0,2}(?:is|was|[:=\#])?[ ]{0,2}['\"]?"
        rf"(?P<value>[0-9](?:{SEPARATOR}?[0-9]){{11,18}}) (?![\w])",
        flags=re.IGNORECASE,
    ),
    rule(
        "iban-mod-97",
        "IBAN",
        CHECKED,
        rf"(?<![^\W_]) [A-Za-z]{{2}}[0-9]{{2}} (?:{SEPARATOR}?[0-9A-Za-z]){{11,29}}",
        narrow=_iban,
    ),
    rule(
        "us-ssn",
        "SSN",
        0.9,
        r"(?<![\w.\-+]) (?P<value>[0-9]{3} (?P<gap>[-\u2010-\u2013]) [0-9]{2} (?P=gap) [0-9]{4}) (?![\w\-])",
        narrow=_ssn,
    ),
    rule(
        "us-ssn-shape",
        "SSN",
        0.7,
        r"(?<![\w.\-+]) (?<![0-9][ ]) (?P<value>[0-9]{3} (?P<gap>[ .]) [0-9]{2} (?P=gap) [0-9]{4}) (?![\w\-])"
        r" (?![ .][0-9])",
        narrow=_ssn,
    ),
    rule(
        "us-ssn-context",
        "SSN",
        0.9,
        r"\b(?:ssn|itin|social[ ]security(?:[ ]number|[ ]no\.?)?)\b [ ]{0,2}(?:number|no\.?)? [ ]{0,2}(?:is|[:=\#])?"
        r"[ ]{0,2} (?P<value>[0-9]{3}[- ]?[0-9]{2}[- ]?[0-9]{4}) (?![\w])",
        narrow=_announced_ssn,
        flags=re.IGNORECASE,
    ),
    rule(
        "nhs-mod-11",
        "ID",
        CHECKED,
        r"\bnhs (?:[ ](?:number|no\.?))? [ ]{0,2}(?:is|[:=\#])? [ ]{0,2} (?P<value>[0-9]{3}[- ]?[0-9]{3}[- ]?[0-9]{4})"
        r"(?![\w])",
        narrow=_nhs,
        flags=re.IGNORECASE,
    ),
    rule(
        "labelled-id",
        "ID",
        0.8,
        r"\b(?i:passport|driv(?:er|ing)(?:['’]?s)?[ ]licen[cs]e|licen[cs]e|national[ ]insurance|nino|national|mrn"
        r"|medical[ ]record|patient|student|employee|member(?:ship)?|insurance|policy(?:holder)?|account|acct"
        r"|tax(?:payer)?|tin"
        r"|vat|aadhaa?r|pan|cpf|nif|dni|bsn|steuer-?id|customer|user|voter|routing|ifsc|sort[ ]code|id)\b"
        r"(?:[ ](?i:card|id|identification))?(?:[ ](?i:number|num|no|code)\b\.?)? [ ]{0,2}(?:is|was"
        r"|[:=])? [ ]{0,2}\#?[ '‘\"]{0,2}"
        r"(?P<value>[A-Z0-9](?:[ _-]?[A-Z0-9]){4,19}) (?![\w])",
        narrow=_has_digits,
    ),
    rule(
        "labelled-id",
        "ID",
        0.8,
        r"\b(?:passport|nino|mrn|student|patient|employee|policy|account|membership|customer)"
        r"[ ](?:number|no\.?|id)(?:[ ](?:is|was)|:)?[ ]{0,2}\#?"
        r"(?P<value>[a-z0-9][a-z0-9-]{4,19}) (?![\w])",
        narrow=_has_digits,
        flags=re.IGNORECASE,
    ),
    rule(
        "date-of-birth-context",
        "DATE_OF_BIRTH",
        0.85,
        r"\b(?:dob|d\.o\.b\.?|date[ ]of[ ]birth|birth[ -]?date|born|birthday|n[ée]e?[ ]le|geboren|geb\.)"
        r"[ ]{0,2}[:=,(-]?[ ]{0,2}(?:(?:is|was|on|in|am)[ ]){0,2} (?P<value>" + _DATE + r") (?![\w])",
        flags=re.IGNORECASE,
    ),
    rule(
        "coordinates",
        "COORDINATES",
        0.85,
        r"(?<![\w.]) [-+]?(?:90|[1-8]?[0-9])\.[0-9]{3,12} [ ]?°?[ ]?[NS]? [ ]?,[ ]{0,2}"
        r"[-+]?(?:180|1[0-7][0-9]|[1-9]?[0-9])\.[0-9]{3,12} (?:[ ]?°?[ ]?[EW])? (?![\w]|\.[0-9])",
    ),
    rule(
        "coordinates-dms",
        "COORDINATES",
        0.9,
        r"(?<![\w.]) [0-9]{1,2}°[ ]?[0-9]{1,2}['′’] (?:[ ]?[0-9]{1,2}(?:\.[0-9]{1,4})?[\"″”])? [ ]?[NS] ,?[ ]{0,2}"
        r"[0-9]{1,3}°[ ]?[0-9]{1,2}['′’] (?:[ ]?[0-9]{1,2}(?:\.[0-9]{1,4})?[\"″”])? [ ]?[EW] (?![\w])",
    ),
)
"""Cards, accounts, ids, dates of birth and coordinates."""
