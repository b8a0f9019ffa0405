"""The wrong order can't be written: mypy refuses exactly the marked lines of `refused.py`."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
REFUSED = Path(__file__).with_name("refused.py")


def marked() -> set[tuple[int, str]]:
    """Return line and error code of every line that must be refused."""
    lines = enumerate(REFUSED.read_text().splitlines(), start=1)
    return {(number, found[1]) for number, line in lines if (found := re.search(r"# refused: ([a-z-]+)$", line))}


def test_mypy_refuses_exactly_the_lines_that_skip_a_stage() -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-pretty", str(REFUSED)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    pattern = re.compile(rf"^{re.escape(str(REFUSED.relative_to(ROOT)))}:(\d+): error: .*\[([a-z-]+)\]$", re.MULTILINE)
    refused = {(int(number), code) for number, code in pattern.findall(checked.stdout)}
    assert refused == marked(), checked.stdout + checked.stderr
    assert len(marked()) > 15
    assert checked.returncode == 1
