import json

import pytest

from workbench import benchmark, cli


def test_benchmark_prints_a_table_or_one_json_object(monkeypatch, capsys):
    report = benchmark.Report("storage", {"turns": 7}, (), (benchmark.Figure("fsync_ms", "Fsync, ms", 0.5),))
    monkeypatch.setattr(benchmark, "measure_storage", lambda sizes, tell: report)
    assert cli.main(["benchmark", "storage", "--quick", "--json"]) == 0
    members = json.loads(capsys.readouterr().out)
    assert members == {"benchmark": "storage", "turns": 7, "fsync_ms": 0.5, "timings": {}, "notes": []}
    assert cli.main(["benchmark", "storage"]) == 0
    assert "Fsync, ms" in capsys.readouterr().out


def test_a_benchmark_of_an_unknown_name_is_refused_and_the_known_ones_are_listed(capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(["benchmark", "poetry"])
    assert caught.value.code == 2
    assert "storage" in capsys.readouterr().err
