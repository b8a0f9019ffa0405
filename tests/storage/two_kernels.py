"""A second process that writes to a store as fast as it can, and says of each record that it was acknowledged."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from workbench.crypto import KeyPairs, KeyRing, Kind
from workbench.storage import Vaults, open_database

TORTURE = int(os.environ.get("WORKBENCH_TORTURE", "1"))


class Writer:
    """The process, seen from the test that started it."""

    rounds = 8 * TORTURE

    def __init__(self, location, owner) -> None:
        root = Path(__file__).parents[2]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "storage.two_kernels", str(location), owner.account_id.hex()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": f"{root}{os.pathsep}{root / 'tests'}"},
        )
        self._process.stdin.write(owner.key_pairs.packed.hex().encode() + b"\n")
        self._process.stdin.flush()
        self._lines = []
        self._more = threading.Condition()
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._thread.join()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            pipe.close()

    def _read(self):
        for line in self._process.stdout:
            with self._more:
                self._lines.append(line)
                self._more.notify_all()
        with self._more:
            self._more.notify_all()

    def wait_for_more(self, count=5):
        """Return once the process has written `count` records more."""
        with self._more:
            enough = len(self._lines) + count
            arrived = self._more.wait_for(
                lambda: len(self._lines) >= enough or self._process.poll() is not None, timeout=60
            )
        assert arrived, "the writer hangs"

    def latest(self):
        """Return the id of the record that was acknowledged last."""
        return bytes.fromhex(self._lines[-1].split()[0].decode())

    def stop(self):
        """Let the process end; return what it was acknowledged, by id, and what it complained of."""
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._thread.join()
        told = self._process.stderr.read().decode()
        return {bytes.fromhex(i.decode()): body for i, body in (line.split() for line in self._lines)}, told


def _write(location, account_id):
    """Append until standard input closes; tell each id and body once it is written."""
    key_pairs = KeyPairs(bytes.fromhex(sys.stdin.readline()))
    database = open_database(location)
    vaults = Vaults(database, account_id=account_id, key_pairs=key_pairs, key_ring=KeyRing())
    is_over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), is_over.set()), daemon=True).start()
    number = 0
    while not is_over.is_set():
        number += 1
        body = b"record-%d" % number
        record_id = vaults[Kind.TURN].append(body)
        sys.stdout.write(f"{record_id.hex()} {body.decode()}\n")
        sys.stdout.flush()
        time.sleep(0.002)  # SQLite's lock is unfair: who never pauses keeps the other out for seconds
    vaults.close()
    database.close()


if __name__ == "__main__":
    _write(sys.argv[1], bytes.fromhex(sys.argv[2]))
