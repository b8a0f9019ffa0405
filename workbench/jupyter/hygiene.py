"""What a running kernel must not leave behind on the disk: typed cells, and its memory after a crash."""

import sys
from contextlib import suppress


def kernel_hygiene() -> None:
    """Keep this process from writing cells and memory to the disk; call it as often as you like.

    - IPython's ``history.sqlite`` gets none of the cells that run after this one. The running cell is already on its
      way there, and so are those before it: open the store in the first cell.
    - A crash leaves no core file: ``RLIMIT_CORE`` is set to 0, which the process can't undo.

    Outside IPython only the second holds; where the platform has no such limit (Windows), neither that. This is
    *advisory*: code in the same kernel can switch the history on again, and swap is not covered.
    """
    if "IPython" in sys.modules:  # loaded by the kernel or the shell, never by us
        from IPython import get_ipython  # noqa: PLC0415 - loaded already

        manager = getattr(get_ipython(), "history_manager", None)
        if manager is not None:
            manager.enabled = False
    with suppress(ImportError, OSError, ValueError):  # Windows; a limit that a container fixes
        import resource  # noqa: PLC0415 - not on every platform

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
