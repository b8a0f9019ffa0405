"""JupyterLab as a program of its own on the loopback, with every folder that it writes below one."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from urllib.error import URLError

ROOT = Path(__file__).parents[2]


class Lab:
    """A running JupyterLab; use it in a ``with``.

    Parameters
    ----------
    folder : Path
        An empty one. ``home``, ``work``, ``runtime``, ``tmp`` and ``server.log`` come to stand below it.
    """

    def __init__(self, folder):
        self.folder = folder
        self.home, self.work, self.tmp = folder / "home", folder / "work", folder / "tmp"
        for made in (self.home, self.work, self.tmp, folder / "runtime"):
            made.mkdir(parents=True)
        self._token = secrets.token_hex(16)
        self._port = _free_port()

    def __enter__(self):
        command = [
            *(sys.executable, "-m", "workbench.cli", "lab", "--no-browser"),
            *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={self._port}", "--ServerApp.port_retries=0"),
            *(f"--IdentityProvider.token={self._token}", f"--ServerApp.root_dir={self.work}"),
            "--LabApp.expose_app_in_browser=True",  # gives the tests window.jupyterapp
        ]
        with (self.folder / "server.log").open("wb") as log:
            self._process = subprocess.Popen(
                command, cwd=self.work, env=self._environment(), stdout=log, stderr=log, start_new_session=True
            )
        self._wait()
        return self

    def __exit__(self, *_):
        """End the server, which ends its kernels; then whatever of its own group is left."""
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=20)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def address(self, notebook):
        """Return where a notebook of the work folder opens, in a workspace of its own: without others' tabs."""
        workspace = Path(notebook).stem
        return f"http://127.0.0.1:{self._port}/lab/workspaces/{workspace}/tree/{notebook}?token={self._token}"

    def _environment(self):
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
        return kept | {
            "HOME": str(self.home),
            "IPYTHONDIR": str(self.home / ".ipython"),
            "JUPYTER_CONFIG_DIR": str(self.home / ".jupyter"),
            "JUPYTER_DATA_DIR": str(self.home / ".local/share/jupyter"),
            "JUPYTER_RUNTIME_DIR": str(self.folder / "runtime"),
            "PYTHONPATH": str(ROOT),
            "TMPDIR": str(self.tmp),
        }

    def _wait(self):
        until = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self._port}/api?token={self._token}", timeout=5).close()
            except (URLError, ConnectionError):
                if self._process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError((self.folder / "server.log").read_text()) from None
                time.sleep(0.1)
            else:
                return


def _free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
