"""Where the workbench meets Jupyter: whether it runs in a notebook, and what a kernel must not keep."""

from workbench.jupyter.hygiene import kernel_hygiene
from workbench.jupyter.notebook import is_notebook, show

__all__ = ["is_notebook", "kernel_hygiene", "show"]
