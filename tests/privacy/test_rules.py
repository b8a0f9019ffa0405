"""Tables of what counts as personal data and what only looks like it."""

import re

import pytest

from workbench.privacy import detect
from workbench.privacy.checksums import is_card_number, is_iban, is_nhs_number, is_social_security_number
from workbench.privacy.detect import CREDENTIAL_RULES, NETWORK_RULES, NUMBER_RULES, PLACE_RULES, TELEPHONE_RULES


def found(text):
    return [(entity.kind, text[entity.start : entity.end]) for entity in detect(text)]


CARDS = [
    "4111111111111111",
    "4111 1111 1111 1111",
    "4111-1111-1111-1111",
    "4111.1111.1111.1111",
    "4111\u00a01111\u00a01111\u00a01111",
    "3782 822463 10005",
    "3056 930902 5904",
    "5555 5555 5555 4444",
    "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
    "2223003122003222",
    "6011111111111117",
]


@pytest.mark.parametrize("card", CARDS)
@pytest.mark.parametrize("around", ["Pay with {} now", "({})", "card:{}", "{} 12/27", "“{}”.", "{}, please"])
def test_card_numbers_are_found_in_any_grouping_and_surrounding(card, around):
    assert ("CREDIT_CARD", card) in found(around.format(card))


IBANS = [
    "GB82WEST12345698765432",
    "GB82 WEST 1234 5698 7654 32",
    "gb82 west 1234 5698 7654 32",
    "DE89 3704 0044 0532 0130 00",
    "NO93 8601 1117 947",
    "FR14 2004 1010 0505 0001 3M02 606",
    "DE89-3704-0044-0532-0130-00",
]


@pytest.mark.parametrize("iban", IBANS)
@pytest.mark.parametrize("around", ["IBAN {} please pay", "({})", "IBAN: {}.", "{}"])
def test_ibans_are_found_spaced_or_not_and_end_where_their_country_says(iban, around):
    assert ("IBAN", iban) in found(around.format(iban))


