"""Processes that use one store at once; each tells what it is about to do and what was acknowledged, over a pipe."""

import contextlib
import multiprocessing
import signal
from dataclasses import dataclass

from workbench.crypto import KeyPairs, KeyRing, Kind
from workbench.storage import Anchors, Device, Vaults, open_database

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__])

KEPT, MAY_GO, GONE = b"+", b"?", b"-"


@dataclass(frozen=True)
class Account:
    """What a process needs to open the vaults; plain bytes, which can be handed to it."""

    location: object
    account_id: bytes
    key_pairs: bytes
    anchor_key: bytes
    device_folder: object

    def open(self, stack):
        database = stack.enter_context(contextlib.closing(open_database(self.location)))
        device = Device(self.device_folder, use_keyring=False)
        return Vaults(
            database,
            account_id=self.account_id,
            key_pairs=KeyPairs(self.key_pairs),
            key_ring=KeyRing(),
            anchors=Anchors(device, store_id=database.store_id, account_id=self.account_id, key=self.anchor_key),
        )


class Process:
    """One that is running, or was killed."""

    def __init__(self, work, account, *arguments) -> None:
        self._reader, writer = _CONTEXT.Pipe(duplex=False)
        self._process = _CONTEXT.Process(target=_run, args=(work, account, writer, *arguments), daemon=True)
        self._process.start()
        writer.close()
        self.told = []

    def next(self, timeout=60.0):
        """Return what it tells next; nothing at its end."""
        try:
            if self._reader.poll(timeout):
                self.told.append(self._reader.recv_bytes())
                return self.told[-1]
        except EOFError:
            return None
        raise AssertionError("a process hangs")

    def drain(self):
        """Return all that it told, until its end."""
        while self.next() is not None:
            pass
        self._process.join()
        return self.told

    def kill(self):
        self._process.kill()

    @property
    def exit_code(self):
        return self._process.exitcode


def _run(work, account, pipe, *arguments) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with contextlib.ExitStack() as stack:
        work(account.open(stack), pipe.send_bytes, *arguments)


def write(vaults, tell, name, count):
    """Append records and tell each that is acknowledged; sign at the end."""
    for number in range(count):
        tell(KEPT + vaults[Kind.TURN].append(body(name, number)))
    vaults.close()


def body(name, number):
    return b"%d of writer %d, " % (number, name) * (1 + number % 7)


def rotate(vaults, tell, count):
    """Put fresh vault keys in force."""
    for _ in range(count):
        vaults[Kind.TURN].keys.rotate()
    tell(b"rotated")


def erase(vaults, tell, record_ids):
    for record_id in record_ids:
        vaults[Kind.TURN].erase([record_id])
        tell(GONE + record_id)
    vaults.close()


def write_and_erase_for_ever(vaults, tell, name):
    """Append, erase the own records of before, sign, rotate; until somebody kills the process."""
    turns, number, own = vaults[Kind.TURN], 0, []
    while True:
        own.append(turns.append(body(name, number)))
        tell(KEPT + own[-1])
        number += 1
        if number % 5 == 0:
            record_id = own.pop(number % len(own))
            tell(MAY_GO + record_id)
            turns.erase([record_id])
            tell(GONE + record_id)
        if number % 7 == 0:
            vaults.checkpoint()
        if number % 11 == 0:
            turns.keys.rotate()
