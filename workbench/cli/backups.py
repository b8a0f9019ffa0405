"""``workbench backup``, ``restore`` and ``backups``: copies of a store, sealed as it is."""

import argparse
import shlex
from datetime import UTC, datetime
from typing import Any

from workbench.app import Workbench
from workbench.cli.output import write
from workbench.cli.store import STORE, add_passphrase, signed_in
from workbench.errors import WorkbenchError
from workbench.storage import KEEP_DAYS, KEEP_KEYS_DAYS


def add(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the commands of this file."""
    backup = commands.add_parser("backup", help="back a store up, sealed as it is, and verify the backup")
    backup.add_argument("url", help="a folder, s3://bucket/prefix ...; one for each store")
    backup.add_argument("store", nargs="?", default=STORE, help=f"file or postgresql:// URL (default: {STORE})")
    backup.add_argument("--name", help="whose account makes it; asked for when not given")
    add_passphrase(backup)
    backup.add_argument("--keep-days", type=int, default=KEEP_DAYS, metavar="N", help=f"default: {KEEP_DAYS}")
    backup.add_argument(
        "--keep-keys-days", type=int, default=KEEP_KEYS_DAYS, metavar="N", help=f"default: {KEEP_KEYS_DAYS}"
    )
    backup.set_defaults(run=_backup)

    restore = commands.add_parser("restore", help="restore a backup into a new store")
    restore.add_argument("url", help="where the backups lie")
    restore.add_argument("store", help="a file that isn't there, or the URL of an empty PostgreSQL database")
    restore.add_argument("--backup", metavar="ID", help="which; the newest when not given")
    restore.add_argument("--accept-expired", action="store_true", help="take a backup whose time is over")
    restore.set_defaults(run=_restore)

    listing = commands.add_parser("backups", help="list the backups in a place")
    listing.add_argument("url", help="where they lie")
    listing.set_defaults(run=_list)
    for command in (backup, restore, listing):
        command.add_argument("--keys-url", metavar="URL", help="where the wrapped keys lie, if apart")


def _backup(chosen: argparse.Namespace) -> int:
    with signed_in(chosen) as (session, _):
        made = session.backup(
            chosen.url,
            keys_url=chosen.keys_url,
            keep_days=chosen.keep_days,
            keep_keys_days=chosen.keep_keys_days,
        )
    return _said(
        f"The backup {made.backup_id} is made and verified: {made.rows.get('record', 0):,} records, "
        f"{made.size:,} bytes, {made.uploaded:,} of them new.\n"
        f"Its keys are kept until {_day(made.keys_expire)}, the rest until {_day(made.expires)}.\n",
    )


def _restore(chosen: argparse.Namespace) -> int:
    done = Workbench.restore(
        chosen.url,
        chosen.store,
        keys_url=chosen.keys_url,
        backup=chosen.backup,
        accept_expired=chosen.accept_expired,
    )
    place = "URL" if "://" in chosen.store else shlex.quote(chosen.store)  # an address may hold a password
    left_out = f" {done.emptied:,} that were erased since were left out." if done.emptied else ""
    return _said(
        f"The backup {done.backup_id} of {_day(done.created)} is restored: {done.rows:,} records.{left_out}\n"
        "If this device had seen the store further, or something was left out, run: "
        f"workbench accept-rollback {place}\n"
        f"On a new device, begin with: workbench recover --accept-rollback {place}\n",
    )


def _list(chosen: argparse.Namespace) -> int:
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
    return _said("".join(lines) or "There is no backup in that place.\n")


def _said(text: str) -> int:
    if not write(text):
        raise WorkbenchError("It is done, but that could not be printed.", remedy="Look with 'workbench backups URL'.")
    return 0


def _day(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"
