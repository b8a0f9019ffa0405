"""No text becomes code, an object of its writer's choosing or a command, anywhere in the package."""

import ast
from fnmatch import fnmatch
from pathlib import Path

import pytest
from dotted_names import dotted_names

ROOT = Path(__file__).parents[2]
SOURCES = {path.relative_to(ROOT).as_posix(): path.read_text() for path in sorted(ROOT.glob("workbench/**/*.py"))}
CODE = ["*.eval", "*.exec", "builtins.compile", "*.__import__", "runpy", "code", "code.*"]
OBJECTS = ["*pickle*", "marshal*", "shelve*", "copyreg*", "dill*", "joblib*", "yaml*", "xml*", "lxml*"]
SYSTEM = ["os.system", "os.popen", "os.exec*", "os.spawn*", "os.posix_spawn*", "pty*", "pexpect*"]
PROCESSES = ["subprocess", "multiprocessing*", "asyncio.*subprocess*"]

# Every file that starts a process, and the whole command: constants, so that nothing anyone typed is a part of it.
COMMANDS = {"workbench/storage/engines/filesystem.py": [["/sbin/mount"]]}


def uses(source: str, patterns: list[str]) -> set[str]:
    """Return the names in a source that fit one of the patterns."""
    return {name for name in dotted_names(source) if any(fnmatch(name, pattern) for pattern in patterns)}


def commands(source: str) -> list[list[str] | None]:
    """Return the command of each process that a source starts; nothing where it isn't a list of constants."""
    found: list[list[str] | None] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("subprocess."):
            by_name = {keyword.arg for keyword in node.keywords}
            is_plain = not by_name & {"shell", "executable", "args", None}
            parts = node.args[0].elts if node.args and isinstance(node.args[0], ast.List) else [None]
            is_constant = is_plain and all(isinstance(part, ast.Constant) for part in parts)
            found.append([part.value for part in parts] if is_constant else None)
    return found


def test_no_text_is_evaluated_as_code():
    """ASVS 1.3.2."""
    assert {path: found for path, source in SOURCES.items() if (found := uses(source, CODE))} == {}


def test_nothing_reads_objects_of_a_writers_choosing_nor_xml():
    """ASVS 1.5.2: no pickle and nothing like it."""
    assert {path: found for path, source in SOURCES.items() if (found := uses(source, OBJECTS))} == {}


def test_the_only_processes_started_are_constants():
    """ASVS 1.2.5: no shell, and no word of a command comes from anyone."""
    assert {path: found for path, source in SOURCES.items() if (found := uses(source, SYSTEM))} == {}
    starting = {path: commands(source) for path, source in SOURCES.items() if uses(source, PROCESSES)}
    assert starting == COMMANDS


@pytest.mark.parametrize(
    ("patterns", "source"),
    [
        (CODE, "print(eval(text))"),
        (CODE, "frame.eval(text)"),
        (OBJECTS, "from pickle import loads as read"),
        (OBJECTS, "import xml.etree.ElementTree as tree"),
        (OBJECTS, "import pandas as pd\npd.read_pickle(path)"),
        (SYSTEM, "from os import system"),
        (SYSTEM, "import os\nos.execvp(command, parts)"),
        (PROCESSES, "import asyncio\nasyncio.create_subprocess_shell(line)"),
    ],
)
def test_what_is_planted_is_found(patterns, source):
    assert uses(source, patterns)


@pytest.mark.parametrize("call", ["run(line, shell=True)", "run(['ls', name])", "Popen(parts)", "run(['ls'], **more)"])
def test_a_command_that_is_not_constant_is_told_apart(call):
    assert commands(f"import subprocess\nsubprocess.{call}") == [None]
