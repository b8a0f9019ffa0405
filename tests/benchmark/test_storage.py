"""The whole of ``workbench benchmark storage`` in a tiny run; no figure is judged, only that it is there."""

import json
import math
import shutil
import tempfile
from types import SimpleNamespace

import pytest

from workbench.benchmark import Sizes, measure_storage, peers, storage
from workbench.benchmark.ours import Ours
from workbench.errors import StoreError, WorkbenchError

TINY = Sizes(
    turns=120,
    normal_blocks=4,
    full_blocks=3,
    block=10,
    every=5,
    loads=3,
    searches=3,
    unlocks=1,
    keys=5,
    seconds=10.0,
)
ALWAYS = {"append_normal_ratio", "append_full_ratio", "load_rows_ratio", "search_ratio"}
OF_PEERS = {"append_normal_ratio_sqlcipher", "append_full_ratio_llm", "load_rows_ratio_sqlcipher"}


class Complete(Ours):
    """Our vault with all that it may be able to do."""

    def build_segments(self):
        self.built = True

    def load_segments(self):
        assert self.built
        return self.load()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("disk")


@pytest.fixture(scope="module")
def report(folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(storage, "Ours", Complete)
        patch.setattr(tempfile, "tempdir", str(folder))
        return measure_storage(TINY)


def test_the_json_holds_the_promised_members_with_finite_positive_numbers(report):
    members = json.loads(json.dumps(report.as_json(), allow_nan=False))
    promised = (
        ALWAYS
        | OF_PEERS
        | {
            "load_segments_ratio",
            "search_newest_ms",
            "index_unlock_seconds",
            "sign_in_seconds",
            "passphrase_change_seconds",
            "erase_session_seconds",
            "size_as_rows_ratio",
            "fsync_ms",
        }
    )
    for key in promised:
        assert math.isfinite(members[key]), key
        assert members[key] > 0, key
    assert members["turns"] == TINY.turns
    assert members["notes"] == []
    assert {timing["subject"] for timing in members["timings"]["append_full"]} == {"plain", "ours", "sqlcipher", "llm"}


def test_the_table_has_a_line_for_each_subject_and_figure(report):
    text = report.as_text()
    assert text.count("\n  sqlcipher ") == len(report.comparisons) - 1  # it keeps no segments
    for figure in report.figures:
        assert figure.title in text


def test_nothing_is_left_on_the_disk(report, folder):
    assert list(folder.iterdir()) == []


def test_a_peer_that_is_not_installed_is_told_of_and_its_members_are_left_out(monkeypatch):
    def missing():
        raise ImportError

    monkeypatch.setattr(peers, "_LIBRARIES", {"sqlcipher3": missing, "llm": missing})
    report = measure_storage(TINY)
    members = report.as_json()
    assert set(members) >= ALWAYS
    assert not [key for key in members if key.endswith(("sqlcipher", "llm"))]
    assert len(report.notes) == 2
    assert all('pip install "workbench[benchmark]"' in note for note in report.notes)
    assert report.notes[0] in report.as_text()


def test_stores_that_disagree_are_not_compared(monkeypatch):
    class Forgetful(Ours):
        def append(self, turn):
            if self._vault.count() < 100:
                super().append(turn)

    monkeypatch.setattr(storage, "Ours", Forgetful)
    with pytest.raises(WorkbenchError, match="disagree"):
        measure_storage(TINY)


def test_a_disk_without_room_is_refused_before_anything_is_written(monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1000))
    with pytest.raises(StoreError, match="GB of disk"):
        measure_storage(TINY)


def test_a_store_that_fails_is_told_of_without_the_librarys_error(monkeypatch, tmp_path):
    class Broken(Ours):
        def append(self, turn):
            raise OSError(28, "canary")

    monkeypatch.setattr(storage, "Ours", Broken)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(StoreError) as caught:
        measure_storage(TINY)
    assert "canary" not in str(caught.value)
    assert caught.value.__context__ is None
    assert list(tmp_path.iterdir()) == []
