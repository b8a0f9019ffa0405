"""Where a person lives: street addresses, postcodes, post boxes."""

import re

from workbench.privacy.rules import Rule, rule

_STATE = (
    "A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]"
)
_ZIP = rf"(?:{_STATE})[ ]{{1,2}}[0-9]{{5}}(?:-[0-9]{{4}})?"
# Royal Mail's shapes A9, A99, AA9, AA99, A9A, AA9A before 9AA (PAF Programmers' Guide), capitals only.
_POSTCODE = r"(?:[A-PR-UWYZ][A-HK-Y]?[0-9][0-9A-HJKPSTUW]?)[ ][0-9][ABD-HJLNP-UW-Z]{2}"
_CAPITALISED = r"[A-ZÀ-ÖØ-Þ][\w'’-]{1,24}"
_STREET = (
    "Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Place|Pl|Square|Sq|Terrace|Way|Close|Crescent"
    "|Gardens|Grove|Hill|Mews|Parkway|Pkwy|Highway|Hwy|Circle|Cir|Row|Walk|Quay|Green|Rise|View|Plaza|Trail|Loop"
)
_FLAT = r"(?:,?[ ](?:Apt|Apartment|Suite|Ste|Unit|Flat|Room|Floor)\.?[ ]?[\w-]{1,6}|,?[ ]\#[\w-]{1,6})?"
_TOWN = rf"(?:,?[ ]{_CAPITALISED}(?:[ ]{_CAPITALISED}){{0,2}})?(?:,?[ ](?:{_ZIP}|{_POSTCODE}))"

PLACE_RULES: tuple[Rule, ...] = (
    rule(
        "street",
        "ADDRESS",
        0.85,
        rf"(?<![\w.,]) (?:(?:Flat|Apartment|Unit)[ ][\w]{{1,4}},[ ])? [0-9]{{1,5}}[A-Za-z]?,?[ ] (?:[NSEW]\.?[ ])?"
        rf"(?:{_CAPITALISED}[ ]){{1,3}} (?:{_STREET})\b\.? {_FLAT} (?:{_TOWN})?",
    ),
    rule(
        "street-german",
        "ADDRESS",
        0.85,
        r"(?<![\w]) (?:[A-ZÄÖÜ][\w-]{1,24}[ ])?[A-ZÄÖÜ][\w-]{1,30}(?:straße|strasse|str\.|weg|platz|gasse|allee"
        r"|ring|damm)[ ]"
        r"[0-9]{1,4}[a-z]? (?:,?[ ][0-9]{5}[ ]" + _CAPITALISED + r")? (?![\w])",
    ),
    rule(
        "street-romance",
        "ADDRESS",
        0.85,
        r"(?<![\w.,]) [0-9]{1,4}(?:[ ]?(?:bis|ter))?,?[ ](?:rue|avenue|boulevard|place|chemin|allée|impasse|quai"
        r"|route)[ ]"
        r"(?:(?:de|du|des|la|le|les)[ ]|[ld]['’]){0,3}" + _CAPITALISED + rf"(?:[ -]{_CAPITALISED}){{0,3}}"
        r"(?:,?[ ][0-9]{5}[ ]" + _CAPITALISED + r")?",
    ),
    rule(
        "street-spanish-italian",
        "ADDRESS",
        0.8,
        r"(?<![\w]) (?:Calle|Avenida|Plaza|Paseo|Via|Viale|Piazza|Corso|Rua)[ ](?:(?:de|del|della|dei|la|las|los"
        r"|do|da)[ ]){0,2}" + _CAPITALISED + rf"(?:[ ]{_CAPITALISED}){{0,3}},?[ ][0-9]{{1,4}} (?![\w])",
    ),
    rule("post-box", "ADDRESS", 0.85, r"\bP\.?[ ]?O\.?[ ]Box[ ][0-9]{1,6}\b", flags=re.IGNORECASE),
    rule("postcode", "ADDRESS", 0.75, rf"(?<![\w\-]) {_POSTCODE} (?![\w])"),
    rule("zip-code", "ADDRESS", 0.75, rf"(?<![\w]) {_ZIP} (?![\w\-])"),
)
"""Street addresses in English, German, French, Spanish and Italian forms, UK postcodes, US state and ZIP code."""
