"""`docs/accounts.md`: its numbers and lists are the code's (ASVS 6.1.1-6.1.3, 7.1.2, 8.1.2-8.1.4)."""

import math
import re
from dataclasses import fields
from pathlib import Path

import pytest

from workbench.app.account.factor_rule import VARIABLE
from workbench.app.break_glass import lending
from workbench.app.sharing import overseers
from workbench.crypto import KEY_BYTES, RFC_9106_LOW_MEMORY, Kind, SlotKind, one_time_code
from workbench.identity import (
    PRIVILEGED,
    ROLES,
    approvals,
    blocklist,
    guess_budget,
    open_session,
    passphrase,
    recovery_codes,
    roles,
    step_up,
    throttle,
    totp,
)
from workbench.identity.generator import WORDS
from workbench.identity.phrases import APP_WORDS, DATED_WORDS
from workbench.identity.standing import Standing
from workbench.identity.vault_kinds import kinds_of
from workbench.identity.words import LIST_SIZE
from workbench.incidents.rules import RULES
from workbench.records import AuditEntry, Turn, UsageEvent

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/accounts.md").read_text()
TEXT = " ".join(PAGE.split())
BUDGET = guess_budget()
MINUTE = 60


def table(heading):
    """Return the first table below a heading: first cell → the other cells."""
    lines = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return {first: rest for first, *rest in rows[2:]}


def words_of(cell):
    return re.findall(r"`([a-z_]+)`", cell)


@pytest.mark.parametrize(
    "sentence",
    [
        f"{throttle.FREE} wrong guesses in a row are free. Then the next one waits {throttle.FIRST_WAIT} seconds, ",
        f"and twice as long after each further one, up to {throttle.LONGEST_WAIT:,} ",
        f"At most {BUDGET.passphrases_a_year:,} passphrases a year",
        f"After {throttle.MOST_CODES} wrong codes in a row the app's are refused",
        f"has had a chance of {BUDGET.probability:.2%}".replace("%", " %"),
        f"in {BUDGET.seconds // 3600} hours at least",
        f"share {throttle._UNKNOWN:,} counts",
        f"`{VARIABLE}` asks",
    ],
)
def test_how_guesses_are_slowed_is_told_with_the_numbers_of_the_code(sentence):
    """A12; ASVS 5.0, 6.1.1."""
    assert f" {sentence}" in TEXT


def test_the_server_of_a_team_counts_with_the_same_numbers():
    """A12, R08: the gate's SQL has the waits and the end of this code's."""
    gate = (ROOT / "workbench/storage/team/sql/gate.sql").read_text()
    (numbers,) = re.findall(r"WHEN failures < (\d+) THEN 0 ELSE least\((\d+), (\d+) \*", gate)
    assert [int(number) for number in numbers] == [throttle.FREE, throttle.LONGEST_WAIT, throttle.FIRST_WAIT]
    assert f"IF failures >= {throttle.MOST_CODES} OR" in gate


def test_the_words_that_a_passphrase_must_not_have_are_named():
    """ASVS 5.0, 6.1.2: every word of the program, and how many entries are made of them and of others."""
    (named,) = re.findall(r"beside the account's name: (.*?);", TEXT)
    assert named.split(", ") == list(APP_WORDS)
    (about,) = re.findall(r"about ([\d,]+) entries of (\d+) characters", TEXT)
    assert abs(int(about[0].replace(",", "")) - blocklist.count()) < 5_000  # zxcvbn's lists are its own
    assert int(about[1]) == blocklist.SHORTEST_ENTRY
    assert TEXT.count(f"{blocklist.COMMON_WORDS:,} commonest") == 2
    assert {word for role in ROLES for word in role.split()} <= {*APP_WORDS, *DATED_WORDS}


def test_all_ways_in_are_there_with_their_strength():
    """ASVS 5.0, 6.1.3: what opens a slot, what is counted as a guess, and what a team and a Hub ask for."""
    ways = table("Ways in")
    assert [name.split(",")[0] for name in ways] == [
        "passphrase",
        "this device's secret",
        "recovery code",
        "authenticator app",
        "login of PostgreSQL",
        "sign-in at a JupyterHub",
    ]
    assert {kind.name for kind in SlotKind} == {"PASSPHRASE", "RECOVERY_CODE"}
    assert {kind.name for kind in throttle.Authenticator} == {"PASSPHRASE", "TOTP", "RECOVERY_CODE"}
    strength = ways["passphrase"][0]
    assert strength.startswith(f"{passphrase.SHORTEST} to {passphrase.LONGEST} characters, ")
    assert f" {WORDS * math.log2(LIST_SIZE):.1f} random bits" in strength
    cost = RFC_9106_LOW_MEMORY
    assert strength.endswith(f"Argon2id: {cost.memory // 1024} MiB, {cost.passes} passes, {cost.lanes} lanes")
    assert ways["this device's secret"][0].startswith(f"{KEY_BYTES * 8} random bits")
    assert f"at least 10^{passphrase.SCORES_FROM[passphrase.SCORE_NEEDED - 1]} guesses" in strength
    assert f"(score {passphrase.SCORE_NEEDED})" in strength
    bits = recovery_codes.LENGTH * 5
    assert f"{recovery_codes.COUNT} of them, {bits} random bits each" in ways["recovery code"][0]
    assert f"a secret of {totp.SECRET_BYTES * 8} bits" in ways["authenticator app"][0]
    assert re.match(rf"{len(one_time_code(bytes(20), step=0))} digits, ", ways["authenticator app"][0])
    assert f"every {totp.STEP_SECONDS} seconds" in ways["authenticator app"][0]
    assert totp.DRIFT == 1  # "the present, the one before and the one after"
    assert {cell for row in ways.values() for cell in row[2:]} <= {"crypto", "advisory", "server", "–"} | {
        "server: half of the key is released for a code alone"
    }
    assert set(PRIVILEGED) == {"auditor", "privacy officer", "admin"}
    assert "Auditors, privacy officers and admins always need a second factor" in TEXT


