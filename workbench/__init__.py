"""A JupyterLab workbench for composing with Claude in private.

``from workbench import Workbench`` is the way in. Nothing heavy loads until it is used: importing this package loads
none of pandas, scrubadub, anthropic, jupyterlab.
"""

from typing import TYPE_CHECKING, Any

from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.front_door import Session, Workbench

__version__ = "0.1.0"
__all__ = ["Session", "Workbench", "WorkbenchError", "__version__"]


def __getattr__(name: str) -> Any:
    """Load the front door when it is first asked for (PEP 562)."""
    if name in {"Session", "Workbench"}:
        from workbench import front_door  # noqa: PLC0415 - heavy, so it loads when used

        return getattr(front_door, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
