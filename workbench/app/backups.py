"""A session's backup: to which places it goes, and what the audit log says of it."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from workbench.app.opened import Opened
from workbench.errors import WorkbenchError
from workbench.storage import Backup, BackupMaker, Database, Device, Place

Location = str | Path | Place
"""A place, or its address; one in a bucket that needs options is made first: ``Place("s3://…", profile="…")``."""


def place_of(location: Location) -> Place:
    """Return the place at an address.

    Raises
    ------
    InputError, StoreError, InsecureTransportError
        When the address can't be used.
    """
    return location if isinstance(location, Place) else Place(str(location))


def back_up(
    database: Database,
    opened: Opened,
    *,
    to: tuple[Location, Location | None],
    device: Device | None,
    now: Callable[[], datetime],
    keep_days: int,
    keep_keys_days: int,
) -> Backup:
    """Make a backup in the name of whoever has a session open, and note how that ended.

    Raises
    ------
    WorkbenchError
        When there is none; the audit log says so.
    """
    data = place_of(to[0])
    maker = BackupMaker(
        database,
        account_id=opened.account.account_id,
        key_pairs=opened.account.private_keys.key_pairs,
        data=data,
        keys=data if to[1] is None else place_of(to[1]),
        device=device,
        now=lambda: now().timestamp(),
    )
    try:
        made = maker.make(keep_days=keep_days, keep_keys_days=keep_keys_days)
    except WorkbenchError as error:
        opened.audit.record("backup_created", outcome="failure", reason=type(error).__name__)
        raise
    opened.audit.record("backup_created", subject=made.backup_id, bytes=made.size)
    opened.audit.record("backup_verified", subject=made.backup_id, records=made.rows.get("record", 0))
    return made
