"""Standard output and standard error, either of which may be closed or full."""

import os
import shutil
import sys
import textwrap
from contextlib import suppress
from pathlib import Path

from workbench.errors import WorkbenchError
from workbench.identity import Enrolment


def write(text: str) -> bool:
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


def tell(sentence: str) -> None:
    """Write to standard error, if it still takes anything; on a terminal in lines that end between words."""
    with suppress(OSError, ValueError):
        if sys.stderr is not None and sys.stderr.isatty():
            columns = shutil.get_terminal_size().columns - 1
            sentence = textwrap.fill(sentence, columns, break_long_words=False, break_on_hyphens=False)
        print(sentence, file=sys.stderr, flush=True)


def require_output(done: str) -> None:
    """Return when standard output takes text; called before recovery codes are made that could not be shown.

    Parameters
    ----------
    done : str
        The end of the sentence that says so otherwise: what wasn't done.

    Raises
    ------
    WorkbenchError
        When it takes nothing.
    """
    if not write(""):
        raise WorkbenchError(
            f"Standard output takes nothing, so recovery codes can't be shown; {done}.", remedy="Run it in a terminal."
        )


def show_codes(heading: str, enrolment: Enrolment, *, remedy: str) -> None:
    """Print recovery codes, the only time that they are shown.

    Raises
    ------
    WorkbenchError
        When not all of it was taken.
    """
    codes = "".join(f"    {code}\n" for code in enrolment.recovery_codes)
    if not write(f"{heading}\nKeep them on paper, apart from this machine:\n\n{codes}"):
        raise WorkbenchError(
            "It is done, but the recovery codes were not shown whole, and can't be shown again.", remedy=remedy
        )
