import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
HEAVY = {
    *("pandas", "pyarrow", "scrubadub", "anthropic", "jupyterlab", "IPython", "ipywidgets", "anywidget", "zxcvbn"),
    *("fsspec", "s3fs", "aiobotocore", "botocore", "aiohttp"),
}


def loaded_by(program):
    """Return the top-level modules that a fresh interpreter has loaded after running a program."""
    listing = "import json, sys; print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    done = subprocess.run([sys.executable, "-c", f"{program}\n{listing}"], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "program",
    [
        "import workbench",
        "import workbench.records, workbench.errors",
        "import workbench.privacy",
        "import workbench.prosody",
        "from workbench import Workbench",
    ],
)
def test_nothing_heavy_loads_before_it_is_used(program):
    assert not loaded_by(program) & HEAVY


def test_each_runtime_dependency_has_a_door():
    names = {dependency.split(">")[0] for dependency in PROJECT["project"]["dependencies"]}
    doors = {
        library
        for contract in PROJECT["tool"]["importlinter"]["contracts"]
        for library in contract.get("forbidden_modules", ())
    }
    without = {"jupyterlab"}  # started as a program by `workbench lab`, not imported by a room
    assert names - without <= doors


def test_the_environment_names_what_the_project_needs_and_pins_nothing_twice():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    conda = [item for item in environment["dependencies"] if isinstance(item, str)]
    (pip,) = (item["pip"] for item in environment["dependencies"] if isinstance(item, dict))
    named = [*conda, *pip]
    assert len(named) == len(set(named))
    assert {"jupyterlab", "ipywidgets", "pandas", "cryptography", "scrubadub", "anthropic", "nbval", "-e ."} <= set(
        named
    )
    known = {d.split(">")[0] for d in PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["tests"]}
    python = f"python{PROJECT['project']['requires-python']}"
    assert set(named) - known == {python, "pip", "-e ."}
