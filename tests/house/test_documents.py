"""Documents that can't drift: what they show runs, and what they name exists."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

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


def test_the_makefile_explains_every_command():
    text = (ROOT / "Makefile").read_text()
    commands = set(re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)[0].split())
    assert commands == set(re.findall(r"^(\w+):.*## ", text, re.MULTILINE))


def test_ci_calls_the_two_commands_and_nothing_else_of_substance():
    lines = [line for line in (ROOT / ".ci/run").read_text().splitlines() if line and not line.startswith("#")]
    assert lines == ["set -euo pipefail", 'cd "$(dirname "$0")/.."', "make check", "make test"]
