"""Check digits and valid ranges: what tells a card number from any other row of digits."""

import re

IBAN_LENGTHS = {
    # Country code → characters of an IBAN: SWIFT IBAN Registry (ISO 13616).
    **dict.fromkeys(("NO",), 15),
    **dict.fromkeys(("BE",), 16),
    **dict.fromkeys(("DK", "FI", "FK", "FO", "GL", "NL", "SD"), 18),
    **dict.fromkeys(("MK", "SI"), 19),
    **dict.fromkeys(("AT", "BA", "EE", "KZ", "LT", "LU", "MN", "XK"), 20),
    **dict.fromkeys(("CH", "HR", "LI", "LV"), 21),
    **dict.fromkeys(("BG", "BH", "CR", "DE", "GB", "GE", "IE", "ME", "RS", "VA"), 22),
    **dict.fromkeys(("AE", "GI", "IL", "IQ", "OM", "SO", "TL"), 23),
    **dict.fromkeys(("AD", "CZ", "ES", "MD", "PK", "RO", "SA", "SE", "SK", "TN", "VG"), 24),
    **dict.fromkeys(("LY", "PT", "ST"), 25),
    **dict.fromkeys(("IS", "TR"), 26),
    **dict.fromkeys(("BI", "DJ", "FR", "GR", "IT", "MC", "MR", "SM"), 27),
    **dict.fromkeys(("AL", "AZ", "BY", "CY", "DO", "GT", "HU", "LB", "NI", "PL", "SV"), 28),
    **dict.fromkeys(("BR", "EG", "PS", "QA", "UA"), 29),
    **dict.fromkeys(("JO", "KW", "MU", "YE"), 30),
    **dict.fromkeys(("MT", "SC"), 31),
    **dict.fromkeys(("LC",), 32),
    **dict.fromkeys(("RU",), 33),
}

CARD_LENGTHS = range(12, 20)  # digits: ISO/IEC 7812-1 allows up to 19, Maestro's shortest is 12
MAESTRO_LENGTH = 12
JCB_LENGTH = 15
_NOT_A_DIGIT = re.compile(r"[^0-9]")


def digits_of(text: str) -> str:
    """Return the ASCII digits of `text`, without what stands between them."""
    return _NOT_A_DIGIT.sub("", text)


def is_card_number(digits: str) -> bool:
    """Tell whether `digits` can be a payment card: issuer range, length, and Luhn's check digit (ISO/IEC 7812-1).

    Leading 0, 1, 7, 8 and 9 are no bank cards, but for JCB's old 1800; that refuses ISBN-13 (978…) and Unix times in
    milliseconds (1…).
    """
    if len(digits) not in CARD_LENGTHS or len(set(digits)) == 1:
        return False
    if digits[0] not in "23456" and not (digits.startswith("1800") and len(digits) == JCB_LENGTH):
        return False
    if len(digits) == MAESTRO_LENGTH and digits[0] not in "56":
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value  # noqa: PLR2004 - the sum of a product's two digits
    return total % 10 == 0


def is_iban(compact: str) -> bool:
    """Tell whether `compact` (no spaces) has its country's length and the check of ISO 7064 MOD 97-10."""
    code = compact.upper()
    if not code.isascii() or len(code) != IBAN_LENGTHS.get(code[:2]):
        return False
    return int("".join(str(int(character, 36)) for character in code[4:] + code[:4])) % 97 == 1


def is_social_security_number(digits: str) -> bool:
    """Tell whether nine digits are in the ranges that the US Social Security Administration issues.

    Area 000, 666 and 900 to 999, group 00 and serial 0000 are never issued (20 CFR 422.103; SSA POMS RM 10201.035).
    """
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in {"000", "666"} and area < "900" and group != "00" and serial != "0000"


def is_nhs_number(digits: str) -> bool:
    """Tell whether ten digits carry the modulus 11 check of an NHS number (NHS Data Dictionary)."""
    check = 11 - sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False)) % 11
    return check != 10 and check % 11 == int(digits[9])  # noqa: PLR2004 - 10 is no digit, such numbers are not issued
