import json
import re
from pathlib import Path

import pytest

LESSONS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_is_saved_run_and_without_widget_state_or_errors(path):
    """A24: what nbval compares against must be there; a secret, a widget's value or a panel's view must not."""
    lesson = json.loads(path.read_text())
    code = [cell for cell in lesson["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert "widgets" not in lesson["metadata"]
    outputs = [output for cell in code for output in cell["outputs"]]
    assert {output["output_type"] for output in outputs} <= {"stream", "execute_result"}
    assert not [output for output in outputs if "application/vnd.jupyter.widget-view+json" in output.get("data", {})]
    source = "".join("".join(cell["source"]) for cell in code)
    assert not re.search(r"passphrase\s*=\s*f?[\"']", source)  # none is typed into a cell
    assert "api_key" not in source


def test_the_lessons_are_numbered_without_gaps():
    assert [int(path.name[:2]) for path in LESSONS] == list(range(1, len(LESSONS) + 1))
