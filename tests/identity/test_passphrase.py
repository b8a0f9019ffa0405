import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import WeakPassphraseError
from workbench.identity.passphrase import LONGEST, SHORTEST, check, judge, normalise


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


def test_a_passphrase_beyond_zxcvbns_limit_is_judged_and_not_an_error():
    """A06: zxcvbn 4.5.0 raises ValueError beyond 72 characters."""
    assert judge("quiet orchard lantern seven rivers " * 5).is_accepted


def test_no_reason_quotes_the_passphrase():
    for text in ("canarycanary", "canary2026canary", "qwertyuiopqwerty"):
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
