"""``workbench demo``: the main job on a file of prompts, without a network, and the proof that no word is kept."""

import argparse
import statistics
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from workbench.app import Session, Workbench
from workbench.app.demonstration import bytes_of_store, read_prompts, run, words_in_bytes, words_of
from workbench.cli.output import write
from workbench.errors import WorkbenchError
from workbench.records import Turn


def add(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the command of this file."""
    demo = commands.add_parser("demo", help="run the main job on a file of prompts, without a network")
    demo.add_argument("prompts", nargs="?", type=Path, help="CSV with a column 'prompt', or a prompt a line")
    demo.add_argument("--show", type=int, default=12, metavar="N", help="print the first N exchanges (default: 12)")
    demo.set_defaults(run=_demo)


def _demo(chosen: argparse.Namespace) -> int:
    from tqdm import tqdm  # noqa: PLC0415 - only this command draws a bar

    examples = read_prompts(chosen.prompts)
    turns, milliseconds = [], []
    with closing(Workbench.demo(students=0)) as bench:
        session = bench.sign_in("ada")
        empty = bytes_of_store(bench.path)
        with tqdm(total=len(examples), unit="prompt", desc="Composing", leave=False, file=sys.stderr) as bar:
            for turn, taken in run(session, examples):
                turns.append(turn)
                milliseconds.append(taken)
                bar.update()
        report = [*_exchanges(turns[: chosen.show]), *_history_and_usage(session)]
        kept, words = len(session.history), words_of(turns)
        stored = bytes_of_store(bench.path)
        entries = session.audit.verify()
        session.lock()

    found = words_in_bytes(words, stored) - words_in_bytes(words, empty)  # an empty store holds its tables' names
    control = words_in_bytes(words, stored + b" " + max(words, key=len, default="").encode())
    report += [
        f"Prompts: {len(examples)} given, {kept} kept. Audit log: {entries} entries, chain intact.",
        (
            f"Time a prompt without the model: median {statistics.median(milliseconds):.1f} ms, "
            f"slowest {max(milliseconds):.1f} ms (the first loads the detectors)."
        ),
        (
            f"Words looked for in the store's {len(stored):,} bytes: {len(words):,}; found: {len(found)}. "
            f"(The same search finds a word that is put there: {'yes' if control - found else 'no'}.)"
        ),
    ]
    if not write("\n".join(report) + "\n"):
        raise WorkbenchError(
            "The prompts were answered, but the report could not be written whole.",
            remedy="Check where the output goes, then run it again.",
        )
    return 0 if kept == len(examples) and not found and control - found else 1


def _exchanges(turns: Iterable[Turn]) -> Iterator[str]:
    for number, turn in enumerate(turns, start=1):
        yield f"── {number} ── sent to {turn.label}"
        yield _indented(turn.minimised.text)
        yield f"   answered ({turn.prompt.form or 'no form asked'}):"
        yield _indented(turn.text) + "\n"


def _history_and_usage(session: Session) -> Iterator[str]:
    yield "History, newest first (what a notebook would keep of it):"
    yield f"{session.history.frame()[::-1][['form', 'outcome', 'prompt', 'text', 'entities']].head(5)}\n"
    yield "Turns by form:"
    yield session.usage.counts(by="form").to_string(index=False) + "\n"


def _indented(text: str) -> str:
    return "\n".join(f"   │ {line}" for line in text.splitlines())
