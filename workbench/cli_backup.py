"""``workbench backup``, ``restore`` and ``backups``."""

import argparse
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from workbench.app import Workbench
from workbench.app.asking import ask_name, ask_passphrase, read_secret
from workbench.errors import StoreError, WorkbenchError
from workbench.storage import KEEP_DAYS, KEEP_KEYS_DAYS

Write = Callable[[str], bool]


def add_parsers(commands: Any, *, store: Path, write: Write) -> None:
    """Add the three commands.

    Parameters
    ----------
    commands : argparse's subparsers
        Where to.
    store : Path
        The default store.
    write : callable
        Writes a text to standard output, and tells whether all of it was taken.
    """
    backup = commands.add_parser("backup", help="back a store up, sealed as it is, and verify the backup")
    backup.add_argument("url", help="a folder, s3://bucket/prefix ...; one for each store")
    backup.add_argument("store", nargs="?", default=str(store), help=f"file or postgresql:// URL (default: {store})")
    backup.add_argument("--name", help="whose account makes it; asked for when not given")
    backup.add_argument("--passphrase-fd", type=int, metavar="N", help="read the passphrase from this file descriptor")
    backup.add_argument("--keep-days", type=int, default=KEEP_DAYS, metavar="N", help=f"default: {KEEP_DAYS}")
    backup.add_argument(
        "--keep-keys-days", type=int, default=KEEP_KEYS_DAYS, metavar="N", help=f"default: {KEEP_KEYS_DAYS}"
    )
    backup.set_defaults(run=partial(_backup, write=write))

    restore = commands.add_parser("restore", help="restore a backup into a new store")
    restore.add_argument("url", help="where the backups lie")
    restore.add_argument("store", help="a file that isn't there, or the URL of an empty PostgreSQL database")
    restore.add_argument("--backup", metavar="ID", help="which; the newest when not given")
    restore.add_argument("--accept-expired", action="store_true", help="take a backup whose time is over")
    restore.set_defaults(run=partial(_restore, write=write))

    listing = commands.add_parser("backups", help="list the backups in a place")
    listing.add_argument("url", help="where they lie")
    listing.set_defaults(run=partial(_list, write=write))
    for command in (backup, restore, listing):
        command.add_argument("--keys-url", metavar="URL", help="where the wrapped keys lie, if apart")


def _backup(chosen: argparse.Namespace, *, write: Write) -> int:
    if "://" not in chosen.store and not _is_there(Path(chosen.store)):  # opening would make an empty one
        raise StoreError("There is no store in that place.", remedy="Name the store that is to be backed up.")
    with closing(Workbench.open(chosen.store)) as bench:
        name = chosen.name or ask_name()
        descriptor = chosen.passphrase_fd
        session = bench.sign_in(
            name, passphrase=ask_passphrase if descriptor is None else lambda: read_secret(descriptor)
        )
        try:
            made = session.backup(
                chosen.url,
                keys_url=chosen.keys_url,
                keep_days=chosen.keep_days,
                keep_keys_days=chosen.keep_keys_days,
            )
        finally:
            session.lock()
    return _said(
        f"The backup {made.backup_id} is made and verified: {made.rows.get('record', 0):,} records, "
        f"{made.size:,} bytes, {made.uploaded:,} of them new.\n"
        f"Its keys are kept until {_day(made.keys_expire)}, the rest until {_day(made.expires)}.\n",
        write,
    )


def _restore(chosen: argparse.Namespace, *, write: Write) -> int:
    done = Workbench.restore(
        chosen.url,
        chosen.store,
        keys_url=chosen.keys_url,
        backup=chosen.backup,
        accept_expired=chosen.accept_expired,
    )
    left_out = f" {done.emptied:,} that were erased since were left out." if done.emptied else ""
    return _said(
        f"The backup {done.backup_id} of {_day(done.created)} is restored: {done.rows:,} records.{left_out}\n"
        "If this device had seen the store further, or something was left out, sign in once with\n"
        "accept_rollback=True; on a new device, begin with: workbench recover --accept-rollback.\n",
        write,
    )


def _list(chosen: argparse.Namespace, *, write: Write) -> int:
    lines = []
    for backup in Workbench.backups(chosen.url, keys_url=chosen.keys_url):
        if backup.is_damaged:
            lines.append(f"{backup.backup_id}  damaged\n")
            continue
        keys = "none" if backup.keys_expire is None else f"until {_day(backup.keys_expire)}"
        lines.append(
            f"{backup.backup_id}  {backup.records:>10,} records  {backup.size:>14,} bytes"
            f"  until {_day(backup.expires)}  keys {keys}\n"
        )
    return _said("".join(lines) or "There is no backup in that place.\n", write)


def _said(text: str, write: Write) -> int:
    if not write(text):
        raise WorkbenchError("It is done, but that could not be printed.", remedy="Look with 'workbench backups URL'.")
    return 0


def _day(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"


def _is_there(path: Path) -> bool:
    with suppress(OSError, RuntimeError):  # RuntimeError: the home of someone unknown
        return path.expanduser().exists()
    return False