FOUND = [
    ("EMAIL", "mary.o'neill+poems@mail.example.co.uk"),
    ("EMAIL", "JANE.DOE@EXAMPLE.ORG"),
    ("EMAIL", "josé@exámple.es"),
    ("EMAIL", "mary at example dot org"),
    ("EMAIL", "mary (at) example (dot) co (dot) uk"),
    ("EMAIL", "mary[at]example[dot]com"),
    ("EMAIL", "mary at gmail.com"),
    ("PHONE", "+44 20 7946 0958"),
    ("PHONE", "+1 (415) 555-0198"),
    ("PHONE", "+49-30-901820"),
    ("PHONE", "(020) 7946 0958"),
    ("PHONE", "07700 900123"),
    ("PHONE", "07700900123"),
    ("PHONE", "07624123456"),
    ("PHONE", "07700\u00a0900123"),
    ("PHONE", "020\u20137946\u20130958"),
    ("PHONE", "06.12.34.56.78"),
    ("PHONE", "07700.900.123"),
    ("PHONE", "(415) 555-0198"),
    ("PHONE", "415-555-0198 ext. 12"),
    ("PHONE", "415.555.0198"),
    ("SSN", "521-44-9382"),
    ("IP", "192.168.0.1"),
    ("IP", "2001:db8::ff00:42:8329"),
    ("IP", "fe80::1%eth0"),
    ("IP", "::ffff:192.0.2.128"),
    ("MAC", "00:1A:2b:3c:4D:5e"),
    ("MAC", "00-1A-2B-3C-4D-5E"),
    ("MAC", "001a.2b3c.4d5e"),
    ("URL", "https://example.org/poems?id=1#top"),
    ("URL", "www.example.org"),
    ("URL", "example.org/mary"),
    ("USERNAME", "@mary_poet"),
    ("COORDINATES", "51.5007, -0.1246"),
    ("COORDINATES", "51°30'26\"N 0°7'39\"W"),
    ("SECRET", "sk-ant-api03-Abcdefghij_klmnop-123"),
    ("SECRET", "sk-proj-abcdefghijklmnopqrst"),
    ("SECRET", "AKIAIOSFODNN7EXAMPLE"),
    ("SECRET", "ghp_abcdefghijklmnopqrstuvwxyz0123456789"),
    ("SECRET", "github_pat_11ABCDEFG0abcdefghijkl"),
    ("SECRET", "xoxb-123456789012-abcdefghij"),
    ("SECRET", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N"),
    ("SECRET", "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIIE\n-----END RSA PRIVATE KEY-----"),
    ("ADDRESS", "12 Baker Street, London NW1 6XE"),
    ("ADDRESS", "1600 Pennsylvania Ave, Washington, DC 20500"),
    ("ADDRESS", "SW1A 1AA"),
    ("ADDRESS", "Hauptstraße 12, 10115 Berlin"),
    ("ADDRESS", "12 rue de la Paix"),
    ("ADDRESS", "P.O. Box 1234"),
]


@pytest.mark.parametrize(("kind", "value"), FOUND)
@pytest.mark.parametrize("around", ["{}", "here: {}\nand", "({})"])
def test_each_shape_is_found_whole(kind, value, around):
    assert (kind, value) in found(around.format(value))


IN_CONTEXT = [
    ("my password is hunter2.", "SECRET", "hunter2"),
    ("password: hunter2", "SECRET", "hunter2"),
    ('"password": "correct horse"', "SECRET", "correct horse"),
    ("my passphrase is correct horse battery staple.", "SECRET", "correct horse battery staple"),
    ("with password Qr7!dke#39.", "SECRET", "Qr7!dke#39"),
    ("API_KEY=abcd1234efgh5678", "SECRET", "abcd1234efgh5678"),
    ("Authorization: Bearer abcdefgh12345678", "SECRET", "abcdefgh12345678"),
    ("key: -----BEGIN PRIVATE KEY-----\nMIIE) and", "SECRET", "-----BEGIN PRIVATE KEY-----\nMIIE) and"),
    ("my PIN is 4921", "SECRET", "4921"),
    ("I was born on 12 March 1985 in", "DATE_OF_BIRTH", "12 March 1985"),
    ("DOB: 03/15/1989,", "DATE_OF_BIRTH", "03/15/1989"),
    ("my birthday is March 12th", "DATE_OF_BIRTH", "March 12th"),
    ("date of birth 1985-03-12", "DATE_OF_BIRTH", "1985-03-12"),
    ("SSN 521449382", "SSN", "521449382"),
    ("passport number X1234567", "ID", "X1234567"),
    ("NHS number 943 476 5919", "ID", "943 476 5919"),
    ("MRN 00987654.", "ID", "00987654"),
    ("call me at 5551234", "PHONE", "5551234"),
    ("My number is 07700900123", "PHONE", "07700900123"),
    ("my new work number: 02079460958.", "PHONE", "02079460958"),
    ("My number's 4155550198", "PHONE", "4155550198"),
    ("Okonkwo's number is 5551234", "PHONE", "5551234"),
    ("text Bill at 0612345678 tonight", "PHONE", "0612345678"),
    ("the landline, 01632960123", "PHONE", "01632960123"),
    ("credit card 4111 1111 1111 1112", "CREDIT_CARD", "4111 1111 1111 1112"),
    ("JCB 180016070420458", "CREDIT_CARD", "180016070420458"),
]


@pytest.mark.parametrize(("text", "kind", "value"), IN_CONTEXT)
def test_words_before_a_value_say_what_it_is(text, kind, value):
    assert (kind, value) in found(text)


NOT_PERSONAL = [
    "The book ISBN is 978-3-16-148410-0",
    "Order number 4155550198 ships tomorrow",
    "invoice no. 2024-0012345",
    "order number 07700900123",
    "Order 07700900123 ships; my order number is 07700900123",
    "UPC 07700900123, parcel 07700900123",
    "ISBN 0306406152, or 0198526636",
    "call order 0123456789",
    "We call it 2024. 0123456789",
    "01022024, 07112024, 20240131 and 01.02.2024",
    "0770090012, 077009001234 and 0.07700900123",
    "1234 07700900123 4444",
    "my lucky number is 7777777 and my number is 7",
    "Part number: 555-123-4567-A",
    "Release v2026.2.9, version 1.2.3.4 and build 1.2.3.4.5",
    "1.2.3.4.5",
    "300.1.1.1 and 256.256.256.256",
    "The event starts at 12:30:45 UTC on 2026-11-23",
    "from 1914 to 1918, and 1939-1945",
    "Trace id 550e8400-e29b-41d4-a716-446655440000",
    "1732400000000 milliseconds",
    "4111111111111112",
    "41111111111111111111111",
    "GB82 WEST 1234 5698 7654 33",
    "000-12-3456, 666-12-3456 and 521-00-9382",
    "lines 1-14, rhymed abab cdcd efef gg",
    "std::vector<int> a::b, dict[str, int] and x = 3.14159",
    "@property def name(self)",
    "the password is required and the token is invalid",
    "a secret is a secret, a key is a key",
    "5-7-5 syllables; 14 lines; 10 of them in pentameter",
    "ASP.NET and Node.js",
    "Sonnet 18, line 2; Psalm 23:1-6; Act 3, Scene 1",
    "we meet at noon, dot the i and cross the t",
    "0x7f00ff00 and #ff00aa",
    "$1,234,567.89 or 1 234 567 EUR",
    "",
]


@pytest.mark.parametrize("text", NOT_PERSONAL)
def test_what_only_looks_personal_is_left_alone(text):
    assert found(text) == []


def test_check_digits_are_verified():
    assert is_card_number("4111111111111111")
    assert not is_card_number("4111111111111112")
    assert not is_card_number("9780306406157"), "an ISBN-13 whose last digit Luhn would pass is no card"
    assert is_iban("GB82WEST12345698765432")
    assert not is_iban("GB82WEST1234569876543")
    assert not is_iban("ZZ82WEST12345698765432")
    assert is_nhs_number("9434765919")
    assert not is_nhs_number("9434765918")
    assert is_social_security_number("521449382")
    assert not is_social_security_number("900123456")


@pytest.mark.parametrize(
    "rule", NUMBER_RULES + TELEPHONE_RULES + NETWORK_RULES + CREDENTIAL_RULES + PLACE_RULES, ids=lambda rule: rule.name
)
def test_no_pattern_repeats_without_a_bound(rule):
    # Bounds keep a pattern linear; the one lazy run (a private key's body) goes on to the end of the text once.
    unbounded = re.findall(
        r"(?<!\\)(?:[*+](?!\+)|\{\d+,\})", re.sub(r"\[(?:\\.|[^\]])*\]|\\.|\(\?s:\.\*\?\)", "x", rule.pattern.pattern)
    )
    assert not unbounded
