"""``workbench …``: thin calls of the methods that notebooks use. Secrets are asked for, never taken as arguments."""

import argparse
import json
import os
import statistics
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

from workbench.app import Session, Workbench
from workbench.app.asking import ask_name, ask_new_passphrase, ask_recovery_code, read_secret
from workbench.app.demonstration import bytes_of_store, read_prompts, run, words_in_bytes, words_of
from workbench.errors import StoreError, WeakPassphraseError, WorkbenchError
from workbench.records import Turn

STORE = Path("data/workbench.db")
LESSON = Path("notebooks/01_first_prompt.ipynb")

Made = TypeVar("Made")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status: 0 done, 1 a `WorkbenchError` was shown, 2 the command was misspelt."""
    parser = _parser()
    chosen, rest = parser.parse_known_args(arguments)
    if rest and chosen.command != "lab":
        parser.error(f"unrecognised: {' '.join(rest)}")
    chosen.rest = rest
    try:
        status: int = chosen.run(chosen)
    except WorkbenchError as error:
        _tell(f"workbench: {error}")
        return 1
    except KeyboardInterrupt:
        _tell("workbench: stopped; what was sealed stays.")
        return 130
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="workbench", description="Compose with Claude in private.")
    parser.add_argument("--version", action="version", version=f"workbench {version('workbench')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    init = commands.add_parser("init", help="create a store and its owner's account")
    init.set_defaults(run=_init)
    recover = commands.add_parser("recover", help="give an account a new passphrase, with a recovery code")
    recover.add_argument("--code-fd", type=int, metavar="N", help="read the recovery code from this file descriptor")
    recover.set_defaults(run=_recover)
    for command in (init, recover):
        command.add_argument("store", nargs="?", type=Path, default=STORE, help=f"the store's file (default: {STORE})")
        command.add_argument("--name", help="the account's name; asked for when not given")
        command.add_argument(
            "--passphrase-fd", type=int, metavar="N", help="read the new passphrase from this file descriptor"
        )

    demo = commands.add_parser("demo", help="run the main job on a file of prompts, without a network")
    demo.add_argument("prompts", nargs="?", type=Path, help="CSV with a column 'prompt', or a prompt a line")
    demo.add_argument("--show", type=int, default=12, metavar="N", help="print the first N exchanges (default: 12)")
    demo.set_defaults(run=_demo)

    lab = commands.add_parser(
        "lab", help="open JupyterLab on the first lesson; a notebook and options of JupyterLab may follow"
    )
    lab.set_defaults(run=_lab)

    benchmark = commands.add_parser("benchmark", help="measure the workbench beside its peers, on invented text")
    benchmark.add_argument("name", choices=["storage"], help="what to measure")
    benchmark.add_argument("--quick", action="store_true", help="measure less; ends within 45 s")
    benchmark.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    benchmark.set_defaults(run=_benchmark)
    return parser


def _init(chosen: argparse.Namespace) -> int:
    if not _write(""):
        raise WorkbenchError(
            "Standard output takes nothing, so recovery codes can't be shown; no account was made.",
            remedy="Run it in a terminal.",
        )
    with closing(Workbench.open(chosen.store)) as bench:
        name = chosen.name or ask_name()
        enrolment = _with_new_passphrase(
            lambda passphrase: bench.create_account(name, passphrase=passphrase), descriptor=chosen.passphrase_fd
        )
    shown = _write(
        f"The store {chosen.store} is ready. Ten recovery codes, shown this once; each opens the account once.\n"
        "Keep them on paper, apart from this machine:\n\n"
        + "".join(f"    {code}\n" for code in enrolment.recovery_codes)
    )
    if not shown:
        raise WorkbenchError(
            "The account is made, but its recovery codes were not shown whole, and can't be shown again.",
            remedy="Delete the store, if nothing else is in it, and begin again; or go on with the passphrase alone.",
        )
    return 0


def _recover(chosen: argparse.Namespace) -> int:
    if not _is_there(chosen.store):  # opening would make an empty one
        raise StoreError("There is no store in that place.", remedy="Name the file that holds the account.")
    with closing(Workbench.open(chosen.store)) as bench:
        name = chosen.name or ask_name()
        code = ask_recovery_code() if chosen.code_fd is None else read_secret(chosen.code_fd)
        session = _with_new_passphrase(
            lambda passphrase: bench.recover(name, code=code, new_passphrase=passphrase),
            descriptor=chosen.passphrase_fd,
        )
        session.lock()
    if not _write("The account has its new passphrase; that recovery code is used up.\n"):
        raise WorkbenchError(
            "The account has its new passphrase, but that could not be printed.", remedy="Sign in with it."
        )
    return 0


def _is_there(path: Path) -> bool:
    with suppress(OSError, RuntimeError):  # RuntimeError: the home of someone unknown
        return path.expanduser().exists()
    return False


def _with_new_passphrase(use: Callable[[str], Made], *, descriptor: int | None) -> Made:
    """Return what is made with a new passphrase; whoever types a weak one is asked again."""
    if descriptor is not None:
        return use(read_secret(descriptor))
    while True:
        try:
            return use(ask_new_passphrase())
        except WeakPassphraseError as error:
            _tell(str(error))


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
    if not _write("\n".join(report) + "\n"):
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


def _lab(chosen: argparse.Namespace) -> int:
    from jupyterlab.labapp import main as jupyterlab  # noqa: PLC0415 - heavy

    options = [*chosen.rest]
    if not any(option.endswith(".ipynb") for option in options) and LESSON.exists():
        options.insert(0, str(LESSON))
    if os.name == "posix" and os.geteuid() == 0 and "--allow-root" not in options:
        options.append("--allow-root")  # a container's only user; JupyterLab listens on this machine only, with a token
    jupyterlab(options)
    return 0


def _benchmark(chosen: argparse.Namespace) -> int:
    from workbench.benchmark import FULL, QUICK, measure_storage  # noqa: PLC0415 - only this command needs it

    report = measure_storage(QUICK if chosen.quick else FULL, tell=_tell)
    if not _write(json.dumps(report.as_json()) + "\n" if chosen.json else report.as_text()):
        raise WorkbenchError(
            "The measuring is done, but the report could not be written whole.",
            remedy="Check where the output goes, then run it again.",
        )
    return 0


def _write(text: str) -> bool:
    """Write a text to standard output at once; return whether all of it was taken."""
    output = sys.stdout
    if output is None:  # the descriptor was closed when Python started
        return False
    encoding = output.encoding or "utf-8"
    try:
        output.write(text.encode(encoding, "backslashreplace").decode(encoding))
        output.flush()
    except (OSError, ValueError):  # ValueError: the stream is closed
        # Python flushes once more when it ends, and would fail again (its docs: signal, "Note on SIGPIPE").
        with suppress(OSError, ValueError), Path(os.devnull).open("w", encoding="ascii") as nowhere:
            os.dup2(nowhere.fileno(), output.fileno())
        return False
    return True


def _tell(sentence: str) -> None:
    """Write to standard error, if it still takes anything."""
    with suppress(OSError, ValueError):
        print(sentence, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
