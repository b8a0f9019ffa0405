"""`docs/asvs.csv` has a row for each requirement of OWASP ASVS 5.0.0, and names nothing that isn't there."""

import ast
import csv
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COLUMNS = ["id", "level", "subject", "status", "evidence"]
STATUSES = ("met", "n/a", "hub", "gap")
SENTENCE = re.compile(r"[A-Z]\S*(?: \S+){3,}\.")
GAP = re.compile(r"issue [4-8](?:: \S.+)?|no issue: \S.+")


def read(path):
    lines = [line for line in (ROOT / path).read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines, strict=True))


IDS = [(row["id"], row["level"]) for row in read("tests/vectors/asvs-5.0.0-ids.csv")]
ROWS = read("docs/asvs.csv")


@cache
def known_tests(path):
    """Return the ids of the tests that a file defines, as pytest calls them, and those that may not run."""
    found, excused = set(), set()
    file = ROOT / path
    if not re.fullmatch(r"tests/(?:\w+/)*test_\w+\.py", path) or not file.is_file():
        return found, excused
    scopes = [(path, ast.parse(file.read_text()).body)]
    for name, body in scopes:
        for node in body:
            if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
                scopes.append((f"{name}::{node.name}", node.body))
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                found.add(f"{name}::{node.name}")
                marks = " ".join(ast.unparse(decorator) for decorator in node.decorator_list)
                excused |= {f"{name}::{node.name}"} if re.search(r"mark\.(?:skip|skipif|xfail)\b", marks) else set()
    return found, excused


def faults_of_evidence(row):
    status, evidence = row["status"], row["evidence"] or ""
    if status == "met":
        named = evidence.split()
        missing = [name for name in named if name not in known_tests(name.partition("::")[0])[0]]
        excused = [name for name in named if name in known_tests(name.partition("::")[0])[1]]
        return [
            *(f"there is no test {name}" for name in missing),
            *(f"the test {name} may be skipped or fail" for name in excused),
            *([] if named else ["a met requirement names no test"]),
            *(["a test is named twice"] if len(set(named)) < len(named) else []),
        ]
    if status == "gap":
        return [] if GAP.fullmatch(evidence) else ["a gap begins with “issue 4” to “issue 8”, or “no issue: ” and why"]
    return [] if SENTENCE.fullmatch(evidence) else ["a reason is a sentence"]


def faults(rows):
    """Return, in words, everything that is wrong with a table."""
    found = []
    ids = [(row["id"], row["level"]) for row in rows]
    counted = Counter(name for name, _ in ids)
    found += [f"{name} is there {count} times" for name, count in counted.items() if count > 1]
    found += [f"{name} of level {level} isn't there" for name, level in IDS if (name, level) not in ids]
    found += [f"{name} of level {level} is none of ASVS" for name, level in ids if (name, level) not in IDS]
    if not found and ids != IDS:
        found.append("the rows aren't in the standard's order")
    for row in rows:
        wrong = faults_of_evidence(row)
        if None in row or None in row.values():
            wrong.append("a row has as many cells as there are columns")
        if row["status"] not in STATUSES:
            wrong.append(f"there is no status {row['status']}")
        if not 1 <= len((row["subject"] or "").split()) <= 8:
            wrong.append("a subject has 1 to 8 words")
        paths = re.findall(r"\b(?:tests|docs|benchmarks|workbench)/[\w./-]*\w", row["evidence"] or "")
        wrong += [f"there is no {path}" for path in paths if not (ROOT / path).exists()]
        found += [f"{row['id']}: {what}" for what in wrong]
    return found


def counts(rows):
    """Return the table of `docs/asvs.md`: a line for each status, a column for each level, then all."""
    of = Counter((row["status"], row["level"]) for row in rows)
    lines = [[status, *(of[status, level] for level in "123")] for status in STATUSES]
    lines.append(["all", *(sum(column) for column in zip(*(line[1:] for line in lines), strict=True))])
    return [[str(cell) for cell in [*line, sum(line[1:])]] for line in lines]


def test_the_list_of_ids_is_the_standards():
    assert Counter(level for _, level in IDS) == {"1": 70, "2": 183, "3": 92}
    numbers = [[int(part) for part in name.removeprefix("V").split(".")] for name, _ in IDS]
    assert numbers == sorted(numbers)
    assert len({tuple(number) for number in numbers}) == 345
    assert {number[0] for number in numbers} == set(range(1, 18))


def test_each_requirement_has_its_row_and_each_row_its_evidence():
    assert list(ROWS[0]) == COLUMNS
    assert faults(ROWS) == []


def test_the_page_tells_the_counts_as_they_are():
    lines = re.findall(
        r"^\| (\S+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", (ROOT / "docs/asvs.md").read_text(), re.MULTILINE
    )
    assert [list(line) for line in lines] == counts(ROWS)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda rows: rows[:-1], "isn't there"),
        (lambda rows: [*rows, rows[-1]], "2 times"),
        (lambda rows: [rows[1], rows[0], *rows[2:]], "order"),
        (lambda rows: [rows[0] | {"id": "V1.1.9"}, *rows[1:]], "none of ASVS"),
        (lambda rows: [rows[0] | {"level": "1"}, *rows[1:]], "of level"),
        (lambda rows: [rows[0] | {"subject": "one two three four five six seven eight nine"}, *rows[1:]], "subject"),
        (lambda rows: [rows[0] | {"status": "partly"}, *rows[1:]], "no status"),
        (lambda rows: [rows[0] | {"status": "met", "evidence": ""}, *rows[1:]], "names no test"),
        (lambda rows: [rows[0] | {"status": "met", "evidence": f"{HERE}::test_that_was_dreamt"}, *rows[1:]], "no test"),
        (lambda rows: [rows[0] | {"status": "met", "evidence": f"{HERE}::faults"}, *rows[1:]], "no test"),
        (lambda rows: [rows[0] | {"status": "met", "evidence": f"{HERE}::{MINE} {HERE}::{MINE}"}, *rows[1:]], "twice"),
        (lambda rows: [rows[0] | {"status": "n/a", "evidence": "no"}, *rows[1:]], "sentence"),
        (lambda rows: [rows[0] | {"status": "hub", "evidence": ""}, *rows[1:]], "sentence"),
        (lambda rows: [rows[0] | {"status": "gap", "evidence": "some day"}, *rows[1:]], "a gap begins"),
        (
            lambda rows: [rows[0] | {"status": "gap", "evidence": "issue 4: docs/dreamt.md"}, *rows[1:]],
            "no docs/dreamt.md",
        ),
        (lambda rows: [rows[0] | {"evidence": None}, *rows[1:]], "cells"),
    ],
)
def test_what_is_wrong_with_a_table_is_found(change, fault):
    assert any(fault in found for found in faults(change(ROWS)))


HERE, MINE = "tests/house/test_asvs.py", "test_what_is_wrong_with_a_table_is_found"


def test_a_parametrised_test_and_one_in_a_class_are_found():
    assert f"{HERE}::{MINE}" in known_tests(HERE)[0]
    path = "tests/generation/test_transport.py"
    assert (
        f"{path}::TestRedirects::test_a_redirect_is_an_error_and_the_other_address_hears_nothing"
        in known_tests(path)[0]
    )
    assert known_tests("tests/house/test_nowhere.py") == (set(), set())
