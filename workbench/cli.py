"""``workbench …``: thin calls of the methods that notebooks use. Secrets are asked for, never taken as arguments."""

import argparse
import getpass
import os
import statistics
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from workbench.app import Workbench
from workbench.app.demonstration import bytes_of_store, read_prompts, run, words_in_bytes, words_of
from workbench.errors import WeakPassphraseError, WorkbenchError

STORE = Path("data/workbench.db")
LESSON = Path("notebooks/01_first_prompt.ipynb")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status: 0 done, 1 a `WorkbenchError` was shown, 2 the command was misspelt."""
    parser = argparse.ArgumentParser(prog="workbench", description="Compose with Claude in private.")
    parser.add_argument("--version", action="version", version=f"workbench {version('workbench')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    init = commands.add_parser("init", help="create a store and its owner's account")
    init.add_argument("store", nargs="?", type=Path, default=STORE, help=f"the store's file (default: {STORE})")
    init.add_argument("--name", help="the account's name; asked for when not given")
    init.add_argument("--passphrase-fd", type=int, metavar="N", help="read the passphrase from this file descriptor")
    init.set_defaults(run=_init)

    demo = commands.add_parser("demo", help="run the main job on a file of prompts, without a network")
    demo.add_argument("prompts", nargs="?", type=Path, help="CSV with a column 'prompt', or a prompt a line")
    demo.add_argument("--show", type=int, default=12, metavar="N", help="print the first N exchanges (default: 12)")
    demo.set_defaults(run=_demo)

    lab = commands.add_parser(
        "lab", help="open JupyterLab on the first lesson; a notebook and options of JupyterLab may follow"
    )
    lab.set_defaults(run=_lab)

    chosen, rest = parser.parse_known_args(arguments)
    if rest and chosen.command != "lab":
        parser.error(f"unrecognised: {' '.join(rest)}")
    chosen.rest = rest
    try:
        status: int = chosen.run(chosen)
    except WorkbenchError as error:
        print(f"workbench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("workbench: stopped; what was sealed stays.", file=sys.stderr)
        return 130
    return status


def _init(chosen: argparse.Namespace) -> int:
    bench = Workbench.open(chosen.store)
    name = chosen.name or input("Name: ")
    while True:
        try:
            enrolment = bench.create_account(name, passphrase=_passphrase(chosen.passphrase_fd))
            break
        except WeakPassphraseError as error:
            if chosen.passphrase_fd is not None:
                raise
            print(error, file=sys.stderr)
    bench.close()
    print(f"The store {chosen.store} is ready. Ten recovery codes, shown this once; each opens the account once.")
    print("Keep them on paper, apart from this machine:\n")
    for code in enrolment.recovery_codes:
        print(f"    {code}")
    return 0


def _passphrase(descriptor: int | None) -> str:
    """Read a passphrase from a descriptor, or ask for it twice, unseen."""
    if descriptor is not None:
        with os.fdopen(descriptor, encoding="utf-8") as stream:
            return stream.readline().rstrip("\r\n")
    while True:
        first = getpass.getpass("New passphrase (15 characters or more): ")
        if first == getpass.getpass("Once more: "):
            return first
        print("The two differ.", file=sys.stderr)


def _demo(chosen: argparse.Namespace) -> int:
    from tqdm import tqdm  # noqa: PLC0415 - only this command draws a bar

    examples = read_prompts(chosen.prompts)
    bench = Workbench.demo(students=0)
    session = bench.sign_in("ada")
    empty = bytes_of_store(bench.path)
    turns, milliseconds = [], []
    with tqdm(total=len(examples), unit="prompt", desc="Composing", leave=False, file=sys.stderr) as bar:
        for turn, taken in run(session, examples):
            turns.append(turn)
            milliseconds.append(taken)
            bar.update()

    for number, turn in enumerate(turns[: chosen.show], start=1):
        print(f"── {number} ── sent to {turn.label}")
        print(_indented(turn.minimised.text))
        print(f"   answered ({turn.prompt.form or 'no form asked'}):")
        print(_indented(turn.text))
        print()
    print("History, newest first (what a notebook would keep of it):")
    print(session.history.frame()[::-1][["form", "outcome", "prompt", "text", "entities"]].head(5), "\n")
    print("Turns by form:")
    print(session.usage.counts(by="form").to_string(index=False), "\n")

    kept, words = len(session.history), words_of(turns)
    stored = bytes_of_store(bench.path)
    found = words_in_bytes(words, stored) - words_in_bytes(words, empty)  # an empty store holds its tables' names
    control = words_in_bytes(words, stored + b" " + max(words, key=len).encode())
    entries = session.audit.verify()
    session.lock()
    bench.close()
    print(f"Prompts: {len(examples)} given, {kept} kept. Audit log: {entries} entries, chain intact.")
    print(f"Time a prompt without the model: median {statistics.median(milliseconds):.1f} ms,", end=" ")
    print(f"slowest {max(milliseconds):.1f} ms (the first loads the detectors).")
    print(f"Words looked for in the store's {len(stored):,} bytes: {len(words):,}; found: {len(found)}.", end=" ")
    print(f"(The same search finds a word that is put there: {'yes' if control - found else 'no'}.)")
    return 0 if kept == len(examples) and not found and control - found else 1


def _indented(text: str) -> str:
    return "\n".join(f"   │ {line}" for line in text.splitlines())


def _lab(chosen: argparse.Namespace) -> int:
    from jupyterlab.labapp import main as jupyterlab  # noqa: PLC0415 - heavy

    names_one = any(option.endswith(".ipynb") for option in chosen.rest)
    jupyterlab([*chosen.rest] if names_one or not LESSON.exists() else [str(LESSON), *chosen.rest])
    return 0


if __name__ == "__main__":
    sys.exit(main())
