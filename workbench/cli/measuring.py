"""``workbench benchmark``: the workbench measured beside its peers."""

import argparse
import json
from typing import Any

from workbench.cli.output import tell, write
from workbench.errors import WorkbenchError


def add(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the command of this file."""
    benchmark = commands.add_parser("benchmark", help="measure the workbench beside its peers, on invented text")
    benchmark.add_argument("name", choices=["storage"], help="what to measure")
    benchmark.add_argument("--quick", action="store_true", help="measure less; ends within 45 s")
    benchmark.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    benchmark.set_defaults(run=_benchmark)


def _benchmark(chosen: argparse.Namespace) -> int:
    from workbench.benchmark import FULL, QUICK, measure_storage  # noqa: PLC0415 - only this command needs it

    report = measure_storage(QUICK if chosen.quick else FULL, tell=tell)
    if not write(json.dumps(report.as_json()) + "\n" if chosen.json else report.as_text()):
        raise WorkbenchError(
            "The measuring is done, but the report could not be written whole.",
            remedy="Check where the output goes, then run it again.",
        )
    return 0