def test_how_many_sessions_at_once_and_how_long_is_told():
    """A18, A20, R05; ASVS 5.0, 7.1.2."""
    assert "as many sessions at once as it likes" in TEXT
    idle, overseeing = int(open_session.IDLE) // MINUTE, int(open_session.IDLE_OVERSEEING) // MINUTE
    assert f"ends after {idle} minutes without use, {overseeing} for auditors, privacy officers and admins" in TEXT
    assert f"after {int(open_session.ABSOLUTE) // 3600} hours in any case" in TEXT
    assert f"good once and for {int(step_up.FRESH) // MINUTE} minutes" in TEXT
    assert f"approve lapses after {approvals.EXPIRY // MINUTE} minutes" in TEXT
    (named,) = re.findall(r"These actions take one: (.*?)\. ", TEXT)
    assert re.findall(r"`([a-z:-]+)`", named) == [name for name, rule in roles.table().items() if rule.needs_step_up]


def test_the_fields_of_each_record_and_who_reads_them_are_the_codes():
    """R01; ASVS 5.0, 8.1.2."""
    found = table("Who reaches which field")
    for name, record in (
        ("turn", Turn),
        ("usage event", UsageEvent),
        ("audit entry", AuditEntry),
        ("standing", Standing),
    ):
        assert words_of(found[name][0]) == [field.name for field in fields(record)], name
    for name, kind in (("turn", Kind.TURN), ("usage event", Kind.USAGE_EVENT)):
        assert found[name][1] == f"its writer: {', '.join(role for role in ROLES if kind in kinds_of([role]))}"
    for name, kind in (("usage event", Kind.USAGE_EVENT), ("audit entry", Kind.AUDIT_ENTRY)):
        permission = overseers.WATCHED[kind]
        readers = [role for role in ROLES if "all" in roles.scopes(permission, roles=[role])]
        said = [role for role in ROLES if re.search(rf"\b{role}s?\b", found[name][2])]
        assert said == readers, name
    assert f"for {lending.LONGEST // MINUTE} minutes" in found["turn"][2]
    granters = [role for role in ROLES if roles.scopes("role:grant", roles=[role])]
    assert sorted(re.findall(r"owner|admin|educator", found["standing"][1])) == sorted(granters)


def test_the_circumstances_that_count_have_their_thresholds_and_what_is_done():
    """S01-S04, S09-S11; ASVS 5.0, 8.1.3 and 8.1.4: every rule is told, with the numbers of its row."""
    found = table("Which circumstances count")
    told = {}
    for name, (threshold, done, layer) in found.items():
        assert layer, name
        for rule in re.findall(r"\(?(S\d\d)\)", done):
            told.setdefault(rule, []).append([int(number) for number in re.findall(r"\d+", threshold)])
    assert set(told) == {rule.id for rule in RULES}
    numbers = {
        "S01": [[rule.threshold, rule.window // MINUTE] for rule in RULES if rule.id == "S01"],
        "S02": [[rule.threshold, rule.window // MINUTE] for rule in RULES if rule.id == "S02"],
        "S03": [[rule.threshold] for rule in RULES if rule.id == "S03"],
        "S04": [[]],
        "S09": [[rule.threshold, rule.window // MINUTE] for rule in RULES if rule.id == "S09"],
        "S10": [[], [rule.window for rule in RULES if rule.pattern == "backwards"]],
        "S11": [[rule.window // 86_400] for rule in RULES if rule.id == "S11"],
    }
    assert told == numbers
    (one_account, _), (store, _) = numbers["S01"]
    ((before,),) = numbers["S03"]
    assert f" {one_account} failed sign-ins in 10 minutes, or {store} at all accounts of a store" in TEXT
    assert f" {before} before one that succeeds are told" in TEXT
    assert found["time since a session's last use"][0] == (
        f"{int(open_session.IDLE) // MINUTE} or {int(open_session.IDLE_OVERSEEING) // MINUTE} minutes, by role"
    )
    assert found["wrong guesses at one account"][0] == str(throttle.FREE)
    assert found["wrong codes in a row"][0] == str(throttle.MOST_CODES)
    assert found["time since a session began"][0] == f"{int(open_session.ABSOLUTE) // 3600} hours"
    assert found["time since a fresh proof"][0] == f"{int(step_up.FRESH) // MINUTE} minutes"
    named = [rule.id for rule in RULES if rule.action == "step_up"]
    assert f"{' and '.join(named)} name a step-up" in TEXT
