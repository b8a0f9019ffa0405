"""Every detector looks, nothing overlaps, and a failure sends nothing."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import DetectionError
from workbench.privacy import detect
from workbench.privacy.detect import DETECTORS
from workbench.records import Entity

PERSONAL = [
    "mary@example.org", "4111", "1111", "GB82", "WEST", "1234", "5698", "7654", "32", "+44", "20", "7946", "0958",
    "@mary_poet", "Mary", "O'Neill", "Dr.", "Chen", "https://example.org/?key=sk-ant-api03-abcdefghijklmnop",
    "192.168.0.1", "password:", "hunter2", "12", "Baker", "Street,", "London", "NW1", "6XE",
]  # fmt: skip
mixtures = st.lists(st.sampled_from(PERSONAL) | st.text(max_size=8), max_size=30).flatmap(
    lambda parts: st.sampled_from(["", " ", "\n", "_", "["]).map(lambda joint: joint.join(parts))
)


@settings(deadline=None)
@given(mixtures | st.text())
def test_spans_are_disjoint_in_order_and_inside_the_text(text):
    entities = detect(text)
    ends = [0, *(entity.end for entity in entities)]
    assert all(before <= entity.start < entity.end for before, entity in zip(ends, entities, strict=False))
    assert ends[-1] <= len(text)
    assert all(0 < entity.confidence <= 1 and entity.rule for entity in entities)


def test_offsets_count_code_points():
    text = "😀 e\u0301 \x00 mary@example.org"
    assert [text[entity.start : entity.end] for entity in detect(text)] == ["mary@example.org"]


def test_a_failing_detector_returns_nothing_and_tells_nothing_of_the_text():
    def broken(text):
        raise ValueError(text)

    with pytest.raises(DetectionError) as caught:
        detect("For mary@example.org", detectors={**DETECTORS, "broken": broken})
    assert "mary" not in str(caught.value)
    assert "broken detector" in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize("text", [None, b"mary@example.org", 7, "half an emoji \ud83d"])
def test_what_is_not_text_is_refused(text):
    with pytest.raises(DetectionError, match="nothing was sent"):
        detect(text)


def test_every_detector_is_asked():
    asked = []

    def asking(name):
        return lambda _: asked.append(name) or [Entity(0, 1, "ID", name, 0.5)]

    assert detect("x", detectors={name: asking(name) for name in DETECTORS})
    assert asked == list(DETECTORS)


def test_importing_the_room_loads_no_scrubadub():
    code = "import sys, workbench.privacy; sys.exit('scrubadub' in sys.modules or 'faker' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
