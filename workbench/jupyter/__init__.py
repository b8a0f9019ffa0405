"""Where the workbench meets Jupyter: in a notebook or not, what a kernel must not keep, and who a Hub says is there."""

from workbench.jupyter.hub import HubIdentity, hub_identity, store_address
from workbench.jupyter.hygiene import kernel_hygiene
from workbench.jupyter.notebook import is_notebook, show

__all__ = ["HubIdentity", "hub_identity", "is_notebook", "kernel_hygiene", "show", "store_address"]
