import dataclasses
import re
import string
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zxcvbn import zxcvbn

from workbench.errors import AuthenticationError, WeakPassphraseError
from workbench.identity import Account, Profile, blocklist
from workbench.identity.passphrase import LONGEST, SHORTEST, ZXCVBN_LIMIT, check, judge, normalise
from workbench.identity.phrases import APP_WORDS
from workbench.identity.words import most_guesses_log10
from workbench.storage import AccountRow
from workbench.storage.engines.schema import TABLES

VARIED = "Wet slate & tin roofs: 雨🌧, " * 12  # no pattern in the first 72 characters, as long as one likes
LETTERS = st.characters(exclude_categories=["Cs"])
KINDS = (
    "abcdefghijklmnopqrstuvwxyz",
    string.ascii_uppercase,
    string.digits,
    "雨の夜に古い本を静かに読",
    "🌧🍂📚🎻🦉🌊🗝🕯",
    " .,-",
)


@pytest.mark.parametrize(
    "passphrase",
    [
        "quiet orchard lantern seven rivers",
        "q" * 1 + "uietorchardlanternsevenrivers" + "!" * 40,
        "雨の夜に古い本を静かに読んでいる猫と私たち",
        "🌧🍂📚🎻🦉🌊🗝🕯🧭🪴🌾🍐🫖🧵🪶",
        "wet slate, tin roof, " * 12,
    ],
)
def test_long_ones_are_accepted_whatever_their_characters(passphrase):
    """A01, A02: 15 to 256 code points, no composition rules."""
    check(passphrase)


@pytest.mark.parametrize(
    "passphrase",
    ["", "short", "fourteen chars", "passwordpassword", "aaaaaaaaaaaaaaaaaaaa", "123456789012345678", "x" * 257],
)
def test_short_overlong_and_guessable_ones_are_refused_with_a_reason(passphrase):
    with pytest.raises(WeakPassphraseError, match=r"isn't strong enough\. \w+"):
        check(passphrase)


def test_the_accounts_name_makes_a_poor_passphrase():
    assert judge("bartholomew-cubbins").score > judge("bartholomew-cubbins", name="bartholomew-cubbins").score


@pytest.mark.parametrize(
    ("length", "is_accepted"), [(14, False), (15, True), (64, True), (255, True), (256, True), (257, False)]
)
@pytest.mark.parametrize("text", [VARIED, "🌧🍂📚🎻🦉🌊🗝🕯🧭🪴🌾🍐🫖🧵🪶🐚🌿🔭⛵🎐" * 13], ids=["mixed", "emoji"])
def test_fifteen_to_256_code_points_are_accepted(text, length, is_accepted):
    """A01: the boundaries, counted in code points and not in bytes."""
    strength = judge(text[:length])
    assert strength.is_accepted is is_accepted
    if length < SHORTEST:
        assert strength.reasons[0] == "It needs 15 characters or more; it has 14."
    if length > LONGEST:
        assert strength.reasons == ("It has more than 256 characters.",)


def test_length_is_counted_after_composing():
    """A01, A03: 14 letters with accents of their own are 14 code points once they are composed."""
    assert not judge(unicodedata.normalize("NFD", "éàüöçñêîôûåäëï")).is_accepted
    assert judge(unicodedata.normalize("NFD", "éàüöçñêîôûåäëïÿ")).is_accepted


def test_the_longest_passphrase_is_never_cut(accounts):
    """A01: of 256 code points the last one counts, and one more is refused, not dropped."""
    longest = (VARIED * 2)[: LONGEST - 1]
    accounts.create("ada", passphrase=longest + "🦉", roles=("owner",))
    accounts.unlock("ada", passphrase=longest + "🦉")
    for other in (longest, longest + "🌊", longest + "🦉x"):
        with pytest.raises(AuthenticationError):
            accounts.unlock("ada", passphrase=other)
    with pytest.raises(WeakPassphraseError, match="more than 256"):
        accounts.create("bob", passphrase=longest + "🦉x", roles=("owner",))


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_what_was_set_in_one_form_of_unicode_opens_in_the_other(accounts, form):
    """A03: "é" as one code point and as two both log in; large letters and spaces are not changed."""
    passphrase = "Été brûlé, forêt où naît l'ombre"
    accounts.create("ada", passphrase=unicodedata.normalize(form, passphrase), roles=("owner",))
    for other in ("NFC", "NFD"):
        accounts.unlock("ada", passphrase=unicodedata.normalize(other, passphrase))
    for changed in (passphrase.lower(), passphrase.replace(" ", "  "), passphrase + " "):
        with pytest.raises(AuthenticationError):
            accounts.unlock("ada", passphrase=changed)


