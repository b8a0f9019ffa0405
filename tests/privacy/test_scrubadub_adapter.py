"""scrubadub is one more source of spans, cheap to load and checked before it is believed."""

import subprocess
import sys

import pytest

from workbench.privacy.scrubadub_adapter import _bounded, find_with_scrubadub


def found(text):
    return [(entity.kind, text[entity.start : entity.end]) for entity in find_with_scrubadub(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("username: root password: letmein and write", [("USERNAME", "root"), ("SECRET", "letmein")]),
        ("card 4111111111111111 please", [("CREDIT_CARD", "4111111111111111")]),
        ("write to mary@example.org.", [("EMAIL", "mary@example.org")]),
        ("call 020 7946 0958 today", [("PHONE", "020 7946 0958")]),
        ("my number 078-05-1120 is", [("SSN", "078-05-1120")]),
        ("ask @mary_poet", [("USERNAME", "@mary_poet")]),
        ("see https://example.org/a?b=c.", [("URL", "https://example.org/a?b=c")]),
        ("NINO QQ123456C or AB123456C", [("ID", "AB123456C")]),
        ("plate AB12 CDE", [("PLATE", "AB12 CDE")]),
        ("lives at SW1A 1AA", [("ADDRESS", "SW1A 1AA")]),
    ],
)
def test_each_bundled_detector_is_mapped_to_our_kinds(text, expected):
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "card 4111111111111112 please",
        "a 41111111111111111 b",
        "number 000-12-3456",
        "page a4 and line b12 3ab",
        "version 1.20.7946.0958",
        "order number 2125550123",
        "in the b12 3rd place",
        "12 a 12345",
    ],
)
def test_what_its_patterns_match_without_a_check_is_refused(text):
    assert found(text) == []


def test_it_is_shown_a_text_of_the_same_length():
    text = "a" * 500 + " " * 50 + "\n\t" * 9 + "mary@example.org"
    shown = _bounded(text)
    assert len(shown) == len(text)
    assert shown.endswith("mary@example.org")


def test_loading_it_loads_neither_nltk_nor_scipy_and_leaves_the_real_detectors_loadable():
    code = """
import sys
from workbench.privacy import detect
detect("mary@example.org")
assert "scrubadub" in sys.modules
for heavy in ("nltk", "textblob", "scipy", "sklearn"):
    assert heavy not in sys.modules, heavy
assert "scrubadub.detectors.text_blob" not in sys.modules
import scrubadub.detectors.text_blob
assert scrubadub.detectors.text_blob.TextBlobNameDetector.filth_cls
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_its_tables_of_the_process_stay_empty():
    code = """
from workbench.privacy import minimise
minimise("mary@example.org, 4111 1111 1111 1111, call 020 7946 0958")
from scrubadub.filth import Filth
assert not Filth.lookup.table
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
