"""The Hub as a program of its own: started, waited for, and stopped by its process id with all that it started."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import trustme

ROOT = Path(__file__).parents[2]
HOST = "hub.example"

_SECONDS = 60.0


class RunningHub:
    """A running JupyterHub; use it in a ``with``.

    Parameters
    ----------
    folder : Path
        An empty one; everything that the Hub and its servers write comes to stand in it.
    people : iterable of str
        Who can log in.
    stores : mapping
        Name → the address of the store that the Hub hands to that person's server.
    """

    def __init__(self, folder, *, people, stores):
        self.folder = folder
        self.passwords = {name: secrets.token_urlsafe(16) for name in people}
        self.port, hub_port = _free_ports(2)
        self.authority = trustme.CA()
        leaf = self.authority.issue_cert(HOST, f"*.{HOST}")
        leaf.private_key_pem.write_to_path(folder / "key.pem")
        leaf.cert_chain_pems[0].write_to_path(folder / "certificate.pem")
        self._settings = folder / "settings.json"
        self._settings.write_text(
            json.dumps(
                {
                    "documented": str(ROOT / "docs/hub/jupyterhub_config.py"),
                    "folder": str(folder),
                    "port": self.port,
                    "hub_port": hub_port,
                    "certificate": str(folder / "certificate.pem"),
                    "key": str(folder / "key.pem"),
                    "passwords": self.passwords,
                    "stores": stores,
                }
            )
        )

    def address(self, path, *, of=None):
        """Return an address of the Hub, or of a person's own host."""
        host = HOST if of is None else f"{of}.{HOST}"
        return f"https://{host}:{self.port}{path}"

    def __enter__(self):
        kept = {name: os.environ[name] for name in ("LANG", "LD_LIBRARY_PATH") if name in os.environ}
        environment = kept | {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "HOME": str(self.folder),
            "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}",
            "HUB_SERVER_SETTINGS": str(self._settings),
        }
        with (self.folder / "hub.log").open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "jupyterhub", "-f", Path(__file__).with_name("config.py")],
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """Ask the Hub to end, which ends the servers that it started; insist where it doesn't."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def log(self):
        """Return what the Hub and its servers have written."""
        return (self.folder / "hub.log").read_text(errors="replace")

    def _wait(self):
        end = time.monotonic() + _SECONDS
        while "JupyterHub is now running" not in self.log():
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(self.log()[-5000:])
            time.sleep(0.1)


def _free_ports(number):
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    try:
        return [listener.getsockname()[1] for listener in listeners]
    finally:
        for listener in listeners:
            listener.close()