@given(st.text(LETTERS))
def test_composing_is_the_only_change(text):
    """A03."""
    assert normalise(text) == unicodedata.normalize("NFC", text).encode()
    assert normalise(unicodedata.normalize("NFD", text)) == normalise(text)


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from("".join(KINDS)), min_size=SHORTEST, max_size=80))
def test_a_long_passphrase_that_is_on_no_list_and_hard_to_guess_passes_whatever_its_characters(text):
    """A02: nothing but length, list and guesses decides; zxcvbn is asked here, beside `judge`."""
    composed = unicodedata.normalize("NFC", text)
    score = zxcvbn(composed[:ZXCVBN_LIMIT], user_inputs=["", *APP_WORDS])["score"]
    holds = score >= 3 and blocklist.why_listed(composed) is None and most_guesses_log10(composed) >= 8
    assert judge(text).is_accepted is (holds and len(composed) >= SHORTEST)


@pytest.mark.parametrize(
    "text",
    [
        "plmzwqkxtrvbnhgyf",
        "PLMZWQKXTRVBNHGYF",
        "90837465120957381",
        "{%;~$)^!?*|<(@]=",
        "雨夜古本静読猫私達海山川森空星月花",
    ],
)
def test_one_class_of_characters_is_enough(text):
    """A02: no composition rules."""
    check(text)


def test_no_record_of_an_account_has_a_place_for_an_expiry_a_hint_or_a_question():
    """A02: no rotation, no hints, no knowledge-based questions."""
    columns = [
        column
        for table in re.findall(r"CREATE TABLE (?:account|slot) \((.*?)\n\)", TABLES, re.DOTALL)
        for column in re.findall(r"^    ([a-z_]+) ", table, re.MULTILINE)
    ]
    assert {"account_id", "name_tag", "slot_id", "packed"} <= set(columns)
    fields = [field.name for kind in (Account, Profile, AccountRow) for field in dataclasses.fields(kind)]
    for name in (*columns, *fields):
        assert not re.search("expir|until|max_age|rotat|hint|question|answer", name), name


def test_a_passphrase_beyond_zxcvbns_limit_is_judged_by_what_zxcvbn_takes():
    """A06: zxcvbn 4.5.0 raises ValueError beyond 72 characters; what comes after them is said not to be weighed."""
    with pytest.raises(ValueError, match="72"):
        zxcvbn("x" * 73)
    strong, weak = (VARIED[:72] + "a" * 128, "a" * 72 + VARIED[:128])
    assert judge(strong).is_accepted
    assert judge(strong).guesses_log10 == judge(VARIED[:72]).guesses_log10
    assert not judge(weak).is_accepted
    for text in (strong, weak):
        assert any(reason.startswith("Only its first 72 characters were weighed") for reason in judge(text).reasons)
    assert not any("72" in reason for reason in judge(VARIED[:72]).reasons)


def test_the_list_of_common_ones_looks_beyond_zxcvbns_limit():
    """A04, A06: the account's name over and over, longer than zxcvbn takes."""
    name = "bartholomew-cubbins"
    assert judge(name * 5, name=name).reasons[0] == blocklist.NAMED


def test_strength_tells_how_many_guesses_and_why():
    """A06: the order of magnitude, and reasons also for what is strong."""
    weak, strong = judge("aaaaaaaaaabbbbbbbbbb"), judge("quiet orchard lantern seven rivers")
    assert 0 < weak.guesses_log10 < 8 < strong.guesses_log10
    assert "To a guesser it is" in weak.reasons[0]
    assert "2 common words" in strong.reasons[0]
    assert strong.guesses_log10 == round(strong.guesses_log10, 1), "a finer figure would tell passphrases apart"


def test_words_of_the_generators_list_count_for_what_they_are_to_someone_who_has_it():
    """A06: zxcvbn alone says 10^30 and more of six words of which there are 10^23.3."""
    assert judge("surreal rules scam pagoda zipped married").guesses_log10 == 23.3
    two = judge("quantity pancakes")
    assert (two.guesses_log10, two.score, two.is_accepted) == (7.8, 2, False)
    assert two.reasons[1:] == ("Add another word or two. Uncommon words are better.",)


def test_no_reason_quotes_the_passphrase():
    for text in ("canarycanary", "canary2026canary", "qwertyuiopqwerty", "canarycanarycanary", "summer2026summer2026"):
        assert text not in " ".join(judge(text).reasons)


def test_half_a_surrogate_pair_is_refused_and_the_error_does_not_carry_the_passphrase():
    with pytest.raises(WeakPassphraseError) as raised:
        normalise("quiet orchard \ud83d lantern")
    assert raised.value.__context__ is None


@settings(max_examples=25)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=LONGEST))
def test_any_text_can_be_judged(text):
    strength = judge(text)
    assert 0 <= strength.score <= 4
    assert not strength.is_accepted or SHORTEST <= len(unicodedata.normalize("NFC", text)) <= LONGEST
