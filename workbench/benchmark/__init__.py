"""Measure the workbench beside what people would use otherwise: the same turns, the same disk, one run."""

from workbench.benchmark.report import Comparison, Figure, Report
from workbench.benchmark.sizes import FULL, QUICK, Sizes
from workbench.benchmark.storage import measure_storage

__all__ = ["FULL", "QUICK", "Comparison", "Figure", "Report", "Sizes", "measure_storage"]
