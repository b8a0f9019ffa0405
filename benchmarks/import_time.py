"""What ``import workbench`` costs, beside the libraries that it leaves for later; fresh interpreters, medians of five.

python benchmarks/import_time.py
"""

import statistics
import subprocess
import sys
import time

PROGRAMS = (
    "pass",
    "import workbench",
    "from workbench import Workbench",
    "import pandas",
    "import pyarrow",
    "import anthropic",
    "import scrubadub",
)


def seconds(program: str) -> float:
    """Return how long a fresh interpreter takes for a program."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True)
    return time.perf_counter() - began


def main() -> None:
    medians = {program: statistics.median(seconds(program) for _ in range(5)) for program in PROGRAMS}
    for program, median in medians.items():
        print(f"{program:35} {median:6.3f} s, {median - medians['pass']:+.3f} s over an empty program")


if __name__ == "__main__":
    main()
