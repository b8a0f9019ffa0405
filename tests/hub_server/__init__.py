"""A real JupyterHub on this machine, as `docs/hub/jupyterhub_config.py` sets it up, and people with browsers."""

from hub_server.hub import RunningHub
from hub_server.person import Person

__all__ = ["Person", "RunningHub"]
