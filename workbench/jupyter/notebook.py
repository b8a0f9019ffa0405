"""Whether this is a notebook's kernel, and showing something in the cell that runs."""

import sys


def is_notebook() -> bool:
    """Return whether this process is a Jupyter kernel, which can show a panel; a terminal can't."""
    if "IPython" not in sys.modules:  # a kernel has loaded it; nothing else needs it
        return False
    from IPython import get_ipython  # noqa: PLC0415 - loaded already

    shell = get_ipython()
    return shell is not None and hasattr(shell, "kernel")


def show(panel: object) -> None:
    """Show a panel in the output of the cell that runs."""
    from IPython.display import display  # noqa: PLC0415 - only in a notebook

    display(panel)  # type: ignore[no-untyped-call]  # IPython types little
