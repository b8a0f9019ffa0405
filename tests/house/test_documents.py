"""Documents that can't drift: what they show runs, and what they name exists."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.identity import open_session

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")] + sorted(
    (ROOT / "docs").rglob("*.md")
)


def test_the_readmes_ten_lines_run_and_print_what_they_say(tmp_path):
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    done = subprocess.run([sys.executable, "-c", block], capture_output=True, text=True, check=True, cwd=tmp_path)
    promised = re.findall(r"print\(.*\).*# (.*)", block)
    assert done.stdout.splitlines()[: len(promised)] == promised
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_that_a_page_names_exists(page):
    text = page.read_text()
    links = {target for target in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in target}
    missing = [target for target in links if not (page.parent / target).exists()]
    named = re.findall(r"`((?:workbench|tests|docs|notebooks|benchmarks)/[\w./-]+)`", text)
    missing += [path for path in named if not (ROOT / path).exists()]
    assert missing == []


def test_every_guarantee_names_a_layer_and_a_test():
    rows = re.findall(r"^\| G\d+ .*$", (ROOT / "docs/threat-model.md").read_text(), re.MULTILINE)
    assert len(rows) >= 10
    for row in rows:
        _, _, _, layer, proof, _ = (cell.strip() for cell in row.split("|"))
        assert layer in {"crypto", "server", "advisory"}
        assert "tests/" in proof


def test_the_threat_model_tells_how_long_a_session_lasts():
    """A18; ASVS 5.0, 7.1.1: the page's numbers are the code's."""
    (row,) = re.findall(
        r"^\| G\d+ \| (An idle session .*?) \|", (ROOT / "docs/threat-model.md").read_text(), re.MULTILINE
    )
    assert [int(number) for number in re.findall(r"\d+", row)] == [
        open_session.IDLE // 60,
        open_session.IDLE_OVERSEEING // 60,
        open_session.ABSOLUTE // 3600,
    ]


_BODIES = "NIST|OWASP|ASVS|FIPS|ISO|SOC|GDPR|HIPAA|PCI"
CLAIMS = (
    r"\bAAL ?[1-3]\b",  # AAL2 has to offer something that phishing can't get: NIST SP 800-63B-4, 2.2
    rf"\b(?:{_BODIES})\b\W?(?:\S+ ){{0,3}}(?:complian(?:t|ce)|certified|validated|approved)\b",
    r"\b(?:complian(?:t|ce) with|complies with|certified (?:by|for|to))\b",
    r"\b(?:military|bank|enterprise)[- ]grade\b",
    r"\b(?:unbreakable|unhackable|uncrackable|(?:hacker|bullet|tamper|fool)-?proof)\b",
    r"\b(?:100 ?%|completely|totally|absolutely|perfectly) (?:secure|safe|private|anonymous)\b",
    r"\bNIST Purge\b",  # SP 800-88 asks for more than keys that are gone
    r"\bwiped from memory\b",  # Python leaves copies
)
"""What no page, docstring, message or lesson says of the workbench."""

SPOKEN = [
    *ROOT.glob("*.md"),
    *(path for room in ("docs", "notebooks", "workbench") for path in sorted((ROOT / room).rglob("*"))),
]


def claims_in(text):
    return [found.group() for claim in CLAIMS for found in re.finditer(claim, text, re.IGNORECASE)]


def test_nothing_claims_what_nobody_has_found():
    """A23: which rules are followed may be said; a level, an approval or perfection may not."""
    said = {".md", ".py", ".js", ".css", ".csv", ".sql", ".ipynb", ".toml", ".txt"}
    spoken = [path for path in SPOKEN if path.suffix in said and "data" not in path.parts]
    assert len(spoken) > 200
    found = {path.relative_to(ROOT).as_posix(): claims_in(path.read_text(encoding="utf-8")) for path in spoken}
    assert {path: claims for path, claims in found.items() if claims} == {}


@pytest.mark.parametrize(
    ("text", "is_claim"),
    [
        ("It reaches AAL2.", True),
        ("Sign-in is NIST-compliant.", True),
        ("a NIST SP 800-63B compliant sign-in", True),
        ("The library is FIPS 140-3 validated.", True),
        ("certified by nobody", True),
        ("military-grade encryption", True),
        ("Your poems are 100% secure.", True),
        ("an unbreakable vault", True),
        ("Keys are wiped from memory.", True),
        ("It follows the rules of SP 800-63B-4 for passwords and one-time codes.", False),
        ("SHA-256 (FIPS 180-4), after NIST SP 800-63B-4, 3.1.1.2", False),
        ("We assess ourselves by OWASP's ASVS 5.0; nobody else has looked.", False),
        ("each requirement of OWASP ASVS 5.0.0, met by which test", False),
    ],
)
def test_a_claim_is_told_from_a_source(text, is_claim):
    """A23: this test can fail."""
    assert bool(claims_in(text)) == is_claim


def test_the_makefile_explains_every_command():
    text = (ROOT / "Makefile").read_text()
    commands = set(re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)[0].split())
    assert commands == set(re.findall(r"^(\w+):.*## ", text, re.MULTILINE))


def test_ci_calls_the_two_commands_and_nothing_else_of_substance():
    lines = [line for line in (ROOT / ".ci/run").read_text().splitlines() if line and not line.startswith("#")]
    assert lines == ["set -euo pipefail", 'cd "$(dirname "$0")/.."', "make check", "make test"]
