"""A04: long passphrases that are guessed first are refused, as a whole, whatever their case, and it is said why."""

import os
import subprocess
import sys
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import WeakPassphraseError
from workbench.identity import blocklist
from workbench.identity.blocklist import count, entries, why_listed
from workbench.identity.passphrase import SHORTEST, check, judge
from workbench.identity.phrases import APP_WORDS, PHRASES


def test_the_list_has_more_entries_that_the_rule_of_length_lets_through_than_asvs_asks_for():
    """A04; ASVS 5.0, 6.2.4: at least 3,000 that match the policy. Counted one by one, not taken from `count`."""
    long_enough = [entry for entry in entries() if 15 <= len(entry) <= 256]
    assert len(long_enough) == len(set(long_enough)) == count() >= 100_000
    assert blocklist.SHORTEST_ENTRY == SHORTEST
    assert all(entry == blocklist.fold(entry) for entry in entries())


def test_the_list_adds_thousands_to_what_zxcvbn_refuses_by_itself():
    """A04: every twentieth well-known phrase is one that zxcvbn alone would take."""
    famous = [entry for entry, reason in entries().items() if reason == blocklist.FAMOUS]
    from zxcvbn import zxcvbn  # noqa: PLC0415

    missed = [entry for entry in famous[::20] if zxcvbn(entry[:72])["score"] >= 3]
    assert len(missed) > 150


@pytest.mark.parametrize(
    ("passphrase", "reason"),
    [
        ("passwordpassword", blocklist.REPEATED),
        ("Password Password", blocklist.REPEATED),
        ("abbot abbot abbot", blocklist.REPEATED),
        ("dragondragondragon", blocklist.REPEATED),
        ("qwerqwerqwerqwer", blocklist.WALKED),
        ("123456789123456789", blocklist.SEQUENCE),
        ("12345678901234567890", blocklist.SEQUENCE),
        ("abcdefghijklmnopqrstuvwxyz", blocklist.SEQUENCE),
        ("AAAAAAAAAAAAAAAAAAAA", blocklist.SEQUENCE),
        ("11223344556677889900", blocklist.SEQUENCE),
        ("1qaz2wsx3edc4rfv", blocklist.WALKED),
        ("zaq12wsxcde34rfv", blocklist.WALKED),
        ("qwertyuiopasdfgh", blocklist.WALKED),
        ("qwertzuiopasdfgh", blocklist.WALKED),
        ("azertyuiopqsdfgh", blocklist.WALKED),
        ("Summer2026Summer2026", blocklist.NUMBERED),
        ("ChangeMe2026ChangeMe2026", blocklist.NUMBERED),
        ("password summer", blocklist.PAIRED),
        ("notebookpassword", blocklist.PAIRED),
        ("international2026", blocklist.NUMBERED),
        ("workbench123456", blocklist.NUMBERED),
        ("jupyterlabjupyterlab", blocklist.REPEATED),
        ("CorrectHorseBatteryStaple", blocklist.FAMOUS),
        ("correct-horse-battery-staple", blocklist.FAMOUS),
        ("To be or not to be!", blocklist.FAMOUS),
    ],
)
def test_what_is_guessed_first_is_refused_with_its_reason(passphrase, reason):
    """A04."""
    assert why_listed(passphrase) == reason
    with pytest.raises(WeakPassphraseError) as raised:
        check(passphrase)
    assert reason in str(raised.value)
    assert passphrase.casefold() not in str(raised.value).casefold()


@pytest.mark.parametrize(
    "passphrase", ["passwordpassword of the lighthouse", "my 1qaz2wsx3edc4rfv", "quiet orchard lantern seven rivers"]
)
def test_the_passphrase_is_compared_as_a_whole(passphrase):
    """A04; NIST SP 800-63B-4, section 3.1.1.2: the entire passphrase, not what it contains."""
    assert why_listed(passphrase) is None


@pytest.mark.parametrize(
    ("passphrase", "name"),
    [
        ("bartholomew-cubbins", "Bartholomew-Cubbins"),
        ("BartholomewCubbins", "bartholomew cubbins"),
        ("bartholomewcubbins2026", "Bartholomew Cubbins"),
        ("ottolineottoline", "ottoline"),
        ("ottoline-workbench", "ottoline"),
        ("workbench.ottoline", "ottoline"),
        ("ottoline12345678", "ottoline@example.org"),
        ("ottoline@example.org", "ottoline@example.org"),
        ("Zoë2026Zoë2026Zoë2026", unicodedata.normalize("NFD", "zoë")),
    ],
)
def test_what_is_made_of_the_accounts_name_is_refused_for_that_account(passphrase, name):
    """A04; ASVS 5.0, 6.2.11: the user name, the local part of an address, with the program's words."""
    assert why_listed(passphrase, name=name) == blocklist.NAMED
    assert judge(passphrase, name=name).reasons[0] == blocklist.NAMED
    assert why_listed(passphrase, name="somebody else") is None


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), st.text(max_size=64))
def test_any_text_and_any_name_can_be_looked_up(text, name):
    reason = why_listed(text, name=name)
    assert reason is None or reason.endswith(".")


def test_the_words_and_phrases_are_written_as_they_are_looked_up():
    for text in (*APP_WORDS, *PHRASES):
        assert text == blocklist.fold(text)
        assert not set(text) - set("abcdefghijklmnopqrstuvwxyz0123456789 ")
    assert len(set(PHRASES)) == len(PHRASES) > 200


def test_the_list_is_the_same_each_time():
    """A04: built deterministically, whatever the seed of Python's hashing."""
    program = (
        "import hashlib; from workbench.identity.blocklist import entries;"
        "print(hashlib.sha256(repr(list(entries().items())).encode()).hexdigest())"
    )
    made = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(made) == 1


def test_the_list_is_made_on_first_use_and_quickly():
    """A04: nothing is made on import; then less than 50 ms beside zxcvbn's own loading."""
    program = "from workbench.identity import blocklist; print(blocklist.entries.cache_info().currsize)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "0\n"
    entries()  # loads zxcvbn
    taken = []
    for _ in range(7):
        entries.cache_clear()
        start = time.thread_time()
        entries()
        taken.append(time.thread_time() - start)
    assert min(taken) < 0.05  # seconds of this thread, so that a busy machine doesn't count
