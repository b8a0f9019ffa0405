"""The documented configuration, and beside it only what a test on this machine needs: read by JupyterHub itself."""

import json
import os
import sys
from pathlib import Path

from hub_server.authenticator import PasswordAuthenticator
from hub_server.proxy import PythonProxy

SETTINGS = json.loads(Path(os.environ["HUB_SERVER_SETTINGS"]).read_text())
FOLDER = Path(SETTINGS["folder"])

c = get_config()  # noqa: F821 - JupyterHub brings it
load_subconfig(SETTINGS["documented"])  # noqa: F821 - JupyterHub brings it


def store_address(spawner):
    """Return the store of the documented configuration, at the tests' server, which asks for a password."""
    return SETTINGS["stores"][spawner.user.name]


# Where: free ports of this machine, a folder of the test.
c.JupyterHub.bind_url = f"https://127.0.0.1:{SETTINGS['port']}"
c.JupyterHub.subdomain_host = f"{c.JupyterHub.subdomain_host}:{SETTINGS['port']}"
c.JupyterHub.hub_port = SETTINGS["hub_port"]
c.JupyterHub.ssl_cert, c.JupyterHub.ssl_key = SETTINGS["certificate"], SETTINGS["key"]
c.JupyterHub.internal_certs_location = str(FOLDER / "internal-ssl")
c.JupyterHub.cookie_secret_file = str(FOLDER / "cookie-secret")
c.JupyterHub.db_url = f"sqlite:///{FOLDER}/hub.sqlite"

# Who: passwords instead of an identity provider; and one Hub admin, to see what that makes of her.
c.JupyterHub.authenticator_class = PasswordAuthenticator
c.PasswordAuthenticator.passwords = SETTINGS["passwords"]
c.Authenticator.allowed_users |= {"olga"}
c.Authenticator.admin_users = {"olga"}

# How: without node, without accounts of the operating system, from the environment that runs the tests.
c.JupyterHub.proxy_class = PythonProxy
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(FOLDER / "homes/{username}")
c.Spawner.cmd = [sys.executable, "-m", "jupyterhub.singleuser"]
c.Spawner.args = [*c.Spawner.args, "--allow-root"]
c.Spawner.env_keep = ["LANG", "LD_LIBRARY_PATH", "PYTHONPATH"]
c.Spawner.environment |= {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "WORKBENCH_STORE": store_address}
