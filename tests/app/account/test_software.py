import sys
from datetime import date
from importlib import metadata

import pytest

from workbench.app.account.software import PYTHON_ENDS, WATCHED, software_status

TODAY = date(2026, 11, 24)


def by_name(checks):
    return {check.name: check for check in checks}


def test_each_watched_package_of_this_installation_is_new_enough():
    found = by_name(software_status(today=TODAY))
    assert {found[package].state for package in WATCHED} == {"pass"}
    assert all("or newer is needed" in found[package].detail for package in WATCHED)
    assert "any or newer" not in found["cryptography"].detail


def test_what_was_not_looked_up_is_not_said_to_be_well():
    assert by_name(software_status(today=TODAY))["Known vulnerabilities"].state == "unknown"


def test_an_old_package_fails_and_says_what_to_run():
    old = by_name(software_status(today=TODAY, version=lambda _: "1.0"))["cryptography"]
    assert old.state == "fail"
    assert "pip install --upgrade cryptography" in old.detail


def test_a_missing_package_fails():
    def version(_):
        raise metadata.PackageNotFoundError

    assert {check.state for check in software_status(today=TODAY, version=version) if check.name in WATCHED} == {"fail"}


@pytest.mark.parametrize(("today", "state"), [("2027-01-01", "pass"), ("2027-06-01", "warn"), ("2027-11-01", "fail")])
def test_a_python_is_told_by_the_end_of_its_support(monkeypatch, today, state):
    monkeypatch.setattr(sys, "version_info", (3, 11, 9))
    assert software_status(today=date.fromisoformat(today))[0].state == state


def test_an_unknown_python_is_not_said_to_be_well(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 99, 0))
    assert software_status(today=TODAY)[0].state == "unknown"
    assert (3, 99) not in PYTHON_ENDS
