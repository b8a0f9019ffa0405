"""The usage events of an account as one frame: from a sealed Parquet file where there is one, and from newer records.

The file is a cache. One that is missing, corrupt or stale is made again from the records.
"""

from contextlib import suppress
from typing import TYPE_CHECKING

from workbench.crypto import Kind
from workbench.errors import IntegrityError, StoreError
from workbench.records import UsageEvent
from workbench.storage import Vault, decode

if TYPE_CHECKING:
    import pandas as pd

RENEW_AFTER = 1000  # events that the file doesn't hold yet: about 20 ms to open


def usage_frame(events: Vault) -> "pd.DataFrame":
    """Return one row per use, oldest first; columns as `workbench.analytics.events_frame`.

    Parameters
    ----------
    events : Vault
        The records.
    """
    from workbench.analytics import events_frame, joined, write_usage  # noqa: PLC0415 - loads pandas and pyarrow

    caches = events.caches(Kind.USAGE_FRAME)
    kept, until = _kept(events)
    newest = events.newest()
    fresh = list(_events(events, after=until, until=newest))
    frame = joined([*kept, events_frame(fresh)])
    if len(fresh) >= RENEW_AFTER:
        count = events.log.living(first=events.log.start + 1, last=newest)
        with suppress(StoreError):  # a store that can't be written goes without
            caches.store_file(
                first=events.log.start + 1,
                last=newest,
                count=count,
                encrypt=lambda key, place: write_usage(frame, key=key, place=place),
            )
    return frame


def _kept(events: Vault) -> "tuple[list[pd.DataFrame], int]":
    """Return the frame of the file, if it holds what it should, and the place up to which it does."""
    from workbench.analytics import read_usage  # noqa: PLC0415 - as above

    for first, last, count, open_with in events.caches(Kind.USAGE_FRAME).load_files():
        if first == events.log.start + 1 and count == events.log.living(first=first, last=last):
            with suppress(IntegrityError):
                return [open_with(read_usage)], last
    return [], events.log.start


def _events(events: Vault, *, after: int, until: int) -> "list[UsageEvent]":
    opened = (body for _, body in events.open_all(events.log.oldest_first(after=after, until=until)))
    return [decode(body, UsageEvent) for body in opened if isinstance(body, bytes)]
