"""Each requirement on accounts, factors, sessions and roles has a test whose name or docstring carries its id."""

import ast
import csv
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

ROWS = {
    "A01": "passphrases of 15 to 256 code points",
    "A02": "no rules of composition, no expiry, no hints",
    "A03": "one composition of Unicode, and no other change",
    "A04": "a list of long passphrases that are guessed first",
    "A05": "known breaches, when somebody asks",
    "A06": "a strength that says why",
    "A07": "a generator; managers and paste allowed; masked",
    "A08": "Argon2id with the parameters of RFC 9106",
    "A09": "a secret that is kept apart from the hash",
    "A10": "an authenticator app, enrolled by a code of it",
    "A11": "a code is good once, a step early or late",
    "A12": "guesses are slowed down and survive restart and ROLLBACK",
    "A13": "what guessing reaches, shown",
    "A14": "ten recovery codes, each good once",
    "A15": "a copied store doesn't open without the device",
    "A16": "names can't be found out",
    "A17": "no default account, no default passphrase",
    "A18": "tokens in memory, idle and longest time",
    "A19": "sessions are listed and ended",
    "A20": "a fresh proof, for one action, once",
    "A21": "notices",
    "A23": "what may be claimed",
    "A24": "no secret in a saved notebook",
    "R01": "one table, default deny",
    "R02": "others' records are as missing as none",
    "R03": "a change counts from the next action on",
    "R04": "duties that exclude each other",
    "R05": "four eyes",
    "R06": "break-glass",
    "R07": "PostgreSQL decides whose rows are whose",
    "R08": "PostgreSQL releases half of a key for a code",
    "R09": "a Hub's groups and scopes are roles",
    "R10": "what has to hold of a Hub",
    "S01": "failed sign-ins",
    "S02": "the right passphrase, and a wrong code",
    "S03": "success after failures",
    "S04": "a new device",
    "S09": "many denials",
    "S10": "privileges, factors, detectors, checks and clocks changed",
    "S11": "return after absence",
}
"""What the ids in docstrings mean. A22, passkeys, is left to the identity provider: nothing here could show it."""

LATER = {f"S{number:02}" for number in range(5, 16)} - set(ROWS)
"""Rules of detection that later issues bring."""


def running(body):
    """Yield the tests of a module or class that run wherever the suite does."""
    for node in body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if re.search(r"mark\.(?:skip|skipif|xfail)\b", " ".join(map(ast.unparse, node.decorator_list))):
            continue
        if isinstance(node, ast.ClassDef):
            yield from running(node.body) if node.name.startswith("Test") else ()
        elif node.name.startswith("test_"):
            yield node


def carried(source):
    """Return the ids that the names and docstrings of a file's tests carry."""
    said = [
        f"{test.name.replace('_', ' ')} {ast.get_docstring(test) or ''}" for test in running(ast.parse(source).body)
    ]
    return {name.upper() for text in said for name in re.findall(r"\b[ARSars]\d\d\b", text)}


FILES = sorted((ROOT / "tests").rglob("test_*.py"))
CARRIED = {path.relative_to(ROOT).as_posix(): carried(path.read_text()) for path in FILES}


@pytest.mark.parametrize("row", ROWS)
def test_a_test_carries_the_row(row):
    assert [path for path, ids in CARRIED.items() if row in ids] != [], ROWS[row]


def test_no_test_carries_a_row_that_there_is_not():
    assert {path: ids for path, ids in CARRIED.items() if ids - set(ROWS) - LATER} == {}


def test_no_requirement_of_asvs_waits_for_what_is_built():
    """Sign-in, roles and team mode are there: what they don't meet says so by itself, without their issue."""
    rows = csv.DictReader((ROOT / "docs/asvs.csv").read_text().splitlines())
    assert [row["id"] for row in rows if "issue 4" in row["evidence"]] == []


@pytest.mark.parametrize(
    ("source", "ids"),
    [
        ('def test_x():\n    """A99, R98: twice."""', {"A99", "R98"}),
        ("async def test_s97_is_told(): ...", {"S97"}),
        ('class TestX:\n    def test_y(self):\n        """A99."""', {"A99"}),
        ('@pytest.mark.parametrize("a", [1])\ndef test_x(a):\n    """A99."""', {"A99"}),
        ('"""A99: a module\'s."""\ndef test_x(): ...', set()),
        ('def helper():\n    """A99."""', set()),
        ('class Helper:\n    def test_y(self):\n        """A99."""', set()),
        ('@pytest.mark.skipif(True, reason="")\ndef test_x():\n    """A99."""', set()),
        ('@pytest.mark.xfail\nclass TestX:\n    def test_y(self):\n        """A99."""', set()),
        ("def test_x():\n    # A99\n    assert 'A99'", set()),
        ('def test_x():\n    """RA99, A999 and a9."""', set()),
    ],
)
def test_an_id_is_carried_by_a_test_that_runs_and_by_nothing_else(source, ids):
    assert carried(source) == ids
